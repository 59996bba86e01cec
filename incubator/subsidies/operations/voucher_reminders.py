"""Who has a voucher with something left is told 30 and 7 days before its last day."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.subsidies.models import Voucher, VoucherEntry
from incubator.subsidies.queries.voucher_ledger import IS_LAST
from incubator.subsidies.queries.voucher_people import list_users
from incubator.subsidies.rules.vouchers import REMINDERS, reminder_due

AT_ONCE = 200


def remind_of_vouchers(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have founders told, once for each of the two days, of vouchers that end; how many. It looks at what there is, so
    a worker that stood still tells them later, and none twice."""
    actor.require(Action.MANAGE_SCHEMES)
    today = now.astimezone(CHINA).date()
    rows = session.execute(
        select(Voucher)
        .join(VoucherEntry, and_(VoucherEntry.voucher_id == Voucher.id, IS_LAST))
        .where(VoucherEntry.left_minor > 0, Voucher.valid_until >= today,
               Voucher.valid_until <= today + timedelta(days=max(REMINDERS)))
        .order_by(Voucher.id)
    ).scalars().all()  # fmt: skip
    told = set(session.execute(
        select(Notice.subject_id, Notice.facts["days"].as_integer()).where(
            Notice.subject_kind == "vouchers", Notice.facts["what"].astext == "ending",
            Notice.subject_id.in_([each.id for each in rows]),
        )
    ))  # fmt: skip
    due = [(each, reminder_due(each.valid_from, each.valid_until, today)) for each in rows]
    new = [(each, days) for each, days in due if days is not None and (each.id, days) not in told][:AT_ONCE]
    for voucher, days in new:
        notify(session, now=now, kind="voucher", about=("vouchers", voucher.id),
               people=list_users(session, voucher.startup_id), facts={"what": "ending", "days": days},
               key=f"voucher:{voucher.id}:{days}")  # fmt: skip
    return len(new)
