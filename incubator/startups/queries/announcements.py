"""Reads of announcements: those that are for somebody on a day, and which of them they have not opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import STAFF, Action
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import Site
from incubator.startups.models import (
    Announcement,
    AnnouncementReading,
    AnnouncementTarget,
    Enrolment,
    Programme,
    Residency,
)

PUBLISHER_VIEWS = ("shown", "coming", "over")


class AnnouncementRow(Struct, frozen=True):
    """An announcement for one reader: whether it is shown today, who published it, whether they have opened it."""

    announcement: Announcement
    publisher: str
    is_read: bool
    is_shown: bool


class Reach(Struct, frozen=True):
    """Whom an announcement is for, and how many have opened it."""

    sites: list[Site]
    programmes: list[Programme]
    readings: int


def list_announcements(
    session: Session, actor: Actor, *, now: datetime, page: int = 1, view: str = "shown", size: int = PAGE_SIZE
) -> Page[AnnouncementRow]:
    """Those for the actor: pinned ones first, then the latest. Who publishes sees the coming and past ones, too."""
    actor.require(Action.SEE_HOME)
    if view == "shown" or not actor.can(Action.ANNOUNCE):
        wanted = [is_shown(now), _is_for(actor, now)]
    else:
        today = _today(now)
        wanted = [_is_over(today) if view == "over" else and_(~_is_over(today), Announcement.from_on > today)]
    total = session.execute(select(func.count()).select_from(Announcement).where(*wanted)).scalar_one()
    rows = session.execute(
        _rows(actor, now).where(*wanted)
        .order_by(Announcement.pinned.desc(), Announcement.from_on.desc(), Announcement.id.desc())
        .limit(size).offset((page - 1) * size)
    ).all()  # fmt: skip
    return Page([AnnouncementRow(*row) for row in rows], page, total, size)


def count_unread(session: Session, actor: Actor, now: datetime) -> int:
    """How many of those shown to the actor they have not opened."""
    query = select(func.count()).select_from(Announcement).where(is_shown(now), _is_for(actor, now), ~_is_read(actor))
    return session.execute(query).scalar_one()


def get_announcement(session: Session, actor: Actor, announcement_id: int, *, now: datetime) -> AnnouncementRow:
    """One that is for the actor, while it is shown and after; who publishes sees all. NotFound otherwise."""
    actor.require(Action.SEE_HOME)
    query = _rows(actor, now).where(Announcement.id == announcement_id)
    if not actor.can(Action.ANNOUNCE):
        query = query.where(is_shown(now), _is_for(actor, now))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such announcement."))
    return AnnouncementRow(*row)


def get_reach(session: Session, announcement_id: int) -> Reach:
    """For the page of who publishes; three statements."""
    of_it = AnnouncementTarget.announcement_id == announcement_id
    sites = select(Site).join(AnnouncementTarget, AnnouncementTarget.site_id == Site.id).where(of_it)
    programmes = (
        select(Programme).join(AnnouncementTarget, AnnouncementTarget.programme_id == Programme.id).where(of_it)
    )
    readings = select(func.count()).select_from(AnnouncementReading)
    return Reach(
        list(session.execute(sites.order_by(Site.code)).scalars()),
        list(session.execute(programmes.order_by(Programme.name)).scalars()),
        session.execute(readings.where(AnnouncementReading.announcement_id == announcement_id)).scalar_one(),
    )


def list_audience(session: Session, announcement: Announcement, now: datetime) -> Sequence[int]:
    """The people whom an announcement is for and who can sign in: for its letters."""
    staff = [role.value for role in STAFF]
    who: ColumnElement[bool]
    if announcement.audience == "staff":
        who = RoleGrant.role.in_(staff)
    elif announcement.audience == "all":
        who = RoleGrant.id.is_not(None)
    else:
        who = _startup_is_meant(announcement.id, RoleGrant.startup_id, now)
    return session.execute(
        select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(who, Person.left_at.is_(None), Person.identity_id.is_not(None))
        .distinct()
    ).scalars().all()  # fmt: skip


def is_shown(now: datetime) -> ColumnElement[bool]:
    """Begun, not over, not withdrawn."""
    today = _today(now)
    return and_(Announcement.from_on <= today, ~_is_over(today))


def _rows(actor: Actor, now: datetime) -> Select[Announcement, str, bool, bool]:
    return select(
        Announcement, func.coalesce(Person.name, ""), _is_read(actor), is_shown(now)
    ).outerjoin(Person, Person.id == Announcement.published_by)


def _is_over(today: date) -> ColumnElement[bool]:
    return or_(Announcement.withdrawn_at.is_not(None), and_(
        Announcement.until_on.is_not(None), Announcement.until_on < today))  # fmt: skip


def _is_read(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        AnnouncementReading.announcement_id == Announcement.id, AnnouncementReading.person_id == actor.person_id
    )


def _is_for(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Staff see all of them; others what is for everybody, for their site or for their programme."""
    if actor.is_staff:
        return Announcement.id.is_not(None)
    mine = [Announcement.audience == "all"]
    if actor.startup_ids:
        ids = sorted(actor.startup_ids)
        mine.append(and_(Announcement.audience == "sites", exists().where(
            AnnouncementTarget.announcement_id == Announcement.id, AnnouncementTarget.site_id == Residency.site_id,
            Residency.startup_id.in_(ids), _runs(now))))  # fmt: skip
        mine.append(and_(Announcement.audience == "programmes", exists().where(
            AnnouncementTarget.announcement_id == Announcement.id,
            AnnouncementTarget.programme_id == Enrolment.programme_id, Enrolment.startup_id.in_(ids),
            Enrolment.days.contains(_today(now)))))  # fmt: skip
    return or_(*mine)


def _startup_is_meant(announcement_id: int, startup_id: Any, now: datetime) -> ColumnElement[bool]:
    of_it = AnnouncementTarget.announcement_id == announcement_id
    at_site = exists().where(of_it, AnnouncementTarget.site_id == Residency.site_id,
                             Residency.startup_id == startup_id, _runs(now))  # fmt: skip
    in_programme = exists().where(of_it, AnnouncementTarget.programme_id == Enrolment.programme_id,
                                  Enrolment.startup_id == startup_id, Enrolment.days.contains(_today(now)))  # fmt: skip
    return or_(at_site, in_programme)


def _runs(now: datetime) -> ColumnElement[bool]:
    today = _today(now)
    return and_(Residency.starts_on <= today, or_(Residency.ends_on.is_(None), Residency.ends_on >= today))


def _today(now: datetime) -> date:
    return now.astimezone(CHINA).date()
