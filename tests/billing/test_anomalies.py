"""What finance is asked to look at before posting: each kind, its edge, its sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.anomalies import Anomaly, find_anomalies
from incubator.billing.drafts import draft_month
from incubator.billing.operations import post_month
from incubator.billing.rules import ChargeDraft, InvoiceDraft, LineDraft
from incubator.billing.wording import anomaly_words
from incubator.bookings.operations import book
from incubator.startups.models import Residency
from incubator.startups.operations import UnitTerms, end_residency, register_startup, sign_residency
from incubator.subsidies.operations import add_scheme_version, create_scheme
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at, tell_october


def invoice(gross_minor: int, startup_id: int = 1) -> InvoiceDraft:
    charge = ChargeDraft(startup_id, "rent", "residency_price", 1, 1, None, OCTOBER.first, OCTOBER.last, Decimal(1),
                         "unit_month", Decimal(1), gross_minor, "CNY", {}, {})  # fmt: skip
    return InvoiceDraft(startup_id, (LineDraft(charge, ()),))


def kinds(found: list[Anomaly]) -> list[str]:
    return [anomaly.kind for anomaly in found]


@pytest.mark.parametrize(
    ("before", "now", "named"),
    [(100_000, 130_000, False), (100_000, 130_001, True), (100_000, 70_000, False), (100_000, 69_999, True),
     (0, 500_000, False)],
)  # fmt: skip
def test_a_jump_is_more_than_thirty_in_a_hundred(before: int, now: int, named: bool) -> None:
    draft = invoice(now)
    computed = {line.charge.source: line.charge for line in draft.lines}
    found = find_anomalies([draft], computed, [], {1: before} if before else {}, {})
    assert kinds(found) == (["jump"] if named else [])


def test_a_jump_counts_what_is_posted_of_the_month_already() -> None:
    """1,000.00 last month; 950.00 posted and 50.00 to come are no jump."""
    draft = invoice(5_000)
    computed = {line.charge.source: line.charge for line in draft.lines}
    assert find_anomalies([draft], computed, [], {1: 100_000}, {1: 95_000}) == []
    assert kinds(find_anomalies([draft], computed, [], {1: 100_000}, {})) == ["jump"]


@pytest.fixture
def october(session: Session, cast: Cast) -> October:
    return tell_october(session, cast)


def words(app: Flask, found: list[Anomaly], locale: str) -> list[str]:
    with app.test_request_context(), force_locale(locale):
        return [anomaly_words(anomaly, "CNY", locale) for anomaly in found]


def test_october_has_nothing_unusual(session: Session, cast: Cast, october: October) -> None:
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies == []


def end_team_c(session: Session, cast: Cast, october: October) -> None:
    """On 20 October, entered when October is posted: each of its desks costs 600.00 × 20/31 = 387.10."""
    residency = session.execute(select(Residency).where(Residency.startup_id == october.c.id)).scalar_one()
    end_residency(session, cast.manager, now=AFTER_OCTOBER, residency=residency, ends_on=date(2026, 10, 20), reason="gave up")


def test_what_is_posted_and_would_come_out_otherwise_is_named(
    session: Session, cast: Cast, october: October, shared_app: Flask
) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    end_team_c(session, cast, october)
    found = draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies
    assert [(each.kind, each.is_grave, each.startup_id) for each in found] == [("changed", True, october.c.id)] * 2
    number = found[0].values["charge"].invoice_number
    assert words(shared_app, found, "zh_Hans")[0] == (
        f"租金 · D1 已在 {number} 中按 ¥600.00 出账；按现有记录应为 ¥387.10。已出账的内容保持不变。"
    )
    assert words(shared_app, found, "en")[1] == (
        f"Rent · D2 stands on {number} with CN¥600.00; by the records of today it would be CN¥387.10. "
        "What is posted stays as it is."
    )


def test_who_books_without_an_agreement(session: Session, cast: Cast, october: October, shared_app: Flask) -> None:
    stranger = register_startup(session, cast.manager, now=NOW, name="丁团队", kind="team")
    book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=stranger.id, start=at(22, 9), end=at(22, 10))
    found = draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies
    assert [(anomaly.kind, anomaly.startup_id) for anomaly in found] == [("no_agreement", stranger.id)]
    assert words(shared_app, found, "zh_Hans") == ["当月在该场地有预订，但没有入驻协议。"]


def test_a_cap_that_runs_out_is_named_with_what_it_costs(
    session: Session, cast: Cast, october: October, shared_app: Flask
) -> None:
    """20,000.00 more rent of A: 60 % of 22,700.00 are 13,620.00, of which the quarter's 10,000.00 are given."""
    sign_residency(session, cast.manager, now=NOW, startup=october.a, site=october.site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(october.units["D3"], "unit_month", Decimal("20000.00"))])  # fmt: skip
    found = draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies
    assert kinds(found) == ["used_up"]
    assert words(shared_app, found, "zh_Hans") == ["永修县入园企业租金补贴：上限已用完；若无上限，可再补贴 ¥3,620.00。"]


def test_what_no_scheme_could_decide_is_grave(session: Session, cast: Cast, october: October, shared_app: Flask) -> None:
    """A scheme for an industry, and nobody's industry is on record."""
    rule: dict[str, Any] = {"who": {"all": [{"fact": "startup.industry", "is": "集成电路设计"}]}, "covers": ["rent"], "rate": "0.1"}
    scheme = create_scheme(session, cast.finance, now=NOW, code="Z", name="行业补贴")
    add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 10, 1), source="x", rule=rule)
    found = draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies
    assert [(each.kind, each.is_grave) for each in found] == [("unknown", True)] * 3
    assert {each.startup_id for each in found} == {october.a.id, october.b.id, october.c.id}
    assert set(words(shared_app, found, "zh_Hans")) == {"行业补贴：暂无法认定：尚未登记行业，补交营业执照即可认定。"}


def test_the_gravest_comes_first(session: Session, cast: Cast, october: October) -> None:
    """Of a stranger who books and of C's agreement that ended after its charge was posted."""
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    stranger = register_startup(session, cast.manager, now=NOW, name="丁团队", kind="team")
    book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=stranger.id, start=at(22, 9), end=at(22, 10))
    end_team_c(session, cast, october)
    assert kinds(draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies) == ["changed", "changed", "no_agreement"]
