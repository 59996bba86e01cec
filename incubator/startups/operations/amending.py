"""Amending agreements: renewed, moved, enlarged, returned in part, priced anew; the state before stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.canonical import plain
from incubator.core.errors import N_, Refusal
from incubator.core.periods import local_instant
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations.ledger import allocate, lock_units, release
from incubator.startups.models import Residency, ResidencyAmendment, ResidencyPrice, UnitHold
from incubator.startups.operations.holds import lock_hold, use_hold
from incubator.startups.operations.residencies import (
    UnitTerms,
    add_prices,
    check_facts,
    check_terms,
    check_unit,
    spans_of,
)
from incubator.startups.queries.holds import list_hold_units
from incubator.startups.rules.amendments import Change, PriceRow, Standing, Wanted, find_change
from incubator.startups.rules.schedule import AS_IT_IS, Schedule, Span, check_schedule

A_DAY = timedelta(days=1)
LONGEST_NOTE = 500


class AgreedFacts(Struct, frozen=True):
    """What of an agreement is neither a unit nor a price."""

    deposit_minor: int | None
    notice_days: int | None


class Amendment(Struct, frozen=True):
    """The whole state of an agreement from a day on: `units` at new prices, `as_before` at those that they have."""

    residency: Residency
    effective_on: date
    ends_on: date | None
    units: Sequence[UnitTerms] = ()
    as_before: Sequence[Unit] = ()
    schedule: Schedule = AS_IT_IS
    """Of the new prices, counted from the day on which the change begins."""
    facts: AgreedFacts | None = None
    """None: as before."""
    signed_on: date | None = None
    note: str = ""
    hold: UnitHold | None = None
    """The hold that kept what is taken; it ends with the amendment."""


def amend_residency(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    residency: Residency,
    effective_on: date,
    ends_on: date | None,
    units: Sequence[UnitTerms] = (),
    as_before: Sequence[Unit] = (),
    schedule: Schedule = AS_IT_IS,
    facts: AgreedFacts | None = None,
    signed_on: date | None = None,
    note: str = "",
    hold: UnitHold | None = None,
) -> ResidencyAmendment:
    """Let an agreement be otherwise from a day on: its units, their prices, its last day.

    One for D1 and D2 until 31 December, with D2 and D3 until 31 March from 1 December on: D1 is free from that day's
    local midnight, D3 is taken from then, D2 is held for three months more; D1's prices end on 30 November, D3's begin
    on 1 December. The ledger refuses what another holds; what `hold` kept goes over to it, in the same transaction.
    What was charged stays; billing tells where it differs now.
    """
    amended = Amendment(residency, effective_on, ends_on, units, as_before, schedule, facts, signed_on, note, hold)
    return amend_residencies(session, actor, now=now, amendments=[amended])[0]


def amend_residencies(
    session: Session, actor: Actor, *, now: datetime, amendments: Sequence[Amendment]
) -> list[ResidencyAmendment]:
    """Amend several agreements in one: all give back before any takes, so that two can swap their desks on one day."""
    actor.require(Action.MANAGE_RESIDENCIES)
    ordered = sorted(amendments, key=lambda each: each.residency.id)
    if len({each.residency.id for each in ordered}) != len(ordered):
        raise Refusal(N_("An agreement is amended once at a time."))
    for each in ordered:
        session.refresh(each.residency, with_for_update=True)
    works = [_prepare(session, each) for each in ordered]
    lock_units(session, {unit_id for work in works for unit_id in work.touched | work.held})
    for work in works:
        _give_back(session, actor, now, work)
    for work in works:
        _end_hold(session, actor, now, work)
    for work in works:
        _take(session, actor, now, work)
    made = {work.amendment.residency.id: _write(session, actor, now, work) for work in works}
    return [made[each.residency.id] for each in amendments]


class _Work(Struct, frozen=True):
    """An amendment, what it changes, and the state before."""

    amendment: Amendment
    site: Site
    number: int
    change: Change
    before: dict[str, Any]
    units: dict[int, Unit]
    held: frozenset[int] = frozenset()
    """Units that its hold keeps."""

    @property
    def name(self) -> str:
        return f"{self.amendment.residency.number}/{self.number}"

    @property
    def touched(self) -> frozenset[int]:
        is_other_term = self.change.is_longer or self.change.is_shorter
        return self.change.returned | self.change.taken | (self.change.kept if is_other_term else frozenset())

    def midnight(self, on: date) -> datetime:
        return local_instant(on, 0, ZoneInfo(self.site.zone))

    def after(self, last: date | None) -> datetime | None:
        return None if last is None else self.midnight(last + A_DAY)


def _prepare(session: Session, amendment: Amendment) -> _Work:
    residency = amendment.residency
    for field, day in (("effective_on", amendment.effective_on), ("ends_on", amendment.ends_on),
                       ("signed_on", amendment.signed_on)):  # fmt: skip
        check_day(day, field)
    site = session.execute(select(Site).where(Site.id == residency.site_id)).scalar_one()
    facts = amendment.facts or AgreedFacts(residency.deposit_minor, residency.notice_days)
    check_facts(facts.deposit_minor, facts.notice_days)
    units = {unit.id: unit for unit in (*amendment.as_before, *(terms.unit for terms in amendment.units))}
    if len(units) != len(amendment.as_before) + len(amendment.units):
        raise Refusal(N_("One unit stands in the agreement twice."), field="units")
    standing = get_standing(session, residency)
    prices: dict[int, Sequence[Span] | None] = {unit.id: None for unit in amendment.as_before}
    if amendment.units:
        check_schedule(amendment.schedule, amendment.effective_on, amendment.ends_on)
    for terms in amendment.units:
        check_terms(terms, site, amendment.effective_on, amendment.ends_on)
        prices[terms.unit.id] = spans_of(terms, amendment.schedule, amendment.effective_on, amendment.ends_on)
    for unit in amendment.as_before:
        check_unit(unit, site, amendment.effective_on, amendment.ends_on)
    strange = {unit.id for unit in amendment.as_before} - standing.had_by(amendment.effective_on)
    if strange and amendment.effective_on >= residency.starts_on:
        raise Refusal(N_("Say what %(unit)s costs: the agreement has not got it yet."), field="units",
                      unit=units[min(strange)].code)  # fmt: skip
    has_other = facts != AgreedFacts(residency.deposit_minor, residency.notice_days)
    change = find_change(standing, Wanted(amendment.effective_on, amendment.ends_on, prices), has_other=has_other)
    number = session.execute(
        select(func.count()).where(ResidencyAmendment.residency_id == residency.id)
    ).scalar_one() + 1  # fmt: skip
    held: frozenset[int] = frozenset()
    if amendment.hold is not None:
        lock_hold(session, amendment.hold)
        held = frozenset(unit.id for unit in list_hold_units(session, [amendment.hold.id])[amendment.hold.id])
        if not held & change.taken:
            raise Refusal(N_("Nothing that is held is taken: choose a unit of the hold."), field="units")
    return _Work(amendment, site, number, change, snapshot(session, residency), units, held)


def get_standing(session: Session, residency: Residency) -> Standing:
    """The agreement as it stands, for the rules. An amendment that was to begin after its end counts no more."""
    rows = session.execute(
        select(ResidencyPrice)
        .where(ResidencyPrice.residency_id == residency.id, ~func.isempty(ResidencyPrice.days))
        .order_by(ResidencyPrice.id)
        .execution_options(populate_existing=True)
    ).scalars()
    amended = select(func.max(ResidencyAmendment.effective_on)).where(ResidencyAmendment.residency_id == residency.id)
    if residency.ends_on is not None:
        amended = amended.where(ResidencyAmendment.effective_on <= residency.ends_on)
    return Standing(residency.starts_on, residency.ends_on, tuple(_row(each) for each in rows),
                    session.execute(amended).scalar())  # fmt: skip


def _row(price: ResidencyPrice) -> PriceRow:
    first, after = price.days.lower, price.days.upper
    assert first is not None  # a named CHECK of the table
    return PriceRow(price.id, price.unit_id,
                    Span(price.charge_kind, price.basis, price.unit_price, first, after, price.reason))  # fmt: skip


def _give_back(session: Session, actor: Actor, now: datetime, work: _Work) -> None:
    holder = ("residency", work.amendment.residency.id)
    if work.change.returned:
        release(session, actor, now=now, holder=holder, reason=work.name, unit_ids=work.change.returned,
                at=work.midnight(work.amendment.effective_on))  # fmt: skip
    if work.change.is_shorter:
        release(session, actor, now=now, holder=holder, reason=work.name, at=work.after(work.amendment.ends_on))


def _end_hold(session: Session, actor: Actor, now: datetime, work: _Work) -> None:
    amendment = work.amendment
    if amendment.hold is not None:
        use_hold(session, actor, now=now, hold=amendment.hold, residency=amendment.residency,
                 units=[work.units[id_] for id_ in work.change.taken], start=work.midnight(amendment.effective_on),
                 name=work.name)  # fmt: skip


def _take(session: Session, actor: Actor, now: datetime, work: _Work) -> None:
    amendment, change = work.amendment, work.change
    holder, end = ("residency", amendment.residency.id), work.after(amendment.ends_on)
    if change.is_longer:
        start = work.after(amendment.residency.ends_on)
        assert start is not None, "what is open-ended gets no longer"
        allocate(session, actor, now=now, holder=holder, units=[work.units[id_] for id_ in change.kept], start=start,
                 end=end) if change.kept else None  # fmt: skip
    if change.taken:
        allocate(session, actor, now=now, holder=holder, units=[work.units[id_] for id_ in change.taken],
                 start=work.midnight(amendment.effective_on), end=end)  # fmt: skip


def _write(session: Session, actor: Actor, now: datetime, work: _Work) -> ResidencyAmendment:
    amendment, residency = work.amendment, work.amendment.residency
    _cut(session, [row.id for row in work.change.cut], amendment.effective_on)
    for unit_id, span in work.change.begun:
        add_prices(session, residency, work.units[unit_id], [span])
    residency.ends_on = amendment.ends_on
    if work.change.is_longer:  # what was ended early goes on after all
        residency.ended_at = residency.end_reason = None
    if amendment.facts is not None:
        residency.deposit_minor, residency.notice_days = amendment.facts.deposit_minor, amendment.facts.notice_days
    session.flush()
    after = snapshot(session, residency)
    made = ResidencyAmendment(
        residency_id=residency.id, number=work.number, kind=work.change.kind, effective_on=amendment.effective_on,
        signed_on=amendment.signed_on, note=amendment.note.strip()[:LONGEST_NOTE], before=work.before, after=after,
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(
        session, actor, "amend_residency", ("residencies", residency.id), now=now,
        before=_said(work.before, amendment.effective_on),
        after=_said(after, amendment.effective_on) | {"amendment": work.name, "effective_on": amendment.effective_on},
    )  # fmt: skip
    return made


def _cut(session: Session, price_ids: Iterable[int], on: date) -> None:
    """Let prices end before the day; those that were to begin then or later never do."""
    rows = session.execute(select(ResidencyPrice).where(ResidencyPrice.id.in_(list(price_ids)))).scalars()
    for row in rows:
        first = row.days.lower
        assert first is not None  # a named CHECK of the table
        row.days = Range(first, on) if first < on else Range(empty=True)
    session.flush()


def snapshot(session: Session, residency: Residency) -> dict[str, Any]:
    """The whole of an agreement as it stands: term, units, prices by day; plain data in a fixed order."""
    rows = session.execute(
        select(ResidencyPrice, Unit)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(ResidencyPrice.residency_id == residency.id, ~func.isempty(ResidencyPrice.days))
        .order_by(Unit.code, ResidencyPrice.charge_kind != "rent", ResidencyPrice.charge_kind,
                  func.lower(ResidencyPrice.days))
        .execution_options(populate_existing=True)
    ).all()
    units = {unit.id: unit for _, unit in rows}
    found: dict[str, Any] = plain({
        "starts_on": residency.starts_on, "ends_on": residency.ends_on, "deposit_minor": residency.deposit_minor,
        "notice_days": residency.notice_days,
        "units": [{"id": unit.id, "code": unit.code, "kind": unit.kind, "area_m2": unit.area_m2}
                  for unit in units.values()],
        "prices": [
            {"unit_id": unit.id, "charge_kind": row.charge_kind, "basis": row.basis, "unit_price": row.unit_price,
             "currency": row.currency, "first": row.days.lower, "after": row.days.upper, "reason": row.reason}
            for row, unit in rows
        ],
    })  # fmt: skip
    return found


def _said(state: dict[str, Any], on: date) -> dict[str, Any]:
    """Of a state what the trail says: its last day, and its units on a day."""
    day = on.isoformat()
    there = {each["unit_id"] for each in state["prices"]
             if each["first"] <= day and (each["after"] is None or day < each["after"])}  # fmt: skip
    return {"ends_on": state["ends_on"], "units": [unit["code"] for unit in state["units"] if unit["id"] in there]}
