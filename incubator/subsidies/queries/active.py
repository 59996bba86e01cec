"""The rules that are applied to a month at a site, with the budgets that they draw on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.periods import Month
from incubator.subsidies.models import Budget, BudgetReservation, Scheme, SchemeVersion
from incubator.subsidies.rules import engine
from incubator.subsidies.rules.engine import SchemeRule
from incubator.subsidies.rules.rule import Rule
from incubator.subsidies.rules.versions import Validity, pick_version


def validity(version: SchemeVersion) -> Validity:
    """When and where a version holds, as plain values."""
    until = None if version.valid.upper is None else version.valid.upper - timedelta(days=1)
    assert version.valid.lower is not None
    return Validity(version.version, version.valid.lower, until, version.site_id)


def list_scheme_rules(session: Session, site_id: int, month: Month, goes_to: str = "startup") -> list[SchemeRule]:
    """The version of each scheme that is applied to the month at the site, in their turn; at most three statements."""
    rows = session.execute(
        select(SchemeVersion, Scheme)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(SchemeVersion.valid.op("@>")(month.first))
        .order_by(Scheme.code, SchemeVersion.version)
    ).all()
    by_scheme: dict[int, dict[Validity, tuple[SchemeVersion, Scheme]]] = defaultdict(dict)
    for version, scheme in rows:
        by_scheme[scheme.id][validity(version)] = version, scheme
    picked = [(found, pick_version(found, site_id, month.first)) for found in by_scheme.values()]
    active = [found[each] for found, each in picked if each is not None]
    budgets = list_budgets(session, {scheme.pool_id for _, scheme in active if scheme.pool_id is not None}, month.first)
    rules = [scheme_rule(version, scheme, budgets.get(scheme.pool_id or 0)) for version, scheme in active]
    return sorted((each for each in rules if each.rule.goes_to == goes_to), key=lambda each: each.turn)


def scheme_rule(version: SchemeVersion, scheme: Scheme, budget: engine.Budget | None = None) -> SchemeRule:
    """A version with its rule read."""
    return SchemeRule(version.id, scheme.id, scheme.code, scheme.name, scheme.name_en, version.version, version.source,
                      Rule.parse(version.rule), budget)  # fmt: skip


def list_budgets(session: Session, pool_ids: Collection[int], on: date) -> dict[int, engine.Budget]:
    """By pool: the budget of a day as it is drawn on now, with what is reserved in it; one or two statements, none
    where no pool is asked."""
    if not pool_ids:
        return {}
    rows = session.execute(
        select(Budget).where(Budget.pool_id.in_(sorted(pool_ids)), Budget.days.op("@>")(on))
    ).scalars().all()  # fmt: skip
    return {row.pool_id: budget.at(None) for row, budget in _with_reservations(session, rows)}


def load_budgets(session: Session, budget_ids: Collection[int]) -> dict[int, engine.Budget]:
    """The same of some budgets, by their ids: those that decisions drew on."""
    if not budget_ids:
        return {}
    rows = session.execute(select(Budget).where(Budget.id.in_(sorted(budget_ids)))).scalars().all()
    return {row.id: budget for row, budget in _with_reservations(session, rows)}


def _with_reservations(session: Session, rows: Sequence[Budget]) -> list[tuple[Budget, engine.Budget]]:
    reserved: dict[int, dict[int, int]] = defaultdict(dict)
    asked = [row.id for row in rows if row.mode == "reserved"]
    if asked:
        for each in session.execute(
            select(BudgetReservation).where(
                BudgetReservation.budget_id.in_(asked), BudgetReservation.released_at.is_(None)
            )
        ).scalars():
            reserved[each.budget_id][each.startup_id] = each.amount_minor
    return [
        (row, engine.Budget(row.id, _code(row), row.mode, row.amount_minor, row.used_minor, reserved[row.id],
                            row.closed_at))
        for row in rows
    ]  # fmt: skip


def _code(budget: Budget) -> str:
    assert budget.days.lower is not None and budget.days.upper is not None, "a named CHECK of the table"
    return f"{budget.days.lower}/{budget.days.upper - timedelta(days=1)}"
