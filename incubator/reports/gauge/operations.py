"""Standards adopted and changed by date, goals set, statements made and withdrawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.pricing.rules import check_day
from incubator.reports.gauge.measures import MEASURES, STATED
from incubator.reports.gauge.models import STATUSES, Criterion, Goal, GoalSite, Standard, Statement
from incubator.reports.gauge.queries import get_goal, get_standard
from incubator.reports.gauge.rules import COMPARISONS
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import list_sites

LIBRARY = Path(__file__).with_name("library.json")
A_DAY = timedelta(days=1)
MOST = Decimal(10) ** 12
LONGEST_TEXT = 500


class Entry(Struct, frozen=True):
    """A standard as the product ships it."""

    code: str
    name: str
    name_en: str
    level: str
    source: str
    first: date
    criteria: tuple[dict[str, Any], ...]


@cache
def library() -> tuple[Entry, ...]:
    """What the product ships: dated data with their source, which an operator takes over and may change."""
    return tuple(
        Entry(each["code"], each["name"], each["name_en"], each["level"], each["source"],
              date.fromisoformat(each["from"]), tuple(each["criteria"]))
        for each in json.loads(LIBRARY.read_text(encoding="utf-8"))
    )  # fmt: skip


def adopt_standard(session: Session, actor: Actor, *, now: datetime, code: str) -> Standard:
    """The operator's own copy of a standard that the product ships; the one it has already, where it has one."""
    actor.require(Action.MANAGE_GOALS)
    entry = next((each for each in library() if each.code == code), None)
    if entry is None:
        raise NotFound(N_("There is no such standard."))
    known = session.execute(select(Standard).where(Standard.code == code)).scalar_one_or_none()
    if known is not None:
        return known
    standard = Standard(code=code, name=entry.name, name_en=entry.name_en, level=entry.level, source=entry.source,
                        created_at=now)  # fmt: skip
    session.add(standard)
    session.flush()
    session.add_all(
        Criterion(
            standard_id=standard.id, position=place, measure=each["measure"], threshold=Decimal(each["threshold"]),
            comparison=each.get("comparison", "at_least"), alternative=each.get("alternative"),
            days=Range(entry.first, None), source=each.get("source", ""), status=each["status"], created_at=now,
        )
        for place, each in enumerate(entry.criteria, start=1)
    )  # fmt: skip
    session.flush()
    after = {"code": code, "name": entry.name, "source": entry.source, "criteria": len(entry.criteria)}
    record(session, actor, "adopt_standard", ("standards", standard.id), now=now, after=after)
    return standard


def add_criterion(
    session: Session, actor: Actor, *, now: datetime, standard_id: int, measure: str, threshold: Decimal,
    starts_on: date, comparison: str = "at_least", source: str = "", status: str = "own",
    alternative: int | None = None, replaces: int | None = None,
) -> Criterion:  # fmt: skip
    """A demand from a day on; `replaces` is the one that ends the day before: a newer text asks 20 instead of 10."""
    actor.require(Action.MANAGE_GOALS)
    standard = get_standard(session, actor, standard_id)
    check_day(starts_on, "starts_on")
    if measure not in MEASURES:
        raise Refusal(N_("Choose what is measured."), field="measure")
    if comparison not in COMPARISONS or status not in STATUSES:
        raise Refusal(N_("Choose how it is compared."), field="comparison")
    _check_figure(threshold, "threshold")
    position = None
    if replaces is not None:
        old = end_criterion(session, actor, now=now, criterion_id=replaces, ends_on=starts_on - A_DAY)
        if old.standard_id != standard.id:
            raise NotFound(N_("The standard does not ask this."))
        position, alternative = old.position, old.alternative
    if position is None:
        last = session.execute(
            select(func.max(Criterion.position)).where(Criterion.standard_id == standard.id)
        ).scalar()
        position = (last or 0) + 1
    criterion = Criterion(
        standard_id=standard.id, position=position, measure=measure, comparison=comparison, threshold=threshold,
        alternative=alternative, days=Range(starts_on, None), source=one_line(source, "source", LONGEST_TEXT),
        status=status, created_at=now,
    )  # fmt: skip
    session.add(criterion)
    session.flush()
    after = {"standard": standard.code, "measure": measure, "comparison": comparison, "threshold": threshold,
             "starts_on": starts_on, "replaces": replaces}  # fmt: skip
    record(session, actor, "add_standard_criterion", ("standard_criteria", criterion.id), now=now, after=after)
    return criterion


def end_criterion(session: Session, actor: Actor, *, now: datetime, criterion_id: int, ends_on: date) -> Criterion:
    """It is asked for the last time on a day; what it asked before stays as it was."""
    actor.require(Action.MANAGE_GOALS)
    criterion = session.execute(
        select(Criterion).where(Criterion.id == criterion_id).with_for_update()
    ).scalar_one_or_none()
    if criterion is None:
        raise NotFound(N_("The standard does not ask this."))
    check_day(ends_on, "ends_on")
    first, after_last = criterion.days.lower, criterion.days.upper
    assert first is not None  # a named CHECK of the table
    if ends_on < first:
        raise Refusal(N_("It holds from %(day)s; it can't end before."), field="starts_on", day=first)
    if after_last is not None and ends_on >= after_last:
        raise Conflict(N_("It ends on %(day)s already."), field="starts_on", day=after_last - A_DAY)
    criterion.days = Range(first, ends_on + A_DAY)
    session.flush()
    record(session, actor, "end_standard_criterion", ("standard_criteria", criterion.id), now=now,
           before={"ends_on": after_last and after_last - A_DAY}, after={"ends_on": ends_on})  # fmt: skip
    return criterion


def set_goal(
    session: Session, actor: Actor, *, now: datetime, standard_id: int, site_ids: Sequence[int], name: str = "",
    name_en: str = "",
) -> Goal:  # fmt: skip
    """A qualification to hold or to reach, measured on these sites together; named as its standard where no name is
    given."""
    actor.require(Action.MANAGE_GOALS)
    standard = get_standard(session, actor, standard_id)
    known = {site.id for site in list_sites(session, actor)}
    if not site_ids:
        raise Refusal(N_("Choose at least one site."), field="site_ids")
    if not set(site_ids) <= known:
        raise NotFound(N_("There is no such site."))
    name = one_line(name, "name", LONGEST_NAME)
    goal = Goal(
        standard_id=standard.id, name=name or standard.name, created_at=now, created_by=actor.person_id,
        name_en=one_line(name_en, "name_en", LONGEST_NAME) or ("" if name else standard.name_en),
    )  # fmt: skip
    session.add(goal)
    session.flush()
    session.add_all(GoalSite(operator_id=goal.operator_id, goal_id=goal.id, site_id=each) for each in set(site_ids))
    session.flush()
    after = {"standard": standard.code, "name": goal.name, "sites": sorted(set(site_ids))}
    record(session, actor, "set_goal", ("goals", goal.id), now=now, after=after)
    return goal


def drop_goal(session: Session, actor: Actor, *, now: datetime, goal_id: int) -> Goal:
    """No longer aimed at; what was stated of it stays in the trail."""
    actor.require(Action.MANAGE_GOALS)
    goal = get_goal(session, actor, goal_id)
    goal.dropped_at = now
    session.flush()
    record(session, actor, "drop_goal", ("goals", goal.id), now=now, after={"name": goal.name})
    return goal


def state_figure(
    session: Session, actor: Actor, *, now: datetime, goal_id: int, measure: str, figure: Decimal, evidence: str,
    starts_on: date, ends_on: date | None = None,
) -> Statement:  # fmt: skip
    """Say a figure that no row of the product tells, with the document that proves it, from a day (to a day)."""
    actor.require(Action.MANAGE_GOALS)
    goal = get_goal(session, actor, goal_id)
    if measure not in STATED:
        raise Refusal(N_("This is counted from the rows; it can't be stated."), field="measure")
    _check_figure(figure, "figure")
    check_day(starts_on, "starts_on")
    check_day(ends_on, "ends_on")
    if ends_on is not None and ends_on < starts_on:
        raise Refusal(N_("The last day comes before the first."), field="ends_on")
    evidence = one_line(evidence, "evidence", LONGEST_TEXT)
    if not evidence:
        raise Refusal(N_("Say which document proves it: its kind, number and issuer."), field="evidence")
    statement = Statement(
        goal_id=goal.id, measure=measure, figure=figure, evidence=evidence, created_at=now, created_by=actor.person_id,
        days=Range(starts_on, ends_on and ends_on + A_DAY),
    )  # fmt: skip
    session.add(statement)
    session.flush()
    after = {"measure": measure, "figure": figure, "evidence": evidence, "starts_on": starts_on, "ends_on": ends_on}
    record(session, actor, "state_figure", ("goal_statements", statement.id), now=now, after=after)
    return statement


def withdraw_statement(
    session: Session, actor: Actor, *, now: datetime, goal_id: int, statement_id: int, reason: str
) -> Statement:
    """What is stated of a goal counts no longer, for no day; the row stays, with the reason."""
    actor.require(Action.MANAGE_GOALS)
    statement = session.execute(
        select(Statement).where(Statement.id == statement_id, Statement.goal_id == goal_id).with_for_update()
    ).scalar_one_or_none()
    if statement is None:
        raise NotFound(N_("There is no such statement."))
    if statement.withdrawn_at is not None:
        raise Conflict(N_("This figure is withdrawn already."))
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    statement.withdrawn_at, statement.withdrawn_reason = now, reason
    session.flush()
    record(session, actor, "withdraw_statement", ("goal_statements", statement.id), now=now, after={"reason": reason})
    return statement


def _check_figure(figure: Decimal, field: str) -> None:
    if not figure.is_finite() or not 0 <= figure < MOST:
        raise Refusal(N_("Give a number from 0 up."), field=field)
