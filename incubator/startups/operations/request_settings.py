"""What requests can be about, and how soon they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import current_operator
from incubator.spaces.operations.words import LONGEST_NAME, one_line, unique
from incubator.spaces.queries import get_site
from incubator.startups.models import RequestCategory, ServiceLevel
from incubator.startups.queries.request_settings import MOST_CATEGORIES, get_category, list_levels
from incubator.startups.queries.requests import is_handler
from incubator.startups.rules.requests import LONGEST_TARGET, PRIORITIES, Level

NAME_KEY = "request_categories_operator_id_name_key"


def add_category(
    session: Session, actor: Actor, *, now: datetime, name: str, name_en: str = "", priority: str = "normal",
    responsible_id: int | None = None,
) -> RequestCategory:  # fmt: skip
    """One more thing that requests can be about."""
    actor.require(Action.MANAGE_REQUESTS)
    if len(session.execute(select(RequestCategory.id).limit(MOST_CATEGORIES)).all()) >= MOST_CATEGORIES:
        raise Conflict(N_("There are %(most)s categories already; rename one."), most=MOST_CATEGORIES)
    category = RequestCategory(name="", priority=priority, created_at=now)
    _describe(session, category, name, name_en, priority, responsible_id)
    with unique(session, NAME_KEY, _taken(category.name)):
        session.add(category)
    after = _facts(category)
    record(session, actor, "add_category", ("request_categories", category.id), now=now, after=after)
    return category


def edit_category(
    session: Session, actor: Actor, *, now: datetime, category_id: int, name: str, name_en: str = "",
    priority: str = "normal", responsible_id: int | None = None, closed: bool = False,
) -> RequestCategory:  # fmt: skip
    """Its names, priority and who looks after it; or nobody can choose it any more. Requests of it keep it."""
    actor.require(Action.MANAGE_REQUESTS)
    category = get_category(session, actor, category_id)
    before = _facts(category)
    with unique(session, NAME_KEY, _taken(name)):
        _describe(session, category, name, name_en, priority, responsible_id)
    category.closed_at = (category.closed_at or now) if closed else None
    session.flush()
    if _facts(category) != before:
        record(session, actor, "edit_category", ("request_categories", category_id), now=now, before=before,
               after=_facts(category))  # fmt: skip
    return category


def set_levels(
    session: Session, actor: Actor, *, now: datetime, site_id: int, levels: Mapping[str, Level]
) -> None:
    """The target times of a site by priority, in minutes of its opening hours; what is open keeps its own."""
    actor.require(Action.MANAGE_REQUESTS)
    site = get_site(session, actor, site_id)
    for priority in PRIORITIES:
        level = levels[priority]
        if not 0 < level.answer_minutes <= LONGEST_TARGET:
            raise Refusal(N_("Give a time between one minute and 1,000 hours."), field=f"{priority}_answer")
        if not level.answer_minutes <= level.resolve_minutes <= LONGEST_TARGET:
            raise Refusal(N_("A resolution takes at least as long as the first answer, and 1,000 hours at most."),
                          field=f"{priority}_resolve")  # fmt: skip
    before = list_levels(session, site_id)
    keep = insert(ServiceLevel)
    session.execute(
        keep.on_conflict_do_update(
            index_elements=["operator_id", "site_id", "priority"],
            set_={"answer_minutes": keep.excluded.answer_minutes, "resolve_minutes": keep.excluded.resolve_minutes},
        ),
        [{"operator_id": current_operator(session), "site_id": site_id, "priority": priority,
          "answer_minutes": levels[priority].answer_minutes, "resolve_minutes": levels[priority].resolve_minutes}
         for priority in PRIORITIES],
    )  # fmt: skip
    session.expire_all()
    record(session, actor, "set_levels", ("sites", site_id), now=now, before={"site": site.code} | _said(before),
           after={"site": site.code} | _said(levels))  # fmt: skip


def _describe(
    session: Session, category: RequestCategory, name: str, name_en: str, priority: str, responsible_id: int | None
) -> None:
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Enter a name."), field="name")
    if priority not in PRIORITIES:
        raise Refusal(N_("Choose a priority."), field="priority")
    if responsible_id is not None and not is_handler(session, responsible_id):
        raise Refusal(N_("Choose somebody who answers requests."), field="responsible_id")
    category.name, category.name_en = name, one_line(name_en, "name_en", LONGEST_NAME)
    category.priority, category.responsible_id = priority, responsible_id


def _taken(name: str) -> Conflict:
    return Conflict(N_("There is a category of this name already."), field="name", name=name)


def _facts(category: RequestCategory) -> dict[str, object]:
    return {
        "name": category.name, "name_en": category.name_en, "priority": category.priority,
        "assigned_to": category.responsible_id, "closed": category.closed_at is not None,
    }  # fmt: skip


def _said(levels: Mapping[str, Level]) -> dict[str, object]:
    return {
        f"{priority}_minutes": [levels[priority].answer_minutes, levels[priority].resolve_minutes]
        for priority in PRIORITIES
    }
