"""Parts of a month by the rule that was agreed: by hand, and for every split of a month."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.pricing.rules import price_month
from incubator.pricing.rules.proposals import Proposals, check_proposals
from incubator.pricing.rules.proration import PRORATIONS, month_share, part_share
from incubator.pricing.wording import by_rule, proposed_words

OCTOBER, FEBRUARY = Month(2026, 10), Month(2027, 2)


@pytest.mark.parametrize(
    ("rule", "days", "of", "share"),
    [
        ("calendar_days", 16, 31, "16/31"), ("thirty_days", 16, 31, "16/30"), ("half_months", 16, 31, "1"),
        ("calendar_days", 15, 31, "15/31"), ("thirty_days", 15, 31, "1/2"), ("half_months", 15, 31, "1/2"),
        ("calendar_days", 30, 31, "30/31"), ("thirty_days", 30, 31, "1"), ("half_months", 1, 31, "1/2"),
        ("calendar_days", 28, 28, "1"), ("thirty_days", 28, 28, "1"), ("half_months", 28, 28, "1"),  # February is a month
        ("calendar_days", 27, 28, "27/28"), ("thirty_days", 27, 28, "27/30"), ("half_months", 14, 28, "1/2"),
        ("calendar_days", 0, 31, "0"), ("thirty_days", 0, 31, "0"), ("half_months", 0, 31, "0"),
    ],
)  # fmt: skip
def test_how_much_of_a_month_is_owed(rule: str, days: int, of: int, share: str) -> None:
    assert month_share(rule, days, of) == Fraction(share)


@pytest.mark.parametrize(
    ("rule", "gross"),
    # 54.50 m² at 75.00 are 4,087.50 a month; from 16 October: × 16/31, × 16/30, × 1
    [("calendar_days", 210_968), ("thirty_days", 218_000), ("half_months", 408_750)],
)
def test_a_month_from_the_16th_by_each_rule(rule: str, gross: int) -> None:
    found = price_month(unit_price=Decimal(75), quantity=Decimal("54.50"), month=OCTOBER, proration=rule,
                        starts_on=OCTOBER.first.replace(day=16), ends_on=None)  # fmt: skip
    assert found is not None
    assert (found.gross_minor, found.days, found.charged_days) == (gross, 16, 16)
    assert found.as_data()["proration"] == rule


def test_a_step_within_the_month_makes_no_more_than_a_month() -> None:
    """600.00 from the 6th, 660.00 from the 21st: 26 days are a whole month by halves, 15/26 and 11/26 of it."""
    found = [
        price_month(unit_price=Decimal(price), quantity=Decimal(1), month=OCTOBER, proration="half_months",
                    starts_on=OCTOBER.first.replace(day=first), ends_on=OCTOBER.first.replace(day=last), charged_days=26)
        for price, first, last in ((600, 6, 20), (660, 21, 31))
    ]  # fmt: skip
    assert [each.gross_minor for each in found if each] == [34_615, 27_923]


months = st.builds(Month, st.integers(2024, 2030), st.integers(1, 12))


@given(st.data(), months, st.sampled_from(PRORATIONS))
def test_parts_add_up_to_the_share_of_the_whole(data: st.DataObject, month: Month, rule: str) -> None:
    first = data.draw(st.integers(1, month.days))
    last = data.draw(st.integers(first, month.days))
    cuts = sorted(data.draw(st.sets(st.integers(first, last), max_size=4)) | {first, last + 1})
    charged = last - first + 1
    parts = [part_share(rule, after - day, charged=charged, of=month.days) for day, after in pairwise(cuts)]
    assert sum(parts) == month_share(rule, charged, month.days) <= 1
    price, quantity = data.draw(st.decimals("0.01", 9999, places=2)), data.draw(st.decimals("0.01", 999, places=2))
    made = [
        price_month(unit_price=price, quantity=quantity, month=month, starts_on=month.first + timedelta(day - 1),
                    ends_on=month.first + timedelta(after - 2), proration=rule, charged_days=charged)
        for day, after in pairwise(cuts)
    ]  # fmt: skip
    whole = Fraction(price) * Fraction(quantity) * month_share(rule, charged, month.days) * 100
    assert abs(sum(each.gross_minor for each in made if each) - whole) <= Fraction(len(parts), 2)


@given(months, st.sampled_from(PRORATIONS), st.decimals("0.01", 9999, places=4))
def test_a_whole_month_is_the_price_and_no_rule_gives_more(month: Month, rule: str, price: Decimal) -> None:
    whole = price_month(unit_price=price, quantity=Decimal(1), month=month, starts_on=month.first, ends_on=None, proration=rule)
    plain = price_month(unit_price=price, quantity=Decimal(1), month=month, starts_on=month.first, ends_on=None)
    assert whole is not None and plain is not None and whole.gross_minor == plain.gross_minor
    shares = [month_share(rule, days, month.days) for days in range(month.days + 1)]
    assert shares == sorted(shares) and shares[-1] == 1


@given(months, st.data())
def test_calendar_days_are_what_they_were(month: Month, data: st.DataObject) -> None:
    charged = data.draw(st.integers(1, month.days))
    days = data.draw(st.integers(1, charged))
    assert part_share("calendar_days", days, charged=charged, of=month.days) == Fraction(days, month.days)


@pytest.mark.parametrize(
    ("rule", "days", "charged", "zh", "en"),
    [
        ("half_months", 20, 20, "600 元 = 600.00（按协议约定，当月 31 天中的 20 天按整月计）",
         "600 元 = 600.00 (20 of 31 days count as a whole month by the agreement's rule)"),
        ("half_months", 4, 10, "600 元 × 1/2 × 4/10 天 = 600.00（按协议约定，当月 31 天中的 10 天按半个月计）",
         "600 元 × 1/2 × 4/10 days = 600.00 (10 of 31 days count as half a month by the agreement's rule)"),
        ("thirty_days", 16, 16, "600 元 × 16/30 = 600.00（按协议约定，16 天每天按三十分之一个月计）",
         "600 元 × 16/30 = 600.00 (each of 16 days counts as a thirtieth of a month by the agreement's rule)"),
        ("thirty_days", 20, 31, "600 元 × 20/31 天 = 600.00", "600 元 × 20/31 days = 600.00"),
        ("half_months", 31, 31, "600 元 = 600.00", "600 元 = 600.00"),
    ],
)  # fmt: skip
def test_the_rule_says_why(app: Flask, rule: str, days: int, charged: int, zh: str, en: str) -> None:
    for locale, said in (("zh_Hans", zh), ("en", en)):
        with app.test_request_context(), force_locale(locale):
            assert by_rule("600 元", rule, days, charged, 31, "600.00") == said


@pytest.mark.parametrize(
    ("proposals", "field"),
    [
        (Proposals("weeks"), "proration"), (Proposals(step_percent=Decimal(5)), "step_months"),
        (Proposals(step_months=12), "step_percent"), (Proposals(step_percent=Decimal(0), step_months=12), "step_percent"),
        (Proposals(step_percent=Decimal("0.005"), step_months=12), "step_percent"),
        (Proposals(step_percent=Decimal(-100), step_months=12), "step_percent"),
        (Proposals(step_percent=Decimal("NaN"), step_months=12), "step_percent"),
        (Proposals(step_percent=Decimal(5), step_months=121), "step_months"),
        (Proposals(deposit_months=Decimal(-1)), "deposit_months"), (Proposals(deposit_months=Decimal(37)), "deposit_months"),
        (Proposals(deposit_months=Decimal("1.25")), "deposit_months"),
    ],
)  # fmt: skip
def test_what_nobody_means_is_refused_at_its_field(proposals: Proposals, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_proposals(proposals)
    assert caught.value.field == field


def test_what_is_proposed_in_words(app: Flask) -> None:
    proposals = Proposals("half_months", Decimal("2.50"), 12, Decimal("1.5"))
    with app.test_request_context(), force_locale("zh_Hans"):
        assert proposed_words(proposals, "zh_Hans") == [
            ("不足整月", "15 天及以内按半个月，超过按整月"), ("租金递增", "每 12 个月递增 2.5%"), ("押金", "首个整月租金的 1.5 倍")]  # fmt: skip
        assert proposed_words(Proposals(), "zh_Hans") == [("不足整月", "按当月实际天数")]
