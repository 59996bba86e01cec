"""Telling of limits of incubation: six and three months before its end, when it is over, and of too large an area."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.startups.queries import list_limits
from incubator.startups.queries.agreements import list_founder_ids, list_manager_ids
from incubator.startups.queries.limits import LimitRow
from incubator.startups.rules.limits import step_on

MOST_AT_ONCE = 200
TOO_LATE = timedelta(days=30)
"""Nobody is told that a time has been over for longer, as after an import of old agreements."""


def remind_of_limits(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have managers and the startup's founders told of a limit that it comes near or has crossed; how many notices.

    Each step of each last day is told once, and each area above the limit: one of 1,200 m² is told again at 1,300.
    """
    actor.require(Action.MANAGE_STARTUPS)
    today = now.astimezone(CHINA).date()
    due = [(row, step) for row in list_limits(session, actor, today) for step in _steps(row, now)]
    told = _told(session, {row.startup.id for row, _ in due})
    new = [(row, step) for row, step in due if _key(row, step) not in told][:MOST_AT_ONCE]
    managers = list_manager_ids(session) if new else []
    for row, step in new:
        notify(
            session, now=now, kind="limit", about=("startups", row.startup.id), key=_key(row, step),
            people=[*managers, *list_founder_ids(session, row.startup.id)],
            facts={"what": step, "last_day": row.checked.last_day, "area_m2": row.stay.area_m2},
        )  # fmt: skip
    return len(new)


def _steps(row: LimitRow, now: datetime) -> list[str]:
    today = now.astimezone(CHINA).date()
    step = step_on(row.checked.last_day, today)
    if step == "over" and row.checked.last_day < today - TOO_LATE:
        step = ""
    return ([step] if step else []) + (["area"] if row.checked.is_too_large else [])


def _key(row: LimitRow, step: str) -> str:
    return f"limit:{row.startup.id}:{step}:{row.stay.area_m2 if step == 'area' else row.checked.last_day}"


def _told(session: Session, startup_ids: Collection[int]) -> set[str]:
    """What was told of them already, without whom it was told."""
    keys = session.execute(
        select(Notice.key).where(
            Notice.subject_kind == "startups", Notice.subject_id.in_(startup_ids), Notice.kind == "limit"
        )
    ).scalars()
    return {key.rpartition(":")[0] for key in keys if key}
