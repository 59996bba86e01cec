"""What finance should look at before posting: each kind, its edge and its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from incubator.billing.anomalies import KINDS, METERS, Anomaly, PostedCharge, by_startup, find_anomalies
from incubator.billing.drafts import draft_month
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.runs import Expired
from incubator.billing.rules.invoicing import ChargeDraft, InvoiceDraft
from incubator.billing.wording import anomaly_words, line_formula, line_period, line_title
from incubator.bookings.operations import book, cancel
from incubator.startups.operations import UnitTerms, register_startup, sign_residency
from incubator.subsidies.rules.engine import SchemeRule
from tests.billing.sample import COMPANY, assembled, charge, version
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, at, tell_october


def invoice(
    charges: Sequence[ChargeDraft], schemes: Sequence[SchemeRule] = (), known: dict[str, Any] = COMPANY
) -> InvoiceDraft:
    return assembled(charges[0].startup_id, charges, schemes, known, {})


def find(
    *invoices: InvoiceDraft,
    posted: Sequence[PostedCharge] = (),
    before: dict[int, int] | None = None,
    this: dict[int, int] | None = None,
    resident: Sequence[int] = (1,),
) -> list[Anomaly]:
    computed = {line.charge.source: line.charge for each in invoices for line in each.lines}
    return find_anomalies(invoices, computed, posted, before or {}, this or {}, resident)


def posted_charge(**changes: Any) -> PostedCharge:
    values: dict[str, Any] = {
        "source": ("residency_price", 1, 1), "startup_id": 1, "kind": "rent", "starts_on": date(2026, 10, 1),
        "ends_on": date(2026, 10, 31), "gross_minor": 240_000, "description": {"unit": "O1"}, "invoice_id": 5,
        "invoice_number": "INV-2026-000042",
    }  # fmt: skip
    return PostedCharge(**values | changes)


def words(app: Flask, anomaly: Anomaly, locale: str) -> str:
    with app.app_context(), force_locale(locale):
        return anomaly_words(anomaly, "CNY", locale)


def test_an_ordinary_month_has_none() -> None:
    assert find(invoice([charge()], [version()]), before={1: 240_000}) == []


@pytest.mark.parametrize(
    ("before", "now", "named"),
    [
        (100_000, 130_000, False),
        (100_000, 130_001, True),
        (100_000, 70_000, False),
        (100_000, 69_999, True),
        (0, 500_000, False),
        (3, 4, True),  # 33 %
        (10, 13, False),
        (10, 14, True),
    ],
)
def test_a_jump_is_more_than_thirty_percent(before: int, now: int, named: bool) -> None:
    found = find(invoice([charge(1, now)]), before={1: before})
    assert [anomaly.kind for anomaly in found] == (["jump"] if named else [])


def test_what_is_posted_of_the_month_counts_to_it() -> None:
    assert find(invoice([charge(1, 30_000)]), before={1: 100_000}, this={1: 100_000}) == []
    (jump,) = find(invoice([charge(1, 30_001)]), before={1: 100_000}, this={1: 100_000})
    assert jump.values == {"before_minor": 100_000, "now_minor": 130_001}
    assert find(invoice([charge(1, 30_000)]), before={2: 100_000}) == [], "another's month says nothing"


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [("zh_Hans", "应收原价合计 ¥1,300.01，上月为 ¥1,000.00。"), ("en", "Gross is CN¥1,300.01; last month it was CN¥1,000.00.")],
)
def test_a_jump_in_words(app: Flask, locale: str, sentence: str) -> None:
    (jump,) = find(invoice([charge(1, 130_001)]), before={1: 100_000})
    assert words(app, jump, locale) == sentence and not jump.is_grave


def test_a_cap_that_cut_is_named_once_with_all_that_it_cut(app: Flask) -> None:
    scheme = version("Y", caps=[{"window": "quarter", "amount_minor": 100_000}])
    charges = [charge(1), charge(2, 50_000, "property_fee"), charge(3, 10_000, "booking")]
    (used_up,) = find(invoice(charges, [scheme]))
    # 60 % of 2,400.00 and of 500.00 would be 1,440.00 and 300.00; 1,000.00 are there
    assert (used_up.kind, used_up.values["missed_minor"], used_up.is_grave) == ("used_up", 74_000, False)
    assert words(app, used_up, "zh_Hans") == "方案Y：上限已用完；若无上限，可再补贴 ¥740.00。"
    assert words(app, used_up, "en") == "Scheme Y: its cap is used up; without it CN¥740.00 more would be subsidised."


def test_a_cap_used_up_to_the_fen_is_nothing_to_look_at() -> None:
    assert find(invoice([charge()], [version("Y", caps=[{"window": "quarter", "amount_minor": 144_000}])])) == []
    (cut,) = find(invoice([charge()], [version("Y", caps=[{"window": "quarter", "amount_minor": 143_999}])]))
    assert cut.values["missed_minor"] == 1


def test_each_scheme_that_cut_is_named() -> None:
    caps = [{"window": "month", "amount_minor": 100}]
    found = find(invoice([charge()], [version("A", caps=caps), version("B", caps=caps), version("C")]))
    assert [anomaly.values["derivation"]["scheme"] for anomaly in found] == ["A", "B"]


def test_what_could_not_be_decided_is_grave_and_said_once(app: Flask) -> None:
    who = {"all": [{"fact": "startup.industry", "is": "软件"}]}
    charges = [charge(1), charge(2, 50_000, "property_fee")]
    (unknown,) = find(invoice(charges, [version("Y", who=who)]))
    assert (unknown.kind, unknown.is_grave) == ("unknown", True)
    assert words(app, unknown, "zh_Hans") == "方案Y：暂无法认定：尚未登记行业，补交营业执照即可认定。"
    assert words(app, unknown, "en") == (
        "Scheme Y: Not decided yet: the industry is not on record; the business licence settles it.")  # fmt: skip


def test_a_plain_no_is_nothing_to_look_at() -> None:
    who = {"all": [{"fact": "startup.kind", "is": "team"}]}
    assert find(invoice([charge()], [version("Y", who=who)])) == []


def test_booked_without_an_agreement(app: Flask) -> None:
    booked = invoice([charge(3, 7_500, "booking")])
    (found,) = find(booked, resident=[])
    assert (found.kind, found.startup_id, found.is_grave) == ("no_agreement", 1, False)
    assert words(app, found, "zh_Hans") == "当月在该场地有预订，但没有入驻协议。"
    assert words(app, found, "en") == "Booked here without an agreement at this site in this month."
    assert find(booked, resident=[1]) == []


@pytest.mark.parametrize(
    ("now", "locale", "sentence"),
    [
        (210_968, "zh_Hans", "租金 · O1 已在 INV-2026-000042 中按 ¥2,400.00 出账；按现有记录应为 ¥2,109.68。已出账的内容保持不变。"),
        (None, "zh_Hans", "租金 · O1 已在 INV-2026-000042 中按 ¥2,400.00 出账；按现有记录应为 ¥0.00。已出账的内容保持不变。"),
        (300_000, "en", "Rent · O1 stands on INV-2026-000042 with CN¥2,400.00; by the records of today it would be CN¥3,000.00. "
                        "What is posted stays as it is."),
    ],
)  # fmt: skip
def test_what_changed_since_it_was_posted(app: Flask, now: int | None, locale: str, sentence: str) -> None:
    computed = {} if now is None else {("residency_price", 1, 1): charge(1, now)}
    (changed,) = find_anomalies([], computed, [posted_charge()], {}, {}, [1])
    assert (changed.kind, changed.is_grave) == ("changed", True)
    assert words(app, changed, locale) == sentence


def test_what_is_posted_as_it_would_be_today_is_nothing_to_look_at() -> None:
    assert find_anomalies([], {("residency_price", 1, 1): charge(1)}, [posted_charge()], {}, {}, [1]) == []


def test_what_is_wrong_comes_first_and_what_surprises_last() -> None:
    unknown = version("A", "0.1", who={"all": [{"fact": "startup.industry", "is": "软件"}]})
    capped = version("B", "0.5", caps=[{"window": "month", "amount_minor": 1}])
    invoices = [
        assembled(1, [charge(1)], [unknown, capped], COMPANY, {}),
        assembled(2, [charge(2, startup_id=2)], [unknown, capped], COMPANY, {}),
    ]
    gone = posted_charge(source=("booking", 77), startup_id=3, kind="booking", gross_minor=1)
    ended = [Expired(startup_id, f"IA-{startup_id}", date(2026, 9, 30)) for startup_id in (1, 2)]
    found = find_anomalies(invoices, {each.charge.source: each.charge for invoice in invoices for each in invoice.lines}, [gone], {1: 1, 2: 1}, {}, [],
                           expired=ended, without_code={1, 2})  # fmt: skip
    assert [anomaly.kind for anomaly in found] == [kind for kind in KINDS if kind not in METERS for _ in range(1 if kind == "changed" else 2)]
    assert KINDS == ("changed", "no_reading", "no_price", "dropped", "unknown", "used_up", "carried", "estimated", "rolled_over",
                     "no_agreement", "expired", "no_tax_data", "jump")  # fmt: skip
    grouped = by_startup(found)
    assert list(grouped) == [3, 1, 2]
    assert [anomaly.kind for anomaly in grouped[1]] == ["unknown", "used_up", "no_agreement", "expired", "no_tax_data", "jump"]


# on the ground


def test_of_october(session: Session, cast: Cast) -> None:
    october = tell_october(session, cast)
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies == []
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies == []
    cancel(session, cast.manager, now=NOW, booking_id=october.bookings["A"].id, reason="not held")
    (changed,) = draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies
    assert (changed.kind, changed.startup_id, changed.values["now_minor"]) == ("changed", october.a.id, 0)


def test_a_free_agreement_is_an_agreement_and_one_of_another_month_is_none(session: Session, cast: Cast) -> None:
    october = tell_october(session, cast)
    free, former, guest = (
        register_startup(session, cast.manager, now=NOW, name=name, kind="team") for name in ("免租", "已迁出", "访客")
    )
    terms = [UnitTerms(october.units["D3"], "unit_month", Decimal(0))]
    sign_residency(session, cast.manager, now=NOW, startup=former, site=october.site, starts_on=date(2026, 2, 1),
                   ends_on=date(2026, 9, 30), units=terms)  # fmt: skip
    sign_residency(session, cast.manager, now=NOW, startup=free, site=october.site, starts_on=date(2026, 10, 31), units=terms)
    for hour, startup in enumerate((free, former, guest), start=10):
        book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=startup.id, start=at(12, hour),
             end=at(12, hour + 1))  # fmt: skip
    found = draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies
    assert {(anomaly.kind, anomaly.startup_id) for anomaly in found if anomaly.kind == "no_agreement"} == {
        ("no_agreement", former.id), ("no_agreement", guest.id)}  # fmt: skip


# a line in words


@pytest.mark.parametrize(
    ("basis", "price", "quantity", "locale", "sentence"),
    [
        ("m2_month", "75.0000", "54.50", "zh_Hans", "54.50 m² × 75.00 元/m²·月 × 16/31 天 = ¥2,109.68"),
        ("m2_month", "75.00", "54.50", "en", "54.50 m² × 75.00 a m² and month × 16/31 days = CN¥2,109.68"),
        ("m2_month", "0.0250", "54.50", "zh_Hans", "54.50 m² × 0.025 元/m²·月 × 16/31 天 = ¥2,109.68"),
        ("unit_month", "1085.5", "1", "zh_Hans", "1,085.50 元/月 × 16/31 天 = ¥2,109.68"),
        ("unit_month", "1085.1234", "1", "en", "1,085.1234 a month × 16/31 days = CN¥2,109.68"),
    ],
)
def test_the_formula_names_the_price_to_its_last_decimal(
    app: Flask, basis: str, price: str, quantity: str, locale: str, sentence: str
) -> None:
    derivation = {"quantity": quantity, "days": 16, "days_in_month": 31}
    with app.app_context(), force_locale(locale):
        assert line_formula("rent", basis, Decimal(price), 210_968, "CNY", derivation, locale) == sentence


def test_a_booking_in_words(app: Flask) -> None:
    description = {"resource": "会议室一", "resource_en": "Room 1", "start": "2026-10-31T23:30", "end": "2026-11-01T00:50"}
    on = (date(2026, 10, 31), date(2026, 11, 1))
    with app.app_context(), force_locale("en"):
        assert line_title("booking", description, "en") == "Booking · Room 1"
        assert line_title("booking", description | {"resource_en": ""}, "en") == "Booking · 会议室一"
        assert line_period("booking", description, *on, "en") == "31 Oct 2026 23:30–1 Nov 2026 00:50"
        assert line_formula("booking", "hour", Decimal("50"), 6_667, "CNY", {"minutes": 80}, "en") == (
            "80 minutes at 50.00 an hour = CN¥66.67")  # fmt: skip
    with app.app_context(), force_locale("zh_Hans"):
        assert line_title("booking", description, "zh_Hans") == "预订 · 会议室一"
        same_day = description | {"end": "2026-10-31T23:50"}
        assert line_period("booking", same_day, on[0], on[0], "zh_Hans") == "2026年10月31日 23:30–23:50"
        assert line_period("rent", {}, on[0], on[0], "zh_Hans") == "2026年10月31日"
        assert line_period("rent", {}, *on, "zh_Hans") == "2026年10月31日–2026年11月1日"
