"""Changing bookings that have not begun: another time, room or name; one of a series, or the rest of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.attendance import check_in_deadline
from incubator.bookings.consent import Consent
from incubator.bookings.models import Booking, BookingSeries
from incubator.bookings.operations.allowances import settle
from incubator.bookings.operations.book import lock_quotas
from incubator.bookings.operations.by_voucher import follow_change
from incubator.bookings.operations.cancel import cancellation_fee
from incubator.bookings.operations.series import Scope, agree, list_scope, minute_of, wall
from incubator.bookings.operations.telling import ask_for_approval, tell, tell_series
from incubator.bookings.operations.visits import move_along
from incubator.bookings.operations.wait import offer_freed
from incubator.bookings.planning import Occurrence, Plan, SeriesWish, plan_series
from incubator.bookings.queries import get_series
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.periods import Interval
from incubator.core.recurrence import Recurrence
from incubator.spaces.models import Allocation
from incubator.spaces.operations.ledger import allocate_many, lock_units, release_many
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import get_site, list_resource_units


class Change(Struct, frozen=True):
    """What the bookings are to be: `on` is for a single one only, a series keeps its days."""

    resource_id: int
    start: time
    end: time
    title: str = ""
    attendees: int | None = None
    on: date | None = None
    unit_id: int | None = None
    """The one of a pool that is wanted; None: any."""


def change(
    session: Session, actor: Actor, *, now: datetime, booking_id: int, scope: Scope = Scope.THIS, to: Change,
    skip_refused: bool = False, consent: Consent | None = None,
) -> list[Booking]:  # fmt: skip
    """Change a booking, or with `scope` this and the following or all of its series, as far as they have not begun.

    All of them or none; with `skip_refused` those that can't be had stay as they are. What was changed on its own
    before stays so, too. Times and price are checked as for a new booking, and a `consent` is to the new total. A
    voucher that bears a part of it follows.
    """
    actor.require(Action.BOOK)
    to = replace(to, title=one_line(to.title, "title", LONGEST_NAME))
    bookings = list_scope(session, actor, now=now, booking_id=booking_id, scope=scope, for_update=True)
    for booking in bookings[:1]:
        actor.require_for(Action.BOOK, booking.startup_id)
    zone = ZoneInfo(get_site(session, actor, bookings[0].site_id).zone) if bookings else None
    if zone is not None and scope is not Scope.THIS and bookings[0].series_id is not None:
        series = get_series(session, actor, bookings[0].series_id, for_update=True)
        bookings = [each for each in bookings if each.id == booking_id or follows(each, series, zone)]
    if not bookings or zone is None:
        raise Conflict(N_("It has begun, is over or is cancelled: it can't be changed any more."))
    _refuse_dodging(actor, bookings, now)
    if bookings[0].startup_id is not None:
        lock_quotas(session, actor, bookings[0].startup_id)
    _lock(session, bookings, to.resource_id)
    plan = plan_change(session, actor, now=now, bookings=bookings, to=to)
    agree(plan, skip_refused, consent)
    with session.begin_nested():
        return _move(session, actor, plan, bookings, to, scope, now)


def plan_change(session: Session, actor: Actor, *, now: datetime, bookings: Sequence[Booking], to: Change) -> Plan:
    """What the change would make of each booking; their own time counts as free."""
    zone = ZoneInfo(get_site(session, actor, bookings[0].site_id).zone)
    days = [to.on] if to.on else [each.start.astimezone(zone).date() for each in bookings]
    wish = SeriesWish(to.resource_id, bookings[0].startup_id, tuple(days), to.start, to.end, to.title, to.attendees,
                      unit_id=to.unit_id)  # fmt: skip
    instead = {to.on or each.start.astimezone(zone).date(): each for each in bookings}
    return plan_series(session, actor, wish, now=now, leave_out=[each.id for each in bookings], instead=instead)


def follows(booking: Booking, series: BookingSeries, zone: ZoneInfo) -> bool:
    """Whether the booking stands as its series has it: same room, its own day, the same wall times."""
    start, end = booking.start.astimezone(zone), booking.end.astimezone(zone)
    walls = (start.time(), end.time())
    return (booking.resource_id, start.date(), *walls) == (
        series.resource_id, booking.occurrence_on, wall(series.start_minute), wall(series.end_minute)
    )  # fmt: skip


def _refuse_dodging(actor: Actor, bookings: Sequence[Booking], now: datetime) -> None:
    """A startup does not move a booking to escape the fee of cancelling it."""
    if actor.can(Action.BOOK_FOR_OTHERS):
        return
    for booking in bookings:
        fee, rule = cancellation_fee(booking, now)
        if fee and rule is not None:
            raise Refusal(N_("So late a change counts as cancelling, which costs %(price)s by the rule “%(rule)s”."),
                          price=Money(fee, booking.currency), rule=rule)  # fmt: skip


def _lock(session: Session, bookings: Sequence[Booking], resource_id: int) -> None:
    held = session.execute(
        select(Allocation.unit_id).where(
            Allocation.holder_kind == "booking", Allocation.holder_id.in_([each.id for each in bookings]),
            Allocation.voided_at.is_(None),
        )
    ).scalars()  # fmt: skip
    wanted = list_resource_units(session, [resource_id]).get(resource_id, [])
    lock_units(session, {*held, *(unit.id for unit in wanted)})


def _move(
    session: Session, actor: Actor, plan: Plan, bookings: Sequence[Booking], to: Change, scope: Scope, now: datetime
) -> list[Booking]:
    by_day = {each.on: each for each in plan.free}
    zone = ZoneInfo(get_site(session, actor, bookings[0].site_id).zone)
    pairs = [
        (booking, occurrence) for booking in bookings
        if (occurrence := by_day.get(to.on or booking.start.astimezone(zone).date())) is not None
    ]  # fmt: skip
    before = [_say(booking) for booking, _ in pairs]
    freed = [(booking.resource_id, Interval(booking.start, booking.end)) for booking, _ in pairs]
    around = [booking.start for booking, _ in pairs] + [each.start for _, each in pairs if each.start]
    release_many(session, actor, now=now, booking_ids=[booking.id for booking, _ in pairs], reason="changed")
    for booking, occurrence in pairs:
        _set(booking, occurrence, plan, actor, to, now)
    if scope is not Scope.THIS and bookings[0].series_id is not None:
        _follow(session, actor, bookings, plan, to, scope)
    session.flush()
    move_along(session, actor, [booking for booking, _ in pairs], before, now)
    rows = [row for booking, occurrence in pairs for row in plan.ledger_rows(occurrence, booking.id)]
    allocate_many(session, actor, now=now, rows=rows)
    settle(session, actor, now=now, startup_id=bookings[0].startup_id, around=around)
    follow_change(session, actor, [booking for booking, _ in pairs], plan.resource, now=now)
    for (booking, _), was in zip(pairs, before, strict=True):
        record(session, actor, "change_booking", ("bookings", booking.id), now=now, before=was, after=_say(booking))
    _tell(session, [booking for booking, _ in pairs], before, now)
    offer_freed(session, now=now, freed=freed)
    return [booking for booking, _ in pairs]


def _tell(session: Session, bookings: Sequence[Booking], before: Sequence[dict[str, object]], now: datetime) -> None:
    if len(bookings) == 1:
        tell(session, bookings[0], "change", now=now, facts=before[0])
    elif bookings and bookings[0].series_id is not None:
        series = session.get_one(BookingSeries, (bookings[0].operator_id, bookings[0].series_id))
        tell_series(session, series, "change", now=now, facts={"count": len(bookings)})
    for booking in bookings:
        if booking.is_awaiting:
            ask_for_approval(session, booking, now=now)


def _set(booking: Booking, occurrence: Occurrence, plan: Plan, actor: Actor, to: Change, now: datetime) -> None:
    quote, start = occurrence.quote, occurrence.start
    assert quote is not None and start is not None  # of one that can be booked
    if not occurrence.is_same_as(booking, plan.resource):
        booking.moved_at = now
    booking.site_id, booking.resource_id, booking.unit_id = plan.site.id, plan.resource.id, to.unit_id
    booking.period, booking.title, booking.attendees = Range(start, occurrence.end), to.title, to.attendees
    booking.price_minor, booking.currency, booking.quote = quote.gross_minor, quote.currency, quote.as_data()
    booking.terms = plan.terms.as_data()
    booking.revision += 1
    booking.arrived_at = booking.arrived_by = booking.arrival_source = None
    if booking.startup_id is not None and occurrence.end is not None:
        booking.check_in_until = check_in_deadline(plan.terms, start, occurrence.end, now)
    hours = plan.terms.approval_hours
    if hours is not None and booking.startup_id is not None and not actor.can(Action.BOOK_FOR_OTHERS):
        booking.awaiting_until, booking.approved_at = min(now + timedelta(hours=hours), start), None
        booking.approved_by = None


def _follow(
    session: Session, actor: Actor, bookings: Sequence[Booking], plan: Plan, to: Change, scope: Scope
) -> None:
    """Let the series be what its bookings are now; what came before this one goes on as a series of its own."""
    series = get_series(session, actor, bookings[0].series_id or 0)
    first = bookings[0].occurrence_on
    assert first is not None
    target = series
    if scope is Scope.FOLLOWING and first > series.first_on:
        rhythm = Recurrence.parse(series.rrule, series.calendar)
        in_it = Booking.series_id == series.id
        last = session.execute(select(func.max(Booking.occurrence_on)).where(in_it)).scalar_one()
        target = BookingSeries(
            site_id=plan.site.id, resource_id=plan.resource.id, startup_id=series.startup_id,
            booked_by=series.booked_by, rrule=replace(rhythm, count=None, until=last).rrule, calendar=series.calendar,
            first_on=first, created_at=series.created_at, start_minute=0, end_minute=1,
            except_on=[day for day in series.except_on if day >= first],
        )  # fmt: skip
        series.rrule = replace(rhythm, count=None, until=first - timedelta(days=1)).rrule
        series.except_on = [day for day in series.except_on if day < first]
        session.add(target)
        session.flush()
        later = select(Booking).where(in_it, Booking.occurrence_on >= first)
        for booking in session.execute(later).scalars():
            booking.series_id = target.id
    target.site_id, target.resource_id = plan.site.id, plan.resource.id
    target.title, target.attendees, target.unit_id = to.title, to.attendees, to.unit_id
    target.start_minute, target.end_minute = minute_of(to.start), minute_of(to.end) or 1440


def _say(booking: Booking) -> dict[str, object]:
    return {"resource_id": booking.resource_id, "start": booking.start, "end": booking.end, "title": booking.title,
            "price_minor": booking.price_minor}  # fmt: skip
