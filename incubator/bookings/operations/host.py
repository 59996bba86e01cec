"""Receiving visitors: inviting them, letting them in and out, and forgetting them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import LOCALES, Operator, Person, RoleGrant
from incubator.accounts.operations.keys import revoke_keys
from incubator.accounts.permissions import STAFF, TENANT_ROLES, Action
from incubator.audit.operations import record
from incubator.bookings.models import Booking
from incubator.bookings.operations.visits import check_cap, check_room, tell_visitors
from incubator.bookings.queries import check_holder, get_booking
from incubator.bookings.rules import FARTHEST
from incubator.bookings.terms import LONGEST
from incubator.bookings.visiting import (
    FEWEST_DAYS,
    MOST_DAYS,
    MOST_GUESTS,
    WALK_IN,
    Guest,
    VisitState,
    kept_since,
)
from incubator.bookings.visitor_models import Visitor
from incubator.bookings.visitor_queries import get_visitor
from incubator.core.errors import N_, Conflict, Refusal
from incubator.notices.operations import forget_mails, notify
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import get_site

LONGEST_ADDRESS = 254
LONGEST_NOTE = 200
MAIL_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[^@\s<>,;:\"()\[\]\\.]+")
MOST_AT_ONCE = 500


def invite_visitors(
    session: Session, actor: Actor, *, now: datetime, guests: Sequence[Guest], host_id: int, startup_id: int | None,
    booking_id: int | None = None, site_id: int | None = None, start: datetime | None = None,
    end: datetime | None = None, locale: str = "zh_Hans",
) -> list[Visitor]:  # fmt: skip
    """Expect visitors of a startup, or (None) of the operator: to a booking, at its time, or to a site at a time of
    their own. All of them or none; those with an address get a pass by mail.

    A startup's people invite for their own startup, as many as the rules allow; staff for anybody. No room gets more
    people than it seats.
    """
    check_holder(session, actor, startup_id)
    if not 1 <= len(guests) <= MOST_GUESTS:
        raise Refusal(N_("Invite from one to %(most)s people at once."), field="guests", most=MOST_GUESTS)
    known = [_checked(guest, place) for place, guest in enumerate(guests)]
    if locale not in LOCALES:
        raise Refusal(N_("There is no such language."), field="locale")
    booking, site, resource = _where(session, actor, booking_id, site_id, startup_id, now)
    period = booking.period if booking else _period(start, end, now)
    _check_host(session, host_id, startup_id)
    if booking is not None:
        check_room(session, booking, len(known))
    assert period.lower is not None
    check_cap(session, actor, site=site, resource=resource, startup_id=startup_id, at=period.lower, more=len(known))
    visitors = [
        Visitor(site_id=site.id, startup_id=startup_id, host_id=host_id, booking_id=booking_id, expected=period,
                name=guest.name, email=guest.email, company=guest.company, note=guest.note, locale=locale,
                invited_at=now, invited_by=actor.person_id)
        for guest in known
    ]  # fmt: skip
    session.add_all(visitors)
    session.flush()
    tell_visitors(session, visitors, now=now, facts={"what": "invited"})
    after = {"count": len(visitors), "first_id": visitors[0].id, "last_id": visitors[-1].id, "site_id": site.id,
             "startup_id": startup_id, "booking_id": booking_id, "start": period.lower,
             "end": period.upper}  # fmt: skip
    record(session, actor, "invite_visitors", ("visitors", visitors[0].id), now=now, after=after)
    return visitors


def _where(
    session: Session, actor: Actor, booking_id: int | None, site_id: int | None, startup_id: int | None, now: datetime
) -> tuple[Booking | None, Site, Resource | None]:
    if booking_id is None:
        if site_id is None:
            raise Refusal(N_("Choose a site."), field="site_id")
        return None, get_site(session, actor, site_id), None
    booking = get_booking(session, actor, booking_id, for_update=True)
    if booking.startup_id != startup_id:
        raise Refusal(N_("Whoever receives visitors to a booking belongs to its startup."), field="host")
    if booking.cancelled_at is not None or booking.end <= now or booking.left_at is not None:
        raise Conflict(N_("The booking is over or cancelled: nobody can be invited to it."))
    if booking.is_awaiting:
        raise Conflict(N_("This booking waits for approval: invite people once it is approved."))
    row = session.execute(
        select(Site, Resource).join(Resource, Resource.site_id == Site.id).where(Resource.id == booking.resource_id)
    ).one()
    return booking, row[0], row[1]


def _period(start: datetime | None, end: datetime | None, now: datetime) -> Range[datetime]:
    if start is None or end is None:
        raise Refusal(N_("Choose a day and two times."), field="on")
    if end <= start:
        raise Refusal(N_("The end must come after the start."), field="end")
    if end <= now:
        raise Refusal(N_("This time has passed."), field="start")
    if end - start > LONGEST:
        raise Refusal(N_("A visit lasts 24 hours at most."), field="end")
    if start > now + FARTHEST:
        raise Refusal(N_("A visit lies two years ahead at the most."), field="on")
    return Range(start, end)


def _check_host(session: Session, host_id: int, startup_id: int | None) -> None:
    roles = STAFF if startup_id is None else TENANT_ROLES
    found = session.execute(
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            Person.id == host_id, Person.left_at.is_(None), RoleGrant.role.in_([role.value for role in roles]),
            RoleGrant.startup_id.is_(None) if startup_id is None else RoleGrant.startup_id == startup_id,
        )
    ).first()  # fmt: skip
    if found is None:
        raise Refusal(N_("Choose who receives them from the list."), field="host")


def _checked(guest: Guest, place: int) -> Guest:
    name = one_line(guest.name, f"guests-{place}-name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Enter a name."), field=f"guests-{place}-name")
    email = one_line(guest.email, f"guests-{place}-email", LONGEST_ADDRESS)
    if email and not MAIL_ADDRESS.fullmatch(email):
        raise Refusal(N_("This is not an e-mail address. One looks like name@example.com."),
                      field=f"guests-{place}-email")  # fmt: skip
    return Guest(name, email, one_line(guest.company, f"guests-{place}-company", LONGEST_NAME),
                 one_line(guest.note, f"guests-{place}-note", LONGEST_NOTE))  # fmt: skip


def receive_walk_in(
    session: Session, actor: Actor, *, now: datetime, guest: Guest, host_id: int, startup_id: int | None, site_id: int
) -> Visitor:
    """Let in somebody whom nobody has announced; the host is told."""
    actor.require(Action.BOOK_FOR_OTHERS)
    (visitor,) = invite_visitors(
        session, actor, now=now, guests=[Guest(guest.name, "", guest.company, guest.note)], host_id=host_id,
        startup_id=startup_id, site_id=site_id, start=now, end=now + WALK_IN,
    )  # fmt: skip
    return let_in(session, actor, now=now, visitor_id=visitor.id, source="front_desk")


def cancel_visit(session: Session, actor: Actor, *, now: datetime, visitor_id: int) -> Visitor:
    """Let somebody not come, who has not come yet; they are told."""
    visitor = get_visitor(session, actor, visitor_id, for_update=True)
    actor.require(Action.BOOK)
    state = _state(session, visitor, now)
    if state is not VisitState.EXPECTED:
        raise Conflict(N_("This visit is over or cancelled already, or they are here."))
    visitor.cancelled_at, visitor.cancelled_by = now, actor.person_id
    tell_visitors(session, [visitor], now=now, facts={"what": "cancelled"})
    record(session, actor, "cancel_visit", ("visitors", visitor.id), now=now)
    return visitor


def send_pass_again(session: Session, actor: Actor, *, now: datetime, visitor_id: int) -> Visitor:
    """Mail a new pass to somebody who has lost theirs; the one before opens nothing any more."""
    visitor = get_visitor(session, actor, visitor_id, for_update=True)
    actor.require(Action.BOOK)
    if not visitor.email or _state(session, visitor, now) is not VisitState.EXPECTED:
        raise Conflict(N_("There is nobody to send a pass to."))
    tell_visitors(session, [visitor], now=now, facts={"what": "invited"})
    record(session, actor, "send_pass", ("visitors", visitor.id), now=now)
    return visitor


def let_in(session: Session, actor: Actor, *, now: datetime, visitor_id: int, source: str) -> Visitor:
    """A visitor has come, on one of the days of their visit; their host is told."""
    actor.require(Action.BOOK_FOR_OTHERS)
    visitor = get_visitor(session, actor, visitor_id, for_update=True)
    site = get_site(session, actor, visitor.site_id)
    visitor.visit(site.zone).check_arrival(now)
    visitor.arrived_at, visitor.arrived_by, visitor.arrival_source = now, actor.person_id, source
    notify(session, now=now, kind="arrival", about=("visitors", visitor.id), people=[visitor.host_id])
    record(session, actor, "let_visitor_in", ("visitors", visitor.id), now=now, after={"at": now, "source": source})
    return visitor


def let_out(session: Session, actor: Actor, *, now: datetime, visitor_id: int) -> Visitor:
    """A visitor has left."""
    actor.require(Action.BOOK_FOR_OTHERS)
    visitor = get_visitor(session, actor, visitor_id, for_update=True)
    if _state(session, visitor, now) is not VisitState.HERE:
        raise Conflict(N_("They are not here."))
    visitor.left_at = max(now, visitor.arrived_at or now)  # by the clock of another machine they may come later
    record(session, actor, "let_visitor_out", ("visitors", visitor.id), now=now, after={"at": now})
    return visitor


def _state(session: Session, visitor: Visitor, now: datetime) -> VisitState:
    zone = session.execute(select(Site.zone).where(Site.id == visitor.site_id)).scalar_one()
    return visitor.visit(zone).state(now)


def set_visitor_days(session: Session, actor: Actor, *, now: datetime, days: int) -> None:
    """How many days after a visit a visitor's data are kept: from 1 to 365. It holds for the visits that were, too."""
    actor.require(Action.MANAGE_SPACES)
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise Refusal(N_("From %(low)s to %(high)s."), field="days", low=FEWEST_DAYS, high=MOST_DAYS)
    operator = session.execute(
        select(Operator).where(Operator.operator_id == actor.operator_id).with_for_update()
    ).scalar_one()
    before, operator.visitor_days = operator.visitor_days, days
    if before != days:
        record(session, actor, "set_visitor_days", ("operators", actor.operator_id), now=now,
               before={"visitor_days": before}, after={"visitor_days": days})  # fmt: skip


def erase_visitors(session: Session, actor: Actor, *, now: datetime) -> int:
    """Forget who the visitors were whose visits ended longer ago than the operator keeps their data; how many, 500 at a
    time at the most.

    Name, address, company and note go, in the mails about them, too, and their passes open nothing. That somebody
    came, to whom and when, stays: the numbers remain right. A visit ends with its planned end, or when it was
    cancelled before that, or when they left after it.
    """
    actor.require(Action.MANAGE_SPACES)
    days = session.execute(
        select(Operator.visitor_days).where(Operator.operator_id == actor.operator_id)
    ).scalar_one()
    ended = func.greatest(func.least(func.upper(Visitor.expected), Visitor.cancelled_at), Visitor.left_at)
    old = session.execute(
        select(Visitor)
        .where(Visitor.erased_at.is_(None), ended < kept_since(now, days))
        .order_by(Visitor.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    if not old:
        return 0
    for visitor in old:
        visitor.name = visitor.email = visitor.company = visitor.note = ""
        visitor.erased_at = now
    session.flush()
    ids = [visitor.id for visitor in old]
    forget_mails(session, now=now, about_kind="visitors", about_ids=ids)
    revoke_keys(session, now=now, kind="pass", opens_ids=ids)
    record(session, actor, "erase_visitors", ("operators", actor.operator_id), now=now, after={"count": len(ids)})
    return len(ids)
