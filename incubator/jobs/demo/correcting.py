"""What becomes known late in the demo: one company's subsidies are corrected, another waits to be looked at."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.models import Charge
from incubator.billing.operations.posting import rerate_startup
from incubator.core.periods import Month
from incubator.startups.models import Startup
from incubator.startups.operations import edit_startup
from incubator.subsidies.models import Decision

REASON = "市场监督管理局来函：营业执照登记日期录入有误，已按副本更正。"


def correct_some(session: Session, actor: Actor, now: datetime) -> None:
    """Two companies were registered in the second month that they were billed for, and so were teams in the first."""
    rows = session.execute(
        select(Startup, func.min(Charge.month))
        .join(Charge, Charge.startup_id == Startup.id)
        .join(Decision, Decision.charge_id == Charge.id)
        .where(Startup.kind == "company", Decision.amount_minor > 0)
        .group_by(Startup.operator_id, Startup.id)
        .having(func.count(func.distinct(Charge.month)) >= 2)
        .order_by(func.count(func.distinct(Charge.month)), Startup.code)
        .limit(2)
    ).all()
    for number, (startup, first) in enumerate(rows):
        _register(session, actor, startup, (Month.of(first) + 1).first + timedelta(days=8), now)
        if number == 0:
            rerate_startup(session, actor, now=now, startup_id=startup.id, reason=REASON)


def _register(session: Session, actor: Actor, startup: Startup, on: date, now: datetime) -> None:
    """Correct the day of registration, and nothing else."""
    edit_startup(
        session, actor, now=now, startup=startup, name=startup.name, kind=startup.kind, name_en=startup.name_en,
        credit_code=startup.credit_code, registered_on=on, industry=startup.industry,
        industry_code=startup.industry_code, capital_minor=startup.capital_minor, paid_in_minor=startup.paid_in_minor,
        contact_name=startup.contact_name, contact_email=startup.contact_email, contact_phone=startup.contact_phone,
    )  # fmt: skip
