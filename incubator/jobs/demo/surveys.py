"""The demo's yearly statistics: what was filed for last year, what is stated of this one, and a note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.jobs.demo.names import person_name
from incubator.reports.statistics.filings import set_filing
from incubator.reports.statistics.indicators import INCUBATOR, SPACE
from incubator.reports.statistics.operations import explain_statistic, state_statistic
from incubator.reports.statistics.queries import make_sheet
from incubator.reports.statistics.rules import WARNING
from incubator.reports.statistics.units import UNITS
from incubator.spaces.models import Site
from incubator.startups.models import Post, Startup
from incubator.startups.operations import add_post

STATED = {
    "seed_fund": (6000, "种子基金合伙协议及验资报告"),
    "subsidies_received": (160, "国库集中支付到账通知（演示）"),
    "income_subsidies": (90, "运营补贴批复（演示）"),
}
"""What is stated of this year, in thousand yuan; the income of investments is still open."""
OF_THE_WHOLE = Decimal(350)
"""Subsidies received by all sites as somebody added them up: the books say somewhat less, and stand."""
SHARES = {section: Decimal(share) for section, share in {
    "space": "0.92", "served": "0.82", "founders": "0.82", "people": "0.86", "rights": "0.9", "finance": "0.8",
    "mentors": "0.9", "events": "0.62", "graduates": "0.9", "income": "0.88"}.items()}  # fmt: skip
"""What last year was of this one: some sections grew by more than half, which wants a note."""
UNCHANGED = {"seed_fund", "area_total", "area_public", "desks", "staff"}


def file_statistics(session: Session, actor: Actor, sites: Sequence[Site], now: datetime) -> None:
    """The first site is a Zhongchuang space, the two others incubators; the whole is filed as incubators."""
    filed = [(site.id, form, 60) for site, form in zip(sites, (SPACE, INCUBATOR, INCUBATOR), strict=True)]
    for site_id, form, ripe_days in [*filed, (None, INCUBATOR, 90)]:
        set_filing(session, actor, now=now, site_id=site_id, form=form, ripe_days=ripe_days)


def complete_teams(session: Session, actor: Actor, startups: Sequence[Startup], now: datetime) -> None:
    """Whoever has nobody yet gets a founder, and a team a member: each team has people, as the form checks."""
    random, today = Random(2024), now.astimezone(CHINA).date()  # noqa: S311  a demo's dice
    known = set(session.execute(select(Post.startup_id)).scalars())
    for startup in startups:
        for role in () if startup.id in known else ("founder", "employee") if startup.kind == "team" else ("founder",):
            add_post(session, actor, now=now, secret=b"", startup_id=startup.id, name=person_name(random), role=role,
                     first=today - timedelta(days=random.randrange(30, 300)))  # fmt: skip


def state_statistics(session: Session, actor: Actor, site: Site, now: datetime) -> None:
    """Last year's form was filed outside: most of it somewhat less than this year, some far less."""
    today = now.astimezone(ZoneInfo(site.zone)).date()
    state_statistic(session, actor, now=now, site_id=None, year=today.year, code="subsidies_received",
                    figure=OF_THE_WHOLE, evidence="财政补贴到账汇总表（演示）")  # fmt: skip
    for code, (figure, evidence) in STATED.items():
        state_statistic(session, actor, now=now, site_id=site.id, year=today.year, code=code, figure=Decimal(figure),
                        evidence=evidence)  # fmt: skip
    sheet = make_sheet(session, actor, site.id, SPACE, today.year)
    for row in sheet.rows:
        unit = UNITS[row.indicator.unit]
        if row.value is None or row.value < 0 or unit.name == "%":
            continue
        share = Decimal(1) if row.indicator.code in UNCHANGED else SHARES[row.indicator.section]
        state_statistic(session, actor, now=now, site_id=site.id, year=today.year - 1, code=row.indicator.code,
                        figure=(row.value * share).quantize(unit.step, ROUND_HALF_UP),
                        evidence=f"{today.year - 1} 年度火炬统计报送表（演示）")  # fmt: skip
    changed = next((row for row in make_sheet(session, actor, site.id, SPACE, today.year).findings
                    if row.level == WARNING and row.codes[0] == "events"), None)  # fmt: skip
    if changed is not None:
        explain_statistic(session, actor, now=now, site_id=site.id, year=today.year, code=changed.codes[0],
                          note="今年起每月固定举办路演与沙龙，并承办区级赛事")  # fmt: skip
