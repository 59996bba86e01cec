"""Bringing a calendar file in: its times become bookings, or closures; all of them, or all that can be had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.consent import Consent
from incubator.bookings.ics import Incoming
from incubator.bookings.models import Booking
from incubator.bookings.operations.book import lock_quotas
from incubator.bookings.operations.series import agree, write_plan
from incubator.bookings.planning import Occurrence, Plan, SeriesWish, plan_spans
from incubator.bookings.terms import Terms
from incubator.core.errors import Refusal
from incubator.core.periods import Interval
from incubator.spaces.ledger_queries import list_held
from incubator.spaces.operations import close_units
from incubator.spaces.operations.ledger import lock_units
from incubator.spaces.operations.taken import Taken
from incubator.spaces.queries import get_bookable


def import_bookings(
    session: Session, actor: Actor, *, now: datetime, resource_id: int, startup_id: int | None,
    times: Sequence[Incoming], skip_refused: bool = False, consent: Consent | None = None,
    request_key: str | None = None,
) -> int:  # fmt: skip
    """Book the times by all rules, as a series is booked; how many. The same form sent again books nothing anew."""
    actor.require(Action.BOOK)
    if request_key and session.execute(
        select(Booking.id).where(Booking.booked_by == actor.person_id, Booking.request_key == request_key)
    ).first():
        return 0
    if startup_id is not None:
        lock_quotas(session, actor, startup_id)
    plan = plan_bookings(session, actor, resource_id=resource_id, startup_id=startup_id, times=times, now=now)
    agree(plan, skip_refused, consent)
    with session.begin_nested():
        ids = write_plan(session, actor, plan, _wish(resource_id, startup_id), None, now, request_key)
        after = {"resource": plan.resource.code, "count": len(ids), "first_id": ids[0], "last_id": ids[-1],
                 "price_minor": plan.total_minor}  # fmt: skip
        record(session, actor, "import_calendar", ("resources", resource_id), now=now, after=after)
    return len(ids)


def plan_bookings(
    session: Session, actor: Actor, *, resource_id: int, startup_id: int | None, times: Sequence[Incoming],
    now: datetime,
) -> Plan:  # fmt: skip
    """Each time of the file against all that `book` asks."""
    spans = [(each.time, each.title) for each in times]
    return plan_spans(session, actor, _wish(resource_id, startup_id), spans, now=now)


def _wish(resource_id: int, startup_id: int | None) -> SeriesWish:
    midnight = datetime.min.time()
    return SeriesWish(resource_id, startup_id, (), midnight, midnight)


def import_closures(
    session: Session, actor: Actor, *, now: datetime, resource_id: int, times: Sequence[Incoming], reason: str,
    skip_refused: bool = False,
) -> int:  # fmt: skip
    """Close the resource at the times, each for what the file calls it (or for `reason`); how many."""
    actor.require(Action.MANAGE_SPACES)
    resource, _site, units = get_bookable(session, actor, resource_id)
    lock_units(session, [unit.id for unit in units])
    plan = plan_closures(session, actor, resource_id=resource_id, times=times)
    agree(plan, skip_refused, None)
    with session.begin_nested():
        for each in plan.free:
            assert each.start is not None and each.end is not None  # of one that can be closed
            close_units(session, actor, now=now, site=plan.site, units=units, start=each.start, end=each.end,
                        reason=each.title or reason)  # fmt: skip
        after = {"resource": resource.code, "count": len(plan.free), "as": "closures"}
        record(session, actor, "import_calendar", ("resources", resource_id), now=now, after=after)
    return len(plan.free)


def plan_closures(session: Session, actor: Actor, *, resource_id: int, times: Sequence[Incoming]) -> Plan:
    """Each time of the file against the ledger: what is taken is not closed over; one statement for all of them."""
    actor.require(Action.MANAGE_SPACES)
    place = get_bookable(session, actor, resource_id)
    resource, site, units = place.resource, place.site, {unit.id: unit for unit in place.units}
    plan = Plan(place, Terms())
    if not times:
        return plan
    last = max(each.time.end for each in times)
    taken = [(units[held.unit_id], Interval(held.start, held.end or last))
             for held in list_held(session, site.id, min(each.time.start for each in times), last, units)
             if held.end is None or held.start < held.end]  # fmt: skip
    first_unit = next(iter(units.values()))
    for each in times:
        on = each.time.start.astimezone(ZoneInfo(site.zone)).date()
        clash = next(((unit, span) for unit, span in taken if span.overlaps(each.time)), None)
        refusal: Refusal | None = None
        if clash is not None:
            refusal = Taken(clash[0], clash[1].start, clash[1].end, site.zone).of(resource)
        else:
            taken.append((first_unit, each.time))
        plan.occurrences.append(
            Occurrence(on, each.time.start, each.time.end, None, tuple(units.values()), refusal, title=each.title)
        )
    return plan
