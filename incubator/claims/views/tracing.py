"""From any figure of a claim to what it rests on: the same pages for a reviewer and for who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, render_template, request, send_file

from incubator.billing.wording import line_period, line_title
from incubator.claims.pack.basis import Basis, ChargeRow, number_of
from incubator.claims.pack.contents import company_of, without_names
from incubator.claims.queries.claims import LineRow, group_lines
from incubator.core.errors import NotFound
from incubator.core.paging import Page, page_number
from incubator.database import db
from incubator.documents.operations.files import open_content
from incubator.documents.rmb import rmb_capitals
from incubator.i18n import reader_locale
from incubator.subsidies.explain import explain
from incubator.subsidies.wording import charge_kind


@dataclass(frozen=True)
class Way:
    """Who walks: where their pages are, and what these lie in."""

    to: Callable[..., str]
    """The address of (what, id)."""
    layout: str
    more: Mapping[str, Any] = field(default_factory=dict)
    """What is shown beside the trace itself."""


def show_claim(basis: Basis, way: Way) -> str:
    """Its total, its companies, and their lines."""
    groups = group_lines(basis.lines)
    code = request.args.get("company", "")
    lines = [each for each in basis.lines if not code or company_of(each)[0] == code]
    return _render("claim", basis, way, groups=groups, page=Page.cut(lines, page_number(request.args.get("page"))),
                   company=code if lines else "", total=sum(each.amount_minor for each in basis.lines),
                   capitals=rmb_capitals(sum(each.amount_minor for each in basis.lines)))  # fmt: skip


def show_line(basis: Basis, way: Way, line_id: int) -> str:
    """How its amount came about, and everything below it."""
    line = find_line(basis, line_id)
    charge = basis.charge_of(line)
    return _render(
        "line", basis, way, line=line, charge=charge, version=basis.version_of(line), why=why(line),
        allocations=basis.allocations_of(charge) if charge else [], pieces=basis.pieces_of(line),
        session=basis.bookings.get(charge.booking_id or 0) if charge else None,
    )  # fmt: skip


def show_invoice(basis: Basis, way: Way, invoice_id: int) -> str:
    """A posted invoice, with what of it is claimed."""
    invoice = basis.invoices.get(invoice_id)
    if invoice is None:
        raise NotFound
    lines = [each for each in basis.lines if each.invoice is not None and each.invoice.id == invoice_id]
    pieces = {piece.source: piece for line in lines for piece in basis.pieces_of(line)
              if piece.kind in ("fapiao", "payment_proof")}  # fmt: skip
    return _render("invoice", basis, way, invoice=invoice, number=number_of(invoice), lines=lines,
                   startup=basis.startups.get(invoice.startup_id), pieces=list(pieces.values()))  # fmt: skip


def show_agreement(basis: Basis, way: Way, residency_id: int) -> str:
    """An agreement with its units, on which days they were taken, its papers and its lines."""
    residency = basis.residencies.get(residency_id)
    if residency is None:
        raise NotFound
    charges = {each.charge.id for each in basis.charges.values()
               if each.residency is not None and each.residency.id == residency_id}  # fmt: skip
    lines = [each for each in basis.lines if each.decision is not None and each.decision.charge_id in charges]
    return _render(
        "agreement", basis, way, residency=residency, startup=basis.startups.get(residency.startup_id), lines=lines,
        allocations=[each for each in basis.allocations if each.residency_id == residency_id],
        pieces=[each for each in basis.pieces if each.kind == "agreement" and each.title == residency.number],
    )  # fmt: skip


def send_piece(basis: Basis, file_id: int) -> Response:
    """A file of the evidence, to be kept: its name is its sender's, its content was checked when it came."""
    file = basis.files.get(file_id)
    if file is None:
        raise NotFound
    return send_file(open_content(db.session(), file), mimetype=file.media_type, as_attachment=True,
                     download_name=file.name)  # fmt: skip


def find_line(basis: Basis, line_id: int) -> LineRow:
    """A line of the claim; NotFound for any other."""
    line = next((each for each in basis.lines if each.line.id == line_id), None)
    if line is None:
        raise NotFound
    return line


def why(line: LineRow) -> list[str]:
    """How the amount came about, in sentences; of persons initials only."""
    return explain(line.outcome, line.base_minor, line.amount_minor, "CNY", without_names(line.derivation),
                   reader_locale())  # fmt: skip


def title_of(charge: ChargeRow) -> tuple[str, str]:
    """A charge and its days, in words."""
    each, locale = charge.charge, reader_locale()
    description = charge.invoice_line.description if charge.invoice_line is not None else {}
    if not description:
        return charge_kind(each.kind), ""
    return (line_title(each.kind, description, locale),
            line_period(each.kind, description, each.starts_on, each.ends_on, locale))  # fmt: skip


def _render(name: str, basis: Basis, way: Way, **shown: Any) -> str:
    return render_template(f"claims/trace/{name}.html", basis=basis, row=basis.row, claim=basis.row.claim, way=way,
                           to=way.to, title_of=title_of, company_of=company_of, **way.more, **shown)  # fmt: skip
