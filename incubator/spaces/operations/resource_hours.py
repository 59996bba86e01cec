"""A resource's own opening hours, and its exceptional days; both within the opening hours of its site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, NotFound, Refusal
from incubator.spaces.models import Resource, ResourceDay, ResourceHours
from incubator.spaces.operations.hours import OpenSpan, check_hours, replace_hours, say_hours, say_minute
from incubator.spaces.operations.sites import check_day
from incubator.spaces.operations.words import LONGEST_TEXT, one_line

ORDER = N_("It must open before it closes.")


def set_resource_hours(
    session: Session, actor: Actor, *, now: datetime, resource: Resource, hours: Sequence[OpenSpan], from_on: date
) -> None:
    """The resource's own hours from `from_on` on; those before that day stay. None at all: it follows its site."""
    actor.require(Action.MANAGE_SPACES)
    check_day(from_on, "from_on")
    check_hours(hours, ORDER)
    lock_resource(session, resource)
    replaced = replace_hours(session, ResourceHours, {"resource_id": resource.id}, hours, from_on)
    record(
        session, actor, "set_resource_hours", ("resources", resource.id), now=now,
        before=say_hours(replaced), after={"code": resource.code, "from": from_on} | say_hours(hours),
    )  # fmt: skip


def set_resource_day(
    session: Session, actor: Actor, *, now: datetime, resource: Resource, on: date, opens: int | None,
    closes: int | None, note: str = "",
) -> ResourceDay:  # fmt: skip
    """Other hours for one date: minutes after midnight, or None for both where it is not open at all."""
    actor.require(Action.MANAGE_SPACES)
    check_day(on, "on")
    if (opens is None) != (closes is None):
        missing = "opens" if opens is None else "closes"
        raise Refusal(N_("Give both times, or none where it is not open."), field=missing)
    if opens is not None and closes is not None and not 0 <= opens < closes <= 24 * 60:
        raise Refusal(ORDER, field="closes")
    note = one_line(note, "note", LONGEST_TEXT)
    lock_resource(session, resource)
    day = _find_day(session, resource, on)
    before = _say(resource, day) if day else None
    if day is None:
        day = ResourceDay(resource_id=resource.id, on=on)
        session.add(day)
    day.opens_minute, day.closes_minute, day.note = opens, closes, note
    session.flush()
    record(session, actor, "set_resource_day", ("resources", resource.id), now=now, before=before,
           after=_say(resource, day))  # fmt: skip
    return day


def clear_resource_day(session: Session, actor: Actor, *, now: datetime, resource: Resource, on: date) -> None:
    """Take an exceptional day back: the date has the resource's usual hours again."""
    actor.require(Action.MANAGE_SPACES)
    lock_resource(session, resource)
    day = _find_day(session, resource, on)
    if day is None:
        raise NotFound(N_("That day has its usual hours already."))
    before = _say(resource, day)
    session.delete(day)
    session.flush()
    record(session, actor, "clear_resource_day", ("resources", resource.id), now=now, before=before)


def lock_resource(session: Session, resource: Resource) -> None:
    """Let one change of the resource's hours or photos happen at a time."""
    session.execute(select(Resource.id).where(Resource.id == resource.id).with_for_update(key_share=True))


def _find_day(session: Session, resource: Resource, on: date) -> ResourceDay | None:
    return session.execute(
        select(ResourceDay)
        .where(ResourceDay.resource_id == resource.id, ResourceDay.on == on)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _say(resource: Resource, day: ResourceDay) -> dict[str, object]:
    shut = day.opens_minute is None or day.closes_minute is None
    hours = [] if shut else [f"{say_minute(day.opens_minute or 0)}-{say_minute(day.closes_minute or 0)}"]
    return {"code": resource.code, "on": day.on, "hours": hours, "note": day.note}
