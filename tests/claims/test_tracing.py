"""A trace page loads what it shows: the same as the whole basis says, whatever else the claim has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from incubator.billing.models import Charge, InvoiceLine
from incubator.claims.models import Claim, ClaimLine
from incubator.claims.operations.evidence import attach_evidence, require_evidence
from incubator.claims.pack.basis import load_basis
from incubator.claims.queries import tracing
from incubator.core.errors import NotFound
from incubator.database import insert_numbered, insert_rows
from incubator.documents.operations.documents import file_document
from incubator.subsidies.models import Decision
from tests.cast import Cast
from tests.claims.story import at, make
from tests.scenarios.october import October

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def claim(session: Session, cast: Cast, posted: October, scheme_id: int) -> Claim:
    """October's, with a licence of A's, a photograph of one of its lines, and a paper of the whole claim."""
    for kind, per in (("licence", "startup"), ("photograph", "line"), ("payment_proof", "line"), ("agreement", "startup")):
        require_evidence(session, cast.finance, now=at(1), scheme_id=scheme_id, kind=kind, per=per, is_required=True,
                         valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip
    made = make(session, cast, scheme_id)
    line = tracing.trace_claim(session, cast.finance, made.id).page.rows[0].line
    for kind, startup_id, about in (
        ("licence", cast.startup_a, {"startup_id": cast.startup_a}), ("photograph", cast.startup_a, {"line_id": line.id}),
        ("other", None, {}),
    ):  # fmt: skip
        document = file_document(session, cast.owner, now=at(2), kind="other", title=kind, startup_id=startup_id,
                                 audience="staff", name=f"{kind}.pdf", content=PDF + kind.encode())  # fmt: skip
        attach_evidence(session, cast.finance, now=at(2), claim_id=made.id, kind=kind, document_id=document.id, **about)  # type: ignore[arg-type]  # by name
    return made


def test_each_page_shows_what_the_whole_basis_says(session: Session, cast: Cast, claim: Claim) -> None:
    basis = load_basis(session, cast.finance, claim.id, now=at(3))
    whole = tracing.trace_claim(session, cast.finance, claim.id)
    assert (whole.lines, whole.amount_minor) == (4, 305_458)
    assert [each.line.id for each in whole.page.rows] == [each.line.id for each in basis.lines]
    assert [(each.startup.code if each.startup else "", each.lines, each.amount_minor) for each in whole.groups] == [
        ("S-A", 2, 162_000), ("S-B", 2, 143_458)]  # fmt: skip
    of_b = tracing.trace_claim(session, cast.finance, claim.id, company="S-B", page=9).page
    assert [each.amount_minor for each in of_b.rows] == [126_581, 16_877] and of_b.number == 1
    assert tracing.trace_claim(session, cast.finance, claim.id, company="nobody").page.total == 0
    for line in basis.lines:
        found, charge = tracing.trace_line(session, cast.finance, claim.id, line.line.id), basis.charge_of(line)
        assert charge is not None and found.charge is not None and found.version.id == basis.version_of(line).id
        assert found.charge.charge.id == charge.charge.id and found.charge.residency is charge.residency
        assert {each.source for each in found.pieces} == {each.source for each in basis.pieces_of(line)}
        assert [each.allocation.id for each in found.allocations] == [each.allocation.id for each in basis.allocations_of(charge)]
    for invoice_id in basis.invoices:
        lines = [each.line.id for each in basis.lines if each.invoice is not None and each.invoice.id == invoice_id]
        assert [each.line.id for each in tracing.trace_invoice(session, cast.finance, claim.id, invoice_id).lines] == lines
    for residency_id in basis.residencies:
        agreed = tracing.trace_agreement(session, cast.finance, claim.id, residency_id)
        assert {each.allocation.id for each in agreed.allocations} == {
            each.allocation.id for each in basis.allocations if each.residency_id == residency_id}  # fmt: skip
        assert len(agreed.lines) == 2
    assert len(basis.files) == 3
    for file_id in basis.files:
        assert tracing.trace_file(session, cast.finance, claim.id, file_id).id == file_id


def test_what_is_not_in_the_claim_is_not_found(session: Session, cast: Cast, claim: Claim) -> None:
    basis = load_basis(session, cast.finance, claim.id, now=at(3))
    secret = file_document(session, cast.owner, now=at(2), kind="other", title="x", startup_id=cast.startup_a,
                           audience="staff", name="x.pdf", content=PDF + b"x")  # fmt: skip
    assert secret.id
    known = {"line": {each.line.id for each in basis.lines}, "invoice": set(basis.invoices),
             "agreement": set(basis.residencies), "file": set(basis.files)}  # fmt: skip
    ask: dict[str, Callable[..., Any]] = {
        "line": tracing.trace_line, "invoice": tracing.trace_invoice, "agreement": tracing.trace_agreement,
        "file": tracing.trace_file,
    }  # fmt: skip
    for what, ids in known.items():
        for each in set(range(1, max(ids) + 4)) - ids:
            with pytest.raises(NotFound):
                ask[what](session, cast.finance, claim.id, each)


@contextmanager
def counted(session: Session) -> Iterator[dict[str, int]]:
    """Statements, and rows that they brought."""
    found = {"statements": 0, "rows": 0}
    engine = session.get_bind().engine

    def note(_connection: Any, cursor: Any, *_: Any) -> None:
        found["statements"] += 1
        found["rows"] += max(0, cursor.rowcount)

    assert isinstance(engine, Engine)
    event.listen(engine, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "after_cursor_execute", note)


def multiply(session: Session, claim: Claim, startup_id: int, times: int) -> None:
    """So many more lines of a startup: charges on its October invoice with a decision and a line of the claim each."""
    decision, charge, posted = session.execute(
        select(Decision, Charge, InvoiceLine)
        .join(Charge, Charge.id == Decision.charge_id).join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .where(Decision.startup_id == startup_id, Charge.kind == "property_fee").limit(1)
    ).one()  # fmt: skip

    def same(row: Any, **changed: Any) -> dict[str, Any]:
        return {each.name: getattr(row, each.name) for each in row.__table__.columns if each.name != "id"} | changed

    last = session.execute(
        select(func.max(InvoiceLine.line)).where(InvoiceLine.invoice_id == posted.invoice_id)
    ).scalar_one()  # fmt: skip
    charges = insert_numbered(session, Charge, [
        same(charge, source_kind="one_off", source_id=10_000 + number) for number in range(times)
    ])  # fmt: skip
    insert_rows(session, InvoiceLine, [
        same(posted, charge_id=each, line=last + number) for number, each in enumerate(charges, start=1)
    ])  # fmt: skip
    decisions = insert_numbered(session, Decision, [same(decision, charge_id=each) for each in charges])
    one = session.execute(select(ClaimLine).where(ClaimLine.decision_id == decision.id)).scalar_one()
    insert_rows(session, ClaimLine, [same(one, decision_id=each) for each in decisions])


def test_as_much_is_read_for_ten_times_the_lines(session: Session, cast: Cast, claim: Claim) -> None:
    basis = load_basis(session, cast.finance, claim.id, now=at(3))
    line = basis.lines[0]
    assert line.invoice is not None
    asks: dict[str, Callable[[], Any]] = {
        "line": lambda: tracing.trace_line(session, cast.finance, claim.id, line_id),
        "invoice": lambda: tracing.trace_invoice(session, cast.finance, claim.id, invoice_id),
        "agreement": lambda: tracing.trace_agreement(session, cast.finance, claim.id, residency_id),
        "file": lambda: tracing.trace_file(session, cast.finance, claim.id, file_id),
        "claim": lambda: tracing.trace_claim(session, cast.finance, claim.id, company="S-A"),
    }
    line_id, invoice_id = line.line.id, line.invoice.id
    residency_id, file_id = min(basis.residencies), min(basis.files)

    def cost() -> dict[str, dict[str, int]]:
        found = {}
        for what, ask in asks.items():
            session.expunge_all()
            with counted(session) as spent:
                ask()
            found[what] = spent
        return found

    few = cost()
    multiply(session, claim, cast.startup_b, 40)
    session.flush()
    assert tracing.trace_claim(session, cast.finance, claim.id).lines == 44
    assert cost() == few and all(each["statements"] <= 20 and each["rows"] <= 40 for each in few.values())
