"""Programmes and membership plans, and which startups are in them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.startups.models import Enrolment, Programme
from incubator.startups.queries import get_programme, get_startup

KINDS = ("programme", "plan")
A_DAY = timedelta(days=1)


def add_programme(
    session: Session, actor: Actor, *, now: datetime, kind: str, name: str, name_en: str = ""
) -> Programme:
    """A programme or plan that startups can be in from now on."""
    actor.require(Action.MANAGE_STARTUPS)
    if kind not in KINDS:
        raise Refusal(N_("Choose whether it is a programme or a plan."), field="kind")
    programme = Programme(kind=kind, created_at=now)
    _name(session, programme, name, name_en)
    session.add(programme)
    session.flush()
    after = {"kind": kind, "name": programme.name, "name_en": programme.name_en}
    record(session, actor, "add_programme", ("programmes", programme.id), now=now, after=after)
    return programme


def edit_programme(
    session: Session, actor: Actor, *, now: datetime, programme_id: int, name: str, name_en: str = "",
    closed: bool = False,
) -> Programme:  # fmt: skip
    """Another name, or closed to newcomers; whoever is in it stays in it."""
    actor.require(Action.MANAGE_STARTUPS)
    programme = get_programme(session, actor, programme_id)
    before = _facts(programme)
    _name(session, programme, name, name_en)
    programme.closed_at = (programme.closed_at or now) if closed else None
    session.flush()
    if _facts(programme) != before:
        record(session, actor, "edit_programme", ("programmes", programme.id), now=now, before=before,
               after=_facts(programme))  # fmt: skip
    return programme


def enrol(
    session: Session, actor: Actor, *, now: datetime, programme_id: int, startup_id: int, starts_on: date,
    ends_on: date | None = None,
) -> Enrolment:  # fmt: skip
    """Let a startup be in a programme from its first to its last day (inclusive; None: open-ended)."""
    actor.require(Action.MANAGE_STARTUPS)
    programme = get_programme(session, actor, programme_id)
    startup = get_startup(session, actor, startup_id)
    if programme.closed_at is not None:
        raise Conflict(N_("“%(programme)s” takes nobody new."), field="programme_id", programme=programme)
    check_day(starts_on, "starts_on")
    check_day(ends_on, "ends_on")
    if ends_on is not None and ends_on < starts_on:
        raise Refusal(N_("The last day comes before the first."), field="ends_on")
    enrolment = Enrolment(
        programme_id=programme.id, startup_id=startup.id, created_at=now,
        days=Range(starts_on, ends_on and ends_on + A_DAY),
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(enrolment)
            session.flush()
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != "enrolments_no_overlap":
            raise
        raise Conflict(N_("%(startup)s is in “%(programme)s” on some of these days already."), field="programme_id",
                       startup=startup, programme=programme) from error  # fmt: skip
    after = {"programme": programme.name, "startup_id": startup.id, "starts_on": starts_on, "ends_on": ends_on}
    record(session, actor, "enrol", ("enrolments", enrolment.id), now=now, after=after)
    return enrolment


def end_enrolment(session: Session, actor: Actor, *, now: datetime, enrolment_id: int, ends_on: date) -> Enrolment:
    """Let it end on a day (inclusive) that is not before its first, earlier or later than was said; NotFound."""
    actor.require(Action.MANAGE_STARTUPS)
    enrolment = session.execute(
        select(Enrolment).where(Enrolment.id == enrolment_id).with_for_update()
    ).scalar_one_or_none()
    if enrolment is None:
        raise NotFound(N_("There is no such stay in a programme."))
    check_day(ends_on, "ends_on")
    first, after_last = enrolment.days.lower, enrolment.days.upper
    assert first is not None  # the days of a stay have a beginning
    if ends_on < first:
        raise Refusal(N_("It began on %(day)s; it can't end before."), field="ends_on", day=first)
    later = select(func.min(func.lower(Enrolment.days))).where(
        Enrolment.programme_id == enrolment.programme_id, Enrolment.startup_id == enrolment.startup_id,
        func.lower(Enrolment.days) > first,
    )  # fmt: skip
    following = session.execute(later).scalar_one()
    if following is not None and ends_on >= following:
        raise Conflict(N_("It is in again from %(day)s on."), field="ends_on", day=following)
    enrolment.days = Range(first, ends_on + A_DAY)
    before = {"ends_on": after_last and after_last - A_DAY}
    record(session, actor, "end_enrolment", ("enrolments", enrolment.id), now=now, before=before,
           after={"ends_on": ends_on})  # fmt: skip
    return enrolment


def _name(session: Session, programme: Programme, name: str, name_en: str) -> None:
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name."), field="name")
    with session.no_autoflush:
        others = select(Programme.id).where(Programme.name == name, Programme.id != (programme.id or 0))
        if session.execute(others).first():
            raise Conflict(N_("There is one with this name already."), field="name")
    programme.name, programme.name_en = name, one_line(name_en, "name_en", LONGEST_NAME)


def _facts(programme: Programme) -> dict[str, object]:
    return {"name": programme.name, "name_en": programme.name_en, "closed": programme.closed_at is not None}
