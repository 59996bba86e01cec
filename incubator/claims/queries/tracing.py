"""What a page of a claim's trace shows: the line, invoice, agreement or file asked for, what it rests on, and no more.

As many statements and about as many rows for a claim of 3,000 lines as for one of three.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, any_, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.billing.models import Charge, Fapiao, FapiaoFile, Invoice, InvoiceLine
from incubator.bookings.models import Booking
from incubator.claims.models import ClaimEvidence, ClaimLine
from incubator.claims.pack.basis import AllocationRow, ChargeRow
from incubator.claims.queries.claims import ClaimRow, LineRow, get_claim, load_lines
from incubator.claims.queries.evidence import load_pieces
from incubator.claims.rules.completeness import Piece
from incubator.core.errors import NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import local_instant
from incubator.database import id_array
from incubator.documents.models import Document, DocumentVersion, StoredFile
from incubator.spaces.models import Allocation, Resource, Unit
from incubator.startups.models import AgreementText, Residency, ResidencyPrice, Startup
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant, SchemeVersion

MOST_ALLOCATIONS = 1_000
"""Of one agreement or booking in a claim's months."""


class GroupSum(Struct, frozen=True):
    """A company in a claim; None: the operator's own grants."""

    startup: Startup | None
    lines: int
    amount_minor: int


class TracedClaim(Struct, frozen=True):
    """A claim's total, its companies, and a page of their lines."""

    row: ClaimRow
    operator: Operator
    groups: tuple[GroupSum, ...]
    company: str
    """Whose lines are shown; "": everybody's."""
    page: Page[LineRow]

    @property
    def lines(self) -> int:
        return sum(each.lines for each in self.groups)

    @property
    def amount_minor(self) -> int:
        return sum(each.amount_minor for each in self.groups)


class TracedLine(Struct, frozen=True):
    """A line with its charge, where the party sat for it, and its evidence."""

    row: ClaimRow
    line: LineRow
    version: SchemeVersion
    charge: ChargeRow | None
    """What the subsidy was decided for."""
    booked: tuple[Booking, Resource] | None
    allocations: tuple[AllocationRow, ...]
    pieces: tuple[Piece, ...]


class TracedInvoice(Struct, frozen=True):
    """An invoice with what of it is claimed."""

    row: ClaimRow
    invoice: Invoice
    startup: Startup
    lines: tuple[LineRow, ...]
    pieces: tuple[Piece, ...]


class TracedAgreement(Struct, frozen=True):
    """An agreement with what is claimed for it, and where its party sat."""

    row: ClaimRow
    residency: Residency
    startup: Startup
    lines: tuple[LineRow, ...]
    allocations: tuple[AllocationRow, ...]
    pieces: tuple[Piece, ...]


OF_CLAIM = func.coalesce(Decision.startup_id, OperatorGrant.startup_id)


def trace_claim(session: Session, actor: Actor, claim_id: int, *, company: str = "", page: int = 1) -> TracedClaim:
    """The companies with their sums, and a page of lines: of all, or of one by its code (`-`: the operator's own)."""
    row = get_claim(session, actor, claim_id)
    amount = func.coalesce(Decision.amount_minor, GrantInstalment.amount_minor, OperatorGrant.amount_minor)
    groups = tuple(
        GroupSum(startup, lines, int(minor))
        for startup, lines, minor in session.execute(
            select(Startup, func.count(ClaimLine.id), func.sum(amount))
            .select_from(ClaimLine)
            .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
            .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
            .outerjoin(OperatorGrant, OperatorGrant.id == func.coalesce(GrantInstalment.grant_id, ClaimLine.grant_id))
            .outerjoin(Startup, Startup.id == OF_CLAIM)
            .where(*_living(claim_id))
            .group_by(Startup.operator_id, Startup.id)
            .order_by(Startup.code.asc().nulls_last())
        ).all()
    )
    mine = [each for each in groups if not company or (each.startup.code if each.startup else "-") == company]
    whose = [Startup.id == mine[0].startup.id if mine[0].startup else Startup.id.is_(None)] if company and mine else []
    total = sum(each.lines for each in mine)
    number = min(page, max(1, -(-total // PAGE_SIZE)))
    lines = load_lines(session, [*_living(claim_id), *whose], limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    operator = session.execute(select(Operator)).scalar_one()
    return TracedClaim(row, operator, groups, company if mine else "", Page(lines if mine else [], number, total))


def trace_line(session: Session, actor: Actor, claim_id: int, line_id: int) -> TracedLine:
    """One line of a claim and everything below it; NotFound for any other."""
    row = get_claim(session, actor, claim_id)
    found = load_lines(session, [*_living(claim_id), ClaimLine.id == line_id])
    if not found:
        raise NotFound
    [line] = found
    source = line.decision or line.grant
    assert source is not None, "a named CHECK of the table"
    version = session.execute(select(SchemeVersion).where(SchemeVersion.id == source.scheme_version_id)).scalar_one()
    charge = _charge(session, line.decision.charge_id) if line.decision is not None else None
    booked, allocations = None, tuple[AllocationRow, ...]()
    if charge is not None and charge.booking_id is not None:
        booked = _booked(session, charge.booking_id)
        allocations = _allocations(session, "booking", charge.booking_id)
    elif charge is not None and charge.residency is not None:
        zone = ZoneInfo(line.site.zone)
        days = Range(local_instant(charge.charge.starts_on, 0, zone),
                     local_instant(charge.charge.ends_on + timedelta(days=1), 0, zone))  # fmt: skip
        wanted: list[ColumnElement[bool]] = [Allocation.period.op("&&")(days)]
        if charge.charge.unit_id is not None:
            wanted.append(Allocation.unit_id == charge.charge.unit_id)
        allocations = _allocations(session, "residency", charge.residency.id, wanted)
    startup_id = line.startup.id if line.startup else None
    pieces = [each for each in load_pieces(session, row.claim, found) if each.line_id == line_id
              or (each.line_id is None and each.startup_id in (startup_id, None))]  # fmt: skip
    return TracedLine(row, line, version, charge, booked, allocations, tuple(pieces))


def trace_invoice(session: Session, actor: Actor, claim_id: int, invoice_id: int) -> TracedInvoice:
    """An invoice that a line of the claim stands on, or of whose charge one is; NotFound for any other."""
    row = get_claim(session, actor, claim_id)
    lines = load_lines(session, [*_living(claim_id), Invoice.id == invoice_id])
    found = session.execute(
        select(Invoice, Startup).join(Startup, Startup.id == Invoice.startup_id).where(Invoice.id == invoice_id)
    ).one_or_none()
    if found is None or not (lines or _rests_on(session, claim_id, InvoiceLine.invoice_id == invoice_id)):
        raise NotFound
    mine = {each.line.id for each in lines}
    pieces = {piece.source: piece for piece in load_pieces(session, row.claim, lines)
              if piece.kind in ("fapiao", "payment_proof") and (piece.line_id is None or piece.line_id in mine)
              } if lines else {}  # fmt: skip
    return TracedInvoice(row, found[0], found[1], tuple(lines), tuple(pieces.values()))


def trace_agreement(session: Session, actor: Actor, claim_id: int, residency_id: int) -> TracedAgreement:
    """An agreement for whose charges something is claimed; NotFound for any other."""
    row = get_claim(session, actor, claim_id)
    of_it = select(Charge.id).join(ResidencyPrice, ResidencyPrice.id == Charge.source_id).where(
        Charge.source_kind == "residency_price", ResidencyPrice.residency_id == residency_id
    )  # fmt: skip
    lines = load_lines(session, [*_living(claim_id), Decision.charge_id.in_(of_it)])
    if not lines:
        raise NotFound
    residency, startup = session.execute(
        select(Residency, Startup).join(Startup, Startup.id == Residency.startup_id)
        .where(Residency.id == residency_id)
    ).one()  # fmt: skip
    zone = ZoneInfo(lines[0].site.zone)
    first = min([row.claim.first_on, *(each.month for each in lines)])
    days = Range(local_instant(first, 0, zone), local_instant(row.claim.last_on + timedelta(days=1), 0, zone))
    allocations = _allocations(session, "residency", residency_id, [Allocation.period.op("&&")(days)])
    pieces = [each for each in load_pieces(session, row.claim, lines[:1])
              if each.kind == "agreement" and each.title == residency.number]  # fmt: skip
    return TracedAgreement(row, residency, startup, tuple(lines), allocations, tuple(pieces))


def trace_file(session: Session, actor: Actor, claim_id: int, file_id: int) -> StoredFile:
    """A file of the claim's evidence; NotFound for any other. Whose it may be is asked first, then their evidence."""
    row = get_claim(session, actor, claim_id)
    for wanted in _holders(session, claim_id, file_id):
        lines = load_lines(session, [*_living(claim_id), *wanted], limit=1)
        if lines and any(each.file_id == file_id for each in load_pieces(session, row.claim, lines)):
            return session.execute(select(StoredFile).where(StoredFile.id == file_id)).scalar_one()
    raise NotFound


def list_files(session: Session, pieces: Sequence[Piece]) -> set[int]:
    """The files that some pieces have."""
    ids = {each.file_id for each in pieces if each.file_id is not None}
    return set(session.execute(select(StoredFile.id).where(StoredFile.id == any_(id_array(ids)))).scalars())


def _living(claim_id: int) -> list[ColumnElement[bool]]:
    return [ClaimLine.claim_id == claim_id, ClaimLine.released_at.is_(None)]


def _holders(session: Session, claim_id: int, file_id: int) -> list[list[ColumnElement[bool]]]:
    """By which lines of a claim a file may be evidence: of the line, the startup or the invoice that it is of; any
    line, where it is the operator's own."""
    documents = (
        select(Document.id, Document.startup_id)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(DocumentVersion.file_id == file_id)
    )
    owners: dict[int, int | None] = dict(session.execute(documents).all())
    attached = session.execute(
        select(ClaimEvidence.startup_id, ClaimEvidence.line_id)
        .where(ClaimEvidence.claim_id == claim_id, ClaimEvidence.removed_at.is_(None),
               ClaimEvidence.document_id == any_(id_array(owners)))
    ).all()  # fmt: skip
    startups: set[int | None] = {*owners.values(), *(each.startup_id for each in attached if each.line_id is None)}
    startups |= set(session.execute(
        select(Residency.startup_id).join(AgreementText, AgreementText.residency_id == Residency.id)
        .where(AgreementText.file_id == file_id)
    ).scalars())  # fmt: skip
    invoices = session.execute(
        select(Fapiao.invoice_id).join(FapiaoFile, FapiaoFile.fapiao_id == Fapiao.id)
        .where(FapiaoFile.file_id == file_id)
    ).scalars()  # fmt: skip
    found: list[list[ColumnElement[bool]]] = [[ClaimLine.id == each.line_id] for each in attached if each.line_id]
    found += [[Invoice.id == each] for each in invoices]
    return found + [[] if each is None else [Startup.id == each] for each in startups]


def _rests_on(session: Session, claim_id: int, where: ColumnElement[bool]) -> bool:
    """Whether a line of the claim was decided for a charge on such a line of an invoice."""
    return session.execute(
        select(ClaimLine.id)
        .join(Decision, Decision.id == ClaimLine.decision_id)
        .join(InvoiceLine, InvoiceLine.charge_id == Decision.charge_id)
        .where(*_living(claim_id), where)
        .limit(1)
    ).first() is not None  # fmt: skip


def _charge(session: Session, charge_id: int) -> ChargeRow:
    charge, invoice, line, residency = session.execute(
        select(Charge, Invoice, InvoiceLine, Residency)
        .outerjoin(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .outerjoin(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(ResidencyPrice, and_(Charge.source_kind == "residency_price", ResidencyPrice.id == Charge.source_id))
        .outerjoin(Residency, Residency.id == ResidencyPrice.residency_id)
        .where(Charge.id == charge_id)
    ).one()
    return ChargeRow(charge, invoice, line, residency, charge.source_id if charge.source_kind == "booking" else None)


def _booked(session: Session, booking_id: int) -> tuple[Booking, Resource]:
    booking, resource = session.execute(
        select(Booking, Resource).join(Resource, Resource.id == Booking.resource_id).where(Booking.id == booking_id)
    ).one()
    return booking, resource


def _allocations(
    session: Session, kind: str, holder_id: int, wanted: Sequence[Any] = ()
) -> tuple[AllocationRow, ...]:
    """Live ones of an agreement or booking, in order."""
    rows = session.execute(
        select(Allocation, Unit)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(Allocation.voided_at.is_(None), Allocation.holder_kind == kind, Allocation.holder_id == holder_id,
               *wanted)
        .order_by(Allocation.id)
        .limit(MOST_ALLOCATIONS)
    ).all()  # fmt: skip
    of = {"residency": (holder_id, None), "booking": (None, holder_id)}[kind]
    return tuple(AllocationRow(each, unit, *of) for each, unit in rows)
