"""Series: many bookings by one rule, made, changed and cancelled together; each of them stands for itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.attendance import check_in_deadline
from incubator.bookings.consent import Consent, check_consent, check_fee_consent
from incubator.bookings.models import Booking, BookingSeries
from incubator.bookings.operations.allowances import settle
from incubator.bookings.operations.book import lock_quotas, made_before
from incubator.bookings.operations.by_voucher import give_back
from incubator.bookings.operations.cancel import cancellation_fee, take_back
from incubator.bookings.operations.telling import ask_for_approval, tell_series
from incubator.bookings.planning import Plan, SeriesWish, plan_series
from incubator.bookings.queries import get_booking, get_series
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.recurrence import Recurrence
from incubator.database import current_operator
from incubator.pricing.rules import check_day
from incubator.spaces.hours_queries import get_site_calendar
from incubator.spaces.operations.ledger import allocate_many
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.spaces.queries import get_resource, get_site


class Scope(StrEnum):
    """How much of a series a change is for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


class SeriesRefused(Conflict):
    """Some days of a series can't be had; `plan` says which, and why. Nothing is booked."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            N_("%(refused)s of %(all)s days can't be booked. Nothing is booked yet."),
            refused=len(plan.refused), all=len(plan.occurrences),
        )  # fmt: skip
        self.plan = plan


class SeriesTerms(Struct, frozen=True):
    """What a series is: a rhythm from a first day on, at wall times of the site."""

    resource_id: int
    startup_id: int | None
    recurrence: Recurrence
    first_on: date
    start: time
    end: time
    title: str = ""
    attendees: int | None = None
    unit_id: int | None = None
    """The one of a pool that is wanted on every day; None: any."""
    except_on: tuple[date, ...] = ()
    """Days of the rhythm that are left out; `count` counts them, as the RFC has it."""


def wish_of(session: Session, actor: Actor, terms: SeriesTerms) -> SeriesWish:
    """The days that the rhythm falls on by the site's calendar; Refusal where it falls on none."""
    check_day(terms.first_on, "on")
    site = get_site(session, actor, get_resource(session, actor, terms.resource_id).site_id)
    days = terms.recurrence.dates(terms.first_on, get_site_calendar(session, site).occasion)
    days = [day for day in days if day not in set(terms.except_on)]
    if not days:
        raise Refusal(N_("The series falls on no day."), field="until")
    return SeriesWish(terms.resource_id, terms.startup_id, tuple(days), terms.start, terms.end, terms.title,
                      terms.attendees, unit_id=terms.unit_id)  # fmt: skip


def book_series(
    session: Session, actor: Actor, *, now: datetime, terms: SeriesTerms, skip_refused: bool = False,
    consent: Consent | None = None, request_key: str | None = None,
) -> BookingSeries:  # fmt: skip
    """Book every day of the series, or with `skip_refused` every one that can be had; in one transaction, all or none.

    `SeriesRefused` carries the plan where some can't; with a `consent` the total must be the one that was seen. The
    same `request_key` of the same person, sent again, gives the series that it made the first time.
    """
    actor.require(Action.BOOK)
    terms = replace(terms, title=one_line(terms.title, "title", LONGEST_NAME))
    wish = wish_of(session, actor, terms)
    lock_quotas(session, actor, wish.startup_id)
    if (earlier := made_before(session, actor, request_key)) is not None:
        return _same_series(session, actor, earlier, terms)
    plan = plan_series(session, actor, wish, now=now)
    agree(plan, skip_refused, consent)
    series = BookingSeries(
        site_id=plan.site.id, resource_id=plan.resource.id, startup_id=wish.startup_id, booked_by=actor.person_id,
        title=wish.title, attendees=wish.attendees, rrule=terms.recurrence.rrule, calendar=terms.recurrence.calendar,
        first_on=terms.first_on, start_minute=minute_of(terms.start), end_minute=minute_of(terms.end) or 1440,
        unit_id=terms.unit_id, except_on=sorted(set(terms.except_on)), created_at=now,
    )  # fmt: skip
    with session.begin_nested():
        session.add(series)
        session.flush()
        ids = write_plan(session, actor, plan, wish, series, now, request_key or None)
        after = {"rrule": series.rrule, "count": len(ids), "first_id": ids[0], "last_id": ids[-1],
                 "price_minor": plan.total_minor}  # fmt: skip
        record(session, actor, "book_series", ("booking_series", series.id), now=now, after=after)
        tell_series(session, series, "confirmation", now=now, facts={"count": len(ids)})
        first = session.get_one(Booking, (series.operator_id, ids[0]))
        if first.is_awaiting:
            ask_for_approval(session, first, now=now)
    return series


def _same_series(session: Session, actor: Actor, earlier: Booking, terms: SeriesTerms) -> BookingSeries:
    """The series that the form made before; refused where the form says something else by now."""
    series = get_series(session, actor, earlier.series_id) if earlier.series_id is not None else None
    if series is None or earlier.cancelled_at is not None or (
        (series.resource_id, series.startup_id, series.rrule, series.first_on, series.start_minute)
        != (terms.resource_id, terms.startup_id, terms.recurrence.rrule, terms.first_on, minute_of(terms.start))
    ):  # fmt: skip
        raise Conflict(N_("This form has made a booking already. Confirm once more if you want another one beside it."))
    return series


def extend_series(
    session: Session, actor: Actor, *, now: datetime, series_id: int, recurrence: Recurrence,
    skip_refused: bool = False, consent: Consent | None = None, except_on: tuple[date, ...] = (),
) -> BookingSeries:  # fmt: skip
    """Book the days that a longer rhythm adds after the last one the series has."""
    actor.require(Action.BOOK)
    series = get_series(session, actor, series_id, for_update=True)
    actor.require_for(Action.BOOK, series.startup_id)
    if series.startup_id is not None:
        lock_quotas(session, actor, series.startup_id)
    plan, wish = plan_extension(session, actor, now=now, series=series, recurrence=recurrence, except_on=except_on)
    agree(plan, skip_refused, consent)
    before = {"rrule": series.rrule}
    with session.begin_nested():
        series.rrule, series.calendar = recurrence.rrule, recurrence.calendar
        series.except_on = sorted({*series.except_on, *except_on})
        ids = write_plan(session, actor, plan, wish, series, now)
        after = {"rrule": series.rrule, "count": len(ids), "price_minor": plan.total_minor}
        record(session, actor, "extend_series", ("booking_series", series.id), now=now, before=before, after=after)
        tell_series(session, series, "change", now=now, facts={"count": len(ids), "what": "extended"})
    return series


def plan_extension(
    session: Session, actor: Actor, *, now: datetime, series: BookingSeries, recurrence: Recurrence,
    except_on: tuple[date, ...] = (),
) -> tuple[Plan, SeriesWish]:  # fmt: skip
    """What a longer rhythm would add; Refusal where it adds nothing. After a cancelled rest it goes on from there."""
    end = Recurrence.parse(series.rrule, series.calendar).until
    had = session.execute(select(Booking.occurrence_on).where(Booking.series_id == series.id)).scalars().all()
    terms = terms_of_series(series, recurrence)
    wish = wish_of(session, actor, replace(terms, except_on=(*terms.except_on, *except_on)))
    last = max((day for day in had if day and (end is None or day <= end)), default=series.first_on - timedelta(days=1))
    wish = replace(wish, days=tuple(day for day in wish.days if day > last))
    if not wish.days:
        raise Refusal(N_("That is not longer than the series is."), field="until")
    return plan_series(session, actor, wish, now=now), wish


def terms_of_series(series: BookingSeries, recurrence: Recurrence) -> SeriesTerms:
    """The series' own terms with another rhythm."""
    return SeriesTerms(
        series.resource_id, series.startup_id, recurrence, series.first_on, wall(series.start_minute),
        wall(series.end_minute), series.title, series.attendees, series.unit_id, tuple(series.except_on),
    )  # fmt: skip


def cancel_series(
    session: Session, actor: Actor, *, now: datetime, booking_id: int, scope: Scope, reason: str = "",
    charge_fee: bool = False, consent: Consent | None = None,
) -> int:  # fmt: skip
    """Cancel this day and those after it, or all that have not begun; how many. Fees as each one's rules have them."""
    actor.require(Action.BOOK)
    bookings = list_scope(session, actor, now=now, booking_id=booking_id, scope=scope, for_update=True)
    if not bookings:
        raise Conflict(N_("None of them can be cancelled any more."))
    actor.require_for(Action.BOOK, bookings[0].startup_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    charged = charge_fee or not actor.can(Action.BOOK_FOR_OTHERS)
    fees = {booking.id: cancellation_fee(booking, now)[0] if charged else 0 for booking in bookings}
    if consent is not None:
        check_fee_consent(consent, Money(sum(fees.values()), bookings[0].currency))
    for booking in bookings:
        take_back(session, actor, booking, now=now, reason=words, fee_minor=fees[booking.id], settled=False)
    give_back(session, actor, [each.id for each in bookings], now=now)
    settle(session, actor, now=now, startup_id=bookings[0].startup_id, around=[each.start for each in bookings])
    _end_before(session, actor, bookings)
    after = {"count": len(bookings), "first_id": bookings[0].id, "last_id": bookings[-1].id, "reason": words}
    record(session, actor, "cancel_series", ("booking_series", bookings[0].series_id or 0), now=now, after=after)
    if bookings[0].series_id is not None:
        series = get_series(session, actor, bookings[0].series_id)
        tell_series(session, series, "cancellation", now=now, facts={"count": len(bookings)})
    return len(bookings)


def _end_before(session: Session, actor: Actor, cancelled: Sequence[Booking]) -> None:
    """Let the rhythm end before the first day that was cancelled: so the series says, and from there it may go on."""
    first = cancelled[0].occurrence_on
    if cancelled[0].series_id is None or first is None:
        return
    series = get_series(session, actor, cancelled[0].series_id, for_update=True)
    if first > series.first_on:
        rhythm = Recurrence.parse(series.rrule, series.calendar)
        series.rrule = replace(rhythm, count=None, until=first - timedelta(days=1)).rrule


def list_scope(
    session: Session, actor: Actor, *, now: datetime, booking_id: int, scope: Scope, for_update: bool = False
) -> Sequence[Booking]:
    """The bookings of the series that a change of this one is for: those that stand and have not begun, by day."""
    booking = get_booking(session, actor, booking_id)
    if booking.series_id is None or scope is Scope.THIS:
        chosen = Booking.id == booking.id
    else:
        chosen = Booking.series_id == booking.series_id
    query = select(Booking).where(chosen, Booking.cancelled_at.is_(None)).order_by(Booking.occurrence_on, Booking.id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.execute(query).scalars().all()
    if scope is Scope.FOLLOWING and booking.occurrence_on is not None:
        found = [each for each in found if each.occurrence_on and each.occurrence_on >= booking.occurrence_on]
    return [each for each in found if each.start > now]


def agree(plan: Plan, skip_refused: bool, consent: Consent | None) -> None:
    """Refused unless all of the plan can be had, or enough of it, at the total that was seen."""
    if len(plan.occurrences) == 1 and plan.occurrences[0].refusal is not None:
        raise plan.occurrences[0].refusal
    if not plan.free or (plan.refused and not skip_refused):
        raise SeriesRefused(plan)
    if consent is not None:
        currency = next((each.quote.currency for each in plan.free if each.quote), "CNY")
        check_consent(consent, Money(plan.total_minor, currency))


def write_plan(
    session: Session, actor: Actor, plan: Plan, wish: SeriesWish, series: BookingSeries | None, now: datetime,
    request_key: str | None = None,
) -> list[int]:  # fmt: skip
    """Book what of the plan can be had, in a few statements; their ids in order. The first one carries the key of the
    form that was sent."""
    operator_id = current_operator(session)
    hours = plan.terms.approval_hours
    bound = wish.startup_id is not None and not actor.can(Action.BOOK_FOR_OTHERS)
    waits = timedelta(hours=hours) if bound and hours is not None else None
    values = [
        {
            "operator_id": operator_id, "site_id": plan.site.id, "resource_id": plan.resource.id,
            "startup_id": wish.startup_id, "booked_by": actor.person_id, "title": each.title or wish.title,
            "attendees": wish.attendees, "period": Range(each.start, each.end), "price_minor": each.quote.gross_minor,
            "currency": each.quote.currency, "quote": each.quote.as_data(), "terms": plan.terms.as_data(),
            "series_id": series.id if series else None, "occurrence_on": each.on if series else None, "created_at": now,
            "unit_id": wish.unit_id, "request_key": request_key if number == 0 else None,
            "awaiting_until": None if waits is None or each.start is None else min(now + waits, each.start),
            "check_in_until": None if wish.startup_id is None or each.start is None or each.end is None
            else check_in_deadline(plan.terms, each.start, each.end, now),
        }
        for number, each in enumerate(plan.free) if each.quote
    ]  # fmt: skip
    ids = list(session.execute(insert(Booking).returning(Booking.id, sort_by_parameter_order=True), values).scalars())
    rows = [row for each, id_ in zip(plan.free, ids, strict=True) for row in plan.ledger_rows(each, id_)]
    allocate_many(session, actor, now=now, rows=rows)
    settle(session, actor, now=now, startup_id=wish.startup_id,
           around=[each.start for each in plan.free if each.start])  # fmt: skip
    return ids


def wall(minute: int) -> time:
    """Minutes after midnight as a wall time; 1440 is 00:00, the end of the day."""
    return time(minute % 1440 // 60, minute % 60)


def minute_of(at: time) -> int:
    """Minutes after midnight of a wall time."""
    return at.hour * 60 + at.minute


