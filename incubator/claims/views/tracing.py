"""From any figure of a claim to what it rests on: the same pages for a reviewer and for who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response, render_template, request, send_file
from msgspec import Struct, field

from incubator.billing.wording import line_period, line_title
from incubator.claims.pack.basis import ChargeRow, number_of
from incubator.claims.pack.contents import company_of, without_names
from incubator.claims.queries.claims import LineRow
from incubator.claims.queries.tracing import TracedAgreement, TracedClaim, TracedInvoice, TracedLine, list_files
from incubator.claims.rules.completeness import Piece
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.models import StoredFile
from incubator.documents.operations.files import open_content
from incubator.documents.rmb import rmb_capitals
from incubator.i18n import reader_locale
from incubator.subsidies.explain import explain
from incubator.subsidies.wording import charge_kind

Traced = TracedClaim | TracedLine | TracedInvoice | TracedAgreement


class Way(Struct, frozen=True):
    """Who walks: where their pages are, and what these lie in."""

    to: Callable[..., str]
    """The address of (what, id)."""
    layout: str
    more: Mapping[str, Any] = field(default_factory=dict)
    """What is shown beside the trace itself."""


def show_claim(found: TracedClaim, way: Way) -> str:
    """Its total, its companies, and their lines."""
    return _render("claim", found, way, capitals=rmb_capitals(found.amount_minor))


def show_line(found: TracedLine, way: Way) -> str:
    """How its amount came about, and everything below it."""
    return _render("line", found, way, line=found.line, charge=found.charge, why=why(found.line),
                   files=_files(found.pieces))  # fmt: skip


def show_invoice(found: TracedInvoice, way: Way) -> str:
    """A posted invoice, with what of it is claimed."""
    return _render("invoice", found, way, number=number_of(found.invoice), files=_files(found.pieces))


def show_agreement(found: TracedAgreement, way: Way) -> str:
    """An agreement with its units, on which days they were taken, its papers and its lines."""
    return _render("agreement", found, way, files=_files(found.pieces))


def send_piece(file: StoredFile) -> Response:
    """A file of the evidence, to be kept: its name is its sender's, its content was checked when it came."""
    return send_file(open_content(db.session(), file), mimetype=file.media_type, as_attachment=True,
                     download_name=file.name)  # fmt: skip


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


def asked_page() -> tuple[str, int]:
    """Of which company the lines are asked for, and which page of them."""
    return request.args.get("company", ""), page_number(request.args.get("page"))


def _files(pieces: Sequence[Piece]) -> set[int]:
    return list_files(db.session(), pieces)


def _render(name: str, found: Traced, way: Way, **shown: Any) -> str:
    return render_template(f"claims/trace/{name}.html", found=found, row=found.row, claim=found.row.claim, way=way,
                           to=way.to, title_of=title_of, company_of=company_of, **way.more, **shown)  # fmt: skip
