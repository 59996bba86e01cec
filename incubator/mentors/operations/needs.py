"""What startups want help with: stated by themselves or by staff after a review, changed, and ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.mentors.models import HelpField, MentoringNeed, NeedField
from incubator.mentors.queries.needs import get_need, list_field_ids
from incubator.mentors.rules.vocabulary import LANGUAGES, NEED_ENDS, PARTS_OF_WEEK, STAGES, URGENCIES
from incubator.notices.operations import notify
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup
from incubator.startups.queries.agreements import list_founder_ids, list_manager_ids
from incubator.startups.rules.texts import paragraphs_of

LONGEST_TITLE, LONGEST_WORDS = 100, 2_000
MOST_FIELDS = 8
MOST_OPEN = 20
"""Needs of one startup at a time: more is no list of what is wanted."""
ENDED = N_("This need was ended in the meantime.")


class NeedFacts(Struct, frozen=True):
    """What a need says."""

    title: str
    description: str = ""
    tried: str = ""
    urgency: str = "normal"
    stage: str | None = None
    languages: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    site_id: int | None = None
    field_ids: tuple[int, ...] = ()


def state_need(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, facts: NeedFacts, after_review: bool = False,
    form_key: str | None = None,
) -> MentoringNeed:  # fmt: skip
    """A startup says what it wants help with; or (`after_review`) staff say it for them.

    An urgent one is told to those who manage mentors, one by staff to the startup's founders. The same form sent twice
    gives the need that it has made already.
    """
    _require(actor, startup_id, by_staff=after_review)
    get_startup(session, actor, startup_id)
    session.execute(select(Startup.id).where(Startup.id == startup_id).with_for_update(key_share=True))
    if form_key and (sent := _sent_before(session, actor, form_key)) is not None:
        return sent
    open_now = select(func.count()).where(MentoringNeed.startup_id == startup_id, MentoringNeed.ended_at.is_(None))
    if session.execute(open_now).scalar_one() >= MOST_OPEN:
        raise Conflict(N_("There are %(most)s open needs already: end one that is met."), most=MOST_OPEN)
    facts = _tidy(session, facts, standing=())
    need = MentoringNeed(
        startup_id=startup_id, source="review" if after_review else "startup", created_at=now,
        created_by=actor.person_id, form_key=form_key, **_columns(facts),
    )  # fmt: skip
    session.add(need)
    session.flush()
    _set_fields(session, need.id, facts.field_ids)
    if after_review:
        _tell(session, actor, need, "added", list_founder_ids(session, startup_id), now)
    elif need.urgency == "high":
        _tell(session, actor, need, "urgent", list_manager_ids(session), now)
    after = {"startup_id": startup_id, "source": need.source} | _said(facts)
    record(session, actor, "state_need", ("mentoring_needs", need.id), now=now, after=after)
    return need


def change_need(session: Session, actor: Actor, *, now: datetime, need_id: int, facts: NeedFacts) -> MentoringNeed:
    """What it says from now on; one that becomes urgent is told like a new one."""
    need = _load_open(session, actor, need_id)
    standing = facts_of(need, list_field_ids(session, need.id))
    facts = _tidy(session, facts, standing=standing.field_ids)
    if facts == standing:
        return need
    became_urgent = facts.urgency == "high" != standing.urgency
    for name, value in _columns(facts).items():
        setattr(need, name, value)
    session.flush()
    _set_fields(session, need.id, facts.field_ids)
    if became_urgent and need.source == "startup":
        _tell(session, actor, need, "urgent", list_manager_ids(session), now)
    before, after = _said(standing), _said(facts)
    changed = [name for name in after if before[name] != after[name]]
    record(session, actor, "change_need", ("mentoring_needs", need.id), now=now,
           before={name: before[name] for name in changed}, after={name: after[name] for name in changed})  # fmt: skip
    return need


def end_need(session: Session, actor: Actor, *, now: datetime, need_id: int, ending: str) -> MentoringNeed:
    """It is `met`, or `withdrawn`: nobody is suggested for it any more."""
    need = _load_open(session, actor, need_id)
    if ending not in NEED_ENDS:
        raise Refusal(N_("Say whether the need is met or withdrawn."), field="ending")
    need.ended_at, need.ended_by, need.ending = now, actor.person_id, ending
    session.flush()
    record(session, actor, "end_need", ("mentoring_needs", need.id), now=now,
           after={"title": need.title, "ending": ending})  # fmt: skip
    return need


def facts_of(need: MentoringNeed, field_ids: Collection[int]) -> NeedFacts:
    """What a need says."""
    return NeedFacts(
        need.title, need.description, need.tried, need.urgency, need.stage, tuple(need.languages), tuple(need.times),
        need.site_id, tuple(field_ids),
    )  # fmt: skip


def may_change(actor: Actor, startup_id: int) -> bool:
    """Whether the actor states, changes and ends needs of this startup."""
    return startup_id in actor.startups_for(Action.SEEK_MENTORS) or (
        actor.is_staff and actor.can(Action.MANAGE_MENTORS)
    )


def _require(actor: Actor, startup_id: int, *, by_staff: bool) -> None:
    if by_staff:
        actor.require(Action.MANAGE_MENTORS)
    elif not may_change(actor, startup_id):
        actor.require_for(Action.SEEK_MENTORS, startup_id)


def _load_open(session: Session, actor: Actor, need_id: int) -> MentoringNeed:
    """The need, locked; Conflict where it is ended."""
    need = get_need(session, actor, need_id)
    _require(actor, need.startup_id, by_staff=False)
    session.refresh(need, with_for_update={"key_share": True})
    if need.ended_at is not None:
        raise Conflict(ENDED)
    return need


def _tidy(session: Session, facts: NeedFacts, *, standing: Collection[int]) -> NeedFacts:
    """The same in order; refused where something in it is not to be chosen."""
    title = one_line(facts.title, "title", LONGEST_TITLE)
    if not title:
        raise Refusal(N_("Say in a few words what you need help with."), field="title")
    if facts.urgency not in URGENCIES:
        raise Refusal(N_("Say how urgent it is."), field="urgency")
    if facts.stage is not None and facts.stage not in STAGES:
        raise Refusal(N_("Choose a stage."), field="stage")
    if not set(facts.languages) <= set(LANGUAGES):
        raise Refusal(N_("Choose languages of the list."), field="languages")
    if not set(facts.times) <= set(PARTS_OF_WEEK):
        raise Refusal(N_("Choose times of the list."), field="times")
    if facts.site_id is not None and session.execute(select(Site.id).where(Site.id == facts.site_id)).first() is None:
        raise Refusal(N_("There is no such site."), field="site_id")
    return replace(
        facts, title=title, description=paragraphs_of(facts.description, "description", LONGEST_WORDS),
        tried=paragraphs_of(facts.tried, "tried", LONGEST_WORDS),
        languages=tuple(each for each in LANGUAGES if each in facts.languages),
        times=tuple(each for each in PARTS_OF_WEEK if each in facts.times),
        field_ids=_tidy_fields(session, facts.field_ids, standing),
    )  # fmt: skip


def _tidy_fields(session: Session, wanted: Collection[int], standing: Collection[int]) -> tuple[int, ...]:
    """Fields that can be chosen, or that the need has already; at least one, where the operator has any."""
    rows = session.execute(select(HelpField.id, HelpField.retired_at).order_by(HelpField.id)).all()
    open_to_all = {field_id for field_id, retired_at in rows if retired_at is None}
    if not set(wanted) <= open_to_all | set(standing):
        raise Refusal(N_("One of these fields can't be chosen any more."), field="field_ids")
    if not wanted and open_to_all:
        raise Refusal(N_("Choose at least one field: mentors are found by it."), field="field_ids")
    if len(set(wanted)) > MOST_FIELDS:
        raise Refusal(N_("At most %(most)s fields for one need: state another."), field="field_ids", most=MOST_FIELDS)
    return tuple(sorted(set(wanted)))


def _columns(facts: NeedFacts) -> dict[str, Any]:
    columns = asdict(facts)
    del columns["field_ids"]
    return columns | {"languages": list(facts.languages), "times": list(facts.times)}


def _said(facts: NeedFacts) -> dict[str, Any]:
    """For the trail."""
    return _columns(facts) | {"field_ids": list(facts.field_ids)}


def _set_fields(session: Session, need_id: int, field_ids: Collection[int]) -> None:
    session.execute(delete(NeedField).where(NeedField.need_id == need_id))
    rows = [{"operator_id": current_operator(session), "need_id": need_id, "field_id": each} for each in field_ids]
    if rows:
        session.execute(insert(NeedField), rows)


def _tell(
    session: Session, actor: Actor, need: MentoringNeed, what: str, people: Collection[int], now: datetime
) -> None:
    notify(session, now=now, kind="mentoring", about=("mentoring_needs", need.id),
           people=[each for each in people if each != actor.person_id], facts={"what": what})  # fmt: skip


def _sent_before(session: Session, actor: Actor, form_key: str) -> MentoringNeed | None:
    return session.execute(
        select(MentoringNeed)
        .where(MentoringNeed.created_by == actor.person_id, MentoringNeed.form_key == form_key)
    ).scalar_one_or_none()
