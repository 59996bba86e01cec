"""Reads of exits: one with what is to be settled, all of them, alumni, and what followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.formats import day
from incubator.startups.models import Achievement, Exit, ExitItem, Individual, Post, Residency, Startup
from incubator.startups.queries.achievements import list_achievements
from incubator.startups.queries.confirmed import ConfirmedFigure, list_confirmed
from incubator.startups.queries.startups import found_by, get_startup

EXIT_STATES = ("open", "closed", "revoked")


class ExitRow(Struct, frozen=True):
    """An exit with its startup, how much of it is settled, and who decided it."""

    exit: Exit
    startup: Startup
    settled: int
    items: int
    decided_by: str

    @property
    def state(self) -> str:
        if self.exit.revoked_at is not None:
            return "revoked"
        return "open" if self.exit.closed_at is None else "closed"


class ItemRow(Struct, frozen=True):
    """Something to be settled, with who settled it."""

    item: ExitItem
    settled_by: str

    def is_late(self, today: date) -> bool:
        return self.item.outcome is None and self.item.due_on is not None and self.item.due_on < today


class AlumnusRow(Struct, frozen=True):
    """A graduate: since when, its last yearly figures, and whether it was listed or acquired."""

    startup: Startup
    exit: Exit
    revenue: ConfirmedFigure | None
    people: ConfirmedFigure | None
    feats: tuple[Achievement, ...]


def get_exit(session: Session, actor: Actor, exit_id: int) -> ExitRow:
    """An exit, for staff who see startups and for its startup's founders; NotFound for others."""
    row = session.execute(_exits().where(Exit.id == exit_id)).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such exit."))
    require_exit(actor, row[0].startup_id)
    return ExitRow(*row)


def require_exit(actor: Actor, startup_id: int) -> None:
    """Whether the actor may see how a startup left; Forbidden, or NotFound for others'."""
    if not actor.can(Action.SEE_STARTUPS):
        actor.require(Action.SEE_OWN_STARTUP)
        actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)


def list_items(session: Session, exit_id: int) -> list[ItemRow]:
    """What is to be settled at an exit, in order."""
    rows = session.execute(
        select(ExitItem, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == ExitItem.settled_by)
        .where(ExitItem.exit_id == exit_id)
        .order_by(ExitItem.position)
    ).all()
    return [ItemRow(item, name) for item, name in rows]


def list_exits(
    session: Session, actor: Actor, *, kind: str = "", state: str = "", search: str = "", page: int = 1
) -> Page[ExitRow]:
    """A page of exits, the latest first; two statements."""
    actor.require(Action.SEE_STARTUPS)
    wanted: list[ColumnElement[bool]] = [*found_by(search)]
    if kind:
        wanted.append(Exit.kind == kind)
    if state == "revoked":
        wanted.append(Exit.revoked_at.is_not(None))
    elif state:
        wanted += [Exit.revoked_at.is_(None),
                   Exit.closed_at.is_(None) if state == "open" else Exit.closed_at.is_not(None)]  # fmt: skip
    total = session.execute(
        select(func.count()).select_from(Exit).join(Startup, Startup.id == Exit.startup_id).where(*wanted)
    ).scalar_one()
    rows = session.execute(
        _exits().where(*wanted).order_by(Exit.happened_on.desc(), Exit.id.desc())
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([ExitRow(*row) for row in rows], page, total)


def list_exits_of(session: Session, startup_ids: Sequence[int]) -> list[Exit]:
    """The exits of startups that the caller has loaded through the actor, the latest first; revoked ones too."""
    query = select(Exit).where(Exit.startup_id.in_(startup_ids)).order_by(Exit.happened_on.desc(), Exit.id.desc())
    return list(session.execute(query).scalars())


def last_exit(session: Session, startup_id: int) -> Exit | None:
    """The latest one that was not revoked."""
    return next((each for each in list_exits_of(session, [startup_id]) if each.revoked_at is None), None)


def list_ended_agreements(session: Session, exit_id: int) -> Sequence[Residency]:
    """The agreements that an exit ended: revoking it does not bring them back."""
    query = (
        select(Residency)
        .join(Exit, (Exit.startup_id == Residency.startup_id) & (Exit.decided_at == Residency.ended_at))
        .where(Exit.id == exit_id)
        .order_by(Residency.number)
    )
    return session.execute(query).scalars().all()


def list_followers(session: Session, startup_id: int) -> Sequence[Startup]:
    """The startups that its founders began after it."""
    query = select(Startup).where(Startup.follows_id == startup_id).order_by(Startup.code)
    return session.execute(query).scalars().all()


def list_last_founders(session: Session, startup_id: int, on: date) -> list[tuple[Post, Individual]]:
    """Who founded it and was still in it on a day."""
    rows = session.execute(
        select(Post, Individual)
        .join(Individual, Individual.id == Post.individual_id)
        .where(Post.startup_id == startup_id, Post.role == "founder", Post.days.contains(on))
        .order_by(Individual.name)
    ).all()
    return [(post, individual) for post, individual in rows]


def graduates() -> Select[Any]:
    """Of each startup that has graduated for good its last exit: a graduation that nothing revoked or followed."""
    later = aliased(Exit)
    follows = select(later.id).where(
        later.startup_id == Exit.startup_id, later.revoked_at.is_(None), later.happened_on > Exit.happened_on
    )
    return select(Exit).where(Exit.kind == "graduated", Exit.revoked_at.is_(None), ~follows.exists())


def list_alumni(session: Session, actor: Actor, *, today: date, search: str = "", page: int = 1) -> Page[AlumnusRow]:
    """A page of alumni, the latest graduate first, with what is known of them; four statements."""
    actor.require(Action.SEE_FIGURES)
    chosen = graduates().where(Exit.happened_on <= today).subquery()
    mine = aliased(Exit, chosen)
    wanted = found_by(search)
    total = session.execute(
        select(func.count()).select_from(mine).join(Startup, Startup.id == mine.startup_id).where(*wanted)
    ).scalar_one()
    rows = session.execute(
        select(Startup, mine).join(mine, Startup.id == mine.startup_id).where(*wanted)
        .order_by(mine.happened_on.desc(), Startup.code).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    ids = [startup.id for startup, _ in rows]
    figures = list_confirmed(session, ids, ["annual_revenue", "annual_employees"], None, today)
    latest = {(each.startup_id, each.code): each for each in figures}
    feats = list_achievements(session, ids, kinds=["listing", "acquisition"], last=today)
    found = [
        AlumnusRow(startup, exit_, latest.get((startup.id, "annual_revenue")),
                   latest.get((startup.id, "annual_employees")),
                   tuple(each for each in feats if each.startup_id == startup.id))
        for startup, exit_ in rows
    ]  # fmt: skip
    return Page(found, page, total)


def get_letter(session: Session, actor: Actor, exit_id: int) -> dict[str, Any]:
    """What the certificate of graduation, or the notice of exit, says in both languages; NotFound once revoked."""
    row = get_exit(session, actor, exit_id)
    if row.exit.revoked_at is not None:
        raise NotFound(N_("There is no such letter."))
    operator = get_operator(session)
    startup = get_startup(session, actor, row.startup.id)
    entered = session.execute(
        select(func.min(Residency.starts_on)).where(Residency.startup_id == startup.id)
    ).scalar()
    return {
        "number": letter_number(row.exit), "kind": row.exit.kind, "by_exception": bool(row.exit.override_reason),
        "operator": operator.name, "operator_en": operator.name_en or operator.name,
        "startup": startup.name, "startup_en": startup.name_en or startup.name, "code": startup.credit_code or "",
        "entered": {each: day(entered, each) if entered else "" for each in ("zh_Hans", "en")},
        "left": {each: day(row.exit.happened_on, each) for each in ("zh_Hans", "en")},
        "reason": row.exit.reason, "destination": row.exit.destination, "notice_days": row.exit.notice_days,
        "tasks": [each.item.task for each in list_items(session, exit_id) if each.item.task != "other"],
        "more": [each.item.title for each in list_items(session, exit_id) if each.item.task == "other"],
    }  # fmt: skip


def letter_number(exit_: Exit) -> str:
    """`BY-2026-0007` of a graduation (毕业), `TC-2026-0008` of another exit (退出): by the exit's own number."""
    return f"{'BY' if exit_.kind == 'graduated' else 'TC'}-{exit_.happened_on.year}-{exit_.id:04}"


def _exits() -> Select[Any]:
    items = select(func.count()).where(ExitItem.exit_id == Exit.id).correlate(Exit)
    return (
        select(Exit, Startup, items.where(ExitItem.outcome.is_not(None)).scalar_subquery(), items.scalar_subquery(),
               func.coalesce(Person.name, ""))
        .join(Startup, Startup.id == Exit.startup_id)
        .outerjoin(Person, Person.id == Exit.decided_by)
    )  # fmt: skip
