"""Vouchers for tests: a series, a provider, startups in residence, a voucher that is issued."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.core.clock import CHINA
from incubator.startups.models import Residency
from incubator.subsidies.models import ServiceProvider, Voucher, VoucherEntry, VoucherOrder, VoucherSeries
from incubator.subsidies.operations.voucher_issuing import apply_for_voucher, decide_application, issue_by_rule
from incubator.subsidies.operations.voucher_orders import Evidence, Wanted, order_by_voucher, redeem
from incubator.subsidies.operations.voucher_series import ProviderFacts, SeriesTerms, add_provider, open_series
from incubator.subsidies.queries.voucher_ledger import balance_of, last_entries
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import NOW, Cast
from tests.mentors.build import make_site

TERMS = SeriesTerms(
    code="CX26", name="创新券", name_en="Innovation voucher", issuer="某区科技创新局", source="某区创新券管理办法（演示）第六条",
    budget_minor=5_000_000, face_minor=1_000_000, share_percent=Decimal(60), valid_days=365, uses=("services", "instruments"),
    first_on=date(2026, 10, 1), last_on=date(2026, 12, 31), yearly_limit_minor=None,
)  # fmt: skip
"""50,000.00 in vouchers of 10,000.00 that bear 60 %, valid for a year, on application."""
PDF = b"%PDF-1.4\n%made for tests\n"


def at(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime:
    """An hour of a day in China."""
    return datetime(year, month, day, hour, tzinfo=CHINA)


def settle_in(session: Session, cast: Cast) -> None:
    """Both startups are in residence from October on."""
    site = make_site(session, cast)
    for number, startup_id in enumerate((cast.startup_a, cast.startup_b)):
        session.add(Residency(number=f"V{number}", site_id=site.id, startup_id=startup_id, starts_on=date(2026, 10, 1),
                              ends_on=date(2028, 12, 31)))  # fmt: skip
    session.flush()


def make_series(session: Session, cast: Cast, **terms: Any) -> VoucherSeries:
    return open_series(session, cast.finance, now=NOW, terms=replace(TERMS, **terms))


def make_provider(session: Session, cast: Cast, name: str = "鹏城检测有限公司", **facts: Any) -> ServiceProvider:
    said = {"uses": ("services", "instruments"), "bank": "某银行高新支行", "account": "7559 0000 1111"} | facts
    return add_provider(session, cast.finance, now=NOW, facts=ProviderFacts(name=name, **said))


def make_voucher(
    session: Session, cast: Cast, series: VoucherSeries, *, startup_id: int | None = None, now: datetime = NOW
) -> Voucher:
    """Issued the way the series is."""
    startup_id = startup_id or cast.startup_a
    if series.issued_by == "rule":
        (voucher,) = issue_by_rule(session, cast.finance, now=now, series_id=series.id, startup_ids=[startup_id])
        return voucher
    founder = cast.founder_a if startup_id == cast.startup_a else cast.founder_b
    application = apply_for_voucher(session, founder, now=now, series_id=series.id, startup_id=startup_id, purpose="样机检测")
    made = decide_application(session, cast.finance, now=now, application_id=application.id, outcome="approved")
    assert made is not None
    return made


def order(
    session: Session, cast: Cast, voucher: Voucher, provider: ServiceProvider, gross_minor: int, *,
    now: datetime = NOW + timedelta(days=1), use: str = "services", title: str = "样机检测",
) -> VoucherOrder:  # fmt: skip
    founder = cast.founder_a if voucher.startup_id == cast.startup_a else cast.founder_b
    wanted = Wanted(use, title, gross_minor, provider.id)
    return order_by_voucher(session, founder, now=now, voucher_id=voucher.id, wanted=wanted)


def take(
    session: Session, cast: Cast, order_id: int, gross_minor: int, *, now: datetime = NOW + timedelta(days=2),
    is_all: bool = False, title: str = "检测发票",
) -> VoucherEntry:  # fmt: skip
    """Redeemed at the front desk, with a paper."""
    return redeem(session, cast.front_desk, now=now, order_id=order_id, gross_minor=gross_minor,
                  evidence=Evidence(title, "invoice.pdf", PDF), is_all=is_all)  # fmt: skip


def balance(session: Session, voucher: Voucher) -> Balance:
    return balance_of(last_entries(session, [voucher.id]).get(voucher.id))
