"""Reads of visitors. Their names are for whoever receives them and for the front desk, not for all staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator, Person, RoleGrant
from incubator.accounts.permissions import STAFF, TENANT_ROLES, Action
from incubator.bookings.models import Booking
from incubator.bookings.visiting import Visit
from incubator.bookings.visitor_models import Visitor
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import local_day
from incubator.database import current_operator
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Startup

LONGEST_SEARCH = 100


class VisitorRow(Struct, frozen=True):
    """A visitor with the names that a page shows."""

    visitor: Visitor
    site: Site
    startup: Startup | None
    host: Person
    resource: Resource | None
    """Of the booking that they come for."""

    @property
    def visit(self) -> Visit:
        """As the pure rules read it."""
        return self.visitor.visit(self.site.zone)


def get_visitor(session: Session, actor: Actor, visitor_id: int, *, for_update: bool = False) -> Visitor:
    """The visitor: for the front desk, for the people of their startup and for their host; NotFound for others."""
    query = select(Visitor).where(Visitor.id == visitor_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    visitor = session.execute(query).scalar_one_or_none()
    if visitor is None:
        raise NotFound(N_("There is no such visitor."))
    if actor.can(Action.BOOK_FOR_OTHERS) or visitor.host_id == actor.person_id:
        return visitor
    actor.require(Action.BOOK)
    if visitor.startup_id is None or visitor.startup_id not in actor.startup_ids:
        raise NotFound(N_("There is no such visitor."))
    return visitor


def get_visitor_row(session: Session, actor: Actor, visitor_id: int) -> VisitorRow:
    """One visitor with the names, as `get_visitor` allows."""
    get_visitor(session, actor, visitor_id)
    return VisitorRow(*session.execute(_with_names().where(Visitor.id == visitor_id)).one())


def list_visitors(session: Session, actor: Actor, *, now: datetime, past: bool, page: int) -> Page[VisitorRow]:
    """A page of the visitors of one's startups and of oneself: those to come, the next first; or those who have come,
    were cancelled or did not come, the latest first."""
    actor.require(Action.BOOK)
    mine = or_(Visitor.startup_id.in_(actor.startup_ids), Visitor.host_id == actor.person_id)
    coming = and_(Visitor.cancelled_at.is_(None), Visitor.left_at.is_(None), func.upper(Visitor.expected) > now)
    start = func.lower(Visitor.expected)
    return _page(session, [mine, ~coming if past else coming], start.desc() if past else start, page)


def list_at_desk(
    session: Session, actor: Actor, *, site: Site, on: date, search: str, page: int
) -> Page[VisitorRow]:
    """A page of the visitors of a site's day, by time; with a search those whose name, company or number plate, host
    or startup has it."""
    actor.require(Action.BOOK_FOR_OTHERS)
    day = local_day(on, ZoneInfo(site.zone))
    wanted = [Visitor.site_id == site.id, Visitor.expected.op("&&")(func.tstzrange(day.start, day.end)),
              Visitor.cancelled_at.is_(None)]  # fmt: skip
    if search:
        fields = (Visitor.name, Visitor.company, Visitor.note, Person.name, Startup.name, Startup.name_en)
        wanted.append(or_(*(each.icontains(search, autoescape=True) for each in fields)))
    return _page(session, wanted, func.lower(Visitor.expected), page)


def clean_search(text: str | None) -> str:
    """What somebody looks for, without what no name has."""
    return "".join(char for char in (text or "") if char.isprintable()).strip()[:LONGEST_SEARCH]


def list_guests(session: Session, actor: Actor, booking_id: int) -> list[VisitorRow]:
    """The visitors of a booking; none for staff who do not receive anybody. Whoever calls has loaded the booking."""
    if not actor.can(Action.BOOK):
        return []
    rows = session.execute(
        _with_names().where(Visitor.booking_id == booking_id).order_by(Visitor.cancelled_at.is_not(None), Visitor.id)
    ).all()
    return [VisitorRow(*row) for row in rows]


def _page(session: Session, wanted: Sequence[ColumnElement[bool]], order: Any, page: int) -> Page[VisitorRow]:
    counted = _with_names().where(*wanted).with_only_columns(func.count(), maintain_column_froms=True)
    total = session.execute(counted).scalar_one()
    page = min(page, Page([], 1, total).pages)
    query = _with_names().where(*wanted).order_by(order, Visitor.id)
    rows = session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    return Page([VisitorRow(*row) for row in rows], page, total)


def _with_names() -> Any:
    return (
        select(Visitor, Site, Startup, Person, Resource)
        .join(Site, Site.id == Visitor.site_id)
        .join(Person, Person.id == Visitor.host_id)
        .outerjoin(Startup, Startup.id == Visitor.startup_id)
        .outerjoin(Booking, Booking.id == Visitor.booking_id)
        .outerjoin(Resource, Resource.id == Booking.resource_id)
    )


class Host(Struct, frozen=True):
    """Somebody who may receive visitors, for a startup or (None) for the operator."""

    startup: Startup | None
    person: Person


def list_hosts(session: Session, actor: Actor, *, booking: Booking | None = None) -> list[Host]:
    """Who may receive visitors that the actor invites: for staff everybody's people and their own, for others those of
    their startup; to a booking only those of its startup. Oneself first."""
    actor.require(Action.BOOK)
    staff = actor.can(Action.BOOK_FOR_OTHERS)
    of_startups = RoleGrant.role.in_([role.value for role in TENANT_ROLES])
    who: ColumnElement[bool] = of_startups & RoleGrant.startup_id.in_(actor.startup_ids)
    if staff:
        who = or_(of_startups, RoleGrant.role.in_([role.value for role in STAFF]))
    wanted = [who]
    if booking is not None:
        same = RoleGrant.startup_id == booking.startup_id
        wanted.append(RoleGrant.startup_id.is_(None) if booking.startup_id is None else same)
    rows = session.execute(
        select(Startup, Person)
        .select_from(RoleGrant)
        .join(Person, and_(Person.id == RoleGrant.person_id, Person.left_at.is_(None)))
        .outerjoin(Startup, Startup.id == RoleGrant.startup_id)
        .where(*wanted)
        .distinct()
        .order_by(Startup.name.nulls_first(), Person.name, Person.id)
    ).all()
    found = [Host(*row) for row in rows]
    return sorted(found, key=lambda host: host.person.id != actor.person_id)


def get_visitor_days(session: Session) -> int:
    """How many days after a visit the operator keeps a visitor's data."""
    return session.execute(
        select(Operator.visitor_days).where(Operator.operator_id == current_operator(session))
    ).scalar_one()
