"""The waitlist: joining the line, being offered what becomes free, taking the offer or letting it go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_actor
from incubator.audit.operations import record
from incubator.bookings.availability import Line, survey
from incubator.bookings.consent import Consent
from incubator.bookings.models import Booking, Wait
from incubator.bookings.operations.book import book
from incubator.bookings.queries import check_holder
from incubator.bookings.rulebook import list_rules, place_of, terms_of
from incubator.bookings.rules import fits, next_slots
from incubator.bookings.suggesting import Offers, offers_of
from incubator.bookings.terms import Use
from incubator.bookings.wait_queries import get_wait
from incubator.bookings.waiting import MOST_WAITS, check_window, offer_until
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Interval, intersect
from incubator.database import current_operator
from incubator.notices.operations import notify
from incubator.pricing.queries import list_price_items
from incubator.spaces.ledger_queries import live_of
from incubator.spaces.models import OFFER, Allocation, Resource, ResourceUnit
from incubator.spaces.operations.ledger import allocate, allocate_any, release
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import get_resource, get_site, list_resource_units

Freed = tuple[int, Interval]
"""A resource, and the time in which something of it became free."""
MOST_AT_ONCE = 200
LINE = 100
"""How many in a line are looked at when something becomes free."""


def join_waitlist(
    session: Session, actor: Actor, *, now: datetime, resource_id: int, start: datetime, end: datetime,
    minutes: int, startup_id: int, title: str = "", attendees: int | None = None,
) -> Wait:  # fmt: skip
    """Wait for `minutes` of a resource between `start` and `end`; a slot is a window that is just as long.

    What is free already is offered at once: nobody waits in vain.
    """
    check_holder(session, actor, startup_id)
    resource = get_resource(session, actor, resource_id)
    window = Interval(start, end) if start < end else None
    if window is None:
        raise Refusal(N_("The end must come after the start."), field="end")
    check_window(window, timedelta(minutes=minutes), now)
    terms = terms_of(list_rules(session, [startup_id]), resource)
    duration = timedelta(minutes=minutes)
    if terms.fitting(duration) != duration:
        raise Refusal(N_("A booking here lasts %(shortest)s to %(longest)s."), field="minutes",
                      shortest=terms.shortest, longest=terms.longest)  # fmt: skip
    waiting = session.execute(
        select(func.count()).where(Wait.person_id == actor.person_id, Wait.ended_at.is_(None))
    ).scalar_one()
    if waiting >= MOST_WAITS:
        raise Refusal(N_("You wait for %(count)s things already; let one go first."), count=waiting)
    wait = Wait(
        site_id=resource.site_id, resource_id=resource.id, startup_id=startup_id, person_id=actor.person_id,
        window=Range(start, end), minutes=minutes, title=one_line(title, "title", LONGEST_NAME), attendees=attendees,
        created_at=now,
    )  # fmt: skip
    session.add(wait)
    session.flush()
    after = {"resource": resource.code, "start": start, "end": end, "minutes": minutes, "startup_id": startup_id}
    record(session, actor, "join_waitlist", ("waits", wait.id), now=now, after=after)
    offer_freed(session, now=now, freed=[(resource.id, window)])
    return wait


def leave_waitlist(session: Session, actor: Actor, *, now: datetime, wait_id: int) -> Wait:
    """Wait no longer; what was offered goes to the next in line."""
    wait = get_wait(session, actor, wait_id, for_update=True)
    if wait.ended_at is not None:
        raise Conflict(N_("This wait is over already."))
    _end(session, actor, wait, "withdrawn", now)
    return wait


def take_offer(
    session: Session, actor: Actor, *, now: datetime, wait_id: int, consent: Consent | None = None
) -> Booking:
    """Book what is offered: by the rules, the quota and the price of this moment."""
    wait = get_wait(session, actor, wait_id, for_update=True)
    if wait.ended_at is not None or wait.offered is None or wait.offer_until is None or wait.offer_until <= now:
        raise Conflict(N_("This offer is over; the time went to the next in line, or is free for everybody."))
    start, end = wait.offered.lower, wait.offered.upper
    assert start is not None and end is not None
    with session.begin_nested():
        release(session, actor, now=now, holder=(OFFER, wait.id), reason="taken")
        booking = book(
            session, actor, now=now, resource_id=wait.resource_id, start=start, end=end, startup_id=wait.startup_id,
            title=wait.title, attendees=wait.attendees, consent=consent,
        )  # fmt: skip
        wait.ended_at, wait.end_reason, wait.booking_id = now, "taken", booking.id
        record(session, actor, "take_offer", ("waits", wait.id), now=now, after={"booking_id": booking.id})
    return booking


def take_offers_back(session: Session, actor: Actor, *, now: datetime, unit_ids: Iterable[int], span: Interval) -> None:
    """Keep some time of units for nobody any more, because they are closed: who was offered it goes back into line."""
    ids = session.execute(
        select(Allocation.holder_id)
        .where(Allocation.holder_kind == OFFER, live_of(unit_ids, span.start, span.end))
        .distinct()
    ).scalars().all()  # fmt: skip
    waits = session.execute(select(Wait).where(Wait.id.in_(ids)).order_by(Wait.id).with_for_update()).scalars()
    for wait in waits:
        release(session, actor, now=now, holder=(OFFER, wait.id), reason="closed")
        wait.offered = wait.offered_at = wait.offer_until = None
        record(session, actor, "take_offer_back", ("waits", wait.id), now=now)


def lapse_offers(session: Session, actor: Actor, *, now: datetime) -> int:
    """End offers that nobody answered, and waits whose time went by; what was kept goes to the next in line."""
    actor.require(Action.BOOK_FOR_OTHERS)
    late = session.execute(
        select(Wait)
        .where(
            Wait.ended_at.is_(None),
            or_(Wait.offer_until <= now, func.upper(Wait.window) <= now),
        )
        .order_by(Wait.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    for wait in late:
        _end(session, actor, wait, "lapsed" if wait.offered is not None else "passed", now)
        notify(session, now=now, kind="waitlist", about=("waits", wait.id), people=[wait.person_id],
               facts={"what": wait.end_reason})  # fmt: skip
    return len(late)


def _end(session: Session, actor: Actor, wait: Wait, reason: str, now: datetime) -> None:
    wait.ended_at, wait.end_reason = now, reason
    record(session, actor, "end_wait", ("waits", wait.id), now=now, after={"reason": reason})
    if wait.offered is not None:
        release(session, actor, now=now, holder=(OFFER, wait.id), reason=reason)
        offer_freed(session, now=now, freed=[(wait.resource_id, _interval(wait.offered))])


def offer_all(session: Session, actor: Actor, *, now: datetime) -> int:
    """Look at everybody who waits, for what became free in other ways: a closure was lifted, an agreement ended."""
    actor.require(Action.BOOK_FOR_OTHERS)
    waiting = session.execute(
        select(Wait.resource_id, Wait.window).where(Wait.ended_at.is_(None), Wait.offered.is_(None)).order_by(Wait.id)
        .limit(MOST_AT_ONCE)
    ).all()  # fmt: skip
    return offer_freed(session, now=now, freed=[(resource_id, _interval(window)) for resource_id, window in waiting])


def offer_freed(session: Session, *, now: datetime, freed: Iterable[Freed]) -> int:
    """Offer what became free to those who wait for it, in the order in which they came; how many offers that made.

    In the transaction that frees it, so that nobody is quicker than the line. Who may not have it (by a rule or a
    quota) keeps their place, and the next is asked. A hall that becomes free frees its halves.
    """
    places = list(freed)
    if not places:
        return 0
    theirs, ours = aliased(ResourceUnit), aliased(ResourceUnit)
    alike: dict[int, set[int]] = {}
    for mine, other in session.execute(
        select(ours.resource_id, theirs.resource_id)
        .join(theirs, theirs.unit_id == ours.unit_id)
        .where(ours.resource_id.in_({resource_id for resource_id, _ in places}))
        .distinct()
    ):
        alike.setdefault(mine, set()).add(other)
    wanted = [
        (Wait.resource_id.in_(alike.get(resource_id, {resource_id})))
        & Wait.window.op("&&")(func.tstzrange(span.start, span.end))
        for resource_id, span in places
    ]
    waiting = session.execute(
        select(Wait)
        .where(Wait.ended_at.is_(None), Wait.offered.is_(None), func.upper(Wait.window) > now, or_(*wanted))
        .order_by(Wait.id)
        .limit(LINE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    return sum(_offer(session, wait, now) for wait in waiting)


def _offer(session: Session, wait: Wait, now: datetime) -> bool:
    person = get_actor(session, wait.person_id)
    if person is None or not person.can(Action.BOOK):
        return False
    try:
        slot, line = _slot_for(session, person, wait, now)
        if slot is None or line is None:
            return False
        _keep(session, person, wait, line, slot, now)
    except Refusal:  # somebody was quicker, or it can't be had after all: they keep their place
        return False
    return True


def _keep(session: Session, person: Actor, wait: Wait, line: Line, slot: Interval, now: datetime) -> None:
    system = system_actor(current_operator(session))
    before, after = line.terms.buffers
    take = allocate if line.resource.takes == "all" else allocate_any
    units = list_resource_units(session, [wait.resource_id])[wait.resource_id]
    take(session, system, now=now, holder=(OFFER, wait.id), units=units, start=slot.start - before,
         end=slot.end + after)  # fmt: skip
    wait.offered, wait.offered_at = Range(slot.start, slot.end), now
    wait.offer_until = offer_until(now, slot.start)
    after_ = {"start": slot.start, "end": slot.end, "until": wait.offer_until}
    record(session, system, "offer_wait", ("waits", wait.id), now=now, after=after_)
    notify(session, now=now, kind="waitlist", about=("waits", wait.id), people=[wait.person_id],
           facts={"what": "offered"})  # fmt: skip


def _slot_for(
    session: Session, person: Actor, wait: Wait, now: datetime
) -> tuple[Interval | None, Line | None]:
    """The first time within the wait's window that this person could book now."""
    site = get_site(session, person, wait.site_id)
    zone, window = ZoneInfo(site.zone), _interval(wait.window)
    duration = timedelta(minutes=wait.minutes)
    first, last = max(window.start, now).astimezone(zone).date(), window.end.astimezone(zone).date()
    seen = survey(session, person, site, first, last)
    line = next((each for each in seen.lines if each.resource.id == wait.resource_id), None)
    if line is None:
        return None, None
    offers = offers_of(session, person, seen, list_price_items(session, site.id), startup_id=wait.startup_id,
                       attendees=wait.attendees, now=now)  # fmt: skip
    offers = _with_what_is_offered(session, offers, wait)
    if window.duration == duration:
        return (window, line) if fits(line.lanes, window) and offers.accepts(line, window) else (None, None)
    found = next_slots(
        line.lanes, intersect(seen.openings_of(line, first, last), [window]), duration=duration,
        not_before=max(window.start, now), granularity_minutes=line.terms.granularity_minutes, zone=zone,
        accepts=partial(offers.accepts, line), count=1,
    )  # fmt: skip
    return (found[0], line) if found else (None, None)


def _with_what_is_offered(session: Session, offers: Offers, wait: Wait) -> Offers:
    """What else is kept for them counts in their quotas as if they had taken it: one booking a day, one offer a day."""
    if offers.quotas is None:
        return offers
    rows = session.execute(
        select(Wait, Resource)
        .join(Resource, Resource.id == Wait.resource_id)
        .where(
            Wait.id != wait.id, Wait.ended_at.is_(None), Wait.offered.is_not(None),
            or_(Wait.startup_id == wait.startup_id, Wait.person_id == wait.person_id),
        )
    ).all()  # fmt: skip
    kept = [Use(_interval(other.offered), place_of(resource), other.startup_id, other.person_id)
            for other, resource in rows if other.offered is not None]  # fmt: skip
    return replace(offers, quotas=replace(offers.quotas, uses=[*offers.quotas.uses, *kept]))


def _interval(period: Range[datetime]) -> Interval:
    assert period.lower is not None and period.upper is not None  # a named CHECK of the table
    return Interval(period.lower, period.upper)
