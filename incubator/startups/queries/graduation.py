"""Reads of graduation: rules of programmes, what their criteria look at, and who is near."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import (
    Achievement,
    Enrolment,
    Exit,
    GraduationCriterion,
    GraduationRule,
    Programme,
    Residency,
    Startup,
)
from incubator.startups.queries.confirmed import ConfirmedFigure, list_confirmed
from incubator.startups.queries.figures import require_figures
from incubator.startups.queries.programmes import get_programme
from incubator.startups.queries.startups import get_startup
from incubator.startups.rules.graduation import Demand, Facts, Feat, Outcome, Reported, measure_rule

REVENUE = ("annual_revenue", "revenue")
PEOPLE = ("employees", "annual_employees")
KINDS = ("qualification", "financing", "acquisition", "listing", "right_granted")


class Rule(Struct, frozen=True):
    """A rule with its criteria, in their order."""

    rule: GraduationRule
    criteria: tuple[GraduationCriterion, ...]

    @property
    def demands(self) -> list[Demand]:
        return [Demand(each.measure, each.threshold, each.sort, each.years) for each in self.criteria]


class Measured(Struct, frozen=True):
    """A startup in a programme on a day, by the rule that holds then (None: the programme has none)."""

    startup: Startup
    programme: Programme
    rule: GraduationRule | None
    outcome: Outcome | None


def list_rules(session: Session, actor: Actor, programme_id: int) -> list[Rule]:
    """A programme's rules, the latest first; two statements."""
    get_programme(session, actor, programme_id)
    rules = session.execute(
        select(GraduationRule)
        .where(GraduationRule.programme_id == programme_id)
        .order_by(func.lower(GraduationRule.days).desc())
    ).scalars().all()  # fmt: skip
    return _with_criteria(session, rules)


def get_rule(session: Session, actor: Actor, rule_id: int) -> Rule:
    """One rule, for staff; NotFound."""
    actor.require(Action.SEE_STARTUPS)
    rule = session.execute(select(GraduationRule).where(GraduationRule.id == rule_id)).scalar_one_or_none()
    if rule is None:
        raise NotFound(N_("There is no such rule."))
    return _with_criteria(session, [rule])[0]


def measure_startup(session: Session, actor: Actor, startup_id: int, on: date) -> list[Measured]:
    """How a startup stands in each programme that it is in on a day: for who may see its figures; eight statements.

    A graduate is measured in the programmes that it was in on its last day.
    """
    startup = get_startup(session, actor, startup_id)
    require_figures(actor, startup_id)
    programmes = session.execute(
        select(Programme)
        .join(Enrolment, Enrolment.programme_id == Programme.id)
        .where(Enrolment.startup_id == startup_id, Enrolment.days.contains(on), Programme.kind == "programme")
        .order_by(Programme.name)
    ).scalars().all()  # fmt: skip
    rules = _rules_on(session, [each.id for each in programmes], on)
    facts = load_facts(session, [startup_id], on)[startup_id]
    return [_measured(startup, programme, rules.get(programme.id), facts, on) for programme in programmes]


def list_near(session: Session, actor: Actor, on: date, *, page: int = 1) -> Page[Measured]:
    """Who may graduate on a day, and whom one criterion is missing, the nearest first; eight statements.

    Whoever has an exit by then is past it, unless it came back and joined the programme after that.
    """
    actor.require(Action.SEE_FIGURES)
    gone = select(Exit.id).where(
        Exit.startup_id == Startup.id, Exit.revoked_at.is_(None), Exit.happened_on <= on,
        Exit.happened_on >= func.lower(Enrolment.days),
    )  # fmt: skip
    rows = session.execute(
        select(Startup, Programme)
        .join(Enrolment, Enrolment.startup_id == Startup.id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(GraduationRule, GraduationRule.programme_id == Programme.id)
        .where(Enrolment.days.contains(on), GraduationRule.days.contains(on),
               ~gone.correlate(Startup, Enrolment).exists())
        .order_by(Startup.code)
    ).all()  # fmt: skip
    rules = _rules_on(session, {programme.id for _, programme in rows}, on)
    facts = load_facts(session, {startup.id for startup, _ in rows}, on)
    found = [_measured(startup, programme, rules.get(programme.id), facts[startup.id], on)
             for startup, programme in rows]  # fmt: skip
    near = [each for each in found if each.outcome is not None and each.outcome.missing <= 1]
    near.sort(key=lambda each: (each.outcome.missing if each.outcome else 9, each.startup.code))
    first = (page - 1) * PAGE_SIZE
    return Page(near[first : first + PAGE_SIZE], page, len(near))


def load_facts(session: Session, startup_ids: Collection[int], on: date) -> dict[int, Facts]:
    """What the criteria look at, for startups that the caller has loaded through the actor; four statements."""
    feats: dict[int, list[Feat]] = {}
    for each in session.execute(
        select(Achievement)
        .where(Achievement.startup_id.in_(startup_ids), Achievement.kind.in_(KINDS), Achievement.withdrawn_at.is_(None))
        .order_by(Achievement.happened_on, Achievement.id)
    ).scalars():
        feats.setdefault(each.startup_id, []).append(
            Feat(each.id, each.kind, each.sort, each.title, each.happened_on, each.valid_until, each.amount_minor or 0,
                 each.document_id, each.confirmed_at is not None)
        )  # fmt: skip
    revenue = _once_a_year(list_confirmed(session, startup_ids, REVENUE, None, on))
    people: dict[int, list[Reported]] = {}
    for figure in list_confirmed(session, startup_ids, PEOPLE, None, on):
        people.setdefault(figure.startup_id, []).append(_reported(figure))
    stays: dict[int, list[tuple[date, date | None]]] = {}
    for startup_id, first, last in session.execute(
        select(Residency.startup_id, Residency.starts_on, Residency.ends_on)
        .where(Residency.startup_id.in_(startup_ids))
    ):
        stays.setdefault(startup_id, []).append((first, last))
    return {
        each: Facts(tuple(feats.get(each, ())), tuple(revenue.get(each, ())), tuple(people.get(each, ())),
                    tuple(stays.get(each, ())))
        for each in startup_ids
    }  # fmt: skip


def _once_a_year(figures: Sequence[ConfirmedFigure]) -> dict[int, list[Reported]]:
    """Each calendar year from its yearly figure, else from its quarters: nothing is counted twice (`sum_figures`)."""
    yearly = {(each.startup_id, each.period.first.year) for each in figures if each.code == REVENUE[0]}
    found: dict[int, list[Reported]] = {}
    for each in figures:
        if each.code == REVENUE[0] or (each.startup_id, each.period.first.year) not in yearly:
            found.setdefault(each.startup_id, []).append(_reported(each))
    return found


def _reported(figure: ConfirmedFigure) -> Reported:
    return Reported(figure.period.first, figure.period.last, int(figure.value), figure.sheet_id, figure.document_id)


def _rules_on(session: Session, programme_ids: Collection[int], on: date) -> dict[int, Rule]:
    rules = session.execute(
        select(GraduationRule).where(GraduationRule.programme_id.in_(programme_ids), GraduationRule.days.contains(on))
    ).scalars().all()  # fmt: skip
    return {each.rule.programme_id: each for each in _with_criteria(session, rules)}


def _with_criteria(session: Session, rules: Sequence[GraduationRule]) -> list[Rule]:
    criteria = session.execute(
        select(GraduationCriterion)
        .where(GraduationCriterion.rule_id.in_([rule.id for rule in rules]))
        .order_by(GraduationCriterion.position)
    ).scalars().all()  # fmt: skip
    return [Rule(rule, tuple(each for each in criteria if each.rule_id == rule.id)) for rule in rules]


def _measured(startup: Startup, programme: Programme, rule: Rule | None, facts: Facts, on: date) -> Measured:
    if rule is None:
        return Measured(startup, programme, None, None)
    return Measured(startup, programme, rule.rule, measure_rule(facts, rule.rule.wanted, rule.demands, on))


def latest_measured(rows: Sequence[Measured]) -> Measured | None:
    """The one to graduate by: the first whose rule is met, else the first that has a rule."""
    with_rule = [each for each in rows if each.outcome is not None]
    met = [each for each in with_rule if each.outcome and each.outcome.is_met]
    return next(iter(met + with_rule), None)


