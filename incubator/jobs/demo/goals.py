"""The demo's qualifications: what its spaces hold or aim at, and what it states of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.reports.gauge.operations import adopt_standard, set_goal, state_figure
from incubator.spaces.models import Site

STATED = {
    "CN-SPACE": {"events_year": ("14", "活动台账及签到表")},
    "CN-INCUBATOR": {
        "statistics_years": ("2", "火炬统计报送回执"), "seed_fund": ("6000000", "种子基金合伙协议及验资报告"),
        "professional_share": ("83.33", "孵化从业人员培训证书 5 份"),
    },
}  # fmt: skip
"""Standard → measure → figure and evidence; what is left out stays unknown, as it does in life."""


def set_goals(session: Session, actor: Actor, sites: list[Site], *, now: datetime, first: date) -> None:
    """One space is measured by itself, all sites together as an incubator."""
    for code, measured in (("CN-SPACE", sites[:1]), ("CN-INCUBATOR", sites)):
        standard = adopt_standard(session, actor, now=now, code=code)
        goal = set_goal(session, actor, now=now, standard_id=standard.id, site_ids=[site.id for site in measured])
        for measure, (figure, evidence) in STATED[code].items():
            state_figure(session, actor, now=now, goal_id=goal.id, measure=measure, figure=Decimal(figure),
                         evidence=evidence, starts_on=first)  # fmt: skip
