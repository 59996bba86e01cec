"""Booking rules as pure functions: which hold, which refuses, and quotas against a count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.accounts.permissions import Role
from incubator.bookings.rules import Wish, refusals, start_window
from incubator.bookings.terms import Asking, Place, Rule, RuleBroken, Terms, Use, quota_refusal, quota_window
from incubator.core.periods import Interval

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ROOM = Place(1, 11, "meeting_room", frozenset({"screen"}))
NOW = datetime(2026, 10, 1, 9, tzinfo=SHANGHAI)
OPEN = [Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def broken(start: datetime, end: datetime, *rules: Rule, by_staff: bool = False, role: Role = Role.FOUNDER) -> list[str]:
    wish = Wish(start, end, Terms.of(rules, ROOM, 5), 8, None, SHANGHAI, by_staff, frozenset({role}))
    return [refusal.rule.name if isinstance(refusal, RuleBroken) else refusal.message for refusal in refusals(wish, OPEN, NOW)]


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ({}, True), ({"site_id": 1}, True), ({"site_id": 2}, False), ({"resource_id": 11}, True),
        ({"resource_id": 12}, False), ({"resource_kind": "meeting_room"}, True), ({"resource_kind": "hall"}, False),
        ({"tag": "screen"}, True), ({"tag": "stage"}, False),
        ({"site_id": 1, "resource_kind": "meeting_room", "tag": "screen"}, True), ({"site_id": 1, "tag": "stage"}, False),
    ],
)  # fmt: skip
def test_where_a_rule_holds(scope: dict[str, object], holds: bool) -> None:
    assert Rule(1, "r", **scope).holds_for(ROOM) is holds  # type: ignore[arg-type]


def test_of_two_rules_the_strictest_refuses_and_says_its_own_value() -> None:
    house, room = Rule(1, "house", longest_minutes=240), Rule(2, "room", longest_minutes=120, resource_id=11)
    wish = Wish(at(12, 10), at(12, 13), Terms.of([house, room], ROOM), 8, None, SHANGHAI, by_staff=False)
    (refusal,) = refusals(wish, OPEN, NOW)
    assert isinstance(refusal, RuleBroken) and refusal.rule is room
    assert "2:00:00" in str(refusal)
    assert broken(at(12, 10), at(12, 12), house, room) == []


@pytest.mark.parametrize(
    ("rule", "start", "end", "refused"),
    [
        (Rule(1, "r", granularity_minutes=30), at(12, 10, 15), at(12, 10, 45), ["r", "r"]),
        (Rule(1, "r", granularity_minutes=30), at(12, 10), at(12, 10, 30), []),
        (Rule(1, "r", shortest_minutes=30), at(12, 10), at(12, 10, 29), ["r"]),
        (Rule(1, "r", shortest_minutes=30), at(12, 10), at(12, 10, 30), []),
        (Rule(1, "r", longest_minutes=60), at(12, 10), at(12, 11, 5), ["r"]),
        (Rule(1, "r", longest_minutes=3 * 1440), at(12, 10), at(15, 10), []),  # longer than the house's day
        (Rule(1, "r", notice_minutes=120), at(1, 10, 55), at(1, 12), ["r"]),
        (Rule(1, "r", notice_minutes=120), at(1, 11), at(1, 12), []),
        (Rule(1, "r", ahead_days=7), at(8, 9, 5), at(8, 10), ["r"]),
        (Rule(1, "r", ahead_days=7), at(8, 9), at(8, 10), []),
        (Rule(1, "r", ahead_days=365), datetime(2027, 5, 3, 9, tzinfo=SHANGHAI), datetime(2027, 5, 3, 10, tzinfo=SHANGHAI), []),
        (Rule(1, "r", roles=("founder",)), at(12, 10), at(12, 11), []),
        (Rule(1, "r", roles=("member",)), at(12, 10), at(12, 11), ["r"]),
        (Rule(1, "r", tag="stage", longest_minutes=5), at(12, 10), at(12, 11), []),
    ],
)  # fmt: skip
def test_each_demand(rule: Rule, start: datetime, end: datetime, refused: list[str]) -> None:
    assert [each for each in broken(start, end, rule) if "%(minutes)s" not in each] == refused


def test_staff_are_bound_by_steps_only() -> None:
    rule = Rule(1, "r", granularity_minutes=30, shortest_minutes=60, longest_minutes=90, notice_minutes=600, ahead_days=2,
                roles=("member",))  # fmt: skip
    assert broken(at(12, 10), at(12, 10, 30), rule, by_staff=True) == []
    assert broken(at(12, 10), at(12, 20), rule, by_staff=True) == []
    assert broken(at(12, 10, 5), at(12, 10, 30), rule, by_staff=True) == ["r"]
    assert broken(at(12, 10), at(13, 10, 30), rule, by_staff=True) == ["A booking lasts 24 hours at most."]


def test_steps_that_all_rules_can_live_with() -> None:
    terms = Terms.of([Rule(1, "a", granularity_minutes=15), Rule(2, "b", granularity_minutes=20)], ROOM, 5)
    assert terms.granularity_minutes == 60


def test_buffers_are_the_longest_that_any_rule_asks() -> None:
    rules = [Rule(1, "a", buffer_before_minutes=10), Rule(2, "b", buffer_before_minutes=5, buffer_after_minutes=15)]
    assert Terms.of(rules, ROOM).buffers == (timedelta(minutes=10), timedelta(minutes=15))


def test_the_window_in_which_a_booking_may_start() -> None:
    assert start_window(NOW, Terms()) == Interval(NOW - timedelta(minutes=5), NOW + timedelta(days=90))
    rules = [Rule(1, "a", notice_minutes=60, ahead_days=30), Rule(2, "b", notice_minutes=120, ahead_days=60)]
    assert start_window(NOW, Terms.of(rules, ROOM)) == Interval(NOW + timedelta(hours=2), NOW + timedelta(days=30))
    # a rule for a day ahead and another for two days' notice: nothing can be booked, and nothing falls over
    rules = [Rule(1, "a", notice_minutes=2880), Rule(2, "b", ahead_days=1)]
    assert start_window(NOW, Terms.of(rules, ROOM)).minutes == 1


@pytest.mark.parametrize(("minutes", "fits"), [(30, 60), (60, 60), (90, 90), (200, 120)])
def test_the_nearest_length_that_the_rules_allow(minutes: int, fits: int) -> None:
    terms = Terms.of([Rule(1, "a", shortest_minutes=60, longest_minutes=120)], ROOM)
    assert terms.fitting(timedelta(minutes=minutes)) == timedelta(minutes=fits)


def test_the_dearest_fee_that_the_notice_calls_for() -> None:
    half, whole = Rule(1, "day", fee_percent=50, fee_within_minutes=1440), Rule(2, "hour", fee_percent=100, fee_within_minutes=60)
    terms = Terms.of([half, whole], ROOM)
    assert terms.fee(timedelta(hours=24)) is None
    assert terms.fee(timedelta(hours=23, minutes=59)) is half
    assert terms.fee(timedelta(minutes=60)) is half
    assert terms.fee(timedelta(minutes=59)) is whole


def test_a_booking_keeps_its_rules_as_data() -> None:
    rule = Rule(7, "夜间", "Night", site_id=1, longest_minutes=120, roles=("founder", "member"), fee_percent=50,
                fee_within_minutes=60)  # fmt: skip
    assert Terms.from_data(Terms((rule,)).as_data()) == Terms((rule,))
    assert rule.as_data() == {"id": 7, "name": "夜间", "name_en": "Night", "site_id": 1, "longest_minutes": 120,
                              "roles": ["founder", "member"], "fee_percent": 50, "fee_within_minutes": 60}  # fmt: skip


def test_the_windows_of_a_quota() -> None:
    sunday = datetime(2026, 10, 11, 23, 30, tzinfo=SHANGHAI)
    assert quota_window("day", sunday, SHANGHAI) == Interval(at(11, 0), at(12, 0))
    assert quota_window("week", sunday, SHANGHAI) == Interval(at(5, 0), at(12, 0))
    assert quota_window("month", sunday, SHANGHAI) == Interval(at(1, 0), datetime(2026, 11, 1, tzinfo=SHANGHAI))
    # the week in which Berlin's clocks go back is an hour longer
    assert quota_window("week", datetime(2026, 10, 25, 12, tzinfo=BERLIN), BERLIN).minutes == 7 * 1440 + 60


def use(start: datetime, end: datetime, startup: int | None = 1, person: int | None = 5, place: Place = ROOM) -> Use:
    return Use(Interval(start, end), place, startup, person)


def test_eight_hours_a_week() -> None:
    rule = Rule(1, "r", quota_most=480, quota_measure="minutes", quota_window="week", quota_of="startup")
    booked = [use(at(12, 9), at(12, 16)), use(at(13, 9), at(13, 9, 30)), use(at(14, 9), at(14, 18), startup=2),
              use(at(11, 9), at(11, 18)), use(at(19, 9), at(19, 18)),
              use(at(15, 9), at(15, 12), place=Place(1, 12, "desk"))]  # fmt: skip
    meeting_rooms = Rule(2, "m", resource_kind="meeting_room", quota_most=480, quota_measure="minutes",
                         quota_window="week", quota_of="startup")  # fmt: skip
    half, hour = Interval(at(16, 9), at(16, 9, 30)), Interval(at(16, 9), at(16, 10))
    asking = [Asking(each, 1, 5, SHANGHAI) for each in (half, hour)]
    assert [quota_refusal(meeting_rooms, booked, each) is None for each in asking] == [True, False]
    assert [quota_refusal(rule, booked, each) is None for each in asking] == [False, False]  # the desk counts too
    refusal = quota_refusal(meeting_rooms, booked, asking[1])
    assert refusal is not None and refusal.field == "on"


def test_of_a_person_and_at_once() -> None:
    daily = Rule(1, "d", quota_most=1, quota_measure="count", quota_window="day", quota_of="person")
    once = Rule(2, "o", quota_most=2, quota_measure="count", quota_window="at_once", quota_of="startup")
    booked = [use(at(12, 9), at(12, 11), person=6), use(at(12, 10), at(12, 12), person=6)]
    asks = Asking(Interval(at(12, 10, 30), at(12, 11)), 1, 5, SHANGHAI)
    assert quota_refusal(daily, booked, asks) is None
    assert quota_refusal(once, booked, asks) is not None
    assert quota_refusal(once, booked, Asking(Interval(at(12, 11), at(12, 13)), 1, 5, SHANGHAI)) is None
    assert quota_refusal(daily, [*booked, use(at(12, 15), at(12, 16))], asks) is not None


slots = st.builds(lambda start, length: (start, start + length), st.integers(0, 40), st.integers(1, 12))


@given(st.lists(slots, max_size=6), slots, st.integers(1, 3))
def test_at_once_is_the_busiest_quarter_of_an_hour(booked: list[tuple[int, int]], wished: tuple[int, int], most: int) -> None:
    def interval(slot: tuple[int, int]) -> Interval:
        return Interval(*(at(12, 0) + timedelta(minutes=15 * each) for each in slot))

    rule = Rule(1, "r", quota_most=most, quota_measure="count", quota_window="at_once", quota_of="startup")
    uses = [Use(interval(each), ROOM, 1, 5) for each in booked]
    refusal = quota_refusal(rule, uses, Asking(interval(wished), 1, 5, SHANGHAI))
    busiest = max(sum(first <= quarter < last for first, last in booked) for quarter in range(*wished))
    assert (refusal is None) == (busiest + 1 <= most)


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 1439), st.sampled_from(["day", "week", "month"]),
       st.sampled_from([SHANGHAI, BERLIN]))  # fmt: skip
def test_a_window_holds_its_own_moment_and_whole_local_days(on: date, minute: int, window: str, zone: ZoneInfo) -> None:
    moment = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(minutes=minute)
    span = quota_window(window, moment, zone)
    assert span.start <= moment < span.end
    edges = [each.astimezone(zone) for each in (span.start, span.end)]
    assert [(each.hour, each.minute) for each in edges] == [(0, 0), (0, 0)]
    days = (edges[1].date() - edges[0].date()).days
    assert days == {"day": 1, "week": 7}.get(window, days) and (window != "week" or edges[0].weekday() == 0)
    assert window != "month" or (edges[0].day, edges[1].day) == (1, 1)
