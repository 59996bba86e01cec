"""What meters counted, what it costs, and who bears it: worked by hand, and held for all."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.core.money import to_minor
from incubator.core.periods import Month
from incubator.pricing.rules.chains import Chain, Charged, chain_of
from incubator.pricing.rules.metered import (
    MeteredPrice,
    Stay,
    average_price,
    months_in,
    price_meter,
    price_tiers,
)
from incubator.pricing.rules.readings import (
    Doubtful,
    Reading,
    between,
    check_reading,
    check_value,
    segments,
    usual_a_day,
)

D = Decimal
OCTOBER = Month(2026, 10)
SINCE = date(2020, 1, 1)


def read(month: int, day: int, value: str, *, digits: int = 5, factor: str = "1", next_start: str | None = None) -> Reading:
    return Reading(month * 100 + day, date(2026, month, day), D(value), digits, D(factor), D(next_start) if next_start else None)


def price(first: str, *tiers: tuple[str, str], since: date = SINCE, last: date | None = None, item: int = 1) -> MeteredPrice:
    return MeteredPrice(item, "electricity", D(first), since, last, tuple((D(above), D(each)) for above, each in tiers))


TIERED = price("0.68", ("200", "0.95"))
SEPTEMBER_30, OCTOBER_31 = read(9, 30, "1200"), read(10, 31, "1450")


# between two readings


@pytest.mark.parametrize("before, after, used, rolled_over", [
    (read(9, 30, "1200"), read(10, 31, "1450"), "250", False),
    (read(9, 30, "1200.5"), read(10, 31, "1450.25"), "249.75", False),
    (read(9, 30, "1200"), read(10, 31, "1200"), "0", False),
    # five digits: 99,900 up to 99,999 are 99 and one more to 0, then 50: 150
    (read(9, 30, "99900"), read(10, 31, "50"), "150", True),
    (read(9, 30, "99999"), read(10, 31, "0"), "1", True),
    # behind a transformer of 200/5
    (read(9, 30, "10", factor="40"), read(10, 31, "12", factor="40"), "80", False),
    # exchanged at 3,000 for one that began at 2
    (read(10, 10, "3000", next_start="2"), read(10, 31, "12"), "10", False),
])  # fmt: skip
def test_what_was_used(before: Reading, after: Reading, used: str, rolled_over: bool) -> None:
    found = between(before, after)
    assert (found.quantity, found.rolled_over) == (D(used), rolled_over)
    assert (found.first, found.last) == (before.read_on + timedelta(days=1), after.read_on)


# a reading that can't be meant


def test_only_what_the_display_can_show() -> None:
    check_value(D("99999.999"), 5)
    for value in ("100000", "-1", "NaN", "1.0001"):
        with pytest.raises(Refusal):
            check_value(D(value), 5)


def test_below_the_last_one_is_asked_again() -> None:
    known = [read(9, 30, "1200")]
    with pytest.raises(Doubtful, match="below the last"):
        check_reading(known, date(2026, 10, 31), D(1199), 5, D(1), sure=False)
    check_reading(known, date(2026, 10, 31), D(1199), 5, D(1), sure=True)
    check_reading(known, date(2026, 10, 31), D(1200), 5, D(1), sure=False)


def test_three_times_the_usual_is_asked_again() -> None:
    """300 in the 30 days of September are 10 a day: in the 31 of October 930 pass, 930.001 does not."""
    known = [read(8, 31, "1000"), read(9, 30, "1300")]
    assert usual_a_day(known, date(2026, 10, 31)) == 10
    check_reading(known, date(2026, 10, 31), D(1300 + 930), 5, D(1), sure=False)
    with pytest.raises(Doubtful, match="three times"):
        check_reading(known, date(2026, 10, 31), D("2230.001"), 5, D(1), sure=False)
    check_reading(known, date(2026, 10, 31), D("2230.001"), 5, D(1), sure=True)


def test_one_between_two_lies_between_them() -> None:
    known = [read(9, 30, "1200"), read(10, 31, "1450")]
    check_reading(known, date(2026, 10, 15), D(1300), 5, D(1), sure=False)
    with pytest.raises(Doubtful, match="later"):
        check_reading(known, date(2026, 10, 15), D(1451), 5, D(1), sure=False)


# tiers


@pytest.mark.parametrize("used, yuan", [
    ("0", "0"), ("199.999", "135.99932"), ("200", "136.00"), ("200.001", "136.00095"),
    ("250", "183.50"),  # 200 × 0.68 + 50 × 0.95 = 136.00 + 47.50
])  # fmt: skip
def test_tiers(used: str, yuan: str) -> None:
    assert sum((line.amount for line in price_tiers(Fraction(D(used)), TIERED)), Fraction(0)) == Fraction(D(yuan))


def test_of_two_months_each_tier_is_twice_as_wide() -> None:
    """500 kWh of two months: 400 × 0.68 + 100 × 0.95 = 272.00 + 95.00 = 367.00, as 250 in each of them."""
    lines = price_tiers(Fraction(500), TIERED, Fraction(2))
    assert [(line.quantity, line.amount) for line in lines] == [(400, 272), (100, 95)]


@pytest.mark.parametrize("days, months", [(1, 1), (28, 1), (31, 1), (33, 1), (44, 1), (45, 2), (61, 2), (74, 2), (75, 3), (92, 3)])
def test_months_of_days(days: int, months: int) -> None:
    assert months_in(days) == months


prices_in_tiers = st.lists(st.tuples(st.integers(1, 5000), st.decimals(0, 3, places=4)), max_size=4, unique_by=lambda tier: tier[0])


@given(st.decimals(0, 3, places=4), prices_in_tiers, st.decimals(0, 10_000, places=3), st.decimals(0, 500, places=3))
def test_more_never_costs_less(first: Decimal, tiers: list[tuple[int, Decimal]], used: Decimal, more: Decimal) -> None:
    of = MeteredPrice(1, "water", first, SINCE, None, tuple((D(above), each) for above, each in sorted(tiers)))
    costs = [sum((line.amount for line in price_tiers(Fraction(each), of)), Fraction(0)) for each in (used, used + more)]
    assert costs[0] <= costs[1]
    assert sum((line.quantity for line in price_tiers(Fraction(used), of)), Fraction(0)) == Fraction(used)


# who bears it


def test_one_tenant_bears_all() -> None:
    found = price_meter([SEPTEMBER_30, OCTOBER_31], [TIERED], [Stay(7, date(2026, 1, 1), None)], is_shared=False)
    assert found is not None and not found.is_estimated
    (share,) = found.shares
    assert (share.startup_id, share.gross_minor, share.quantity) == (7, 18_350, D(250))
    assert (share.first, share.last, average_price(share)) == (date(2026, 10, 1), date(2026, 10, 31), D("0.7340"))


def test_two_tenants_are_split_by_the_reading_at_the_handover() -> None:
    """150 of 250 kWh until the 15th, 100 after: 183.50 × 150/250 = 110.10, × 100/250 = 73.40."""
    chain = [SEPTEMBER_30, read(10, 15, "1350"), OCTOBER_31]
    stays = [Stay(7, date(2026, 1, 1), date(2026, 10, 15)), Stay(8, date(2026, 10, 16), None)]
    found = price_meter(chain, [TIERED], stays, is_shared=False)
    assert found is not None and not found.is_estimated and found.total_minor == 18_350
    assert [(s.startup_id, s.gross_minor, s.quantity) for s in found.shares] == [(7, 11_010, 150), (8, 7_340, 100)]
    assert [(s.first.day, s.last.day) for s in found.shares] == [(1, 15), (16, 31)]


def test_without_a_reading_it_is_split_by_days_and_says_so() -> None:
    """15 and 16 of 31 days: 183.50 × 15/31 = 88.79, × 16/31 = 94.71."""
    stays = [Stay(7, date(2026, 1, 1), date(2026, 10, 15)), Stay(8, date(2026, 10, 16), None)]
    found = price_meter([SEPTEMBER_30, OCTOBER_31], [TIERED], stays, is_shared=False)
    assert found is not None and found.is_estimated
    assert [(s.startup_id, s.gross_minor) for s in found.shares] == [(7, 8_879), (8, 9_471)]


def test_empty_days_are_nobodys() -> None:
    """From the 22nd on, 10 of 31 days: 183.50 × 10/31 = 59.19; the rest is the operator's."""
    found = price_meter([SEPTEMBER_30, OCTOBER_31], [TIERED], [Stay(8, date(2026, 10, 22), None)], is_shared=False)
    assert found is not None and found.is_estimated
    assert [(s.startup_id, s.gross_minor, s.first.day) for s in found.shares] == [(8, 5_919, 22)]


def test_a_shared_meter_is_borne_by_area_and_adds_up() -> None:
    """10.00 over 30, 30 and 30 m²: 3.34, 3.33 and 3.33."""
    chain = [read(9, 30, "0"), read(10, 31, "10")]
    stays = [Stay(each, date(2026, 1, 1), None, D(30)) for each in (1, 2, 3)]
    found = price_meter(chain, [price("1")], stays, is_shared=True)
    assert found is not None and not found.is_estimated
    assert [s.gross_minor for s in found.shares] == [334, 333, 333]


def test_heads_that_came_in_the_middle_count_from_then_on() -> None:
    """62.00 over one head for 31 days and two for 15½ … two from the 17th, 15 days: 31 and 30 head-days, of 61."""
    chain = [read(9, 30, "0"), read(10, 31, "62")]
    stays = [Stay(1, date(2026, 1, 1), None), Stay(2, date(2026, 10, 17), None, D(2))]
    found = price_meter(chain, [price("1")], stays, is_shared=True)
    assert found is not None
    assert [s.gross_minor for s in found.shares] == [3_151, 3_049]  # 62 × 31/61 = 31.508, 62 × 30/61 = 30.492


def test_a_price_that_changed_inside_is_split_by_days() -> None:
    """310 kWh in 31 days, from the 11th on at 2.00: 100 × 1.00 + 210 × 2.00 = 520.00."""
    chain = [read(9, 30, "0"), read(10, 31, "310")]
    prices = [price("1", last=date(2026, 10, 10)), price("2", since=date(2026, 10, 11), item=2)]
    found = price_meter(chain, prices, [Stay(7, SINCE, None)], is_shared=False)
    assert found is not None and found.is_estimated and found.total_minor == 52_000


def test_without_a_price_nothing_is_charged_and_the_days_are_named() -> None:
    prices = [price("1", since=date(2026, 10, 11))]
    found = price_meter([SEPTEMBER_30, OCTOBER_31], prices, [Stay(7, SINCE, None)], is_shared=False)
    assert found is not None and found.unpriced == (date(2026, 10, 1), date(2026, 10, 31)) and found.shares == ()


def test_one_reading_is_not_enough() -> None:
    assert price_meter([OCTOBER_31], [TIERED], [Stay(7, SINCE, None)], is_shared=False) is None


@st.composite
def months_read(draw: st.DrawFn) -> tuple[list[Reading], list[Stay], MeteredPrice]:
    days = sorted(draw(st.sets(st.integers(1, 60), min_size=2, max_size=6)))
    steps = [draw(st.integers(0, 900)) for _ in days]
    value, chain = 0, []
    for day, step in zip(days, steps, strict=True):
        value += step
        chain.append(Reading(day, date(2026, 9, 1) + timedelta(days=day), D(value), 6, D(1)))
    cuts = sorted(draw(st.sets(st.integers(0, 60), max_size=3)))
    firsts = [0, *cuts]
    stays = [
        Stay(number, date(2026, 9, 1) + timedelta(days=first), date(2026, 9, 1) + timedelta(days=after - 1))
        for number, (first, after) in enumerate(zip(firsts, [*cuts, 80], strict=True), start=1) if after > first
    ]  # fmt: skip
    tiers = draw(prices_in_tiers)
    return chain, stays, MeteredPrice(1, "water", draw(st.decimals(0, 3, places=4)), SINCE, None,
                                      tuple((D(above), each) for above, each in sorted(tiers)))  # fmt: skip


@given(months_read())
def test_parts_add_up_and_readings_in_between_change_no_total(told: tuple[list[Reading], list[Stay], MeteredPrice]) -> None:
    """However often it was read and whoever had it: the whole is rounded once, so the difference is none."""
    chain, stays, of = told
    whole = price_meter([chain[0], chain[-1]], [of], [Stay(1, SINCE, None)], is_shared=False)
    parts = price_meter(chain, [of], stays, is_shared=False)
    assert whole is not None and parts is not None
    assert whole.total_minor == parts.total_minor == sum(share.gross_minor for share in parts.shares)
    assert sum((each.quantity for each in segments(chain)), D(0)) == chain[-1].value - chain[0].value


@given(months_read(), st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_shared_parts_add_up(told: tuple[list[Reading], list[Stay], MeteredPrice], areas: list[int]) -> None:
    chain, _stays, of = told
    stays = [Stay(number, SINCE, None, D(area)) for number, area in enumerate(areas, start=1)]
    found = price_meter(chain, [of], stays, is_shared=True)
    assert found is not None and sum(share.gross_minor for share in found.shares) == found.total_minor
    exact = Fraction(found.total_minor) / sum(areas)
    got = {share.startup_id: share.gross_minor for share in found.shares}
    assert all(abs(got.get(stay.startup_id, 0) - exact * Fraction(stay.weight)) < 1 for stay in stays)
    assert to_minor(sum((line.amount for line in found.lines), Fraction(0))) == found.total_minor


# which readings a month is made of


YEAR = [read(7, 31, "0"), read(8, 31, "100"), read(10, 31, "300"), read(11, 15, "350"), read(11, 30, "400")]


def days(chain: Chain) -> list[tuple[int, int]]:
    return [(each.read_on.month, each.read_on.day) for each in chain.readings]


def test_a_month_goes_from_the_last_reading_before_it_to_its_last() -> None:
    assert days(chain_of(YEAR, Month(2026, 8))) == [(7, 31), (8, 31)]
    assert days(chain_of(YEAR, Month(2026, 11))) == [(10, 31), (11, 15), (11, 30)]


def test_a_month_without_a_reading_is_charged_with_the_next() -> None:
    assert days(chain_of(YEAR, Month(2026, 9))) == []
    assert days(chain_of(YEAR, OCTOBER)) == [(8, 31), (10, 31)]


def test_what_was_read_after_the_posting_belongs_to_the_next_month() -> None:
    """November was posted with its reading of the 15th; that of the 30th came later."""
    charged = [Charged(Month(2026, 11), date(2026, 11, 1), date(2026, 11, 15), D(50))]
    later = [*YEAR, read(12, 31, "500")]
    assert days(chain_of(later, Month(2026, 12), charged)) == [(11, 15), (11, 30), (12, 31)]


def test_what_a_later_month_was_charged_for_is_not_charged_again() -> None:
    """October was posted from 1 September on; then somebody enters a reading of 30 September."""
    charged = [Charged(OCTOBER, date(2026, 9, 1), date(2026, 10, 31), D(200))]
    readings = sorted([*YEAR, read(9, 30, "200")], key=lambda each: each.read_on)
    assert days(chain_of(readings, Month(2026, 9), charged)) == []
    assert days(chain_of(readings, Month(2026, 9))) == [(8, 31), (9, 30)]


@given(st.sets(st.integers(1, 360), min_size=2, max_size=30))
def test_the_months_together_are_all_that_was_read(at: set[int]) -> None:
    """No day is charged twice, and none is lost."""
    readings = [Reading(day, date(2026, 1, 1) + timedelta(days=day), D(day), 6, D(1)) for day in sorted(at)]
    charged: list[tuple[date, date]] = []
    for month in (Month(2026, 1) + number for number in range(12)):
        chain = chain_of(readings, month).readings
        if len(chain) > 1:
            charged.append((chain[0].read_on, chain[-1].read_on))
    assert all(before[1] == after[0] for before, after in pairwise(charged))
    assert not charged or (charged[0][0], charged[-1][1]) == (readings[0].read_on, readings[-1].read_on)


# what was charged and is corrected after that


def test_a_corrected_reading_is_made_up_for_once() -> None:
    """October was charged 200 up to 300, which was read wrong: 280. November up to 350 has used 70 and is charged 50."""
    readings = [read(9, 30, "100"), read(10, 31, "280"), read(11, 30, "350")]
    charged = [Charged(OCTOBER, date(2026, 10, 1), date(2026, 10, 31), D(200))]
    chain = chain_of(readings, Month(2026, 11), charged)
    assert (days(chain), chain.carried) == ([(10, 31), (11, 30)], -20)
    (october,) = chain.differences
    assert (october.counted, october.charged, october.quantity, len(october.readings)) == (180, 200, -20, 2)
    found = price_meter(chain.readings, [price("1")], [Stay(7, SINCE, None)], is_shared=False, carried=chain.carried)
    assert found is not None and (found.total_minor, found.quantity) == (5_000, 50)
    posted = [*charged, Charged(Month(2026, 11), date(2026, 11, 1), date(2026, 11, 30), D(50))]
    assert chain_of([*readings, read(12, 31, "400")], Month(2026, 12), posted).carried == 0


def test_what_a_month_has_not_used_waits_for_the_next() -> None:
    """October was charged 200 up to 300, and it was 130: 170 too much. November used 50: not charged. December has used
    200 since: November and December together 250 − 170 = 80."""
    readings = [read(9, 30, "100"), read(10, 31, "130"), read(11, 30, "180")]
    charged = [Charged(OCTOBER, date(2026, 10, 1), date(2026, 10, 31), D(200))]
    chain = chain_of(readings, Month(2026, 11), charged)
    found = price_meter(chain.readings, [price("1")], [Stay(7, SINCE, None)], is_shared=False, carried=chain.carried)
    assert found is not None and (found.quantity, found.total_minor, found.shares) == (-120, 0, ())
    chain = chain_of([*readings, read(12, 31, "380")], Month(2026, 12), charged)
    assert (days(chain), chain.carried) == ([(10, 31), (11, 30), (12, 31)], -170)
    found = price_meter(chain.readings, [price("1")], [Stay(7, SINCE, None)], is_shared=False, carried=chain.carried)
    assert found is not None and found.total_minor == 8_000


def test_a_reading_withdrawn_after_the_posting_is_not_charged_again() -> None:
    """October was charged 200; its reading is gone. From 30 September to 30 November it was 250: 50 are left."""
    readings = [read(9, 30, "100"), read(11, 30, "350")]
    chain = chain_of(readings, Month(2026, 11), [Charged(OCTOBER, date(2026, 10, 1), date(2026, 10, 31), D(200))])
    assert (days(chain), chain.carried) == ([(10, 31), (11, 30)], -200)
    assert segments(chain.readings)[0].quantity + chain.carried == 50


class Meter:
    """A meter that is read, corrected and posted in any order, with what is on invoices."""

    def __init__(self) -> None:
        self.values: dict[date, int] = {date(2025, 12, 31): 1_000}
        self.charged: dict[Month, Charged] = {}

    @property
    def readings(self) -> list[Reading]:
        return [Reading(number, on, D(self.values[on]), 7, D(1)) for number, on in enumerate(sorted(self.values))]

    def post(self, month: Month) -> None:
        if month in self.charged:
            return
        chain = chain_of(self.readings, month, self.charged.values())
        assert sum((each.quantity for each in chain.differences), D(0)) == chain.carried
        for each in chain.differences:
            assert each.counted == sum((one.quantity for one in segments(each.readings)), D(0))
        found = price_meter(chain.readings, [price("1")], [Stay(1, SINCE, None)], is_shared=False, carried=chain.carried)
        if found is not None and found.shares:
            self.charged[month] = Charged(month, found.since, found.until, found.quantity)


steps = st.lists(
    st.tuples(st.sampled_from(("read", "correct", "withdraw", "post")), st.integers(0, 12 * 31 - 1), st.integers(0, 2_000)),
    min_size=5, max_size=40,
)  # fmt: skip


@given(steps)
def test_whatever_is_corrected_when_all_that_is_charged_is_what_was_counted(told: list[tuple[str, int, int]]) -> None:
    """The meter never runs backwards; what is charged in all is its last reading less its first, once all is posted."""
    meter = Meter()
    for what, place, value in told:
        month, known = Month(2026, 1) + place // 31, sorted(meter.values)
        on = month.first + timedelta(days=place % month.days)
        if what == "correct":  # one that is there
            on = known[place % len(known)]
        if what in ("read", "correct"):
            below = [meter.values[each] for each in known if each < on]
            above = [meter.values[each] for each in known if each > on]
            meter.values[on] = min([max([0, *below]) + value, *above])
        elif what == "withdraw" and len(known) > 1:
            del meter.values[known[1 + place % (len(known) - 1)]]
        else:
            meter.post(month)
    meter.values[date(2027, 1, 31)] = 1_000_000  # more than was ever charged too much
    for month in (Month(2026, 1) + number for number in range(13)):
        meter.post(month)
    first = meter.values[min(meter.values)]
    assert sum((each.quantity for each in meter.charged.values()), D(0)) == 1_000_000 - first
