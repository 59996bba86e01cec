"""The demo's late payers: most have paid; some are reminded, called, written to, promise a day or dispute a meter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.models import DunningAction, OpenItem
from incubator.billing.operations.dunning import dun
from incubator.billing.operations.dunning_entries import pause_dunning, promise_payment, record_call
from incubator.billing.operations.dunning_settings import Wanted, set_dunning
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.queries.dunning.overdue import overdue_of
from incubator.billing.rules.dunning import DuePart, Step
from incubator.core.clock import CHINA
from incubator.core.errors import Refusal
from incubator.spaces.models import Site
from incubator.startups.models import Startup

LATE = 7
"""How many startups pay late: every third of them owes two months, the others the last one."""
LOOKED_AT = (24, 17, 9, 4, 1, 0)
"""How many days ago the day's work was done."""
STEPS = (Step(-3, "mail"), Step(3, "mail"), Step(12, "mail"), Step(20, "call", 50_000), Step(45, "letter", 100_000),
         Step(60, "booking", 100_000), Step(70, "access", 300_000))  # fmt: skip


def remind_some(
    session: Session, actor: Actor, sites: Sequence[Site], founders: Sequence[Startup], now: datetime
) -> None:
    """Turn dunning on a month ago, let all but some have paid what nobody else has paid for them, and do the days."""
    today = now.astimezone(CHINA).date()
    since = now - timedelta(days=30)
    set_dunning(session, actor, now=since, wanted=Wanted(
        since.astimezone(CHINA).date(), True, STEPS, interest_basis="day", interest_rate=Decimal("0.0005"),
        interest_from_day=5, interest_cap=Decimal("0.2"),
    ))  # fmt: skip
    owed = overdue_of(session, until=today)
    latest = max((part.due_on for each in owed.values() for part in each.parts), default=today)
    late = [each for each in owed if each != founders[0].id and owed[each].parts[-1].due_on == latest][:LATE]
    for startup_id, each in owed.items():
        kept = 0
        if startup_id in (*late, founders[0].id):
            kept = 2 if startup_id in late[::3] else 1
        _pay(session, actor, now, startup_id, each.parts[: len(each.parts) - kept], today)
    for days in LOOKED_AT:
        for site in sites:
            dun(session, actor, now=now - timedelta(days=days), site_id=site.id)
        if days == LOOKED_AT[3]:
            _answer(session, actor, late, now - timedelta(days=days, hours=-2), today)


def _pay(session: Session, actor: Actor, now: datetime, startup_id: int, parts: Sequence[DuePart], today: date) -> None:
    if not parts:
        return
    on = min(max(part.due_on for part in parts), today)
    payment = receive_payment(session, actor, now=now, startup_id=startup_id, way="bank", received_on=on,
                              amount_minor=sum(part.open_minor for part in parts), note="按期付款")  # fmt: skip
    clear_invoices(session, actor, now=now, payment_id=payment.id,
                   parts={part.invoice_id: part.open_minor for part in parts})  # fmt: skip


def _answer(session: Session, actor: Actor, late: Sequence[int], now: datetime, today: date) -> None:
    """One has been called, one promises, one has not kept its word, one disputes."""
    calls = session.execute(
        select(DunningAction.id).where(DunningAction.measure == "call", DunningAction.outcome == "done")
        .order_by(DunningAction.id).limit(2)
    ).scalars().all()  # fmt: skip
    if calls:
        record_call(session, actor, now=now, action_id=calls[0], result="reached", note="财务下周一安排转账")
    for action_id in calls[1:]:
        record_call(session, actor, now=now, action_id=action_id, result="no_answer")
    standing = set(session.execute(
        select(OpenItem.startup_id).where(OpenItem.startup_id.in_(late), OpenItem.open_minor > 0)
    ).scalars())  # fmt: skip
    for number, startup_id in enumerate(each for each in late if each in standing):
        try:
            if number == 1:
                promise_payment(session, actor, now=now, startup_id=startup_id, until=today + timedelta(days=5))
            elif number == 2:
                promise_payment(session, actor, now=now, startup_id=startup_id, until=today - timedelta(days=2),
                                note="电话承诺")  # fmt: skip
            elif number == 3:
                pause_dunning(session, actor, now=now, startup_id=startup_id, until=today + timedelta(days=12),
                              kind="dispute", reason="对上月电表读数有异议，等待复核")  # fmt: skip
        except Refusal:  # on some days of the month nothing of it is overdue
            continue
