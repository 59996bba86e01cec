"""The calendars that secret addresses open: a person's, a startup's, a resource's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.operations.keys import Opened, has_key
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_actor
from incubator.bookings.calendars import Entry, calendar_text, entry_of, uid_of
from incubator.bookings.models import Booking
from incubator.bookings.queries import BookingRow, list_booking_rows
from incubator.core.errors import N_, NotFound
from incubator.documents.formats import named
from incubator.notices.languages import translations
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Allocation, Closure, Resource, ResourceUnit
from incubator.spaces.queries import get_resource
from incubator.startups.models import Startup

KINDS = {"person": "person_feed", "startup": "startup_feed", "resource": "resource_feed"}
"""As an address names them, and as keys do."""
FEED_SOURCES = "feed_sources"
"""Where the application keeps the sources that stand above bookings."""
Source = Callable[..., list[Entry]]
"""Gives more entries of a feed: `source(session, opened, kind, locale=…, base_url=…, now=…)`."""
BACK, AHEAD = timedelta(days=90), timedelta(days=400)
MOST = 2_000


def check_feed(session: Session, actor: Actor, kind: str, opens_id: int) -> None:
    """Who may make a calendar's address: each person their own, a startup's people the startup's, staff a resource's.

    NotFound for anything else.
    """
    if kind == "person" and opens_id == actor.person_id:
        return
    if kind == "startup" and opens_id in actor.startups_for(Action.BOOK):
        return
    if kind != "resource" or not actor.can(Action.BOOK_FOR_OTHERS):
        raise NotFound
    get_resource(session, actor, opens_id)


class FeedRow(Struct, frozen=True):
    """A calendar that somebody may have, and whether it has an address now."""

    kind: str
    opens_id: int
    name: str
    in_use: bool


def list_feeds(session: Session, actor: Actor) -> list[FeedRow]:
    """The actor's own calendar, and those of their startups."""
    if not actor.can(Action.MENTOR):
        actor.require(Action.BOOK)
    assert actor.person_id is not None  # somebody is signed in
    rows = [("person", actor.person_id, "")]
    own = select(Startup).where(Startup.id.in_(actor.startups_for(Action.BOOK))).order_by(Startup.id)
    for startup in session.execute(own).scalars():
        rows.append(("startup", startup.id, named(startup, actor.locale)))
    return [FeedRow(kind, id_, name, has_key(session, kind=KINDS[kind], opens_id=id_)) for kind, id_, name in rows]


def read_feed(
    session: Session, opened: Opened, kind: str, *, locale: str, base_url: str, now: datetime,
    more: Sequence[Source] = (),
) -> bytes:  # fmt: skip
    """The calendar's text: from three months ago on, at most 2,000 entries of each source, in five statements and
    those of the sources that stand above bookings (`more`)."""
    say = translations(locale).gettext
    near = overlapping(now - BACK, now + AHEAD, Booking)
    if kind == "person":
        person = get_actor(session, opened.opens_id)
        if person is None:
            raise NotFound
        name, whose = say(N_("My bookings")), Booking.booked_by == opened.opens_id
    elif kind == "startup":
        startup = session.execute(select(Startup).where(Startup.id == opened.opens_id)).scalar_one_or_none()
        if startup is None:
            raise NotFound
        name, whose = named(startup, locale), Booking.startup_id == opened.opens_id
    else:
        resource = session.execute(select(Resource).where(Resource.id == opened.opens_id)).scalar_one_or_none()
        if resource is None:
            raise NotFound
        name = named(resource, locale)
        whose = and_(Booking.resource_id == opened.opens_id, Booking.site_id == resource.site_id)  # has an index
    rows: Sequence[BookingRow] = list_booking_rows(session, [whose, near], most=MOST)
    entries = [entry_of(row, locale=locale, say=say, base_url=base_url, for_all=kind == "resource") for row in rows]
    if kind == "resource":
        entries += _closures(session, opened, say(N_("Closure")), base_url, now)
    for source in more:
        entries += source(session, opened, kind, locale=locale, base_url=base_url, now=now)
    return calendar_text(entries, name)


def _closures(session: Session, opened: Opened, word: str, base_url: str, now: datetime) -> list[Entry]:
    """When something of the resource is closed; one that was lifted ends then, or is cancelled."""
    found = session.execute(
        select(Closure)
        .where(
            Closure.period.op("&&")(func.tstzrange(now - BACK, now + AHEAD)),
            exists()
            .where(Allocation.holder_kind == "closure", Allocation.holder_id == Closure.id,
                   Allocation.unit_id == ResourceUnit.unit_id, ResourceUnit.resource_id == opened.opens_id),
        )
        .order_by(func.lower(Closure.period), Closure.id)
        .limit(MOST)
    ).scalars()  # fmt: skip
    entries = []
    for each in found:
        start, end, lifted = each.period.lower, each.period.upper, each.lifted_at
        assert start is not None and end is not None  # the operation asks for both
        entries.append(Entry(
            uid_of("closure", opened.operator_id, each.id, base_url), start,
            lifted if lifted and start < lifted < end else end, f"{word} · {each.reason}", lifted or each.created_at,
            int(lifted is not None), "CANCELLED" if lifted and lifted <= start else "CONFIRMED",
        ))  # fmt: skip
    return entries
