"""The demo's policies in force, the facts and costs that they ask for, a budget, and what the operator was granted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import Conflict
from incubator.core.periods import Month
from incubator.jobs.demo.policies import P1, P1B, P2, P6, POLICIES, Policy
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.startups.rules.limits import add_months
from incubator.subsidies.models import Scheme
from incubator.subsidies.operations.budgets import add_budget, create_pool, draw_on
from incubator.subsidies.operations.evidence import Proof, record_cost, record_fact
from incubator.subsidies.operations.grants import record_grants
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme

RECOGNISED = ("carrier", "government", "space")
"""Of the three sites: so each has the rent policy that is meant for it."""
OF_SITE = {P1.code: 0, P2.code: 1, P1B.code: 2}
RENT_M2, LET_M2 = "58.00", Decimal(1400)
YEAR_BUDGET = 60_000_000


def enter_policies(session: Session, actor: Actor, sites: list[Site], now: datetime, first: date) -> None:
    """All twelve, each with its text; what lowers a tenant's rent at the site that it is meant for."""
    for policy in (P6, *(each for each in POLICIES if each is not P6)):
        scheme = create_scheme(session, actor, now=now, code=policy.code, name=policy.name, name_en=policy.name_en,
                               issuer=policy.issuer)  # fmt: skip
        site = sites[OF_SITE[policy.code]] if policy.code in OF_SITE else None
        add_scheme_version(session, actor, now=now, scheme=scheme, valid_from=first, source=policy.source,
                           rule=policy.rule, site=site)  # fmt: skip
    _give_budgets(session, actor, now, first, P6)


def _give_budgets(session: Session, actor: Actor, now: datetime, first: date, policy: Policy) -> None:
    """A budget of each year for what the county bears."""
    pool = create_pool(session, actor, now=now, code="YX", name="永修县入园企业扶持专项资金",
                       name_en="Yongxiu support fund")  # fmt: skip
    scheme = session.execute(select(Scheme).where(Scheme.code == policy.code)).scalar_one()
    draw_on(session, actor, now=now, scheme_id=scheme.id, pool_id=pool.id)
    for year in (first.year, first.year + 1):
        add_budget(session, actor, now=now, pool_id=pool.id, first=date(year, 1, 1), last=date(year, 12, 31),
                   mode="first_come", amount_minor=YEAR_BUDGET, source=f"永修县 {year} 年度预算（演示）")  # fmt: skip


def record_what_is_asked(
    session: Session, actor: Actor, sites: list[Site], startups: list[Startup], now: datetime, first: date
) -> None:
    """Approvals and assessments of the sites, decisions on startups, what the first site paid month by month."""
    for number, site in enumerate(sites):
        approval = Proof(f"众创空间认定文件〔{first.year}〕{number + 12} 号（演示）")
        values: dict[str, str | int] = {
            "site.recognised": RECOGNISED[number % 3], "site.recognised_m2": 1200 + 300 * number,
            "site.approved_on": add_months(first, -4).isoformat(),
            "site.assessment": ("good", "pass", "fail")[number % 3],
        }  # fmt: skip
        for name, value in values.items():
            record_fact(session, actor, now=now, name=name, value=value, first=add_months(first, -4), proof=approval,
                        site_id=site.id)  # fmt: skip
    companies = [each for each in startups if each.kind == "company"]
    for number, startup in enumerate(companies[:12]):
        record_fact(session, actor, now=now, name="startup.strategic", value=number % 2 == 0, first=first,
                    proof=Proof("战略性新兴产业认定意见（演示）"), startup_id=startup.id)  # fmt: skip
        record_fact(session, actor, now=now, name="startup.contribution_yuan", value=70_000 + 45_000 * number,
                    first=date(first.year, 1, 1), last=date(first.year, 12, 31), proof=Proof("完税证明（演示）"),
                    startup_id=startup.id)  # fmt: skip


def pay_and_be_granted(session: Session, actor: Actor, sites: list[Site], first: Month, now: datetime) -> None:
    """The first site's bills of each month that is over, and what policies gave all sites for it but the last."""
    month = first
    while (month + 1).interval(ZoneInfo(sites[0].zone)).end <= now:
        then = month.interval(ZoneInfo(sites[0].zone)).end + timedelta(days=3)
        _pay(session, actor, sites[0], month, then)
        for site in sites:
            _record(session, actor, then, site, "month", month)
        month = month + 1
    _pay(session, actor, sites[0], month, now)
    _fit_out(session, actor, sites[0], first, now)
    year = Month(first.year, 12)
    if year.interval(ZoneInfo(sites[0].zone)).end <= now:
        _record(session, actor, now, sites[0], "year", year)


def _pay(session: Session, actor: Actor, site: Site, month: Month, now: datetime) -> None:
    bills = [("own_rent", "房租", int(Decimal(RENT_M2) * LET_M2 * 100), LET_M2), ("electricity", "电费", 612_340, None),
             ("network", "网络专线", 280_000, None)]  # fmt: skip
    for kind, title, amount_minor, area in bills:
        record_cost(session, actor, now=now, site_id=site.id, kind=kind, title=f"{month} {title}", first=month.first,
                    last=month.last, amount_minor=amount_minor, area_m2=area,
                    proof=Proof(f"发票 {month}（演示）"))  # fmt: skip


def _fit_out(session: Session, actor: Actor, site: Site, first: Month, now: datetime) -> None:
    record_cost(session, actor, now=now, site_id=site.id, kind="fit_out", title="公共区域装修", first=first.first,
                last=first.last, amount_minor=96_000_000, area_m2=Decimal(600),
                proof=Proof("装修合同及结算书（演示）"))  # fmt: skip
    record_cost(session, actor, now=now, site_id=site.id, kind="events", title="年度创业大赛", first=first.first,
                last=first.last, amount_minor=18_500_000, proof=Proof("活动决算表（演示）"))  # fmt: skip


def _record(session: Session, actor: Actor, now: datetime, site: Site, every: str, month: Month) -> None:
    try:
        record_grants(session, actor, now=now, site_id=site.id, every=every, month=month)
    except Conflict:  # nothing was asked of it
        return
