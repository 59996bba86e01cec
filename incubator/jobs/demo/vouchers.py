"""The demo's vouchers: two series with made-up figures, three providers, vouchers in every state, settlements."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA
from incubator.documents.pdf import render
from incubator.jobs.demo.vouchers_used import pay_and_recover
from incubator.startups.models import Startup
from incubator.subsidies.models import ServiceProvider, Voucher, VoucherSeries, VoucherSettlement
from incubator.subsidies.operations.voucher_issuing import apply_for_voucher, decide_application, issue_by_rule
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_orders import (
    Evidence,
    Wanted,
    order_by_voucher,
    redeem,
    release_order,
    return_redemption,
)
from incubator.subsidies.operations.voucher_series import ProviderFacts, SeriesTerms, add_provider, open_series
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.queries.voucher_ledger import list_payable
from incubator.subsidies.queries.vouchers import list_candidates

PROVIDERS = (
    ProviderFacts("鹏城检测认证有限公司（演示）", ("services", "instruments"), offers="电磁兼容检测与认证咨询",
                  bank="某银行高新支行", account="7559 0000 1111 222", contact="王工 0755-5555 0101"),
    ProviderFacts("湾区知识产权事务所（演示）", ("services", "training"), offers="专利检索、撰写与答复，知识产权培训",
                  bank="某银行前海支行", account="4000 0000 3333 444", contact="李律师 0755-5555 0102"),
    ProviderFacts("大学城分析测试共享平台（演示）", ("instruments", "training"), offers="扫描电镜、质谱与上机培训",
                  bank="某银行大学城支行", account="6222 0000 5555 666", contact="陈老师 0755-5555 0103"),
)  # fmt: skip


class Step(Struct, frozen=True):
    """One order of a startup, and what became of it: how much was invoiced, or nothing yet."""

    series: str
    startup: int
    provider: int
    use: str
    title: str
    price: int
    days_ago: int
    invoiced: tuple[int, ...] = ()
    is_all: bool = False
    returned: int = 0
    is_cancelled: bool = False


STEPS = (
    Step("CY", 0, 0, "services", "样机电磁兼容检测", 8_000, 70, (5_000,)),
    Step("CY", 0, 1, "services", "两件发明专利撰写与申请", 12_000, 40, (12_000,)),
    Step("CX", 0, 2, "instruments", "扫描电镜 6 小时", 3_600, 12),
    Step("CY", 1, 1, "services", "商标注册与监测", 4_500, 55, (3_000,), is_all=True),
    Step("CY", 2, 0, "services", "CE 认证预测试", 40_000, 48, (40_000,)),
    Step("CX", 2, 2, "training", "质谱上机培训 2 人", 2_400, 30, (2_400,), returned=300),
    Step("CY", 3, 0, "services", "整机环境可靠性试验", 15_000, 9),
    Step("CX", 3, 2, "instruments", "X 射线衍射 10 小时", 5_000, 33, is_cancelled=True),
)


def give_vouchers(session: Session, actor: Actor, founders: list[Startup], now: datetime) -> None:
    """Series opened over half a year ago; the first startups have used theirs, others not, two have let them expire."""
    today = now.astimezone(CHINA).date()
    first = today - timedelta(days=220)
    series = {terms.code[:2]: open_series(session, actor, now=now - timedelta(days=221), terms=terms)
              for terms in _terms(first, today)}  # fmt: skip
    providers = [add_provider(session, actor, now=now - timedelta(days=220), facts=facts) for facts in PROVIDERS]
    here = _companies(session, series["CY"], founders, today - timedelta(days=210))
    _let_expire(session, actor, series["CX"], here[5:7], now)
    vouchers: dict[tuple[str, int], Voucher] = {}
    for number, startup in enumerate(here[:5]):
        vouchers["CY", number] = _grant(session, actor, series["CY"], startup, now - timedelta(days=90 - number))
    for number in (0, 2, 3, 4):
        at = now - timedelta(days=60 if number != 4 else 176)
        (vouchers["CX", number],) = issue_by_rule(session, actor, now=at, series_id=series["CX"].id,
                                                  startup_ids=[here[number].id])  # fmt: skip
    for step in sorted(STEPS, key=lambda each: -each.days_ago):
        _order(session, actor, vouchers[step.series, step.startup], providers[step.provider], step, now)
    pay_and_recover(session, actor, _settle(session, actor, providers[1], now), now)
    _settle(session, actor, providers[2], now)
    _ask(session, actor, series["CY"], here[5:8], now)


def _terms(first: date, today: date) -> list[SeriesTerms]:
    last = today + timedelta(days=140)
    return [
        SeriesTerms(
            code="CY-DEMO", name="创业服务券（演示）", name_en="Startup service voucher (demo)",
            issuer="某区人力资源局（演示）", source="演示用虚构规则：创业服务券管理办法第六条，金额与比例均为虚构",
            budget_minor=60_000_000, face_minor=2_000_000, share_percent=Decimal(60), valid_days=365,
            uses=("services", "mentors", "training"), first_on=first, last_on=last, yearly_limit_minor=2_000_000,
            registered_months=60,
        ),
        SeriesTerms(
            code="CX-DEMO", name="科技创新券（演示）", name_en="Innovation voucher (demo)",
            issuer="某区科技创新局（演示）", source="演示用虚构规则：科技创新券实施细则第八条，金额与比例均为虚构",
            budget_minor=30_000_000, face_minor=1_000_000, share_percent=Decimal(50), valid_days=180,
            uses=("instruments", "training"), first_on=first, last_on=last, issued_by="rule", who="all", most_each=2,
        ),
    ]  # fmt: skip


def _companies(session: Session, series: VoucherSeries, founders: list[Startup], on: date) -> list[Startup]:
    """Those who could have one by then and are still here, in the order in which they came."""
    able = {each.startup.id for each in list_candidates(session, series, on) if not each.why_not}
    today = {each.startup.id for each in list_candidates(session, series, on + timedelta(days=210)) if not each.why_not}
    return [each for each in founders if each.id in able & today]


def _let_expire(session: Session, actor: Actor, series: VoucherSeries, startups: list[Startup], now: datetime) -> None:
    """Issued seven months ago for half a year, and never used."""
    then = now - timedelta(days=210)
    issue_by_rule(session, actor, now=then, series_id=series.id, startup_ids=[each.id for each in startups])
    expire_vouchers(session, actor, now=now - timedelta(days=29))


def _grant(session: Session, actor: Actor, series: VoucherSeries, startup: Startup, at: datetime) -> Voucher:
    purpose = "产品检测、认证与知识产权服务，合计约 2 万元。"
    application = apply_for_voucher(session, actor, now=at - timedelta(days=4), series_id=series.id,
                                    startup_id=startup.id, purpose=purpose)  # fmt: skip
    voucher = decide_application(session, actor, now=at, application_id=application.id, outcome="approved")
    assert voucher is not None  # it was approved
    return voucher


def _order(
    session: Session, actor: Actor, voucher: Voucher, provider: ServiceProvider, step: Step, now: datetime
) -> None:
    ordered = now - timedelta(days=step.days_ago)
    wanted = Wanted(step.use, step.title, step.price * 100, provider.id)
    order = order_by_voucher(session, actor, now=ordered, voucher_id=voucher.id, wanted=wanted)
    if step.is_cancelled:
        release_order(session, actor, now=ordered + timedelta(days=3), order_id=order.id, reason="样品推迟，改期再约")
    for number, invoiced in enumerate(step.invoiced, start=1):
        title = f"{step.title}发票 {number}"
        paper = render("startups/demo_paper.typ", {"title": title, "startup": provider.name})
        entry = redeem(
            session, actor, now=ordered + timedelta(days=5 + number), order_id=order.id, gross_minor=invoiced * 100,
            evidence=Evidence(title, f"{order.label}-{number}.pdf", paper), is_all=step.is_all,
        )  # fmt: skip
        if step.returned:
            return_redemption(session, actor, now=ordered + timedelta(days=9), order_id=order.id, entry_id=entry.id,
                              amount_minor=step.returned * 100, reason="一人未参加，机构退款")  # fmt: skip


def _settle(session: Session, actor: Actor, provider: ServiceProvider, now: datetime) -> VoucherSettlement:
    """All that was redeemed with one of the providers until three days ago."""
    last = now.astimezone(CHINA).date() - timedelta(days=3)
    first = last - timedelta(days=60)
    total = sum(each.net_minor for each in list_payable(session, provider.id, first, last))
    return make_settlement(session, actor, now=now - timedelta(days=2), provider_id=provider.id, first=first, last=last,
                           expected_minor=total)  # fmt: skip


def _ask(session: Session, actor: Actor, series: VoucherSeries, startups: list[Startup], now: datetime) -> None:
    """One application that was refused, and two that wait."""
    for number, startup in enumerate(startups):
        application = apply_for_voucher(
            session, actor, now=now - timedelta(days=9 - 3 * number), series_id=series.id, startup_id=startup.id,
            purpose=("装修办公室", "委托检测新一代样机，报价约 1.6 万元。", "两件实用新型专利的检索与撰写。")[number],
        )  # fmt: skip
        if number == 0:
            decide_application(session, actor, now=now - timedelta(days=7), application_id=application.id,
                               outcome="refused", reason="装修不在服务券适用范围内")  # fmt: skip
