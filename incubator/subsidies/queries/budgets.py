"""Reads of pools and budgets, with what was given of each and when it runs out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.startups.models import Startup
from incubator.subsidies.models import Budget, BudgetPool, BudgetReservation, Decision, OperatorGrant, Scheme
from incubator.subsidies.rules.budgets import forecast


class BudgetRow(Struct, frozen=True):
    """A budget as a page shows it: its months, what waits, and the month in which it runs out at the present pace."""

    budget: Budget
    pool: BudgetPool
    first: date
    last: date
    held_minor: int
    runs_out: Month | None

    @property
    def left_minor(self) -> int:
        return self.budget.amount_minor - max(self.budget.used_minor, self.budget.reserved_minor)

    @property
    def used_hundredths(self) -> int:
        """How much of it is given or reserved, of 100."""
        taken = max(self.budget.used_minor, self.budget.reserved_minor)
        return taken * 100 // self.budget.amount_minor if self.budget.amount_minor else 100


class PoolRow(Struct, frozen=True):
    """A pool with its schemes and budgets, the latest first."""

    pool: BudgetPool
    schemes: tuple[Scheme, ...]
    budgets: tuple[BudgetRow, ...]


def list_pools(session: Session, actor: Actor, *, now: datetime) -> list[PoolRow]:
    """Every pool by its code; five statements, however many there are."""
    actor.require(Action.SEE_SCHEMES)
    pools = session.execute(select(BudgetPool).order_by(BudgetPool.code)).scalars().all()
    by_pool: dict[int | None, list[Scheme]] = defaultdict(list)
    for scheme in session.execute(select(Scheme).where(Scheme.pool_id.is_not(None)).order_by(Scheme.code)).scalars():
        by_pool[scheme.pool_id].append(scheme)
    budgets = session.execute(select(Budget).order_by(func.lower(Budget.days).desc())).scalars().all()
    rows = _rows(session, budgets, {pool.id: pool for pool in pools}, now)
    return [
        PoolRow(pool, tuple(by_pool[pool.id]), tuple(row for row in rows if row.pool.id == pool.id)) for pool in pools
    ]


def get_budget(session: Session, actor: Actor, budget_id: int, *, now: datetime) -> BudgetRow:
    """One budget; NotFound otherwise."""
    actor.require(Action.SEE_SCHEMES)
    row = session.execute(
        select(Budget, BudgetPool).join(BudgetPool, BudgetPool.id == Budget.pool_id).where(Budget.id == budget_id)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such budget."))
    (found,) = _rows(session, [row[0]], {row[1].id: row[1]}, now)
    return found


def get_pool(session: Session, actor: Actor, pool_id: int) -> BudgetPool:
    """One pool; NotFound otherwise."""
    actor.require(Action.SEE_SCHEMES)
    pool = session.execute(select(BudgetPool).where(BudgetPool.id == pool_id)).scalar_one_or_none()
    if pool is None:
        raise NotFound(N_("There is no such pool."))
    return pool


def get_reservation(session: Session, actor: Actor, reservation_id: int) -> BudgetReservation:
    """One reservation; NotFound where there is none."""
    actor.require(Action.SEE_SCHEMES)
    row = session.execute(
        select(BudgetReservation).where(BudgetReservation.id == reservation_id)
    ).scalar_one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("There is no such reservation."))
    return row


def list_reservations(
    session: Session, actor: Actor, budget_id: int, *, page: int = 1
) -> Page[tuple[BudgetReservation, Startup, int]]:
    """A page of who has what reserved, with what of it was given; those that hold first. Two statements."""
    actor.require(Action.SEE_SCHEMES)
    given = (
        select(func.coalesce(func.sum(Decision.amount_minor), 0))
        .where(Decision.budget_id == budget_id, Decision.startup_id == BudgetReservation.startup_id)
        .scalar_subquery()
    )
    total = session.execute(
        select(func.count()).select_from(BudgetReservation).where(BudgetReservation.budget_id == budget_id)
    ).scalar_one()
    rows = session.execute(
        select(BudgetReservation, Startup, given)
        .join(Startup, Startup.id == BudgetReservation.startup_id)
        .where(BudgetReservation.budget_id == budget_id)
        .order_by(BudgetReservation.released_at.is_not(None), Startup.code, BudgetReservation.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([(reservation, startup, int(minor)) for reservation, startup, minor in rows], page, total)


def _rows(
    session: Session, budgets: Sequence[Budget], pools: dict[int, BudgetPool], now: datetime
) -> list[BudgetRow]:
    ids = [budget.id for budget in budgets]
    used, held = _by_month(session, ids)
    last = Month.of(now.astimezone(CHINA).date()) - 1
    rows = []
    for budget in budgets:
        assert budget.days.lower is not None and budget.days.upper is not None, "a named CHECK of the table"
        first, until = budget.days.lower, budget.days.upper - timedelta(days=1)
        end = Month.of(until)
        left = budget.amount_minor - budget.used_minor
        when = forecast(budget.mode, left, used[budget.id], last, Month.of(first), end)
        rows.append(BudgetRow(budget, pools[budget.pool_id], first, until, held[budget.id], when))
    return rows


def _by_month(session: Session, ids: Collection[int]) -> tuple[dict[int, dict[Month, int]], dict[int, int]]:
    used: dict[int, dict[Month, int]] = defaultdict(dict)
    held: dict[int, int] = defaultdict(int)
    for given in (Decision, OperatorGrant):
        rows = session.execute(
            select(given.budget_id, given.month, func.sum(given.amount_minor), func.sum(given.held_minor))
            .where(given.budget_id.in_(ids))
            .group_by(given.budget_id, given.month)
        ).all()
        for budget_id, month, minor, waiting in rows:
            assert budget_id is not None, "asked for"
            each = Month.of(month)
            used[budget_id][each] = used[budget_id].get(each, 0) + int(minor)
            held[budget_id] += int(waiting)
    return used, held
