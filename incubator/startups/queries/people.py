"""Reads of the people of startups: a startup's team, and all of them by category, each once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from msgspec import Struct, field
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Individual, Post, Standing, Startup
from incubator.startups.rules.people import CATEGORIES

A_DAY = timedelta(days=1)


def get_post(session: Session, actor: Actor, post_id: int, *, for_update: bool = False) -> Post:
    """A post, for staff who see people and for its startup's own; NotFound for others."""
    query = select(Post).where(Post.id == post_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    post = session.execute(query).scalar_one_or_none()
    if post is None:
        raise NotFound(N_("There is no such entry."))
    require_people(actor, post.startup_id)
    return post


def require_people(actor: Actor, startup_id: int) -> None:
    """Whether the actor may see who is in the startup, and of which category; Forbidden, or NotFound for others'."""
    if not actor.can(Action.SEE_PEOPLE):
        actor.require(Action.SEE_OWN_STARTUP)
        actor.require_startup(startup_id)


class TeamMember(Struct, frozen=True):
    """A post with its human, and all that is said of them, the latest first."""

    post: Post
    individual: Individual
    standings: list[Standing]

    @property
    def first(self) -> date:
        assert self.post.days.lower is not None  # a named CHECK of the table
        return self.post.days.lower

    @property
    def last(self) -> date | None:
        return None if self.post.days.upper is None else self.post.days.upper - A_DAY

    def state(self, today: date) -> str:
        """`coming`, `current` or `ended`."""
        if today < self.first:
            return "coming"
        return "current" if self.last is None or today <= self.last else "ended"

    def categories(self, today: date) -> list[str]:
        """What they are by confirmed evidence on the day, in the order of the list."""
        now = {each.category for each in self.standings
               if each.confirmed_at and not each.withdrawn_at and today in each.days}  # fmt: skip
        return [each for each in CATEGORIES if each in now]


def list_team(session: Session, actor: Actor, startup_id: int) -> list[TeamMember]:
    """Everybody who is, will be or was in a startup: founders first, who has left last; two statements."""
    require_people(actor, startup_id)
    return _members(session, [Post.startup_id == startup_id])


def get_member(session: Session, actor: Actor, post_id: int) -> TeamMember:
    """One of them."""
    get_post(session, actor, post_id)
    return _members(session, [Post.id == post_id])[0]


def _members(session: Session, wanted: list[ColumnElement[bool]]) -> list[TeamMember]:
    rows = session.execute(
        select(Post, Individual)
        .join(Individual, Individual.id == Post.individual_id)
        .where(*wanted)
        .order_by(~func.upper_inf(Post.days), Post.role.desc(), func.lower(Post.days), Individual.name)
    ).all()
    standings = standings_of(session, {individual.id for _, individual in rows})
    return [TeamMember(post, individual, standings.get(individual.id, [])) for post, individual in rows]


def list_founders(session: Session, startup_id: int, on: date) -> list[tuple[Post, Individual]]:
    """Who founds a startup on a day, the first first. The caller has loaded the startup through its actor."""
    rows = session.execute(
        select(Post, Individual)
        .join(Individual, Individual.id == Post.individual_id)
        .where(Post.startup_id == startup_id, Post.role == "founder", Post.days.contains(on))
        .order_by(func.lower(Post.days), Post.id)
    )
    return [(post, individual) for post, individual in rows]


def standings_of(session: Session, individual_ids: Collection[int]) -> dict[int, list[Standing]]:
    """What is said of some humans, the latest first; one statement."""
    found: dict[int, list[Standing]] = {}
    rows = session.execute(
        select(Standing).where(Standing.individual_id.in_(individual_ids)).order_by(Standing.id.desc())
    ).scalars()
    for standing in rows:
        found.setdefault(standing.individual_id, []).append(standing)
    return found


class HumanRow(Struct, frozen=True):
    """A human once, with the startups that they stand in on the day, and their categories then."""

    individual: Individual
    posts: list[tuple[Post, Startup]] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)


def list_humans(
    session: Session, actor: Actor, on: date, *, page: int = 1, category: str = "", role: str = "", search: str = ""
) -> Page[HumanRow]:
    """A page of the people of all startups on a day, by name, each once; four statements."""
    actor.require(Action.SEE_PEOPLE)
    wanted = [_has_post(on, role)]
    if category:
        wanted.append(_is_of(category, on))
    if search:
        wanted.append(or_(*(each.icontains(search, autoescape=True) for each in (Individual.name, Individual.name_en))))
    total = session.execute(select(func.count()).select_from(Individual).where(*wanted)).scalar_one()
    page = min(page, Page([], 1, total).pages)
    humans = session.execute(
        select(Individual).where(*wanted).order_by(Individual.name, Individual.id).limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).scalars().all()  # fmt: skip
    ids = [each.id for each in humans]
    posts: dict[int, list[tuple[Post, Startup]]] = {}
    for post, startup in session.execute(
        select(Post, Startup)
        .join(Startup, Startup.id == Post.startup_id)
        .where(Post.individual_id.in_(ids), Post.days.contains(on))
        .order_by(Startup.code)
    ):
        posts.setdefault(post.individual_id, []).append((post, startup))
    standings = standings_of(session, ids)
    rows = [
        HumanRow(each, posts.get(each.id, []), [
            name for name in CATEGORIES
            if any(s.category == name and s.confirmed_at and not s.withdrawn_at and on in s.days
                   for s in standings.get(each.id, []))
        ])
        for each in humans
    ]  # fmt: skip
    return Page(rows, page, total)


def count_categories(session: Session, actor: Actor, on: date, role: str = "") -> dict[str, int]:
    """How many humans with a post on the day are of each category by confirmed evidence, each counted once in each
    (`""`: all of them); two statements."""
    actor.require(Action.SEE_PEOPLE)
    all_ = session.execute(select(func.count()).select_from(Individual).where(_has_post(on, role))).scalar_one()
    rows = session.execute(
        select(Standing.category, func.count(Standing.individual_id.distinct()))
        .join(Individual, Individual.id == Standing.individual_id)
        .where(_has_post(on, role), Standing.confirmed_at.is_not(None), Standing.withdrawn_at.is_(None),
               Standing.days.contains(on))
        .group_by(Standing.category)
    ).all()  # fmt: skip
    found: dict[str, int] = dict(rows)
    return {"": all_} | {category: found.get(category, 0) for category in CATEGORIES}


def _has_post(on: date, role: str) -> ColumnElement[bool]:
    query = select(Post.id).where(Post.individual_id == Individual.id, Post.days.contains(on))
    if role:
        query = query.where(Post.role == role)
    return query.correlate(Individual).exists()


def _is_of(category: str, on: date) -> ColumnElement[bool]:
    return (
        select(Standing.id)
        .where(
            Standing.individual_id == Individual.id, Standing.category == category, Standing.confirmed_at.is_not(None),
            Standing.withdrawn_at.is_(None), Standing.days.contains(on),
        )
        .correlate(Individual)
        .exists()
    )  # fmt: skip
