"""The demo's yearly statistics: what was filed for last year, what is stated of this one, and a note."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.reports.statistics.indicators import INCUBATOR
from incubator.reports.statistics.operations import explain_statistic, state_statistic
from incubator.reports.statistics.queries import make_sheet
from incubator.reports.statistics.units import UNITS
from incubator.spaces.models import Site

STATED = {
    "seed_fund": (6000, "种子基金合伙协议及验资报告"),
    "subsidies_received": (860, "国库集中支付到账通知（演示）"),
    "income_subsidies": (210, "运营补贴批复（演示）"),
}
"""What is stated of this year, in thousand yuan; the income of investments is still open."""
SHARES = {section: Decimal(share) for section, share in {
    "space": "0.92", "served": "0.82", "founders": "0.82", "people": "0.78", "rights": "0.7", "finance": "0.6",
    "mentors": "0.85", "events": "0.62", "graduates": "0.9", "income": "0.88"}.items()}  # fmt: skip
"""What last year was of this one: some sections grew by more than half, which wants a note."""
UNCHANGED = {"area_total", "area_public", "desks", "staff"}


def state_statistics(session: Session, actor: Actor, site: Site, now: datetime) -> None:
    """Last year's form was filed outside: most of it somewhat less than this year, some far less."""
    today = now.astimezone(ZoneInfo(site.zone)).date()
    for code, (figure, evidence) in STATED.items():
        state_statistic(session, actor, now=now, site_id=site.id, year=today.year, code=code, figure=Decimal(figure),
                        evidence=evidence)  # fmt: skip
    sheet = make_sheet(session, actor, site.id, INCUBATOR, today.year, until=today)
    for row in sheet.rows:
        unit = UNITS[row.indicator.unit]
        if row.value is None or row.value < 0 or unit.name == "%":
            continue
        share = Decimal(1) if row.indicator.code in UNCHANGED else SHARES[row.indicator.section]
        state_statistic(session, actor, now=now, site_id=site.id, year=today.year - 1, code=row.indicator.code,
                        figure=(row.value * share).quantize(unit.step, ROUND_HALF_UP),
                        evidence=f"{today.year - 1} 年度火炬统计报送表（演示）")  # fmt: skip
    changed = next((row for row in make_sheet(session, actor, site.id, INCUBATOR, today.year, until=today).findings
                    if row.codes[0] != "income"), None)  # fmt: skip
    if changed is not None:
        explain_statistic(session, actor, now=now, site_id=site.id, year=today.year, code=changed.codes[0],
                          note="二期空间今年投入使用，入驻与服务规模扩大")  # fmt: skip
