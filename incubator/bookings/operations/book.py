"""Booking one resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.allowances import allowances_of
from incubator.bookings.attendance import check_in_deadline
from incubator.bookings.consent import Consent, check_consent
from incubator.bookings.models import Booking
from incubator.bookings.operations.allowances import lock_startups, settle
from incubator.bookings.operations.by_voucher import reserve_for
from incubator.bookings.operations.telling import ask_for_approval, tell
from incubator.bookings.planning import pick_units, price_one
from incubator.bookings.queries import check_holder
from incubator.bookings.rulebook import holder_ids, list_rules, survey_quotas, terms_of
from incubator.bookings.rules import GRACE, Wish, doors_of, refusals
from incubator.bookings.terms import Terms
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.periods import Interval
from incubator.database import insert_one
from incubator.spaces.hours_queries import get_open_hours
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations.ledger import Buffers, allocate_any, explaining, in_turn, rows_for, take
from incubator.spaces.operations.taken import Taken
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import Bookable, get_bookable
from incubator.startups.models import Startup

SAME_FORM = "bookings_operator_id_booked_by_request_key_key"


def book(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    resource_id: int,
    start: datetime,
    end: datetime,
    startup_id: int | None,
    title: str = "",
    attendees: int | None = None,
    request_key: str | None = None,
    consent: Consent | None = None,
    grace: timedelta = GRACE,
    unit_id: int | None = None,
    voucher_id: int | None = None,
    place: Bookable | None = None,
) -> Booking:
    """Book a resource for a startup, or (None) for the operator's own free use; of a pool any unit, or `unit_id`.

    The price is quoted by the tariff of the day and kept with the booking, allowances pay of it what they can, and a
    voucher (`voucher_id`) its share of the rest; with a `consent` what is left to pay must be what was seen. The same
    `request_key` of the same person, sent again, gives the booking that it made the first time. `Taken` where the
    ledger refuses; whatever refuses it, nothing of it is left. `place` is the resource, where the caller has read it.
    """
    check_holder(session, actor, startup_id)
    place = place or get_bookable(session, actor, resource_id)
    try:
        return _book(session, actor, place, start, end, startup_id, title, attendees, request_key, consent, grace,
                     unit_id, voucher_id, now)  # fmt: skip
    except Refusal:
        # asked only here, for a form that is sent twice is refused the second time: its own booking stands there
        earlier = made_before(session, actor, request_key)
        if earlier is None:
            raise
    return _same_wish(earlier, place.resource, Range(start, end), startup_id, unit_id)


def _book(
    session: Session, actor: Actor, place: Bookable, start: datetime, end: datetime, startup_id: int | None,
    title: str, attendees: int | None, request_key: str | None, consent: Consent | None, grace: timedelta,
    unit_id: int | None, voucher_id: int | None, now: datetime,
) -> Booking:  # fmt: skip
    resource, site = place.resource, place.site
    units = pick_units(resource, place.units, unit_id)
    terms = check_wish(session, actor, resource, site, start, end, attendees, startup_id, now, grace)
    title = one_line(title, "title", LONGEST_NAME)
    allowances = allowances_of(session, startup_id)
    check_quotas(session, actor, site, terms, Interval(start, end), startup_id, now)
    priced = price_one(session, resource=resource, site=site, start=start, end=end, startup_id=startup_id, now=now,
                       voucher_id=voucher_id, allowances=allowances)  # fmt: skip
    quote = priced.quote
    assert quote is not None  # it has a price, be it 0
    if consent is not None:
        check_consent(consent, Money(priced.to_pay_minor, quote.currency))
    waits = terms.approval_hours if startup_id is not None and not actor.can(Action.BOOK_FOR_OTHERS) else None

    def write() -> Booking:
        booking = Booking(
            site_id=site.id, resource_id=resource.id, startup_id=startup_id, booked_by=actor.person_id,
            unit_id=unit_id, title=title, attendees=attendees, period=Range(start, end),
            price_minor=quote.gross_minor, currency=quote.currency, quote=quote.as_data(),
            request_key=request_key or None, created_at=now, terms=terms.as_data(),
            awaiting_until=None if waits is None else min(now + timedelta(hours=waits), start),
            check_in_until=None if startup_id is None else check_in_deadline(terms, start, end, now),
        )  # fmt: skip
        insert_one(session, booking)
        holder = ("booking", booking.id)
        if resource.takes == "all":
            take(session, actor, now=now, rows=rows_for(holder, units, start, end, terms.buffers))
        else:
            allocate_any(session, actor, now=now, holder=holder, units=units, start=start, end=end,
                         buffers=terms.buffers)  # fmt: skip
        if allowances.terms:  # they can't have become some since: the startup is locked
            settle(session, actor, now=now, startup_id=startup_id, around=[start])
        if voucher_id is not None:
            reserve_for(session, actor, booking, resource, voucher_id, now=now)
        return booking

    booking = _made(session, write, resource, units, start, end, terms.buffers, unit_id)
    tell(session, booking, "confirmation", now=now, by=actor)
    if booking.is_awaiting:
        ask_for_approval(session, booking, now=now)
    after = {"resource": resource.code, "start": start, "end": end, "startup_id": startup_id,
             "price_minor": booking.price_minor} | ({"unit": units[0].code} if unit_id is not None else {})  # fmt: skip
    record(session, actor, "book", ("bookings", booking.id), now=now, after=after)
    return booking


def _made(
    session: Session, write: Callable[[], Booking], resource: Resource, units: Sequence[Unit], start: datetime,
    end: datetime, buffers: Buffers, unit_id: int | None,
) -> Booking:  # fmt: skip
    """The booking with all that it takes; where that can't be had, why, and nothing of it is left."""
    try:
        with explaining(session, units, start, end, buffers):
            return in_turn(session, write)
    except Taken as taken:
        raise (taken if unit_id is not None else taken.of(resource)) from None
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != SAME_FORM:
            raise
        raise Conflict(N_("This booking is being made already.")) from error


def check_wish(
    session: Session, actor: Actor, resource: Resource, site: Site, start: datetime, end: datetime,
    attendees: int | None, startup_id: int | None, now: datetime, grace: timedelta = GRACE,
) -> Terms:  # fmt: skip
    """Raise the first thing that speaks against it, quotas and ledger not yet asked; the rules that hold.

    The startup is locked as late as can be: what others do for it at this moment waits from there on.
    """
    on = start.astimezone(ZoneInfo(site.zone)).date()
    calendar, own = get_open_hours(session, site, resource.id, on, on)
    terms = terms_of(list_rules(session, holder_ids(startup_id)), resource)
    doors = doors_of(resource.name, resource.name_en, calendar, own, on)
    limits = lock_startups(session, holder_ids(startup_id))
    wish = Wish(start, end, terms, resource.capacity, attendees, calendar.zone, actor.can(Action.BOOK_FOR_OTHERS),
                actor.roles, holder_ids(startup_id), doors, grace, limits)  # fmt: skip
    for refusal in refusals(wish, doors.openings, now):
        raise refusal
    return terms


def check_quotas(
    session: Session, actor: Actor, site: Site, terms: Terms, interval: Interval, startup_id: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Raise what a quota, or no-shows, say to one more booking of a startup's people; staff are not bound by it.

    The startup's and the person's rows are locked first: of two bookings that are sent at the same time,
    and that fit only one by one, the second is refused.
    """
    if not (terms.quotas or terms.strikes) or startup_id is None or actor.can(Action.BOOK_FOR_OTHERS):
        return
    lock_quotas(session, actor, startup_id)
    zone = ZoneInfo(site.zone)
    quotas = survey_quotas(session, terms.rules, startup_id=startup_id, person_id=actor.person_id, zone=zone,
                           around=interval, now=now)  # fmt: skip
    if (refusal := quotas.refusal(terms, interval)) is not None:
        raise refusal


def lock_quotas(session: Session, actor: Actor, startup_id: int | None) -> None:
    """Let nobody else book for the startup, and nothing else for the person, before this transaction ends."""
    for row, id_ in ((Startup, startup_id), (Person, actor.person_id)):
        session.execute(select(row.id).where(row.id == id_).with_for_update(key_share=True))


def made_before(session: Session, actor: Actor, request_key: str | None) -> Booking | None:
    """The (first) booking that the form made before."""
    if not request_key:
        return None
    return session.execute(
        select(Booking).where(Booking.booked_by == actor.person_id, Booking.request_key == request_key)
    ).scalar_one_or_none()


def _same_wish(
    earlier: Booking, resource: Resource, period: Range[datetime], startup_id: int | None, unit_id: int | None
) -> Booking:
    """The booking that the form made before; refused where the form says something else by now."""
    asked = (resource.id, *_ends(period), startup_id, unit_id)
    made = (earlier.resource_id, *_ends(earlier.period), earlier.startup_id, earlier.unit_id)
    if asked != made or earlier.cancelled_at is not None:
        raise Conflict(N_("This form has made a booking already. Confirm once more if you want another one beside it."))
    return earlier


def _ends(period: Range[datetime]) -> tuple[datetime, datetime]:
    assert period.lower is not None and period.upper is not None  # a named CHECK of the table
    return period.lower.astimezone(UTC), period.upper.astimezone(UTC)
