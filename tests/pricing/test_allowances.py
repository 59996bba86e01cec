"""Which allowance pays which booking: by hand, and against a model that goes minute by minute."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incubator.core.periods import Month
from incubator.pricing.allowances import Grant, Payable, Share, Terms, Window, cover, list_grants, reach, worth

NOW = datetime(2026, 10, 1, tzinfo=UTC)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def grant(id_: int, minutes: int, first: int, until: int | None, kind: str | None = None, site: int | None = None) -> Grant:
    days = [None if each is None else date(2026, 10, 1) + timedelta(days=each - 1) for each in (first, until)]
    assert days[0] is not None
    return Grant(id_, None, minutes, days[0], days[1], kind, site)


def payable(id_: int, on: int, minutes: int, price: int, kind: str = "meeting_room", site: int = 1) -> Payable:
    return Payable(id_, NOW, date(2026, 10, on), minutes, price, kind, site)


def said(shares: list[Share]) -> list[tuple[int, int, int, int]]:
    return [(share.grant[0], share.booking_id, share.minutes, share.value_minor) for share in shares]


def test_sixty_of_ninety_minutes_at_50_an_hour_are_worth_50() -> None:
    assert said(cover([grant(1, 60, 1, 32)], [payable(7, 10, 90, 7_500)])) == [(1, 7, 60, 5_000)]


def test_what_ends_first_is_used_first_whichever_was_given_first() -> None:
    early, late, endless = grant(3, 30, 1, 15), grant(2, 30, 1, 32), grant(1, 30, 1, None)
    shares = cover([endless, late, early], [payable(7, 10, 80, 8_000)])
    assert said(shares) == [(3, 7, 30, 3_000), (2, 7, 30, 3_000), (1, 7, 20, 2_000)]
    # on the 20th the first one is over
    assert said(cover([endless, late, early], [payable(7, 20, 40, 4_000)])) == [(2, 7, 30, 3_000), (1, 7, 10, 1_000)]


def test_of_two_that_end_together_the_one_that_fits_less_else_goes_first() -> None:
    any_kind, rooms = grant(1, 60, 1, 32), grant(2, 60, 1, 32, kind="meeting_room")
    shares = cover([any_kind, rooms], [payable(7, 10, 60, 5_000), payable(8, 11, 60, 20_000, kind="hall")])
    assert said(shares) == [(2, 7, 60, 5_000), (1, 8, 60, 20_000)]


def test_a_grant_pays_only_what_it_is_for() -> None:
    assert cover([grant(1, 60, 1, 32, kind="hall")], [payable(7, 10, 60, 5_000)]) == []
    assert cover([grant(1, 60, 1, 32, site=2)], [payable(7, 10, 60, 5_000)]) == []
    assert cover([grant(1, 60, 11, 32)], [payable(7, 10, 60, 5_000)]) == []
    assert cover([grant(1, 60, 1, 10)], [payable(7, 10, 60, 5_000)]) == []


def test_three_thirds_of_a_price_add_up_to_it() -> None:
    # 0.10 for 90 minutes: 30 are 3.33 fen, 60 are 6.67, 90 are 10: 3 + 4 + 3
    shares = cover([grant(n, 30, 1, 20 + n) for n in (1, 2, 3)], [payable(7, 10, 90, 10)])
    assert [share.value_minor for share in shares] == [3, 4, 3]


def test_each_month_gives_anew_and_a_part_of_a_month_gives_in_full() -> None:
    monthly = Terms(1, 600, True, date(2026, 10, 16), date(2026, 11, 11))
    assert [(each.month, each.minutes, each.first, each.until) for each in list_grants([monthly], [OCTOBER, NOVEMBER, OCTOBER])] == [
        (date(2026, 10, 1), 600, date(2026, 10, 16), date(2026, 11, 1)),
        (date(2026, 11, 1), 600, date(2026, 11, 1), date(2026, 11, 11)),
    ]  # fmt: skip
    assert monthly.grant_in(Month(2026, 12)) is None and monthly.grant_in(Month(2026, 9)) is None
    assert Terms(1, 600, True, date(2026, 10, 16), date(2026, 10, 16)).grant_in(OCTOBER) is None, "ended before it began"
    once = Terms(2, 60, False, date(2026, 10, 16), None)
    assert [each.key for each in list_grants([once], [OCTOBER, NOVEMBER])] == [(2, None)]


def test_a_change_reaches_its_month_and_those_that_a_single_grant_ties_to_it() -> None:
    monthly = Terms(1, 600, True, date(2026, 1, 1), None)
    assert reach([monthly], [date(2026, 10, 20)]) == Window(date(2026, 10, 1), date(2026, 11, 1))
    tie = Terms(2, 60, False, date(2026, 8, 20), date(2026, 10, 5))
    assert reach([monthly, tie], [date(2026, 10, 20)]) == Window(date(2026, 8, 1), date(2026, 11, 1))
    endless = Terms(3, 60, False, date(2026, 9, 20), None)
    assert reach([tie, endless], [date(2026, 12, 1)]) == Window(date(2026, 8, 1), None)
    apart = Terms(4, 60, False, date(2026, 12, 1), None)
    assert reach([apart], [date(2026, 10, 20)]).until == date(2026, 11, 1)


DAYS = st.integers(1, 25)
KINDS = st.sampled_from(["meeting_room", "hall"])


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        first = draw(DAYS)
        until = draw(st.one_of(st.none(), st.integers(first + 1, 27)))
        found.append(grant(number + 1, draw(st.integers(1, 40)), first, until, draw(st.one_of(st.none(), KINDS)),
                           draw(st.sampled_from([None, 1, 2]))))  # fmt: skip
    return found


@st.composite
def bookings(draw: st.DrawFn) -> list[Payable]:
    return [
        Payable(number, NOW + timedelta(minutes=draw(st.integers(0, 3))), date(2026, 10, draw(DAYS)),
                draw(st.integers(1, 40)), draw(st.integers(1, 999)), draw(KINDS), draw(st.integers(1, 2)))
        for number in range(draw(st.integers(0, 6)))
    ]  # fmt: skip


def minute_by_minute(given_: list[Grant], booked: list[Payable]) -> Counter[tuple[int, int]]:
    """The same told the slow way: every minute takes from the grant that ends first among those that still have one."""
    left = {each.allowance_id: each.minutes for each in given_}
    taken: Counter[tuple[int, int]] = Counter()
    for use in sorted(booked, key=lambda each: (each.since, each.booking_id)):
        for _minute in range(use.minutes):
            fitting = [
                each for each in given_
                if left[each.allowance_id] > 0 and each.first <= use.on and (each.until is None or use.on < each.until)
                and each.resource_kind in (None, use.resource_kind) and each.site_id in (None, use.site_id)
            ]  # fmt: skip
            if fitting:
                chosen = min(fitting, key=lambda each: (each.until or date.max, each.resource_kind is None,
                                                        each.site_id is None, each.first, each.allowance_id))  # fmt: skip
                left[chosen.allowance_id] -= 1
                taken[chosen.allowance_id, use.booking_id] += 1
    return taken


def paid_of(shares: list[Share]) -> Counter[int]:
    found: Counter[int] = Counter()
    for share in shares:
        found[share.booking_id] += share.value_minor
    return found


@given(grants(), bookings())
def test_it_is_what_the_slow_model_says_and_never_more_than_was_given(given_: list[Grant], booked: list[Payable]) -> None:
    shares = cover(given_, booked)
    by_pair = {(share.grant[0], share.booking_id): share.minutes for share in shares}
    assert by_pair == dict(minute_by_minute(given_, booked)) and len(by_pair) == len(shares)
    used: Counter[int] = Counter()
    for share in shares:
        assert share.minutes > 0 and share.value_minor >= 0
        used[share.grant[0]] += share.minutes
    assert all(used[each.allowance_id] <= each.minutes for each in given_)


@given(grants(), bookings())
def test_what_is_paid_and_what_is_left_to_pay_are_the_price(given_: list[Grant], booked: list[Payable]) -> None:
    shares = cover(given_, booked)
    paid = paid_of(shares)
    for use in booked:
        minutes = sum(share.minutes for share in shares if share.booking_id == use.booking_id)
        assert paid[use.booking_id] == worth(use, minutes) <= use.price_minor
        assert (minutes == use.minutes) <= (paid[use.booking_id] == use.price_minor)


@given(grants(), bookings(), st.randoms())
def test_one_more_grant_makes_nobody_pay_more_and_when_it_came_makes_no_difference(
    given_: list[Grant], booked: list[Payable], random: object
) -> None:
    fewer, all_ = paid_of(cover(given_[1:], booked)), paid_of(cover(given_, booked))
    assert all(fewer[use.booking_id] <= all_[use.booking_id] for use in booked)
    again = [*given_]
    random.shuffle(again)  # type: ignore[attr-defined]
    renumbered = [grant_with(each, 100 - number) for number, each in enumerate(again)]
    assert paid_of(cover(renumbered, booked)) == all_


def grant_with(each: Grant, id_: int) -> Grant:
    return Grant(id_, each.month, each.minutes, each.first, each.until, each.resource_kind, each.site_id)


@given(grants(), bookings())
def test_who_comes_later_or_goes_away_makes_nobody_pay_more(given_: list[Grant], booked: list[Payable]) -> None:
    all_ = paid_of(cover(given_, booked))
    for gone in booked:
        rest = [use for use in booked if use is not gone]
        without = paid_of(cover(given_, rest))
        for use in rest:
            assert without[use.booking_id] >= all_[use.booking_id], "one that is cancelled frees what it had"
            if use.turn < gone.turn:
                assert without[use.booking_id] == all_[use.booking_id], "one that comes later takes nothing away"
