"""Whose access ends with an exit, who stays as an alumnus, and what is told of it: looked at by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations import end_access, grant_role, take_role
from incubator.accounts.permissions import Action, Role
from incubator.accounts.queries import list_roles
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.startups.models import Exit, ExitItem, Residency
from incubator.startups.queries.exits import graduates

AT_ONCE = 50
TOLD_AT_ONCE = 200
REMINDED_BEFORE = timedelta(days=7)
OF_FOUNDERS = (Role.FOUNDER.value, Role.ALUMNUS.value)


def end_exited_access(session: Session, actor: Actor, *, now: datetime) -> int:
    """The people of startups whose last day is over are let in no more; of how many exits.

    Who left on 31 October loses their roles on 1 November. A graduate's founders who keep their access become alumni:
    they see their startup, its figures and achievements, and book nothing. A startup that signed again keeps its
    people, and its alumni are founders from the first day of that agreement: only its next exit ends that.
    """
    actor.require(Action.MANAGE_TEAM)
    today = now.astimezone(CHINA).date()
    over = (Exit.revoked_at.is_(None), Exit.access_ended_at.is_(None), Exit.happened_on < today)
    exits = session.execute(
        select(Exit).where(*over, ~_came_back()).order_by(Exit.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    for exit_ in exits:
        _let_go(session, actor, now, exit_)
        exit_.access_ended_at = now
        _settle_access(session, actor, now, exit_, "done")
    for exit_ in session.execute(
        select(Exit).join(ExitItem, ExitItem.exit_id == Exit.id)
        .where(*over, _came_back(), ExitItem.task == "access", ExitItem.outcome.is_(None))
        .order_by(Exit.id).limit(AT_ONCE).with_for_update(skip_locked=True, of=Exit)
    ).scalars().all():  # fmt: skip
        _settle_access(session, actor, now, exit_, "waived")
    for startup_id in _returned(session, today):
        make_founders_again(session, actor, now=now, startup_id=startup_id)
    session.flush()
    return len(exits)


def make_founders_again(session: Session, actor: Actor, *, now: datetime, startup_id: int) -> int:
    """Alumni are founders again, where a graduation was a mistake; how many."""
    alumni = _people(session, startup_id, (Role.ALUMNUS.value,))
    for person, grant in alumni:
        _exchange(session, actor, now, person, grant, Role.FOUNDER)
    return len(alumni)


def remind_of_exits(session: Session, actor: Actor, *, now: datetime) -> int:
    """A week before something is due to be settled, and it is still open: who decided the exit is told, and who of the
    startup still comes in. Each once; how many."""
    actor.require(Action.MANAGE_EXITS)
    today = now.astimezone(CHINA).date()
    rows = session.execute(
        select(ExitItem, Exit)
        .join(Exit, Exit.id == ExitItem.exit_id)
        .where(ExitItem.outcome.is_(None), ExitItem.told_at.is_(None), ExitItem.due_on.is_not(None),
               ExitItem.due_on <= today + REMINDED_BEFORE, Exit.revoked_at.is_(None), Exit.happened_on < today)
        .order_by(ExitItem.id)
        .limit(TOLD_AT_ONCE)
        .with_for_update(skip_locked=True, of=ExitItem)
    ).all()  # fmt: skip
    for item, exit_ in rows:
        item.told_at = now
        people = told_people(session, exit_.startup_id) + ([exit_.decided_by] if exit_.decided_by else [])
        notify(session, now=now, kind="exit", about=("exits", exit_.id), people=people,
               facts={"what": "item", "item_id": item.id}, key=f"exit:{item.id}")  # fmt: skip
    session.flush()
    return len(rows)


def ask_alumni(session: Session, actor: Actor, *, now: datetime) -> int:
    """Once a year, from 1 January on, alumni are asked how they do: their yearly figures, a listing, an acquisition.

    Who graduated in 2026 is asked in 2027 for the first time, and not while it is back; how many people were told.
    """
    actor.require(Action.MANAGE_EXITS)
    year = now.astimezone(CHINA).date().year
    told = select(Notice.id).where(
        Notice.key == func.concat("alumni:", Exit.startup_id, ":", year, ":", Person.id)
    )
    chosen = graduates().where(Exit.happened_on < date(year, 1, 1), ~_came_back())
    rows = session.execute(
        chosen.with_only_columns(Exit.id, Exit.startup_id, Person.id)
        .join(RoleGrant, RoleGrant.startup_id == Exit.startup_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role.in_(OF_FOUNDERS), Person.left_at.is_(None), ~told.correlate(Exit, Person).exists())
        .order_by(Exit.id)
        .limit(TOLD_AT_ONCE)
    ).all()
    for exit_id, startup_id, person_id in rows:
        notify(session, now=now, kind="exit", about=("exits", exit_id), people=[person_id],
               facts={"what": "alumni", "year": year - 1}, key=f"alumni:{startup_id}:{year}")  # fmt: skip
    return len(rows)


def told_people(session: Session, startup_id: int) -> list[int]:
    """The founders of a startup, and its alumni, who still come in."""
    return [person.id for person, _ in _people(session, startup_id, OF_FOUNDERS) if person.left_at is None]


def _let_go(session: Session, actor: Actor, now: datetime, exit_: Exit) -> None:
    for person, grant in _people(session, exit_.startup_id, tuple(role.value for role in Role)):
        if grant.role == Role.ALUMNUS:
            continue
        if grant.role == Role.FOUNDER and exit_.keeps_access:
            _exchange(session, actor, now, person, grant, Role.ALUMNUS)
        elif len(list_roles(session, person.id)) == 1:
            end_access(session, actor, now=now, person_id=person.id)
        else:
            take_role(session, actor, now=now, person_id=person.id, grant_id=grant.id)
        session.flush()
    record(session, actor, "end_exited_access", ("exits", exit_.id), now=now)


def _exchange(session: Session, actor: Actor, now: datetime, person: Person, grant: RoleGrant, role: Role) -> None:
    """Another role for the same startup: the new one first, for nobody's only role is taken."""
    has = any(each.role == role and each.startup_id == grant.startup_id for each in list_roles(session, person.id))
    if not has:
        grant_role(session, actor, now=now, person=person, role=role, startup_id=grant.startup_id)
    take_role(session, actor, now=now, person_id=person.id, grant_id=grant.id)
    session.flush()


def _people(session: Session, startup_id: int, roles: tuple[str, ...]) -> list[tuple[Person, RoleGrant]]:
    rows = session.execute(
        select(Person, RoleGrant)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.startup_id == startup_id, RoleGrant.role.in_(roles), Person.left_at.is_(None))
        .order_by(Person.id)
    ).all()
    return [(person, grant) for person, grant in rows]


def _came_back() -> ColumnElement[bool]:
    """Whether something followed an exit: an agreement that begins after it, or another exit."""
    later = aliased(Exit)
    signed = select(Residency.id).where(
        Residency.startup_id == Exit.startup_id, Residency.starts_on > Exit.happened_on
    )
    left = select(later.id).where(
        later.startup_id == Exit.startup_id, later.revoked_at.is_(None), later.happened_on > Exit.happened_on
    )
    return or_(signed.correlate(Exit).exists(), left.correlate(Exit).exists())


def _returned(session: Session, today: date) -> Sequence[int]:
    """Startups with alumni that have an agreement again, since a day after their last exit."""
    last = select(func.max(Exit.happened_on)).where(
        Exit.startup_id == RoleGrant.startup_id, Exit.revoked_at.is_(None)
    )
    runs = select(Residency.id).where(
        Residency.startup_id == RoleGrant.startup_id, Residency.starts_on <= today,
        or_(Residency.ends_on.is_(None), Residency.ends_on >= today),
        Residency.starts_on > last.correlate(RoleGrant).scalar_subquery(),
    )  # fmt: skip
    return session.execute(
        select(RoleGrant.startup_id).distinct()
        .where(RoleGrant.role == Role.ALUMNUS.value, RoleGrant.startup_id.is_not(None),
               runs.correlate(RoleGrant).exists())
        .limit(AT_ONCE)
    ).scalars().all()  # type: ignore[return-value]  # an alumnus is of a startup: a named CHECK of the table


def _settle_access(session: Session, actor: Actor, now: datetime, exit_: Exit, outcome: str) -> None:
    """Its entry, if it is open; waived it names the agreement under which the startup came back."""
    item = session.execute(
        select(ExitItem).where(ExitItem.exit_id == exit_.id, ExitItem.task == "access", ExitItem.outcome.is_(None))
    ).scalar_one_or_none()
    if item is None:
        return
    again = select(func.min(Residency.number)).where(
        Residency.startup_id == exit_.startup_id, Residency.starts_on > exit_.happened_on
    )
    remark = "" if outcome == "done" else session.execute(again).scalar() or "–"
    item.outcome, item.remark, item.settled_at = outcome, remark, now
    item.done_on = now.astimezone(CHINA).date() if outcome == "done" else None
    if outcome == "waived":
        after = {"task": "access", "outcome": outcome, "remark": item.remark}
        record(session, actor, "settle_exit_item", ("exits", exit_.id), now=now, after=after)
    session.flush()
    waits = select(ExitItem.id).where(ExitItem.exit_id == exit_.id, ExitItem.outcome.is_(None))
    if session.execute(waits.limit(1)).first() is None:
        exit_.closed_at = now
