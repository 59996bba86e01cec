"""All that a claim rests on, from its lines down to allocations and files: what a pack says and a reviewer may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, any_, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.billing.models import Charge, CreditNote, CreditNoteLine, Invoice, InvoiceLine
from incubator.billing.rules.invoicing import invoice_number
from incubator.bookings.models import Booking
from incubator.claims.models import ClaimStep
from incubator.claims.queries.claims import ClaimRow, LineRow, get_claim
from incubator.claims.queries.evidence import get_dossier
from incubator.claims.rules.completeness import Piece
from incubator.database import id_array
from incubator.documents.models import StoredFile
from incubator.reports.models import FrozenReport
from incubator.spaces.models import Allocation, Resource, Site, Unit
from incubator.startups.models import Residency, ResidencyPrice, Startup
from incubator.subsidies.models import Decision, Scheme, SchemeVersion
from incubator.subsidies.rules.rule import Rule

MOST_ALLOCATIONS = 20_000
"""More than any claim rests on; a bound all the same."""


class ChargeRow(Struct, frozen=True):
    """A charge that a subsidy was decided for, with its place on an invoice, and the agreement that it is of."""

    charge: Charge
    invoice: Invoice | None
    invoice_line: InvoiceLine | None
    residency: Residency | None
    booking_id: int | None

    @property
    def invoice_number(self) -> str | None:
        return None if self.invoice is None else number_of(self.invoice)


class AllocationRow(Struct, frozen=True):
    """Who sat where, from when to when."""

    allocation: Allocation
    unit: Unit
    residency_id: int | None
    booking_id: int | None


class DecisionRow(Struct, frozen=True):
    """A decision on a charge of the claim, by whichever scheme, and what changed it later."""

    id: int
    charge_id: int
    version: str
    bearer: str
    goes_to: str
    turn: int
    """Which of the charge's schemes it is, in the order in which they decide."""
    outcome: str
    why: str | None
    """What changed an earlier one: `facts`, a budget's `closing`, a `credit` note or an authority's `ruling`."""
    adjusts_id: int | None
    note: str | None
    """The credit note's number."""
    amount_minor: int
    held_minor: int
    created_at: datetime


class CreditRow(Struct, frozen=True):
    """What a credit note takes off a charge of the claim."""

    note: CreditNote
    line: CreditNoteLine
    charge_id: int


class Basis(Struct, frozen=True, dict=True):
    """A claim with everything below it, each thing once."""

    row: ClaimRow
    operator: Operator
    step: ClaimStep
    """Its last."""
    lines: tuple[LineRow, ...]
    versions: Mapping[int, SchemeVersion]
    startups: Mapping[int, Startup]
    charges: Mapping[int, ChargeRow]
    invoices: Mapping[int, Invoice]
    residencies: Mapping[int, Residency]
    bookings: Mapping[int, tuple[Booking, Resource]]
    allocations: tuple[AllocationRow, ...]
    pieces: tuple[Piece, ...]
    files: Mapping[int, StoredFile]
    reports: tuple[tuple[FrozenReport, Site], ...]
    decisions: tuple[DecisionRow, ...]
    """All on its charges, in the order of their writing."""
    credits: tuple[CreditRow, ...]

    @cached_property
    def borne(self) -> dict[int, dict[str, int]]:
        """By decision: what schemes whose turn was before have given on its charge, by bearer."""
        found: dict[int, dict[str, int]] = {}
        left: dict[int, dict[str, int]] = {}
        firsts = [each for each in self.decisions if each.adjusts_id is None]
        for each in sorted(firsts, key=lambda one: (one.charge_id, one.turn)):
            mine = left.setdefault(each.charge_id, {})
            found[each.id] = dict(mine)
            if each.amount_minor and each.goes_to == "startup":
                mine[each.bearer] = mine.get(each.bearer, 0) + each.amount_minor
        return found

    def version_of(self, line: LineRow) -> SchemeVersion:
        source = line.decision or line.grant
        assert source is not None, "a named CHECK of the table"
        return self.versions[source.scheme_version_id]

    def charge_of(self, line: LineRow) -> ChargeRow | None:
        """What the subsidy was decided for."""
        return None if line.decision is None else self.charges[line.decision.charge_id]

    def pieces_of(self, line: LineRow) -> list[Piece]:
        """The evidence of a line: its own, its startup's, the whole claim's."""
        startup_id = line.startup.id if line.startup else None
        return [each for each in self.pieces if each.line_id == line.line.id
                or (each.line_id is None and each.startup_id in (startup_id, None))]  # fmt: skip

    def allocations_of(self, charge: ChargeRow) -> list[AllocationRow]:
        """Where the party sat for a charge: the units of its agreement, or of its booking, on days of the charge."""
        return [
            each for each in self.allocations
            if (charge.booking_id is not None and each.booking_id == charge.booking_id)
            or (charge.residency is not None and each.residency_id == charge.residency.id
                and charge.charge.unit_id in (None, each.allocation.unit_id))
        ]  # fmt: skip


def number_of(invoice: Invoice) -> str:
    """As printed."""
    return invoice_number(invoice.series, invoice.year, invoice.number)


def load_basis(session: Session, actor: Actor, claim_id: int, *, now: datetime) -> Basis:
    """The claim and all that it rests on; some twenty statements, however many lines it has."""
    row = get_claim(session, actor, claim_id)
    dossier = get_dossier(session, actor, claim_id, now=now)
    lines = dossier.lines
    charges = _charges(session, lines)
    posted = [each.invoice for each in charges.values()] + [each.invoice for each in lines]
    invoices = {each.id: each for each in posted if each is not None}
    residencies = {each.residency.id: each.residency for each in charges.values() if each.residency is not None}
    bookings = _bookings(session, {each.booking_id for each in charges.values() if each.booking_id is not None})
    days = _days(row, charges.values())
    return Basis(
        row, session.execute(select(Operator)).scalar_one(), _last_step(session, claim_id), lines,
        _versions(session, lines), {each.startup.id: each.startup for each in lines if each.startup is not None},
        charges, invoices, residencies, bookings, _allocations(session, residencies, bookings, days),
        dossier.pieces, _files(session, dossier.pieces), _reports(session, lines),
        _decisions(session, charges), _credits(session, charges),
    )  # fmt: skip


def _last_step(session: Session, claim_id: int) -> ClaimStep:
    return session.execute(
        select(ClaimStep).where(ClaimStep.claim_id == claim_id).order_by(ClaimStep.number.desc()).limit(1)
    ).scalar_one()


def _versions(session: Session, lines: Iterable[LineRow]) -> dict[int, SchemeVersion]:
    ids = {source.scheme_version_id for each in lines for source in (each.decision, each.grant) if source is not None}
    rows = session.execute(select(SchemeVersion).where(SchemeVersion.id == any_(id_array(ids)))).scalars()
    return {each.id: each for each in rows}


def _charges(session: Session, lines: Iterable[LineRow]) -> dict[int, ChargeRow]:
    ids = {each.decision.charge_id for each in lines if each.decision is not None}
    rows = session.execute(
        select(Charge, Invoice, InvoiceLine, Residency)
        .outerjoin(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .outerjoin(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(ResidencyPrice, and_(Charge.source_kind == "residency_price", ResidencyPrice.id == Charge.source_id))
        .outerjoin(Residency, Residency.id == ResidencyPrice.residency_id)
        .where(Charge.id == any_(id_array(ids)))
        .order_by(Charge.id)
    ).all()
    return {
        charge.id: ChargeRow(charge, invoice, line, residency,
                             charge.source_id if charge.source_kind == "booking" else None)
        for charge, invoice, line, residency in rows
    }  # fmt: skip


def _bookings(session: Session, ids: Iterable[int]) -> dict[int, tuple[Booking, Resource]]:
    rows = session.execute(
        select(Booking, Resource)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(Booking.id == any_(id_array(ids)))
        .order_by(Booking.id)
    ).all()
    return {booking.id: (booking, resource) for booking, resource in rows}


def _days(row: ClaimRow, charges: Iterable[ChargeRow]) -> Range[date]:
    """From the first day that anything of it is for to its last."""
    first = min([row.claim.first_on, *(each.charge.starts_on for each in charges)])
    return Range(first, row.claim.last_on + timedelta(days=1))


def _allocations(
    session: Session, residencies: Mapping[int, Residency], bookings: Mapping[int, Any], days: Range[date]
) -> tuple[AllocationRow, ...]:  # fmt: skip
    """Live ones of the agreements that touch the claim's days, and those of its bookings."""
    # a day of the site can begin up to 14 hours before the one of UTC, and end as much after it
    around = Range(*(None if edge is None else f"{edge + timedelta(days=by)}T00:00:00+00:00"
                     for edge, by in ((days.lower, -1), (days.upper, 1))))  # fmt: skip
    rows = session.execute(
        select(Allocation, Unit)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(
            Allocation.voided_at.is_(None),
            or_(
                and_(Allocation.holder_kind == "residency", Allocation.holder_id == any_(id_array(residencies)),
                     Allocation.period.op("&&")(_instants(around))),
                and_(Allocation.holder_kind == "booking", Allocation.holder_id == any_(id_array(bookings))),
            ),
        )
        .order_by(Allocation.id)
        .limit(MOST_ALLOCATIONS)
    ).all()  # fmt: skip
    return tuple(
        AllocationRow(each, unit, each.holder_id if each.holder_kind == "residency" else None,
                      each.holder_id if each.holder_kind == "booking" else None)
        for each, unit in rows
    )  # fmt: skip


def _instants(around: Range[Any]) -> Range[datetime]:
    return Range(*(None if edge is None else datetime.fromisoformat(edge) for edge in (around.lower, around.upper)))


def _files(session: Session, pieces: Iterable[Piece]) -> dict[int, StoredFile]:
    ids = {each.file_id for each in pieces if each.file_id is not None}
    rows = session.execute(select(StoredFile).where(StoredFile.id == any_(id_array(ids)))).scalars()
    return {each.id: each for each in rows}


def _reports(session: Session, lines: Iterable[LineRow]) -> tuple[tuple[FrozenReport, Site], ...]:
    """The newest frozen report of each kind about the sites and months of the lines."""
    sites, months = {each.site.id for each in lines}, {each.month for each in lines}
    rows = session.execute(
        select(FrozenReport, Site)
        .join(Site, Site.id == FrozenReport.site_id)
        .where(FrozenReport.site_id == any_(id_array(sites)), FrozenReport.month.in_(sorted(months)))
        .order_by(FrozenReport.site_id, FrozenReport.kind, FrozenReport.month, FrozenReport.version)
    ).all()
    newest = {(report.site_id, report.kind, report.month): (report, site) for report, site in rows}
    return tuple(newest.values())


def _decisions(session: Session, charge_ids: Iterable[int]) -> tuple[DecisionRow, ...]:
    said = Decision.derivation
    rows = session.execute(
        select(Decision.id, Decision.charge_id, Decision.amount_minor, Decision.held_minor, Decision.bearer,
               Decision.outcome, Decision.adjusts_id, Decision.created_at, Scheme.code, SchemeVersion.version,
               SchemeVersion.rule, said["credit_note_number"].astext.label("note"),
               said.has_key("closing").label("is_shared"))
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(Decision.charge_id == any_(id_array(charge_ids)))
        .order_by(Decision.id)
    ).all()  # fmt: skip
    rules = {(row.code, row.version): Rule.parse(row.rule) for row in rows}
    turns = _turns(rows, rules)
    return tuple(
        DecisionRow(
            row.id, row.charge_id, f"{row.code}-{row.version}", row.bearer, rules[row.code, row.version].goes_to,
            turns[row.adjusts_id or row.id], row.outcome, _why(row), row.adjusts_id, row.note, row.amount_minor,
            row.held_minor, row.created_at,
        )
        for row in rows
    )  # fmt: skip


def _why(row: Any) -> str | None:
    if row.adjusts_id is None:
        return None
    if row.outcome == "ruled":
        return "ruling"
    return "credit" if row.note else "closing" if row.is_shared else "facts"


def _turns(rows: Iterable[Any], rules: Mapping[tuple[str, int], Rule]) -> dict[int, int]:
    """By first decision when its scheme decided on the charge: by its order, those of a best of with the first of
    them."""
    by_charge: dict[int, list[tuple[int, Rule, tuple[int, str]]]] = {}
    for row in rows:
        if row.adjusts_id is None:
            rule = rules[row.code, row.version]
            by_charge.setdefault(row.charge_id, []).append((row.id, rule, (rule.together.order, row.code)))
    found: dict[int, int] = {}
    for each in by_charge.values():
        first_of: dict[str, tuple[int, str]] = {}
        for _, rule, turn in each:
            if rule.together.best_of:
                first_of[rule.together.best_of] = min(turn, first_of.get(rule.together.best_of, turn))
        in_turn = sorted(each, key=lambda one: (first_of.get(one[1].together.best_of or "", one[2]), one[2]))
        found |= {decision_id: number for number, (decision_id, *_) in enumerate(in_turn, start=1)}
    return found


def _credits(session: Session, charge_ids: Iterable[int]) -> tuple[CreditRow, ...]:
    rows = session.execute(
        select(CreditNote, CreditNoteLine, InvoiceLine.charge_id)
        .join(CreditNoteLine, CreditNoteLine.credit_note_id == CreditNote.id)
        .join(InvoiceLine, and_(InvoiceLine.invoice_id == CreditNoteLine.invoice_id,
                                InvoiceLine.line == CreditNoteLine.invoice_line))
        .where(InvoiceLine.charge_id == any_(id_array(charge_ids)))
        .order_by(CreditNote.id, CreditNoteLine.line)
    ).all()  # fmt: skip
    return tuple(CreditRow(*row) for row in rows)


def area_of(charge: Charge) -> Decimal | None:
    """The area that a charge was rated with."""
    said = charge.derivation.get("area_m2")
    return Decimal(said) if said is not None else charge.quantity if charge.basis == "m2_month" else None
