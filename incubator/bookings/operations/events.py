"""Events planned, changed and cancelled; how many came, what proves it, what it cost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.bookings.event_models import Event, EventCost, EventDocument, EventParty, EventResult
from incubator.bookings.event_queries import get_event, get_results
from incubator.bookings.event_rules import AUDIENCES, EVENT_KINDS, MOST_PARTICIPANTS
from incubator.bookings.models import Booking
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.documents.models import Document
from incubator.documents.operations.documents import file_document
from incubator.documents.pictures import make_pictures
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.startups.rules.texts import paragraphs_of
from incubator.subsidies.models import SiteCost

LONGEST_TITLE, LONGEST_PLACE, LONGEST_WORDS = 100, 200, 200
LONGEST_DESCRIPTION = 4000
MOST_FILES = 10
MOST_DAYS = 31


class Plan(Struct, frozen=True):
    """What is said of an event before it is held. `place` is for one without a booking."""

    site_id: int
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    booking_id: int | None = None
    place: str = ""
    title_en: str = ""
    organiser: str = ""
    description: str = ""


class Came(Struct, frozen=True):
    """Who came to an event, and what it was counted from."""

    participants: int
    counted_from: str
    startup_ids: Collection[int] = ()
    mentor_ids: Collection[int] = ()
    """People of the operator with the role of a mentor."""


def plan_event(session: Session, actor: Actor, *, now: datetime, plan: Plan) -> Event:
    """Put an event on the calendar of a site. A booking of that site, which lasts as long at the least, holds its
    place; nothing else can be there then, because the booking's allocations say so."""
    actor.require(Action.MANAGE_EVENTS)
    event = Event(created_at=now, created_by=actor.person_id)
    _put(session, actor, event, plan)
    session.add(event)
    session.flush()
    record(session, actor, "plan_event", ("events", event.id), now=now, after=_told(event))
    return event


def edit_event(session: Session, actor: Actor, *, now: datetime, event_id: int, plan: Plan) -> Event:
    """Other words, another time or place, while it is planned; what was held stays as it was."""
    actor.require(Action.MANAGE_EVENTS)
    event = get_event(session, actor, event_id, for_update=True)
    if event.state != "planned":
        raise Conflict(N_("Only what is planned can be changed; a count is corrected with a reason."))
    before = _told(event)
    _put(session, actor, event, plan)
    session.flush()
    record(session, actor, "edit_event", ("events", event.id), now=now, before=before, after=_told(event))
    return event


def cancel_event(session: Session, actor: Actor, *, now: datetime, event_id: int, reason: str) -> Event:
    """It does not take place. Its booking stays: whoever has it lets it go."""
    actor.require(Action.MANAGE_EVENTS)
    event = get_event(session, actor, event_id, for_update=True)
    if event.state != "planned":
        raise Conflict(N_("Only what is planned can be cancelled."))
    event.cancelled_reason = _reason(reason)
    event.state, event.cancelled_at, event.cancelled_by = "cancelled", now, actor.person_id
    session.flush()
    record(session, actor, "cancel_event", ("events", event.id), now=now, after={"reason": event.cancelled_reason})
    return event


def confirm_event(
    session: Session, actor: Actor, *, now: datetime, event_id: int, came: Came, reason: str = ""
) -> EventResult:
    """It was held: how many came, and who. A second count says why it replaces the first, which stays to be read."""
    actor.require(Action.MANAGE_EVENTS)
    event = get_event(session, actor, event_id, for_update=True)
    if event.state == "cancelled":
        raise Conflict(N_("It was cancelled."))
    if now < event.end:
        raise Conflict(N_("It is not over yet; count who came afterwards."))
    if not 1 <= came.participants <= MOST_PARTICIPANTS:
        raise Refusal(N_("Give a number of people, from 1 up. An event that nobody came to is cancelled."),
                      field="participants")  # fmt: skip
    counted_from = one_line(came.counted_from, "counted_from", LONGEST_WORDS)
    if not counted_from:
        raise Refusal(N_("Say what it was counted from: the sign-in sheet, the tickets."), field="counted_from")
    earlier = get_results(session, event.id)
    result = EventResult(
        event_id=event.id, number=len(earlier) + 1, participants=came.participants, counted_from=counted_from,
        reason=_reason(reason) if earlier else "", recorded_at=now, recorded_by=actor.person_id,
    )  # fmt: skip
    _check_parties(session, came)
    session.add(result)
    event.state = "held"
    session.flush()
    session.add_all(EventParty(result_id=result.id, startup_id=each) for each in sorted(set(came.startup_ids)))
    session.add_all(EventParty(result_id=result.id, person_id=each) for each in sorted(set(came.mentor_ids)))
    session.flush()
    after = {"number": result.number, "participants": result.participants, "counted_from": counted_from,
             "startups": sorted(set(came.startup_ids)), "mentors": sorted(set(came.mentor_ids)),
             "reason": result.reason}  # fmt: skip
    before = {"participants": earlier[-1].participants} if earlier else None
    record(session, actor, "confirm_event", ("events", event.id), now=now, before=before, after=after)
    return result


def add_proof(
    session: Session, actor: Actor, *, now: datetime, event_id: int, files: Sequence[tuple[str, bytes]],
    photos: Sequence[bytes] = (),
) -> list[Document]:  # fmt: skip
    """Keep what shows that it was held: photos (made anew, without where they were taken), and papers as they are."""
    actor.require(Action.MANAGE_EVENTS)
    event = get_event(session, actor, event_id, for_update=True)
    if not files and not photos:
        raise Refusal(N_("Choose a file."), field="photos")
    if len(files) + len(photos) > MOST_FILES:
        raise Refusal(N_("At most %(most)s files at once."), field="photos", most=MOST_FILES)
    found = [("evidence", name, content) for name, content in files]
    found += [("picture", f"event-{event.id}-{number}.jpg", make_pictures(content, "photos")[0].content)
              for number, content in enumerate(photos, 1)]  # fmt: skip
    kept = []
    for kind, name, content in found:
        document = file_document(session, actor, now=now, kind=kind, title=event.title, startup_id=None,
                                 audience="staff", name=name, content=content)  # fmt: skip
        session.add(EventDocument(event_id=event.id, document_id=document.id))
        kept.append(document)
    session.flush()
    after = {"documents": [document.id for document in kept]}
    record(session, actor, "prove_event", ("events", event.id), now=now, after=after)
    return kept


def link_cost(session: Session, actor: Actor, *, now: datetime, event_id: int, cost_id: int) -> EventCost:
    """Say that a cost of the site was for this event. A cost is one event's: nothing is counted twice."""
    actor.require(Action.MANAGE_EVENTS)
    event = get_event(session, actor, event_id, for_update=True)
    cost = session.execute(
        select(SiteCost).where(SiteCost.id == cost_id, SiteCost.site_id == event.site_id, SiteCost.kind == "events")
        .with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if cost is None:
        raise NotFound(N_("There is no such cost of events at this site."))
    if event.state == "cancelled" or cost.withdrawn_at is not None:
        raise Conflict(N_("What is cancelled or withdrawn has no part in this."))
    taken = session.execute(select(EventCost.event_id).where(EventCost.cost_id == cost_id)).scalar_one_or_none()
    if taken is not None:
        raise Conflict(N_("This cost belongs to an event already."))
    link = EventCost(event_id=event.id, cost_id=cost.id)
    session.add(link)
    session.flush()
    after = {"cost": cost.id, "title": cost.title, "amount_minor": cost.amount_minor}
    record(session, actor, "link_event_cost", ("events", event.id), now=now, after=after)
    return link


def unlink_cost(session: Session, actor: Actor, *, now: datetime, event_id: int, cost_id: int) -> None:
    """The cost was for something else; it stays a cost of the site."""
    actor.require(Action.MANAGE_EVENTS)
    event = get_event(session, actor, event_id, for_update=True)
    gone = session.execute(
        delete(EventCost).where(EventCost.event_id == event.id, EventCost.cost_id == cost_id).returning(EventCost.id)
    ).scalar_one_or_none()  # fmt: skip
    if gone is None:
        raise NotFound(N_("There is no such cost of events at this site."))
    record(session, actor, "unlink_event_cost", ("events", event.id), now=now, before={"cost": cost_id})


def _put(session: Session, actor: Actor, event: Event, plan: Plan) -> None:
    site = get_site(session, actor, plan.site_id)
    if plan.kind not in EVENT_KINDS:
        raise Refusal(N_("Choose what kind of event it is."), field="kind")
    if plan.audience not in AUDIENCES:
        raise Refusal(N_("Choose whom it is for."), field="audience")
    title = one_line(plan.title, "title", LONGEST_TITLE)
    if not title:
        raise Refusal(N_("Give it a title."), field="title")
    if plan.ends_at <= plan.starts_at:
        raise Refusal(N_("It ends before it begins."), field="ends_at")
    if (plan.ends_at - plan.starts_at).days >= MOST_DAYS:
        raise Refusal(N_("It lasts longer than a month; enter its days one by one."), field="ends_at")
    place = one_line(plan.place, "place", LONGEST_PLACE)
    if plan.booking_id is not None:
        _check_booking(session, event, plan)
        place = ""
    elif not place:
        raise Refusal(N_("Choose the booking that holds its place, or say where it is."), field="place")
    event.site_id, event.kind, event.audience, event.title = site.id, plan.kind, plan.audience, title
    event.title_en = one_line(plan.title_en, "title_en", LONGEST_TITLE)
    event.period = Range(plan.starts_at, plan.ends_at)
    event.booking_id, event.place = plan.booking_id, place
    event.organiser = one_line(plan.organiser, "organiser", LONGEST_WORDS)
    event.description = paragraphs_of(plan.description, "description", LONGEST_DESCRIPTION)


def _check_booking(session: Session, event: Event, plan: Plan) -> None:
    """Locked, so that two events can't take one booking at the same time."""
    booking = session.execute(
        select(Booking).where(Booking.id == plan.booking_id, Booking.site_id == plan.site_id).with_for_update()
    ).scalar_one_or_none()
    if booking is None:
        raise Refusal(N_("There is no such booking at this site."), field="booking_id")
    if booking.cancelled_at is not None:
        raise Conflict(N_("This booking was cancelled."), field="booking_id")
    if not (booking.start <= plan.starts_at and plan.ends_at <= booking.end):
        raise Refusal(N_("The booking does not hold the whole time of the event."), field="booking_id")
    other = select(Event.id).where(Event.booking_id == booking.id, Event.cancelled_at.is_(None))
    if session.execute(other.where(Event.id != (event.id or 0))).first() is not None:
        raise Conflict(N_("Another event has this booking already."), field="booking_id")


def _check_parties(session: Session, came: Came) -> None:
    known = set(session.execute(select(Startup.id).where(Startup.id.in_(came.startup_ids))).scalars())
    mentors = set(session.execute(
        select(RoleGrant.person_id).where(RoleGrant.person_id.in_(came.mentor_ids), RoleGrant.role == Role.MENTOR.value)
    ).scalars())  # fmt: skip
    if known != set(came.startup_ids) or mentors != set(came.mentor_ids):
        raise NotFound(N_("There is no such startup or mentor."))


def _reason(text: str) -> str:
    words = one_line(text, "reason", LONGEST_WORDS)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    return words


def _told(event: Event) -> dict[str, object]:
    return {"site_id": event.site_id, "kind": event.kind, "title": event.title, "start": event.period.lower,
            "end": event.period.upper, "booking_id": event.booking_id, "place": event.place,
            "audience": event.audience, "organiser": event.organiser}  # fmt: skip
