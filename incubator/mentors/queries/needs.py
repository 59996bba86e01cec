"""Reads of needs: one, a startup's own, and all of them for staff."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import HelpField, Mentor, MentorField, MentoringNeed, MentorSession, NeedField
from incubator.mentors.queries.facts import ACTIVE, COUNTS
from incubator.mentors.rules.vocabulary import URGENCIES
from incubator.startups.models import Startup
from incubator.startups.queries.startups import found_by

VIEWS = ("open", "urgent", "without", "nobody", "ended")
"""What staff look at: open needs; of them the urgent, those without a session, those nobody helps with; the rest."""
OWN_VIEWS = ("open", "ended")
OPEN = MentoringNeed.ended_at.is_(None)
_URGENCY = case({each: place for place, each in enumerate(URGENCIES)}, value=MentoringNeed.urgency)
_ORDER: Sequence[Any] = (_URGENCY.desc(), MentoringNeed.created_at, MentoringNeed.id)
"""The urgent first, then the oldest."""
HAS_SESSION = exists().where(MentorSession.need_id == MentoringNeed.id, COUNTS)
HAS_MENTOR = exists(
    select(1).select_from(NeedField)
    .join(MentorField, MentorField.field_id == NeedField.field_id).join(Mentor, Mentor.id == MentorField.mentor_id)
    .where(NeedField.need_id == MentoringNeed.id, ACTIVE)
)  # fmt: skip
"""Somebody who takes sessions helps with one of its fields."""


class NeedRow(Struct, frozen=True):
    """A need as a list shows it."""

    need: MentoringNeed
    startup: Startup
    fields: list[HelpField]
    sessions: int
    """Held or booked for it."""


def get_need(session: Session, actor: Actor, need_id: int) -> MentoringNeed:
    """The need, for staff who see mentoring and for its startup's people; NotFound for others."""
    if not actor.can(Action.SEE_MENTORING):
        actor.require(Action.SEEK_MENTORS)
    need = session.execute(select(MentoringNeed).where(MentoringNeed.id == need_id)).scalar_one_or_none()
    if need is None:
        raise NotFound(N_("There is no such need."))
    if not actor.can(Action.SEE_MENTORING):
        actor.require_for(Action.SEEK_MENTORS, need.startup_id)
    return need


def get_need_row(session: Session, actor: Actor, need_id: int) -> NeedRow:
    """The same as a page shows it; three statements."""
    get_need(session, actor, need_id)
    return _rows(session, [MentoringNeed.id == need_id], [], 1, 1)[0]


def list_field_ids(session: Session, need_id: int) -> tuple[int, ...]:
    """The fields that a need is about."""
    query = select(NeedField.field_id).where(NeedField.need_id == need_id).order_by(NeedField.field_id)
    return tuple(session.execute(query).scalars())


def list_own_needs(session: Session, actor: Actor, *, view: str = "open", page: int = 1) -> Page[NeedRow]:
    """One's startups' needs: open ones by urgency, ended ones the latest first."""
    actor.require(Action.SEEK_MENTORS)
    mine = MentoringNeed.startup_id.in_(actor.startups_for(Action.SEEK_MENTORS))
    return _page(session, [mine, _of_view(view if view in OWN_VIEWS else "open")], view, page)


def list_first_needs(session: Session, actor: Actor, size: int) -> list[NeedRow]:
    """The first of one's open needs, for a home page: without their fields, in one statement."""
    actor.require(Action.SEEK_MENTORS)
    mine = MentoringNeed.startup_id.in_(actor.startups_for(Action.SEEK_MENTORS))
    rows = session.execute(_joined().where(mine, OPEN).order_by(*_ORDER).limit(size))
    return [NeedRow(need, startup, [], count) for need, startup, count in rows]


def list_needs(
    session: Session, actor: Actor, *, view: str = "open", page: int = 1, search: str = "", field_id: int | None = None,
    startup_id: int | None = None,
) -> Page[NeedRow]:  # fmt: skip
    """A page of all needs: the urgent first, then the oldest; of what is ended, the latest first. Three statements."""
    actor.require(Action.SEE_MENTORING)
    return _page(session, [_of_view(view), *_filter(search, field_id, startup_id)], view, page)


def count_needs(
    session: Session, actor: Actor, *, search: str = "", field_id: int | None = None, startup_id: int | None = None
) -> dict[str, int]:
    """How many there are in each view, in one statement."""
    actor.require(Action.SEE_MENTORING)
    counts = [func.count().filter(_of_view(view)) for view in VIEWS]
    query = select(*counts).select_from(MentoringNeed).join(Startup, Startup.id == MentoringNeed.startup_id)
    row = session.execute(query.where(*_filter(search, field_id, startup_id))).one()
    return dict(zip(VIEWS, row, strict=True))


def count_without_session(session: Session, actor: Actor) -> int:
    """How many open needs nobody has met a mentor for, nor is to."""
    actor.require(Action.SEE_MENTORING)
    query = select(func.count()).select_from(MentoringNeed).where(OPEN, ~HAS_SESSION)
    return session.execute(query).scalar_one()


def list_fields_of(session: Session, need_ids: Collection[int]) -> dict[int, list[HelpField]]:
    """The fields of these needs."""
    found: dict[int, list[HelpField]] = {}
    rows = session.execute(
        select(NeedField.need_id, HelpField).join(HelpField, HelpField.id == NeedField.field_id)
        .where(NeedField.need_id.in_(need_ids)).order_by(HelpField.id)
    )  # fmt: skip
    for need_id, field in rows:
        found.setdefault(need_id, []).append(field)
    return found


def _page(session: Session, wanted: Sequence[ColumnElement[bool]], view: str, page: int) -> Page[NeedRow]:
    count = select(func.count()).select_from(MentoringNeed).join(Startup, Startup.id == MentoringNeed.startup_id)
    total = session.execute(count.where(*wanted)).scalar_one()
    order: Sequence[Any] = [MentoringNeed.ended_at.desc(), MentoringNeed.id.desc()] if view == "ended" else _ORDER
    return Page(_rows(session, wanted, order, page, PAGE_SIZE), page, total)


def _rows(
    session: Session, wanted: Sequence[ColumnElement[bool]], order: Sequence[Any], page: int, size: int
) -> list[NeedRow]:
    query = _joined().where(*wanted).order_by(*order).limit(size).offset((page - 1) * size)
    rows = session.execute(query).all()
    fields = list_fields_of(session, [need.id for need, _, _ in rows])
    return [NeedRow(need, startup, fields.get(need.id, []), count) for need, startup, count in rows]


def _joined() -> Select[MentoringNeed, Startup, int]:
    sessions = (
        select(func.count()).where(MentorSession.need_id == MentoringNeed.id, COUNTS).correlate(MentoringNeed)
        .scalar_subquery()
    )  # fmt: skip
    return select(MentoringNeed, Startup, sessions).join(Startup, Startup.id == MentoringNeed.startup_id)


def _of_view(view: str) -> ColumnElement[bool]:
    if view == "urgent":
        return and_(OPEN, MentoringNeed.urgency == "high")
    if view == "without":
        return and_(OPEN, ~HAS_SESSION)
    if view == "nobody":
        return and_(OPEN, ~HAS_MENTOR)
    return MentoringNeed.ended_at.is_not(None) if view == "ended" else OPEN


def _filter(search: str, field_id: int | None, startup_id: int | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if words := search.strip():
        title = MentoringNeed.title.icontains(words, autoescape=True)
        wanted.append(or_(title, *found_by(words)))
    if field_id is not None:
        about = exists().where(NeedField.need_id == MentoringNeed.id, NeedField.field_id == field_id)
        wanted.append(about)
    if startup_id is not None:
        wanted.append(MentoringNeed.startup_id == startup_id)
    return wanted
