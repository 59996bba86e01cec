"""A voucher's ledger: locked, added to, and what is left over after the last day taken out.

Who changes several rows takes them in this order, so that nobody waits for somebody who waits for them: the series, the
startup's year, the vouchers by number, the operator's row (for numbers), the trail.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict
from incubator.core.money import Money
from incubator.database import current_operator
from incubator.spaces.operations.words import unique
from incubator.subsidies.models import (
    Voucher,
    VoucherEntry,
    VoucherOrder,
    VoucherSeries,
    VoucherSettlement,
    VoucherYear,
)
from incubator.subsidies.queries.voucher_ledger import balance_of, last_entries
from incubator.subsidies.rules.vouchers import move

AT_ONCE = 200
MEANWHILE = N_("Somebody used this voucher at the same moment. Look at it again.")


def lock_vouchers(session: Session, voucher_ids: Collection[int]) -> dict[int, Voucher]:
    """The vouchers, each locked until the commit, the lowest number first."""
    query = select(Voucher).where(Voucher.id.in_(voucher_ids)).order_by(Voucher.id).with_for_update()
    return {each.id: each for each in session.execute(query.execution_options(populate_existing=True)).scalars()}


def lock_year(session: Session, series: VoucherSeries, startup_id: int, year: int) -> VoucherYear:
    """What the startup has used of the series in the year, locked until the commit; made with the first use."""
    session.execute(
        insert(VoucherYear)
        .values(operator_id=current_operator(session), series_id=series.id, startup_id=startup_id, year=year,
                limit_minor=series.yearly_limit_minor)
        .on_conflict_do_nothing()
    )  # fmt: skip
    query = select(VoucherYear).where(
        VoucherYear.series_id == series.id, VoucherYear.startup_id == startup_id, VoucherYear.year == year
    )
    return session.execute(query.with_for_update().execution_options(populate_existing=True)).scalar_one()


def use_year(session: Session, year: VoucherYear, amount_minor: int) -> None:
    """Count an amount in the startup's year (below zero: it is given back); never above its limit."""
    limit = year.limit_minor
    if limit is not None and amount_minor > 0 and year.used_minor + amount_minor > limit:
        raise Conflict(N_("Of the %(year)s limit of %(limit)s, %(left)s are left."), field="gross", year=year.year,
                       limit=Money(limit), left=Money(max(limit - year.used_minor, 0)))  # fmt: skip
    year.used_minor += amount_minor
    session.flush()


def write_entry(
    session: Session, actor: Actor, voucher: Voucher, kind: str, amount_minor: int, *, now: datetime, **facts: Any
) -> VoucherEntry:
    """Add a line to the ledger of a voucher that is locked; Conflict where there is not so much to move."""
    last = last_entries(session, [voucher.id]).get(voucher.id)
    balance = move(balance_of(last), kind, amount_minor)
    entry = VoucherEntry(
        voucher_id=voucher.id, number=last.number + 1 if last else 1, kind=kind, amount_minor=amount_minor,
        left_minor=balance.left, reserved_minor=balance.reserved, redeemed_minor=balance.redeemed,
        settled_minor=balance.settled, expired_minor=balance.expired, created_at=now, created_by=actor.person_id,
        **{"happened_on": now.astimezone(CHINA).date()} | facts,
    )  # fmt: skip
    with unique(session, "voucher_entries_operator_id_voucher_id_number_key", Conflict(MEANWHILE)):
        session.add(entry)
    return entry


def next_number(session: Session, table: type[Voucher | VoucherOrder | VoucherSettlement], year: int) -> int:
    """The next number of the year, without gaps: whoever else wants one waits for the commit."""
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    number: InstrumentedAttribute[int] = table.number
    return (session.execute(select(func.max(number)).where(table.year == year)).scalar() or 0) + 1


def expire_vouchers(session: Session, actor: Actor, *, now: datetime) -> int:
    """Take out what nobody has ordered by until the last day, from the day after it on; of how many vouchers.

    Valid until 31 December with 1,200.00 left and 800.00 reserved: on 1 January 1,200.00 expire and go back to the
    budget of the series, 800.00 can still be redeemed; what of them is released or returned later, expires then. It
    looks at what there is: run twice, or a week late, it does the same.
    """
    actor.require(Action.MANAGE_SCHEMES)
    today = now.astimezone(CHINA).date()
    later = select(func.max(VoucherEntry.number)).where(VoucherEntry.voucher_id == Voucher.id).correlate(Voucher)
    due = session.execute(
        select(Voucher.id, Voucher.series_id)
        .join(VoucherEntry, VoucherEntry.voucher_id == Voucher.id)
        .where(Voucher.valid_until < today, VoucherEntry.number == later.scalar_subquery(), VoucherEntry.left_minor > 0)
        .order_by(Voucher.id)
        .limit(AT_ONCE)
    ).all()  # fmt: skip
    series_ids = {series_id for _, series_id in due}
    query = select(VoucherSeries).where(VoucherSeries.id.in_(series_ids)).order_by(VoucherSeries.id).with_for_update()
    series = {each.id: each for each in session.execute(query.execution_options(populate_existing=True)).scalars()}
    vouchers = lock_vouchers(session, [voucher_id for voucher_id, _ in due])
    found = 0
    for voucher_id, last in last_entries(session, list(vouchers)).items():
        if last.left_minor == 0:
            continue  # another worker was here
        voucher, amount = vouchers[voucher_id], last.left_minor
        write_entry(session, actor, voucher, "expire", amount, now=now)
        series[voucher.series_id].committed_minor -= amount
        after = {"number": voucher.label, "startup_id": voucher.startup_id, "expired_minor": amount}
        record(session, actor, "expire_voucher", ("vouchers", voucher.id), now=now, after=after)
        found += 1
    return found
