"""Pools and their budgets: entered, drawn on by schemes, reserved at agreements, shared out at their closing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import unique
from incubator.startups.models import Startup
from incubator.subsidies.models import Budget, BudgetPool, BudgetReservation, Decision, OperatorGrant, Scheme
from incubator.subsidies.models.budgets import MODES
from incubator.subsidies.queries.budgets import get_reservation
from incubator.subsidies.rules.budgets import share_out

LARGEST_MINOR = 10**13
LONGEST = 300
NAMES = ("scheme", "scheme_name", "scheme_name_en", "version", "source", "kind")
"""What a later line of a decision says as the decision does."""


def create_pool(
    session: Session, actor: Actor, *, now: datetime, code: str, name: str, name_en: str = ""
) -> BudgetPool:
    """What schemes draw on together; it holds nothing until it has a budget."""
    actor.require(Action.MANAGE_SCHEMES)
    code, name = one_line(code, "code", 20), one_line(name, "name", 200)
    if not code or not name:
        raise Refusal(N_("A pool needs a code and a name."), field="name" if code else "code")
    pool = BudgetPool(code=code, name=name, name_en=one_line(name_en, "name_en", 200), created_at=now)
    known = Conflict(N_("There is a pool with the code %(code)s already."), field="code", code=code)
    with unique(session, "budget_pools_operator_id_code_key", known):
        session.add(pool)
    record(session, actor, "create_pool", ("budget_pools", pool.id), now=now, after={"code": code, "name": name})
    return pool


def draw_on(session: Session, actor: Actor, *, now: datetime, scheme_id: int, pool_id: int | None) -> Scheme:
    """From the next posting on the scheme draws on the pool's budgets; None: on none. What was given stays."""
    actor.require(Action.MANAGE_SCHEMES)
    scheme = session.execute(select(Scheme).where(Scheme.id == scheme_id).with_for_update()).scalar_one_or_none()
    if scheme is None:
        raise NotFound(N_("There is no such scheme."))
    if pool_id is not None:
        _get_pool(session, pool_id)
    before = {"pool_id": scheme.pool_id}
    scheme.pool_id = pool_id
    session.flush()
    record(session, actor, "draw_on", ("schemes", scheme.id), now=now, before=before, after={"pool_id": pool_id})
    return scheme


def add_budget(
    session: Session, actor: Actor, *, now: datetime, pool_id: int, first: date, last: date, mode: str,
    amount_minor: int, source: str = "",
) -> Budget:  # fmt: skip
    """A pool's money for the months from `first` to `last`; of one pool one at a time."""
    actor.require(Action.MANAGE_SCHEMES)
    pool = _get_pool(session, pool_id)
    if mode not in MODES:
        raise Refusal(N_("Choose how the budget is given out."), field="mode")
    check_day(first, "first")
    check_day(last, "last")
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        raise Refusal(N_("A budget is for whole months: from a first day to a last day of a month."), field="first")
    if last < first:
        raise Refusal(N_("The end must come after the start."), field="last")
    _check_amount(amount_minor)
    row = Budget(
        pool_id=pool.id, days=Range(first, last + timedelta(days=1)), mode=mode, amount_minor=amount_minor,
        source=one_line(source, "source", LONGEST), created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    taken = Conflict(N_("This pool has a budget in these months already."), field="first")
    with unique(session, "budgets_no_overlap", taken):
        session.add(row)
    after = {"pool": pool.code, "first": first, "last": last, "mode": mode, "amount_minor": amount_minor,
             "source": row.source}  # fmt: skip
    record(session, actor, "add_budget", ("budgets", row.id), now=now, after=after)
    return row


def change_budget(session: Session, actor: Actor, *, now: datetime, budget_id: int, amount_minor: int) -> Budget:
    """More or less money; not less than what is given and reserved already."""
    actor.require(Action.MANAGE_SCHEMES)
    row = _lock_budget(session, budget_id)
    _check_amount(amount_minor)
    spent = max(row.used_minor, row.reserved_minor)
    if amount_minor < spent:
        raise Refusal(N_("More than that is given or reserved already."), field="amount")
    before = {"amount_minor": row.amount_minor}
    row.amount_minor = amount_minor
    session.flush()
    record(session, actor, "change_budget", ("budgets", row.id), now=now, before=before,
           after={"amount_minor": amount_minor})  # fmt: skip
    return row


def reserve(
    session: Session, actor: Actor, *, now: datetime, budget_id: int, startup_id: int, amount_minor: int,
    residency_id: int | None = None,
) -> BudgetReservation:  # fmt: skip
    """Keep part of a budget for a startup, as at its agreement; what it was given from it before is part of that part.
    Refused where less is left.

    The budget's row is locked: of two who reserve the last of it, one has it.
    """
    actor.require(Action.MANAGE_SCHEMES)
    budget = _lock_budget(session, budget_id)
    if budget.mode != "reserved":
        raise Refusal(N_("This budget is not given out by reservation."))
    _check_amount(amount_minor)
    if session.execute(select(Startup.id).where(Startup.id == startup_id)).scalar() is None:
        raise Refusal(N_("There is no such startup."), field="startup")
    used = _used_by(session, budget.id, startup_id)
    if amount_minor < used:
        raise Refusal(N_("More than that is given or reserved already."), field="amount")
    if budget.reserved_minor + amount_minor - used > budget.amount_minor:
        raise Conflict(N_("Less than that is left of the budget."), field="amount")
    row = BudgetReservation(
        budget_id=budget.id, startup_id=startup_id, residency_id=residency_id, amount_minor=amount_minor,
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    with unique(session, "budget_reservations_one", Conflict(N_("The startup has a reservation already."))):
        session.add(row)
    budget.reserved_minor += amount_minor - used
    session.flush()
    after = {"budget_id": budget.id, "startup_id": startup_id, "amount_minor": amount_minor}
    record(session, actor, "reserve", ("budget_reservations", row.id), now=now, after=after)
    return row


def release(session: Session, actor: Actor, *, now: datetime, reservation_id: int) -> BudgetReservation:
    """What of it is not used is free for others."""
    actor.require(Action.MANAGE_SCHEMES)
    row = get_reservation(session, actor, reservation_id)
    budget = _lock_budget(session, row.budget_id)
    session.refresh(row)
    if row.released_at is not None:
        raise Conflict(N_("This reservation is released already."))
    used = _used_by(session, budget.id, row.startup_id)
    row.released_at = now
    budget.reserved_minor -= max(0, row.amount_minor - used)
    session.flush()
    record(session, actor, "release_reservation", ("budget_reservations", row.id), now=now,
           after={"startup_id": row.startup_id, "amount_minor": row.amount_minor, "used_minor": used})  # fmt: skip
    return row


def close_budget(session: Session, actor: Actor, *, now: datetime, budget_id: int) -> Budget:
    """Share out, once its last day is over, what a budget pro rata has among all that waits for it.

    Each decision that waits gets a line of its own: its share, and what waited is taken back. Next invoices carry it.
    """
    actor.require(Action.MANAGE_SCHEMES)
    budget = _lock_budget(session, budget_id)
    if budget.mode != "pro_rata":
        raise Refusal(N_("Only a budget that is shared out is closed."))
    if budget.closed_at is not None:
        raise Conflict(N_("This budget is closed already."))
    assert budget.days.upper is not None, "a named CHECK of the table"
    if now.astimezone(CHINA).date() < budget.days.upper:
        raise Refusal(N_("It can be closed from %(day)s on."), day=budget.days.upper)
    waiting = [*_waiting(session, Decision, budget.id), *_waiting(session, OperatorGrant, budget.id)]
    left = budget.amount_minor - budget.used_minor
    shares = share_out(left, [held for _, held in waiting])
    all_held = sum(held for _, held in waiting)
    _write_shares(session, waiting, shares, left, all_held, now, actor)
    budget.used_minor += sum(shares)
    budget.closed_at = now
    session.flush()
    record(session, actor, "close_budget", ("budgets", budget.id), now=now,
           after={"held_minor": all_held, "amount_minor": sum(shares), "lines": len(waiting)})  # fmt: skip
    return budget


def _waiting(session: Session, model: type[Any], budget_id: int) -> list[tuple[Any, int]]:
    """The first decisions of which something waits, each with how much: corrected since, less or more than at first."""
    held = (
        select(func.coalesce(model.adjusts_id, model.id).label("id"), func.sum(model.held_minor).label("minor"))
        .where(model.budget_id == budget_id)
        .group_by(func.coalesce(model.adjusts_id, model.id))
        .having(func.sum(model.held_minor) > 0)
        .subquery()
    )
    rows = session.execute(select(model, held.c.minor).join(held, held.c.id == model.id).order_by(model.id)).all()
    return [(row, int(minor)) for row, minor in rows]


def _write_shares(
    session: Session, waiting: list[tuple[Any, int]], shares: list[int], left: int, all_held: int, now: datetime,
    actor: Actor,
) -> None:  # fmt: skip
    operator_id = current_operator(session)
    rows: dict[type[Any], list[dict[str, Any]]] = {Decision: [], OperatorGrant: []}
    for (each, held), share in zip(waiting, shares, strict=True):
        names = {key: each.derivation[key] for key in NAMES}
        closing = {"left": left, "waiting": all_held, "mine": held, "share": share}
        values = {
            "operator_id": operator_id, "scheme_version_id": each.scheme_version_id, "startup_id": each.startup_id,
            "site_id": each.site_id, "month": each.month, "outcome": "adjusted", "base_minor": each.base_minor,
            "amount_minor": share, "held_minor": -held, "currency": each.currency,
            "budget_id": each.budget_id, "adjusts_id": each.id,
            "derivation": names | {"amount_minor": share, "base_minor": each.base_minor, "closing": closing},
        }  # fmt: skip
        if isinstance(each, Decision):
            rows[Decision].append(values | {"charge_id": each.charge_id, "bearer": each.bearer, "created_at": now})
        else:
            same = {name: getattr(each, name) for name in ("every", "period", "item_kind", "item_id")}
            rows[OperatorGrant].append(values | same | {"recorded_at": now, "recorded_by": actor.person_id})
    for model, found in rows.items():
        if found:
            session.execute(insert(model), found)


def _used_by(session: Session, budget_id: int, startup_id: int) -> int:
    given = select(func.coalesce(func.sum(Decision.amount_minor), 0)).where(
        Decision.budget_id == budget_id, Decision.startup_id == startup_id
    )
    return int(session.execute(given).scalar_one())


def _get_pool(session: Session, pool_id: int) -> BudgetPool:
    pool = session.execute(select(BudgetPool).where(BudgetPool.id == pool_id)).scalar_one_or_none()
    if pool is None:
        raise NotFound(N_("There is no such pool."))
    return pool


def _lock_budget(session: Session, budget_id: int) -> Budget:
    row = session.execute(
        select(Budget).where(Budget.id == budget_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such budget."))
    return row


def _check_amount(amount_minor: int) -> None:
    if not 0 < amount_minor <= LARGEST_MINOR:
        raise Refusal(N_("Give an amount above zero."), field="amount")
