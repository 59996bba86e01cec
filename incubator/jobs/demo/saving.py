"""The demo's saved reports: one made each month and mailed, one that all see, and one of finance's own."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Person
from incubator.accounts.queries import get_actor
from incubator.core.clock import CHINA
from incubator.core.periods import Month, local_instant
from incubator.reports.builder.operations import make_due, save_report, schedule_report
from incubator.reports.builder.rules import Definition

MADE_MONTHS = 2
"""So often the scheduled one has been made."""
REPORTS: tuple[tuple[str, str, Definition, bool], ...] = (
    ("finance@demo.example", "各场地入驻与使用月报",
     Definition(("area", "desks", "time"), "site", "", "last_month"), True),
    ("manager@demo.example", "入驻率走势（近十二个月）",
     Definition(("area", "desks"), "month", "site", "last_12_months"), True),
    ("finance@demo.example", "各场地开票与补贴（本年）",
     Definition(("billed_gross", "billed_subsidy", "billed_net"), "site", "", "this_year"), False),
)  # fmt: skip
"""Whose, its name, what it asks, and whether all see it. The first is made each month."""
READERS = ("finance@demo.example", "manager@demo.example", "auditor@demo.example")


def save_reports(session: Session, now: datetime) -> None:
    """Saved three months ago; the first was made on the first of this month and of the one before."""
    then, month = now - timedelta(days=90), Month.of(now.astimezone(CHINA).date())
    people = {email: _person_id(session, email) for email in READERS}
    for number, (email, name, definition, is_shared) in enumerate(REPORTS):
        actor = _actor(session, people[email])
        report = save_report(session, actor, now=then, today=then.astimezone(CHINA).date(), name=name,
                             definition=definition, is_shared=is_shared)  # fmt: skip
        if number == 0:
            schedule_report(session, actor, now=then, report_id=report.id, rhythm="monthly",
                            person_ids=list(people.values()))  # fmt: skip
    system = system_actor(actor.operator_id)
    for back in range(MADE_MONTHS - 1, -1, -1):
        first = (month - back).first
        made_at = local_instant(first, 420, CHINA)
        make_due(session, system, now=made_at, today=first)


def _person_id(session: Session, email: str) -> int:
    return session.execute(select(Person.id).where(Person.email == email)).scalar_one()


def _actor(session: Session, person_id: int) -> Actor:
    actor = get_actor(session, person_id)
    assert actor is not None
    return actor
