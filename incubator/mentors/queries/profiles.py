"""Reads of mentors: who may see whom, the directory, and one mentor with all that a page says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import NOT_YOURS, Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.core.errors import N_, Forbidden, NotFound
from incubator.core.paging import Page
from incubator.mentors.models import HelpField, Mentor, MentorAppointment, MentorField, MentorSite
from incubator.mentors.queries.fields import read_fields
from incubator.mentors.rules.profiles import Profile
from incubator.spaces.models import Site

CARDS_SHOWN = 24
LEFT = exists().where(Person.id == Mentor.person_id, Person.left_at.is_not(None)).correlate(Mentor)
"""Whose access to the house was ended: that ends what others see of them, too."""
SEEN = and_(Mentor.approved_at.is_not(None), Mentor.ended_at.is_(None), ~LEFT)
"""Whom others than staff and the mentor see."""
STATES = ("here", "paused", "unapproved", "unappointed", "ended")


class MentorRow(Struct, frozen=True):
    """A mentor with their person, fields and sites, and the appointment of the day asked for."""

    mentor: Mentor
    person: Person
    site: Site
    fields: list[HelpField] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    appointment: MentorAppointment | None = None

    @property
    def state(self) -> str:
        """`ended`, `unapproved`, `paused`, `unappointed` or `here`, whichever keeps sessions away first."""
        mentor = self.mentor
        if mentor.ended_at is not None or self.person.left_at is not None:
            return "ended"
        if mentor.approved_at is None:
            return "unapproved"
        if mentor.paused_at is not None:
            return "paused"
        return "here" if self.appointment else "unappointed"


def get_mentor(session: Session, actor: Actor, mentor_id: int) -> Mentor:
    """The mentor, for staff and for themselves; others see who is approved and has not ended. NotFound otherwise."""
    actor.require(Action.SEE_MENTORS)
    query = select(Mentor).where(Mentor.id == mentor_id)
    if not actor.is_staff:
        query = query.where(or_(SEEN, Mentor.person_id == actor.person_id))
    mentor = session.execute(query).scalar_one_or_none()
    if mentor is None:
        raise NotFound(N_("There is no such mentor."))
    return mentor


def my_mentor(session: Session, actor: Actor) -> Mentor | None:
    """The mentor that the actor is, also one that has ended; None: nobody has made them one yet."""
    actor.require(Action.MENTOR)
    return session.execute(select(Mentor).where(Mentor.person_id == actor.person_id)).scalar_one_or_none()


def may_keep(actor: Actor, mentor: Mentor) -> bool:
    """Whether the actor sets this mentor's hours and the like: they themselves, and who manages mentors."""
    own = actor.person_id is not None and mentor.person_id == actor.person_id
    return (own and actor.can(Action.MENTOR)) or actor.can(Action.MANAGE_MENTORS)


def get_kept(session: Session, actor: Actor, mentor_id: int) -> Mentor:
    """A mentor whom the actor may change: NotFound for whom they may not see, Forbidden for another's."""
    mentor = get_mentor(session, actor, mentor_id)
    if not may_keep(actor, mentor):
        raise Forbidden(NOT_YOURS)
    return mentor


def get_mentor_row(session: Session, actor: Actor, mentor_id: int, now: datetime) -> MentorRow:
    """The same as a page shows it: with person, fields, sites, and the appointment of today."""
    get_mentor(session, actor, mentor_id)
    return _with_more(session, session.execute(_rows().where(Mentor.id == mentor_id)).all(), now)[0]


def list_mentors(
    session: Session, actor: Actor, *, now: datetime, page: int = 1, search: str = "", field_id: int | None = None,
    kind: str = "", industry: str = "", language: str = "", site_id: int | None = None, state: str = "",
) -> Page[MentorRow]:  # fmt: skip
    """A page of the directory by name: who is approved and has not ended; staff may ask for others by `state`.

    A word finds who is called so, says so, or helps with a field of which it is a name or synonym.
    """
    actor.require(Action.SEE_MENTORS)
    wanted = [_in_state(state, now) if actor.is_staff and state in STATES else SEEN]
    if search.strip():
        wanted.append(_found_by(session, actor, search.strip()))
    if field_id is not None:
        wanted.append(_helps_with([field_id]))
    if kind:
        wanted.append(Mentor.kind == kind)
    if industry:
        wanted.append(Mentor.industries.contains([industry]))
    if language:
        wanted.append(Mentor.languages.contains([language]))
    if site_id is not None:
        comes = exists().where(MentorSite.mentor_id == Mentor.id, MentorSite.site_id == site_id)
        wanted.append(or_(Mentor.site_id == site_id, comes))
    total = session.execute(
        select(func.count()).select_from(Mentor).join(Person, Person.id == Mentor.person_id).where(*wanted)
    ).scalar_one()
    rows = session.execute(
        _rows().where(*wanted).order_by(Mentor.paused_at.is_not(None), Person.name, Mentor.id)
        .limit(CARDS_SHOWN).offset((page - 1) * CARDS_SHOWN)
    ).all()  # fmt: skip
    return Page(_with_more(session, rows, now), page, total, CARDS_SHOWN)


def list_industries_in_use(session: Session, actor: Actor) -> list[str]:
    """The divisions of whom everybody may see."""
    actor.require(Action.SEE_MENTORS)
    division = func.unnest(Mentor.industries).label("division")
    rows = session.execute(select(division).where(SEEN).distinct()).scalars()
    return sorted(rows)


def profile_of(session: Session, mentor: Mentor) -> Profile:
    """What stands: as it was approved last. Two statements."""
    fields = session.execute(select(MentorField.field_id).where(MentorField.mentor_id == mentor.id)).scalars()
    sites = session.execute(select(MentorSite.site_id).where(MentorSite.mentor_id == mentor.id)).scalars()
    return Profile(
        kind=mentor.kind, site_id=mentor.site_id, engagement=mentor.engagement, headline=mentor.headline,
        headline_en=mentor.headline_en, biography=mentor.biography, biography_en=mentor.biography_en,
        field_ids=tuple(sorted(fields)), industries=tuple(mentor.industries), stages=tuple(mentor.stages),
        languages=tuple(mentor.languages), site_ids=tuple(sorted(sites)), rate_minor=mentor.rate_minor,
        takes_vouchers=mentor.takes_vouchers,
    )  # fmt: skip


def today_of(session: Session, mentor: Mentor, now: datetime) -> date:
    """The day at the site where the mentor is based."""
    zone = session.execute(select(Site.zone).where(Site.id == mentor.site_id)).scalar_one()
    return now.astimezone(ZoneInfo(zone)).date()


def _rows() -> Select[Mentor, Person, Site]:
    return (
        select(Mentor, Person, Site).join(Person, Person.id == Mentor.person_id).join(Site, Site.id == Mentor.site_id)
    )


def _with_more(session: Session, rows: Sequence[tuple[Mentor, Person, Site]], now: datetime) -> list[MentorRow]:
    """Fields, other sites and the appointment of the day at each one's site: three statements for all."""
    ids = [row[0].id for row in rows]
    fields: dict[int, list[HelpField]] = defaultdict(list)
    sites: dict[int, list[Site]] = defaultdict(list)
    for mentor_id, one in session.execute(
        select(MentorField.mentor_id, HelpField).join(HelpField, HelpField.id == MentorField.field_id)
        .where(MentorField.mentor_id.in_(ids)).order_by(HelpField.id)
    ):  # fmt: skip
        fields[mentor_id].append(one)
    for mentor_id, place in session.execute(
        select(MentorSite.mentor_id, Site).join(Site, Site.id == MentorSite.site_id)
        .where(MentorSite.mentor_id.in_(ids)).order_by(Site.code)
    ):  # fmt: skip
        sites[mentor_id].append(place)
    held = session.execute(
        select(MentorAppointment)
        .join(Mentor, Mentor.id == MentorAppointment.mentor_id)
        .join(Site, Site.id == Mentor.site_id)
        .where(Mentor.id.in_(ids), _holds(now))
    ).scalars()
    appointments = {each.mentor_id: each for each in held}
    return [
        MentorRow(mentor, person, site, fields[mentor.id], sites[mentor.id], appointments.get(mentor.id))
        for mentor, person, site in rows
    ]


def _holds(now: datetime) -> ColumnElement[bool]:
    """An appointment holds on the day that it is now at the mentor's site."""
    day = func.date(func.timezone(Site.zone, now))
    return MentorAppointment.days.op("@>")(day)


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    appointed = exists().where(
        MentorAppointment.mentor_id == Mentor.id, Site.id == Mentor.site_id, _holds(now)
    ).correlate(Mentor)  # fmt: skip
    here = and_(SEEN, Mentor.paused_at.is_(None))
    return {
        "ended": or_(Mentor.ended_at.is_not(None), LEFT),
        "unapproved": and_(Mentor.ended_at.is_(None), Mentor.approved_at.is_(None), ~LEFT),
        "paused": and_(SEEN, Mentor.paused_at.is_not(None)), "unappointed": and_(here, ~appointed),
        "here": and_(here, appointed),
    }[state]  # fmt: skip


def _helps_with(field_ids: Sequence[int]) -> ColumnElement[bool]:
    return exists().where(MentorField.mentor_id == Mentor.id, MentorField.field_id.in_(field_ids))


def _found_by(session: Session, actor: Actor, search: str) -> ColumnElement[bool]:
    columns = (Person.name, Mentor.headline, Mentor.headline_en, Mentor.biography, Mentor.biography_en)
    found = [column.icontains(search, autoescape=True) for column in columns]
    named = exists().where(
        MentorField.mentor_id == Mentor.id, HelpField.id == MentorField.field_id,
        or_(*(each.icontains(search, autoescape=True)
              for each in (HelpField.name, HelpField.name_en, func.array_to_string(HelpField.synonyms, "\n")))),
    )  # fmt: skip
    fields = read_fields(session, actor, search)
    return or_(*found, named, *([_helps_with([each.id for each in fields])] if fields else []))


def list_candidates(session: Session, actor: Actor) -> Sequence[Person]:
    """Who has the role mentor and is none yet, or none any more; at most 200 by name."""
    actor.require(Action.MANAGE_MENTORS)
    granted = exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.MENTOR.value)
    is_one = exists().where(Mentor.person_id == Person.id, Mentor.ended_at.is_(None))
    query = select(Person).where(Person.left_at.is_(None), granted, ~is_one).order_by(Person.name).limit(200)
    return session.execute(query).scalars().all()


def count_states(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """How many mentors are in each state; one statement."""
    actor.require(Action.SEE_MENTORS)
    counts = [func.count().filter(_in_state(state, now)) for state in STATES]
    row = session.execute(select(*counts).select_from(Mentor)).one()
    return dict(zip(STATES, row, strict=True))
