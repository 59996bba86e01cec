"""Graduation rules of programmes: taken over, set from a day on, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.pricing.rules import check_day
from incubator.startups.models import GraduationCriterion, GraduationRule, Programme
from incubator.startups.queries.graduation import get_rule
from incubator.startups.queries.programmes import get_programme
from incubator.startups.rules.achievements import QUALIFICATIONS
from incubator.startups.rules.graduation import (
    DEFAULT_DEMANDS,
    DEFAULT_SOURCE,
    DEFAULT_STATUS,
    DEFAULT_WANTED,
    MEASURES,
    MONEY,
    STATUSES,
    Demand,
)

A_DAY = timedelta(days=1)
MOST_CRITERIA = 12
MOST_MONTHS, MOST_COUNT, MOST_MONEY = 600, 1_000_000, 10**15
LONGEST_SOURCE = 500


def adopt_rule(session: Session, actor: Actor, *, now: datetime, programme_id: int, starts_on: date) -> GraduationRule:
    """The rule of the national measures of 2018, as the operator's own: two of four criteria (`DEFAULT_DEMANDS`)."""
    return set_rule(session, actor, now=now, programme_id=programme_id, starts_on=starts_on, wanted=DEFAULT_WANTED,
                    demands=DEFAULT_DEMANDS, source=DEFAULT_SOURCE, status=DEFAULT_STATUS)  # fmt: skip


def set_rule(
    session: Session, actor: Actor, *, now: datetime, programme_id: int, starts_on: date, wanted: int,
    demands: Sequence[Demand], source: str, status: str = "own",
) -> GraduationRule:  # fmt: skip
    """What a startup of the programme must meet from a day on; the rule that held until then ends on the day before.

    So a newer text replaces the thresholds, and who graduated earlier did so by the older one.
    """
    actor.require(Action.MANAGE_EXITS)
    programme = get_programme(session, actor, programme_id)
    if programme.kind != "programme":
        raise Conflict(N_("One graduates from a programme, not from a membership plan."))
    session.execute(select(Programme.id).where(Programme.id == programme.id).with_for_update())
    check_day(starts_on, "starts_on")
    source = one_line(source, "source", LONGEST_SOURCE)
    if not source:
        raise Refusal(N_("Say where the rule stands: the text, or your own decision."), field="source")
    if status not in STATUSES:
        raise Refusal(N_("Choose how sure the source is."), field="status")
    _check(wanted, demands)
    latest = session.execute(
        select(GraduationRule)
        .where(GraduationRule.programme_id == programme.id)
        .order_by(func.lower(GraduationRule.days).desc())
        .limit(1)
    ).scalar_one_or_none()
    if latest is not None and starts_on <= latest.first:
        raise Conflict(N_("A rule holds from %(day)s; give a later day."), field="starts_on", day=latest.first)
    if latest is not None and (latest.last is None or latest.last >= starts_on):
        latest.days = Range(latest.first, starts_on)
        session.flush()
    rule = GraduationRule(programme_id=programme.id, wanted=wanted, days=Range(starts_on, None), source=source,
                          status=status, created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(rule)
    session.flush()
    session.add_all(
        GraduationCriterion(rule_id=rule.id, position=place, measure=each.measure, threshold=each.threshold,
                            sort=each.sort, years=each.years)
        for place, each in enumerate(demands, start=1)
    )  # fmt: skip
    session.flush()
    after = {"programme": programme.name, "from": starts_on, "source": source, "wanted": wanted,
             "criteria": [[each.measure, each.sort or each.years, each.threshold] for each in demands]}  # fmt: skip
    record(session, actor, "set_graduation_rule", ("programmes", programme.id), now=now, after=after)
    return rule


def end_rule(session: Session, actor: Actor, *, now: datetime, rule_id: int, ends_on: date) -> GraduationRule:
    """It holds for the last time on a day; nothing takes its place."""
    actor.require(Action.MANAGE_EXITS)
    rule = get_rule(session, actor, rule_id).rule
    session.refresh(rule, with_for_update=True)
    check_day(ends_on, "ends_on")
    if ends_on < rule.first:
        raise Refusal(N_("It holds from %(day)s; it can't end before."), field="ends_on", day=rule.first)
    if rule.last is not None and ends_on >= rule.last:
        raise Conflict(N_("It ends on %(day)s already."), field="ends_on", day=rule.last)
    before = {"ends_on": rule.last}
    rule.days = Range(rule.first, ends_on + A_DAY)
    session.flush()
    record(session, actor, "end_graduation_rule", ("programmes", rule.programme_id), now=now, before=before,
           after={"ends_on": ends_on})  # fmt: skip
    return rule


def _check(wanted: int, demands: Sequence[Demand]) -> None:
    if not demands or len(demands) > MOST_CRITERIA:
        raise Refusal(N_("A rule has from one to %(most)s criteria."), field="criteria", most=MOST_CRITERIA)
    if not 1 <= wanted <= len(demands):
        raise Refusal(N_("At least one must be wanted, and no more than there are criteria."), field="wanted")
    if len({(each.measure, each.sort, each.years) for each in demands}) != len(demands):
        raise Refusal(N_("One criterion stands there twice."), field="criteria")
    for each in demands:
        if each.measure not in MEASURES:
            raise Refusal(N_("Choose what is measured."), field="criteria")
        most = MOST_MONEY if each.measure in MONEY else MOST_MONTHS if each.measure == "months" else MOST_COUNT
        if not 1 <= each.threshold <= most:
            raise Refusal(N_("Give each criterion a number from 1 up."), field="criteria")
        if (each.measure == "qualification") != (each.sort in QUALIFICATIONS):
            raise Refusal(N_("Choose which qualification."), field="criteria")
        if each.measure == "revenue" and not 1 <= (each.years or 0) <= 5:
            raise Refusal(N_("Revenue is counted over one to five years."), field="criteria")
