"""Reads of events: the calendar, one with its counts, papers and costs, and what a month or year has of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.bookings.event_models import Event, EventCost, EventDocument, EventParty, EventResult
from incubator.bookings.event_rules import EVENT_KINDS, STATES, stands
from incubator.bookings.models import Booking
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.documents.models import Document, StoredFile
from incubator.documents.queries import DocumentRow, documents_by_id, get_version
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Residency, Startup
from incubator.subsidies.models import SiteCost

MOST_OFFERED = 100
OFFERED_BEFORE = timedelta(days=62)


class EventRow(Struct, frozen=True):
    """An event in a list: its site, its place, how many came (None: nobody has said)."""

    event: Event
    site: Site
    booking: Booking | None
    resource: Resource | None
    result: EventResult | None

    def stands(self, now: datetime) -> str:
        return stands(cancelled=self.event.cancelled_at is not None, results=self.result is not None,
                      ends=self.event.end, now=now)  # fmt: skip

    @property
    def lost_its_place(self) -> bool:
        """Whether the booking no longer holds the event's time: it was moved or cancelled since."""
        booking = self.booking
        return booking is not None and (
            booking.cancelled_at is not None or booking.start > self.event.start or booking.end < self.event.end
        )


class Counted(Struct, frozen=True):
    """One count of who came, with who took part and who said so."""

    result: EventResult
    by: str
    startups: list[Startup]
    mentors: list[Person]


class Detail(Struct, frozen=True):
    """All that staff see of an event."""

    counts: list[Counted]
    """The newest first."""
    photos: list[DocumentRow]
    papers: list[DocumentRow]
    costs: list[SiteCost]

    @property
    def spent_minor(self) -> int:
        """What it cost by the costs that are not withdrawn."""
        return sum(cost.amount_minor for cost in self.costs if cost.withdrawn_at is None)


class Held(Struct, frozen=True):
    """A held event with its newest count, for reports: dates by the site's days."""

    event: Event
    on: date
    result: EventResult
    startups: int
    mentors: int
    photos: int
    papers: int
    spent_minor: int


class Filter(Struct, frozen=True):
    """What a list of events shows; empty: all."""

    site_id: int | None = None
    kind: str = ""
    state: str = ""
    month: Month | None = None
    coming: bool = False


def get_event(session: Session, actor: Actor, event_id: int, *, for_update: bool = False) -> Event:
    """An event, for staff who see spaces, and for everybody else while it is not cancelled; NotFound otherwise."""
    actor.require(Action.SEE_HOME)
    query = select(Event).where(Event.id == event_id)
    if not actor.can(Action.SEE_SPACES):
        query = query.where(Event.cancelled_at.is_(None))
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    event = session.execute(query).scalar_one_or_none()
    if event is None:
        raise NotFound(N_("There is no such event."))
    return event


def get_event_row(session: Session, actor: Actor, event_id: int) -> EventRow:
    """One event as a list shows it."""
    event = get_event(session, actor, event_id)
    return EventRow(*session.execute(_rows().where(Event.id == event.id)).one())


def list_events(session: Session, actor: Actor, wanted: Filter, *, now: datetime, page: int = 1) -> Page[EventRow]:
    """A page of events, the latest first; those to come begin with the next. Who is no staff sees what is to come."""
    actor.require(Action.SEE_HOME)
    is_coming = wanted.coming or not actor.can(Action.SEE_SPACES)
    conditions: list[ColumnElement[bool]] = []
    if is_coming:
        conditions += [func.upper(Event.period) > now, Event.cancelled_at.is_(None)]
    if wanted.site_id is not None:
        conditions.append(Event.site_id == wanted.site_id)
    if wanted.kind in EVENT_KINDS:
        conditions.append(Event.kind == wanted.kind)
    if wanted.state == "due":
        conditions += [Event.state == "planned", func.upper(Event.period) <= now]
    elif wanted.state in STATES:
        conditions.append(Event.state == wanted.state)
    if wanted.month is not None:
        conditions.append(_begins_within(wanted.month.first, wanted.month.last))
    total = session.execute(
        select(func.count()).select_from(Event).join(Site, Site.id == Event.site_id).where(*conditions)
    ).scalar_one()
    begins = func.lower(Event.period)
    rows = session.execute(
        _rows().where(*conditions).order_by(begins if is_coming else begins.desc(), Event.id)
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([EventRow(*row) for row in rows], page, total)


def list_coming(session: Session, actor: Actor, *, now: datetime, most: int = 3) -> list[EventRow]:
    """The next events, for a home page; one statement."""
    actor.require(Action.SEE_HOME)
    rows = session.execute(
        _rows().where(func.upper(Event.period) > now, Event.cancelled_at.is_(None))
        .order_by(func.lower(Event.period), Event.id).limit(most)
    ).all()  # fmt: skip
    return [EventRow(*row) for row in rows]


def get_results(session: Session, event_id: int) -> Sequence[EventResult]:
    """Every count of an event, the first one first."""
    return session.execute(
        select(EventResult).where(EventResult.event_id == event_id).order_by(EventResult.number)
    ).scalars().all()  # fmt: skip


def get_detail(session: Session, actor: Actor, event: Event) -> Detail:
    """Counts, papers and costs of an event; six statements at the most."""
    actor.require(Action.SEE_SPACES)
    counts = session.execute(
        select(EventResult, func.coalesce(Person.name, "")).outerjoin(Person, Person.id == EventResult.recorded_by)
        .where(EventResult.event_id == event.id).order_by(EventResult.number.desc())
    ).all()  # fmt: skip
    startups: dict[int, list[Startup]] = {}
    mentors: dict[int, list[Person]] = {}
    for result_id, startup, person in session.execute(
        select(EventParty.result_id, Startup, Person)
        .join(EventResult, EventResult.id == EventParty.result_id)
        .outerjoin(Startup, Startup.id == EventParty.startup_id)
        .outerjoin(Person, Person.id == EventParty.person_id)
        .where(EventResult.event_id == event.id).order_by(Startup.code, Person.name)
    ):  # fmt: skip
        if startup is not None:
            startups.setdefault(result_id, []).append(startup)
        else:
            mentors.setdefault(result_id, []).append(person)
    ids = session.execute(
        select(EventDocument.document_id).where(EventDocument.event_id == event.id)
    ).scalars().all()  # fmt: skip
    rows = sorted(documents_by_id(session, actor, ids).values(), key=lambda row: row.document.id)
    costs = session.execute(
        select(SiteCost).join(EventCost, EventCost.cost_id == SiteCost.id).where(EventCost.event_id == event.id)
        .order_by(SiteCost.first_on, SiteCost.id)
    ).scalars()  # fmt: skip
    return Detail(
        [Counted(result, by, startups.get(result.id, []), mentors.get(result.id, [])) for result, by in counts],
        [row for row in rows if row.document.kind == "picture"],
        [row for row in rows if row.document.kind != "picture"], list(costs),
    )  # fmt: skip


def get_photo(session: Session, actor: Actor, event_id: int, document_id: int) -> StoredFile:
    """The file of a photo of an event that is not withdrawn; NotFound otherwise."""
    event = get_event(session, actor, event_id)
    of_event = select(EventDocument.id).where(
        EventDocument.event_id == event.id, EventDocument.document_id == document_id
    )
    if session.execute(of_event).first() is None:
        raise NotFound(N_("There is no such photo."))
    document, _version, file = get_version(session, actor, document_id)
    if document.kind != "picture" or document.withdrawn_at is not None:
        raise NotFound(N_("There is no such photo."))
    return file


def list_free_costs(session: Session, actor: Actor, site_id: int) -> Sequence[SiteCost]:
    """Costs of events at a site that belong to no event yet, the latest first."""
    actor.require(Action.SEE_SPACES)
    taken = select(EventCost.cost_id)
    return session.execute(
        select(SiteCost)
        .where(SiteCost.site_id == site_id, SiteCost.kind == "events", SiteCost.withdrawn_at.is_(None),
               SiteCost.id.not_in(taken))
        .order_by(SiteCost.last_on.desc(), SiteCost.id.desc()).limit(MOST_OFFERED)
    ).scalars().all()  # fmt: skip


def list_free_bookings(
    session: Session, actor: Actor, *, now: datetime, but: int | None = None
) -> list[tuple[Booking, Resource, Site]]:
    """The operator's own bookings that could hold an event's place: of the last two months and to come, that no other
    event has; `but` is the event's own one."""
    actor.require(Action.SEE_ALL_BOOKINGS)
    taken = select(Event.booking_id).where(Event.booking_id.is_not(None), Event.cancelled_at.is_(None))
    late = overlapping(now - OFFERED_BEFORE, None, Booking)
    free = and_(Booking.startup_id.is_(None), Booking.id.not_in(taken), late)
    rows = session.execute(
        select(Booking, Resource, Site)
        .join(Resource, Resource.id == Booking.resource_id).join(Site, Site.id == Booking.site_id)
        .where(Booking.cancelled_at.is_(None), free if but is None else or_(free, Booking.id == but))
        .order_by(Booking.starts_at, Booking.id).limit(MOST_OFFERED)
    ).all()  # fmt: skip
    return [(booking, resource, site) for booking, resource, site in rows]


def list_possible_parties(
    session: Session, actor: Actor, event: Event, also: Collection[int] = ()
) -> tuple[Sequence[Startup], list[tuple[int, str]]]:
    """Startups in residence on the event's day (and those said before), and the operator's mentors."""
    actor.require(Action.SEE_STARTUPS)
    day = event.start.date()
    here = select(Residency.startup_id).where(
        Residency.starts_on <= day + timedelta(days=1), func.coalesce(Residency.ends_on, day) >= day
    )
    startups = session.execute(
        select(Startup).where(Startup.id.in_(here) | Startup.id.in_(also)).order_by(Startup.code)
    ).scalars().all()  # fmt: skip
    mentors = session.execute(
        select(Person.id, Person.name).join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == Role.MENTOR.value, Person.left_at.is_(None)).order_by(Person.name)
    ).all()  # fmt: skip
    return startups, [(person_id, name) for person_id, name in mentors]


def list_held(session: Session, actor: Actor, site_ids: Collection[int], first: date, last: date) -> list[Held]:
    """The held events of sites that began on these days of theirs, with what stands behind each; four statements."""
    actor.require(Action.SEE_REPORTS)
    newest = _newest_result()
    rows = session.execute(
        select(Event, Site.zone, newest).join(Site, Site.id == Event.site_id).join(newest, newest.event_id == Event.id)
        .where(Event.state == "held", Event.site_id.in_(site_ids), _begins_within(first, last))
        .order_by(func.lower(Event.period), Event.id)
    ).all()  # fmt: skip
    ids = [event.id for event, _, _ in rows]
    parties = {
        result_id: (startups, mentors) for result_id, startups, mentors in session.execute(
            select(EventParty.result_id, func.count(EventParty.startup_id), func.count(EventParty.person_id))
            .where(EventParty.result_id.in_([result.id for _, _, result in rows])).group_by(EventParty.result_id)
        )
    }  # fmt: skip
    proofs = _count_proofs(session, ids)
    spent = {event_id: int(amount) for event_id, amount in session.execute(
        select(EventCost.event_id, func.sum(SiteCost.amount_minor)).join(SiteCost, SiteCost.id == EventCost.cost_id)
        .where(EventCost.event_id.in_(ids), SiteCost.withdrawn_at.is_(None)).group_by(EventCost.event_id)
    )}  # fmt: skip
    return [
        Held(event, event.start.astimezone(ZoneInfo(zone)).date(), result, *parties.get(result.id, (0, 0)),
             *proofs.get(event.id, (0, 0)), spent.get(event.id, 0))
        for event, zone, result in rows
    ]  # fmt: skip


def list_gatherings(session: Session, site_ids: Collection[int]) -> list[tuple[date, str, str, int]]:
    """Day, titles and people of every held event of sites, the first one first; one statement."""
    newest = _newest_result()
    rows = session.execute(
        select(func.date(func.timezone(Site.zone, func.lower(Event.period))), Event.title, Event.title_en,
               newest.participants)
        .join(Site, Site.id == Event.site_id).join(newest, newest.event_id == Event.id)
        .where(Event.state == "held", Event.site_id.in_(site_ids))
        .order_by(func.lower(Event.period), Event.id)
    )  # fmt: skip
    return [(on, title, title_en, participants) for on, title, title_en, participants in rows]


def _count_proofs(session: Session, event_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Photos and papers of each event that are not withdrawn."""
    is_picture = Document.kind == "picture"
    rows = session.execute(
        select(EventDocument.event_id, func.count().filter(is_picture), func.count().filter(~is_picture))
        .join(Document, Document.id == EventDocument.document_id)
        .where(EventDocument.event_id.in_(event_ids), Document.withdrawn_at.is_(None))
        .group_by(EventDocument.event_id)
    )
    return {event_id: (photos, papers) for event_id, photos, papers in rows}


def _newest_result() -> type[EventResult]:
    chosen = (
        select(EventResult)
        .ext(distinct_on(EventResult.event_id))
        .order_by(EventResult.event_id, EventResult.number.desc())
    )
    return aliased(EventResult, chosen.subquery())


def _begins_within(first: date, last: date) -> ColumnElement[bool]:
    """By the site's days; the instants around them bound what is read of the index."""
    begins = func.lower(Event.period)
    local = func.date(func.timezone(Site.zone, begins))
    around = (datetime.combine(first, time.min, UTC) - timedelta(days=2),
              datetime.combine(last, time.min, UTC) + timedelta(days=3))  # fmt: skip
    return and_(begins >= around[0], begins < around[1], local >= first, local <= last)


def _rows() -> Select[Event, Site, Booking, Resource, EventResult]:
    newest = _newest_result()
    return (
        select(Event, Site, Booking, Resource, newest)
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Booking, Booking.id == Event.booking_id)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
        .outerjoin(newest, newest.event_id == Event.id)
    )
