"""What finance does beside the months: credit notes, one-off charges, an exclusion, instalments, a second person."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.billing.models import Invoice, OpenItem
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.exclusions import exclude_startup
from incubator.billing.operations.one_off import OneOffTerms, add_one_off
from incubator.billing.operations.posting import post_month
from incubator.billing.operations.write_offs import ask_write_off, plan_instalments
from incubator.billing.rules.instalments import equal_parts
from incubator.core.clock import CHINA
from incubator.core.periods import Month

ONCE = (
    ("other", "补办门禁卡两张", 12_000),
    ("service_fee", "搬家后开荒保洁", 38_000),
    ("other", "会议投影仪灯泡赔偿", 26_500),
)


def credit_some(session: Session, actor: Actor, now: datetime) -> None:
    """Of the last posted month: a part of a rent credited, one invoice taken back and billed anew, with a fee for a year
    on it; and in the draft of the month after, one-off charges and a startup that is left out."""
    rows = session.execute(
        select(Invoice, OpenItem.open_minor)
        .join(OpenItem, OpenItem.invoice_id == Invoice.id)
        .where(OpenItem.open_minor > 60_000)
        .order_by(Invoice.month.desc(), Invoice.number)
        .limit(8)
    ).all()
    if len(rows) < 6:
        return
    invoices = [invoice for invoice, _ in rows]
    first, second, third = invoices[:3]
    credit_invoice(session, actor, now=now, invoice_id=first.id, amounts={1: 30_000},
                   reason="空调检修停用五天，按协议减收租金")  # fmt: skip
    credit_invoice(session, actor, now=now, invoice_id=second.id, is_anew=True, reason="收款主体名称有误，重新开具")
    month = Month.of(second.month)
    year = OneOffTerms("service_fee", "年度知识产权托管服务费", month.first, (month + 11).last, 360_000, month)
    add_one_off(session, actor, now=now, startup_id=second.startup_id, site_id=second.site_id, terms=year)
    post_month(session, actor, now=now, site_id=second.site_id, month=month)
    today = now.astimezone(CHINA).date()
    plan_instalments(session, actor, now=now, invoice_id=third.id,
                     parts=equal_parts(rows[2][1], 3, today + timedelta(days=10)))  # fmt: skip
    draft = Month.of(today) - 1
    for invoice, (kind, what, minor) in zip(invoices[3:6], ONCE, strict=True):
        terms = OneOffTerms(kind, what, draft.last, draft.last, minor)
        add_one_off(session, actor, now=now, startup_id=invoice.startup_id, site_id=invoice.site_id, terms=terms)
    exclude_startup(session, actor, now=now, site_id=third.site_id, startup_id=third.startup_id, month=draft,
                    reason="分期付款方案在商谈，本月暂缓")  # fmt: skip
    finance = session.execute(
        select(RoleGrant.person_id).join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.FINANCE.value).order_by(RoleGrant.id).limit(1)
    ).scalar()  # fmt: skip
    asking = get_actor(session, finance) if finance else None
    if asking is not None:
        ask_write_off(session, asking, now=now, invoice_id=invoices[-1].id, reason="团队已解散，多次催收无果")
