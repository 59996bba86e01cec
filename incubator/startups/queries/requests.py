"""Reads of requests: one with its conversation, one's own, and the queue of those who answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import local_day
from incubator.spaces.models import Site, Unit
from incubator.startups.models import (
    Request,
    RequestCategory,
    RequestMessage,
    RequestPhoto,
    Residency,
    ResidencyPrice,
    Startup,
)
from incubator.startups.queries.request_settings import HANDLERS
from incubator.startups.queries.startups import has_begun_and_not_ended
from incubator.startups.rules.requests import PRIORITIES, is_late

VIEWS = ("todo", "late", "today", "unassigned", "mine", "waiting", "resolved", "closed")
"""What a queue shows: the operator's turn; of it what is late, due today, nobody's; one's own; the rest by state."""
OWN_VIEWS = ("open", "yours", "closed")
"""What a startup's list shows: not closed; of it what waits for the startup; closed."""
_Assignee = aliased(Person)


class Places(Struct, frozen=True):
    """Where a startup sits: the sites to choose from, and its units."""

    sites: list[Site]
    units: list[Unit]

    def units_at(self, site_id: int) -> list[Unit]:
        return [unit for unit in self.units if unit.site_id == site_id]


class RequestRow(Struct, frozen=True):
    """A request as a list shows it."""

    request: Request
    startup: Startup
    site: Site
    category: RequestCategory | None
    assignee: Person | None

    def answer_is_late(self, now: datetime) -> bool:
        return is_late(self.request.answer_due_at, self.request.first_answered_at, self.request.resolved_at, now)

    def is_late(self, now: datetime) -> bool:
        """Whether the answer or the resolution was missed, or is by now."""
        request = self.request
        late = is_late(request.resolve_due_at, request.resolved_at, request.waiting_since, now)
        return late or self.answer_is_late(now)

    @property
    def next_due_at(self) -> datetime | None:
        """What has to be there next: the first answer, then the resolution."""
        if self.request.resolved_at is not None or self.request.waiting_since is not None:
            return None
        return self.request.resolve_due_at if self.request.first_answered_at else self.request.answer_due_at


class Turn(Struct, frozen=True):
    """One turn of the conversation with who said it, and its photos."""

    message: RequestMessage
    person: str
    photos: list[RequestPhoto]


def get_request(session: Session, actor: Actor, request_id: int, *, for_update: bool = False) -> Request:
    """The request, for staff who see them and for its startup's people; NotFound for others."""
    if not actor.can(Action.SEE_REQUESTS):
        actor.require(Action.ASK)
    query = select(Request).where(Request.id == request_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    request = session.execute(query).scalar_one_or_none()
    if request is None:
        raise NotFound(N_("There is no such request."))
    if not actor.can(Action.SEE_REQUESTS):
        actor.require_startup(request.startup_id)
    return request


def get_request_row(session: Session, actor: Actor, request_id: int) -> RequestRow:
    """One of them as a list shows it."""
    get_request(session, actor, request_id)
    return _rows(session, _joined().where(Request.id == request_id))[0]


def list_turns(session: Session, actor: Actor, request_id: int) -> list[Turn]:
    """The conversation, the oldest first; notes for staff only. Two statements."""
    query = select(RequestMessage, Person.name).outerjoin(Person, Person.id == RequestMessage.person_id)
    query = query.where(RequestMessage.request_id == request_id).order_by(RequestMessage.id)
    if not actor.can(Action.SEE_REQUESTS):
        query = query.where(RequestMessage.kind != "note")
    photos: dict[int, list[RequestPhoto]] = {}
    for photo in session.execute(
        select(RequestPhoto).where(RequestPhoto.request_id == request_id).order_by(RequestPhoto.id)
    ).scalars():
        photos.setdefault(photo.message_id, []).append(photo)
    return [
        Turn(message, name or "", photos.get(message.id, [])) for message, name in session.execute(query)
    ]


def get_request_photo(session: Session, actor: Actor, request_id: int, photo_id: int) -> RequestPhoto:
    """A photo of a request that the actor may see; NotFound otherwise. None comes with a note."""
    get_request(session, actor, request_id)
    found = session.execute(
        select(RequestPhoto).where(RequestPhoto.id == photo_id, RequestPhoto.request_id == request_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such file."))
    return found


def list_own_requests(session: Session, actor: Actor, *, view: str = "open", page: int = 1) -> Page[RequestRow]:
    """One's startups' requests, those with the latest word first."""
    actor.require(Action.ASK)
    mine = Request.startup_id.in_(actor.startups_for(Action.ASK))
    wanted = {
        "open": Request.closed_at.is_(None),
        "yours": and_(Request.closed_at.is_(None), or_(Request.waiting_since.is_not(None), _is_resolved())),
        "closed": Request.closed_at.is_not(None),
    }[view if view in OWN_VIEWS else "open"]
    return _page(session, [mine, wanted], [Request.last_message_at.desc(), Request.id.desc()], page)


def list_requests(
    session: Session, actor: Actor, *, now: datetime, view: str = "todo", page: int = 1, search: str = "",
    site_id: int | None = None, category_id: int | None = None, priority: str = "",
) -> Page[RequestRow]:  # fmt: skip
    """A page of the queue: what is due first stands first; what is over, the latest first."""
    actor.require(Action.SEE_REQUESTS)
    wanted = [_of_view(actor, view, now), *_filter(search, site_id, category_id, priority)]
    order: list[ColumnElement[Any]] = (
        [Request.last_message_at.desc(), Request.id.desc()] if view in ("resolved", "closed")
        else [_next_due().asc().nulls_last(), Request.id.asc()]
    )  # fmt: skip
    return _page(session, wanted, order, page)


def count_requests(
    session: Session, actor: Actor, *, now: datetime, search: str = "", site_id: int | None = None,
    category_id: int | None = None, priority: str = "",
) -> dict[str, int]:  # fmt: skip
    """How many there are in each view, in one statement."""
    actor.require(Action.SEE_REQUESTS)
    counts = [func.count().filter(_of_view(actor, view, now)) for view in VIEWS]
    query = select(*counts).select_from(Request).join(Startup, Startup.id == Request.startup_id)
    query = query.join(Site, Site.id == Request.site_id)
    row = session.execute(query.where(*_filter(search, site_id, category_id, priority))).one()
    return dict(zip(VIEWS, row, strict=True))


def list_places(session: Session, startup_id: int, now: datetime) -> Places:
    """Where a startup sits, with its units; all sites where it sits nowhere. Two statements at most."""
    rows = session.execute(
        select(Site, Unit)
        .join(Residency, Residency.site_id == Site.id)
        .join(ResidencyPrice, ResidencyPrice.residency_id == Residency.id)
        .join(Unit, Unit.id == ResidencyPrice.unit_id)
        .where(Residency.startup_id == startup_id, has_begun_and_not_ended(now))
        .order_by(Site.code, Unit.code)
    ).all()
    sites = list(dict.fromkeys(site for site, _ in rows))
    if not sites:
        sites = list(session.execute(select(Site).order_by(Site.code)).scalars())
    return Places(sites, list(dict.fromkeys(unit for _, unit in rows)))


def is_handler(session: Session, person_id: int) -> bool:
    """Whether somebody answers requests."""
    query = select(RoleGrant.id).join(Person, Person.id == RoleGrant.person_id)
    query = query.where(RoleGrant.person_id == person_id, RoleGrant.role.in_(HANDLERS), Person.left_at.is_(None))
    return session.execute(query).first() is not None


def _joined() -> Select[Request, Startup, Site, RequestCategory, Person]:
    return (
        select(Request, Startup, Site, RequestCategory, _Assignee)
        .join(Startup, Startup.id == Request.startup_id)
        .join(Site, Site.id == Request.site_id)
        .outerjoin(RequestCategory, RequestCategory.id == Request.category_id)
        .outerjoin(_Assignee, _Assignee.id == Request.assigned_to)
    )


def _rows(session: Session, query: Select[Request, Startup, Site, RequestCategory, Person]) -> list[RequestRow]:
    return [RequestRow(*row) for row in session.execute(query)]


def _page(
    session: Session, wanted: Iterable[ColumnElement[bool]], order: Iterable[ColumnElement[Any]], page: int
) -> Page[RequestRow]:
    conditions = list(wanted)
    count = select(func.count()).select_from(Request).join(Startup, Startup.id == Request.startup_id)
    total = session.execute(count.join(Site, Site.id == Request.site_id).where(*conditions)).scalar_one()
    query = _joined().where(*conditions).order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return Page(_rows(session, query), page, total)


def _is_resolved() -> ColumnElement[bool]:
    return and_(Request.resolved_at.is_not(None), Request.closed_at.is_(None))


def _next_due() -> ColumnElement[datetime | None]:
    return case((Request.first_answered_at.is_(None), Request.answer_due_at), else_=Request.resolve_due_at)


def _of_view(actor: Actor, view: str, now: datetime) -> ColumnElement[bool]:
    todo = and_(Request.resolved_at.is_(None), Request.waiting_since.is_(None))
    if view == "late":
        return and_(todo, or_(_next_due() < now, Request.resolve_due_at < now))
    if view == "today":
        end = local_day(now.astimezone(CHINA).date(), CHINA).end
        return and_(todo, _next_due() >= now, _next_due() < end)
    if view == "unassigned":
        return and_(todo, Request.assigned_to.is_(None))
    if view == "mine":
        return and_(Request.resolved_at.is_(None), Request.assigned_to == actor.person_id)
    if view == "waiting":
        return Request.waiting_since.is_not(None)
    if view == "resolved":
        return _is_resolved()
    return Request.closed_at.is_not(None) if view == "closed" else todo


def _filter(search: str, site_id: int | None, category_id: int | None, priority: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if words := search.strip():
        number = cast(Request.number, Text)
        label = func.concat("SR-", Request.year, "-", func.lpad(number, func.greatest(4, func.length(number)), "0"))
        columns = (label, Request.title, Startup.name, Startup.name_en, Startup.code)
        wanted.append(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    if site_id is not None:
        wanted.append(Request.site_id == site_id)
    if category_id is not None:
        wanted.append(Request.category_id == category_id)
    if priority in PRIORITIES:
        wanted.append(Request.priority == priority)
    return wanted

