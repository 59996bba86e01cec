"""Reads of what startups have achieved: pages by actor, and confirmed ones for whatever counts from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from msgspec import Struct, field
from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.queries import DocumentRow, documents_by_id
from incubator.startups.models import Achievement, Startup
from incubator.startups.rules.achievements import SORTS


def list_achievements(
    session: Session, startup_ids: Collection[int], *, kinds: Collection[str] = (), sorts: Collection[str] = (),
    first: date | None = None, last: date | None = None, valid_on: date | None = None,
) -> list[Achievement]:  # fmt: skip
    """The confirmed ones of some startups, the oldest first; one statement. Loading the startups is the caller's.

    `first`, `last`: that happened on one of these days; `valid_on`: that happened by then and still hold then. A
    certificate of 1 December 2023 that is valid until 30 November 2026 holds on that day and not on the next.
    """
    wanted: list[ColumnElement[bool]] = [
        Achievement.startup_id.in_(startup_ids), Achievement.confirmed_at.is_not(None),
        Achievement.withdrawn_at.is_(None),
    ]  # fmt: skip
    if kinds:
        wanted.append(Achievement.kind.in_(kinds))
    if sorts:
        wanted.append(Achievement.sort.in_(sorts))
    if first is not None:
        wanted.append(Achievement.happened_on >= first)
    if last is not None:
        wanted.append(Achievement.happened_on <= last)
    if valid_on is not None:
        wanted += [Achievement.happened_on <= valid_on,
                   or_(Achievement.valid_until.is_(None), Achievement.valid_until >= valid_on)]  # fmt: skip
    query = select(Achievement).where(*wanted).order_by(Achievement.happened_on, Achievement.id)
    return list(session.execute(query).scalars())


class Financing(Struct):
    """What a startup has raised, in fen, with the rounds behind it."""

    amount_minor: int = 0
    rounds: list[Achievement] = field(default_factory=list)


def sum_financing(
    session: Session, startup_ids: Collection[int], first: date | None, last: date, *, with_loans: bool = False
) -> dict[int, Financing]:
    """By startup, what it raised on the days from the first to the last (inclusive); who raised nothing is not in it.

    A loan is no equity and counts only where it is asked for.
    """
    found: dict[int, Financing] = {}
    for each in list_achievements(session, startup_ids, kinds=["financing"], first=first, last=last):
        if each.sort != "loan" or with_loans:
            mine = found.setdefault(each.startup_id, Financing())
            mine.amount_minor += each.amount_minor or 0
            mine.rounds.append(each)
    return found


def list_rights(
    session: Session, startup_ids: Collection[int], kind: str, *, sorts: Collection[str] = (),
    first: date | None = None, last: date | None = None, valid_on: date | None = None,
) -> dict[int, list[Achievement]]:  # fmt: skip
    """By startup, its rights of `right_applied` or `right_granted`: how many is their `len`."""
    found: dict[int, list[Achievement]] = {}
    for each in list_achievements(
        session, startup_ids, kinds=[kind], sorts=sorts, first=first, last=last, valid_on=valid_on
    ):
        found.setdefault(each.startup_id, []).append(each)
    return found


def get_achievement(session: Session, actor: Actor, achievement_id: int, *, for_update: bool = False) -> Achievement:
    """One of them, for staff who see figures and the startup's founders; NotFound for others."""
    query = select(Achievement).where(Achievement.id == achievement_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    achievement = session.execute(query).scalar_one_or_none()
    if achievement is None:
        raise NotFound(N_("There is no such achievement."))
    if not actor.can(Action.SEE_FIGURES):
        actor.require_for(Action.EDIT_OWN_STARTUP, achievement.startup_id)
    return achievement


class AchievementRow(Struct, frozen=True):
    """An achievement in a list, with its startup and the evidence that the reader may open."""

    achievement: Achievement
    startup: Startup
    document: DocumentRow | None


ACHIEVEMENT_STATES = ("claimed", "confirmed", "withdrawn")


def list_achievement_rows(
    session: Session, actor: Actor, *, startup_id: int | None = None, state: str = "", kind: str = "",
    search: str = "", page: int = 1,
) -> tuple[Page[AchievementRow], dict[str, int]]:  # fmt: skip
    """A page of achievements, the latest first, and how many there are of each state: of one startup for its founders,
    of all for staff who see figures. Three statements."""
    if startup_id not in actor.startups_for(Action.EDIT_OWN_STARTUP):
        if startup_id is not None and not actor.can(Action.SEE_FIGURES):
            actor.require_startup(startup_id)
        actor.require(Action.SEE_FIGURES)
    wanted: list[ColumnElement[bool]] = [] if startup_id is None else [Achievement.startup_id == startup_id]
    if kind in SORTS:
        wanted.append(Achievement.kind == kind)
    if search.strip():
        columns = (Startup.code, Startup.name, Startup.name_en, Achievement.title, Achievement.number)
        wanted.append(or_(*(column.icontains(search.strip(), autoescape=True) for column in columns)))
    stands = case((Achievement.withdrawn_at.is_not(None), "withdrawn"),
                  (Achievement.confirmed_at.is_not(None), "confirmed"), else_="claimed")  # fmt: skip
    joined = select(Achievement, Startup).join(Startup, Startup.id == Achievement.startup_id).where(*wanted)
    each_stands = joined.with_only_columns(stands.label("state")).subquery()
    counted = select(each_stands.c.state, func.count()).group_by(each_stands.c.state)
    counts = dict.fromkeys(ACHIEVEMENT_STATES, 0) | dict(session.execute(counted).all())
    counts = {"": sum(counts.values())} | counts
    if state in ACHIEVEMENT_STATES:
        joined = joined.where(stands == state)
    total = counts.get(state, counts[""])
    page = min(page, Page([], 1, total).pages)
    rows = session.execute(
        joined.order_by(Achievement.happened_on.desc(), Achievement.id.desc()).limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    documents = documents_by_id(session, actor, {each.document_id for each, _ in rows if each.document_id})
    found = [AchievementRow(each, startup, documents.get(each.document_id or 0)) for each, startup in rows]
    return Page(found, page, total), counts
