"""The demo's figures: a year of quarters, some late, some returned, one corrected; and what startups have achieved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.reports.figure_operations import freeze_figures
from incubator.spaces.models import Site
from incubator.startups.models import FigureSheet, Indicator, Startup
from incubator.startups.operations.achievements import claim_achievement, confirm_achievement
from incubator.startups.operations.figure_sheets import open_due_sheets
from incubator.startups.operations.figures import (
    Said,
    begin_correction,
    confirm_many,
    return_figures,
    save_figures,
    submit_figures,
)
from incubator.startups.operations.indicators import adopt_defaults, edit_rhythm
from incubator.startups.rules.periods import Period, ended_since

THOUSAND_YUAN = 100_000
WHY = "新签两个项目，本季集中验收（演示）"
ACHIEVEMENTS = (
    ("right_applied", "invention", "一种基于多模态数据的检测方法", 40),
    ("right_granted", "software", "智能管理平台软件 V1.0", 90),
    ("qualification", "technology_sme", "科技型中小企业入库登记", 130), ("financing", "angel", "天使轮融资", 170),
    ("right_applied", "utility_model", "一种便携式采集装置", 210),
    ("qualification", "high_tech", "高新技术企业证书", 300),
    ("right_granted", "invention", "一种图像配准方法及装置", 20), ("award", "", "创新创业大赛优胜奖", 60),
)  # fmt: skip


def report_figures(
    session: Session, actor: Actor, startups: Sequence[Startup], sites: Sequence[Site], *, first: date, now: datetime
) -> None:
    """Every quarter since the first day is asked for the day after it; the last one is on its way."""
    random, began = Random(2019), _morning(first)  # noqa: S311  a demo's dice
    adopt_defaults(session, actor, now=began, today=first)
    edit_rhythm(session, actor, now=began, rhythm="year", due_days=45, asked_from=date(first.year + 1, 1, 1),
                alumni_years=2)  # fmt: skip
    _achieve(session, actor, startups, random, now)
    indicators = {each.code: each.id for each in session.execute(select(Indicator)).scalars()}
    numbers = {startup.id: number for number, startup in enumerate(startups)}
    periods = list(ended_since("quarter", first, now.astimezone(CHINA).date(), 4))
    for period in periods:
        asked = _morning(period.next.first)
        open_due_sheets(session, actor, now=asked)
        _fill_in(session, actor, period, numbers, indicators, random, asked, is_last=period == periods[-1])
        if period == periods[0]:
            for site in sites[:1]:
                freeze_figures(session, actor, now=asked + timedelta(days=25), site_id=site.id, period=period)


def _fill_in(
    session: Session, actor: Actor, period: Period, numbers: dict[int, int], indicators: dict[str, int],
    random: Random, asked: datetime, *, is_last: bool,
) -> None:  # fmt: skip
    sheets = session.execute(
        select(FigureSheet).where(FigureSheet.rhythm == "quarter", FigureSheet.starts_on == period.first)
        .order_by(FigureSheet.startup_id)
    ).scalars().all()  # fmt: skip
    versions = []
    for sheet in sheets:
        number = numbers[sheet.startup_id]
        step = number % 8 if is_last else 1
        if step == 0 or (not is_last and number % 13 == 12):
            continue  # nobody has begun: late
        at = asked + timedelta(days=random.randrange(2, 12), minutes=random.randrange(400))
        said = _values(number, period, indicators, random)
        save_figures(session, actor, now=at, sheet_id=sheet.id, said=said)
        if step == 4:
            continue  # a draft
        version = submit_figures(session, actor, now=at, sheet_id=sheet.id)
        if step == 5 or (number == 9 and not is_last):
            return_figures(session, actor, now=at + timedelta(days=2), version_id=version.id,
                           remark="研发投入与报表不一致，请核对后重新提交")  # fmt: skip
            if not is_last:
                save_figures(session, actor, now=at + timedelta(days=3), sheet_id=sheet.id, said=said)
                versions.append(submit_figures(session, actor, now=at + timedelta(days=3), sheet_id=sheet.id))
        elif step != 3:
            versions.append(version)
    confirm_many(session, actor, now=asked + timedelta(days=20), version_ids=[each.id for each in versions])
    if is_last and sheets:
        _correct(session, actor, next(each for each in sheets if numbers[each.startup_id] % 8 == 1), indicators, asked)


def _correct(
    session: Session, actor: Actor, sheet: FigureSheet, indicators: dict[str, int], asked: datetime
) -> None:
    at = asked + timedelta(days=24)
    begin_correction(session, actor, now=at, sheet_id=sheet.id, reason="漏报一名应届毕业生")
    save_figures(session, actor, now=at, sheet_id=sheet.id, said={indicators["fresh_graduates"]: Said(Decimal(3))})
    version = submit_figures(session, actor, now=at, sheet_id=sheet.id)
    confirm_many(session, actor, now=at + timedelta(days=1), version_ids=[version.id])


def _values(number: int, period: Period, indicators: dict[str, int], random: Random) -> dict[int, Said]:
    """Plausible ones, which grow over the year."""
    people = 6 + number % 17 + (period.first.month // 3) % 3
    revenue = people * random.randrange(40, 70) + random.randrange(100)
    cost = revenue * random.randrange(75, 110) // 100
    values = {"employees": people, "fresh_graduates": people // 6, "rd_staff": people // 2}
    money = {"revenue": revenue, "total_cost": cost, "rd_spend": cost // 4, "net_profit": revenue - cost,
             "tax": max(1, revenue // 25)}  # fmt: skip
    said = {indicators[code]: Said(Decimal(value)) for code, value in values.items()}
    said |= {indicators[code]: Said(Decimal(value * THOUSAND_YUAN), WHY if code == "revenue" else "")
             for code, value in money.items()}  # fmt: skip
    return said


def _achieve(session: Session, actor: Actor, startups: Sequence[Startup], random: Random, now: datetime) -> None:
    today = now.astimezone(CHINA).date()
    for number, startup in enumerate(startups[:24]):
        for kind, sort, title, days in (ACHIEVEMENTS[number % 8], ACHIEVEMENTS[(number * 3 + 1) % 8]):
            happened_on = today - timedelta(days=days + random.randrange(20))
            said = claim_achievement(
                session, actor, now=now, today=today, startup_id=startup.id, kind=kind, sort=sort, title=title,
                happened_on=happened_on,
                valid_until=happened_on + timedelta(days=1095) if kind == "qualification" else None,
                amount_minor=random.randrange(20, 90) * 10_000_000 if kind == "financing" else None,
                number=f"{kind[:2].upper()}{2026_0000 + number * 17}（演示）",
            )  # fmt: skip
            if number % 4:
                confirm_achievement(session, actor, now=now, achievement_id=said.id)


def _morning(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), CHINA) + timedelta(hours=9)
