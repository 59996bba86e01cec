"""How well a mentor fits: each rule by a number worked by hand, and what holds for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.mentors.rules import ranking
from incubator.mentors.rules.free_time import Fortnight, Span, count_free, minute_of, minutes_in
from incubator.mentors.rules.ranking import Candidate, PairScore, Wanted, Weights
from incubator.mentors.rules.vocabulary import FULL, LANGUAGES, PARTS_OF_WEEK, SCORE_PARTS, STAGES

ANY = frozenset[str]()


def test_fields_count_by_their_share() -> None:
    assert ranking.expertise(frozenset({1, 2, 3}), frozenset({1, 3, 9})) == 667
    assert ranking.expertise(frozenset({1}), frozenset()) == 0
    assert ranking.expertise(frozenset(), frozenset()) == 1000  # no field named


@pytest.mark.parametrize(("code", "known", "points"), [
    ("6513", ("65",), 1000), ("6513", ("64",), 500), ("6513", ("27",), 0), ("6513", ("27", "64"), 500),
    ("65", ("6513",), 750), ("6513", ("6512",), 750), ("6513", ("6513",), 1000), ("", ("65",), 1000), ("6513", (), 500),
])  # fmt: skip
def test_industries_are_near_by_division_and_section(code: str, known: tuple[str, ...], points: int) -> None:
    assert ranking.industry(code, known) == points


@pytest.mark.parametrize(("wanted", "known", "points"), [
    ("seed", ("seed", "growth"), 1000), ("seed", ("prototype",), 500), ("seed", ("early",), 500), ("seed", ("idea",), 0),
    (None, (), 1000), ("seed", (), 500),
])  # fmt: skip
def test_stages_are_the_same_or_next_to_each_other(wanted: str | None, known: tuple[str, ...], points: int) -> None:
    assert ranking.stage(wanted, known) == points


def test_one_language_in_common_is_enough() -> None:
    assert ranking.language(frozenset({"zh", "en"}), ("zh", "ko")) == 1000
    assert ranking.language(frozenset({"en"}), ("zh", "yue")) == 0
    assert ranking.language(ANY, ("zh",)) == 1000


def test_an_hour_that_suits_is_all_that_is_wanted() -> None:
    assert ranking.hours(45, 480) == 750
    assert ranking.hours(180, 30) == 500  # of the month's capacity half an hour is left
    assert ranking.hours(6000, 480) == 1000
    assert ranking.hours(0, 480) == 0


def test_feedback_is_mixed_with_the_mean_of_the_house() -> None:
    """(29 + 5 × 4) / (6 + 5) = 49/11; less one, by four: 38/44 = 0.8636…"""
    assert ranking.feedback(6, 29, 5, 10, 40) == 864
    assert ranking.feedback(6, 29, 0, 10, 40) == 958  # nothing mixed in: 29/6 = 4.8333
    assert ranking.feedback(0, 0, 5, 10, 40) == 750


def test_below_five_answers_nobody_can_tell_what_they_were() -> None:
    for answers in range(5):
        for points in (answers, 5 * answers):
            assert ranking.feedback(answers, points, 5, 100, 400) == 750
            assert ranking.feedback(answers, points, 0, 100, 400) == 750
    # nor in a house with fewer than five answers in all: its mean counts as 3
    assert ranking.feedback(4, 20, 5, 4, 20) == ranking.feedback(0, 0, 5, 0, 0) == 500


def test_a_startup_that_is_mentored_takes_an_hour_of_the_month() -> None:
    assert ranking.load(480, 180, 4) == 500
    assert ranking.load(480, 300, 4) == 375
    assert ranking.load(480, 0, 0) == 1000
    assert ranking.load(480, 480, 20) == 0
    assert ranking.load(0, 0, 0) == 0


def test_the_nearer_the_better_and_online_is_half() -> None:
    away = frozenset({(1, 0), (2, 12), (3, 40)})
    assert ranking.distance(1, away, (1,), False) == 1000
    assert ranking.distance(1, away, (2,), False) == 760
    assert ranking.distance(1, away, (3, 2), False) == 760
    assert ranking.distance(1, away, (3,), False) == 200
    assert ranking.distance(1, away, (3,), True) == 500
    assert ranking.distance(1, frozenset(), (2,), False) == 0  # coordinates are not known
    assert ranking.distance(1, frozenset(), (2, 1), False) == 1000
    assert ranking.distance(None, away, (3,), False) == 1000


def test_new_mentors_get_their_chance() -> None:
    assert [ranking.exploration(each) for each in (0, 2, 5, 50)] == [1000, 600, 0, 0]


def test_kilometres_between_sites() -> None:
    assert ranking.kilometres((22.53332, 113.93041), (30.50654, 114.39853)) == 888
    assert ranking.kilometres((22.5, 113.9), (22.5, 113.9)) == 0
    assert ranking.kilometres((0, 0), (0, 180)) == 20015  # half around


def only(**weights: int) -> Weights:
    return Weights(**(dict.fromkeys(SCORE_PARTS, 0) | weights))


def test_the_total_is_the_weighted_mean() -> None:
    wanted = Wanted(1, frozenset({1}), languages=frozenset({"en"}))
    candidate = Candidate(1, 1, frozenset({1}), languages=("zh",), capacity=480, left=480)
    found = ranking.score(wanted, candidate, only(expertise=40, language=10))
    assert (found.total, found.parts["expertise"], found.parts["language"]) == (800, 1000, 0)
    assert ranking.score(wanted, candidate, only()).total == 0


def test_contributions_add_up_to_the_total() -> None:
    parts = dict.fromkeys(SCORE_PARTS, 0) | {"expertise": 1000, "industry": 500, "stage": 500}
    found = ranking.contributions(PairScore(667, parts), only(expertise=1, industry=1, stage=1))
    assert [found[name] for name in ("expertise", "industry", "stage")] == [333, 167, 167]


@pytest.mark.parametrize(("change", "reason"), [
    ({"standing": "ended"}, "ended"), ({"standing": "unapproved"}, "unapproved"), ({"standing": "paused"}, "paused"),
    ({"conflicts": {1: "invested"}}, "conflict"), ({"conflicts": {2: "invested"}}, None),
    ({"appointed": False}, "unappointed"), ({"capacity": 0}, "no_capacity"), ({"left": 0}, "used_up"), ({}, None),
])  # fmt: skip
def test_who_is_left_out_is_left_out_for_a_reason(change: dict[str, object], reason: str | None) -> None:
    candidate = Candidate(1, 1, capacity=480, left=480)._replace(**change)  # type: ignore[arg-type]
    assert ranking.why_excluded(Wanted(1), candidate) == reason
    ranked, excluded = ranking.rank(Wanted(1), [candidate], Weights())
    assert [each.reason for each in excluded] == ([reason] if reason else [])
    assert len(ranked) == (reason is None)
    if reason == "used_up":  # of this month: no reason against a pair of a round
        assert ranking.why_excluded(Wanted(1), candidate, for_now=False) is None


fields = st.frozensets(st.integers(1, 6), max_size=5)
wanteds = st.builds(
    Wanted, startup_id=st.just(1), fields=fields, industry=st.sampled_from(["", "65", "6513", "27", "3900"]),
    stage=st.none() | st.sampled_from(STAGES), languages=st.frozensets(st.sampled_from(LANGUAGES), max_size=3),
    times=st.frozensets(st.sampled_from(PARTS_OF_WEEK)), site_id=st.none() | st.integers(1, 3),
    distances=st.frozensets(st.tuples(st.integers(1, 3), st.integers(0, 900)), max_size=3),
)  # fmt: skip
numbers = st.integers(0, 5000)
candidates = st.builds(
    Candidate, mentor_id=st.integers(1, 9), number=st.integers(1, 9), fields=fields,
    industries=st.lists(st.sampled_from(["65", "64", "27", "39"]), max_size=3).map(tuple),
    stages=st.lists(st.sampled_from(STAGES), max_size=2).map(tuple),
    languages=st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3).map(tuple),
    site_ids=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple), online=st.booleans(),
    free=st.tuples(numbers, numbers, numbers, numbers), capacity=st.integers(0, 12_000), booked=numbers, left=numbers,
    startups=st.integers(0, 40), answers=st.just(0), points=st.just(0), sessions=st.integers(0, 50),
    standing=st.sampled_from(["", "", "", "paused"]),
)  # fmt: skip
weightings = st.builds(Weights, **dict.fromkeys(SCORE_PARTS, st.integers(0, 100)), prior_count=st.integers(0, 100))


@given(wanteds, candidates, weightings, st.integers(0, 60), st.data())
def test_each_part_and_the_total_lie_between_nothing_and_full(
    wanted: Wanted, candidate: Candidate, weights: Weights, answers: int, data: st.DataObject
) -> None:
    candidate = candidate._replace(answers=answers, points=data.draw(st.integers(answers, 5 * answers)))
    found = ranking.score(wanted, candidate, weights)
    assert all(0 <= part <= FULL for part in found.parts.values())
    assert 0 <= found.total <= FULL
    brought = ranking.contributions(found, weights)
    assert sum(brought.values()) == found.total
    assert all(points >= 0 for points in brought.values())
    assert all(brought[name] == 0 for name in SCORE_PARTS if getattr(weights, name) == 0)


@given(st.lists(st.integers(0, FULL), min_size=9, max_size=9), weightings, st.integers(0, 8), st.integers(0, FULL))
def test_a_better_part_never_makes_a_worse_total(parts: list[int], weights: Weights, place: int, better: int) -> None:
    more = [max(part, better) if at == place else part for at, part in enumerate(parts)]
    assert ranking.weigh(tuple(more), weights.parts) >= ranking.weigh(tuple(parts), weights.parts)


@given(st.integers(5, 40), st.integers(0, 20), st.integers(5, 50), st.data())
def test_better_answers_never_make_a_worse_part(answers: int, prior: int, house: int, data: st.DataObject) -> None:
    points = data.draw(st.integers(answers, 5 * answers - 1))
    mean = data.draw(st.integers(house, 5 * house))
    one, other = (ranking.feedback(answers, each, prior, house, mean) for each in (points, points + 1))
    assert one <= other
    own, of_house = ranking.share(points - answers, 4 * answers), ranking.share(mean - house, 4 * house)
    assert min(own, of_house) <= one <= max(own, of_house), "mixed: between the two"


@given(st.integers(0, 700), st.integers(0, 700), st.integers(1, 900), st.integers(0, 9))
def test_more_time_and_less_load_are_never_worse(free: int, left: int, capacity: int, startups: int) -> None:
    assert ranking.hours(free, left) <= ranking.hours(free + 1, left) <= ranking.hours(free + 1, left + 1)
    assert ranking.load(capacity, left, startups) >= ranking.load(capacity, left + 1, startups)
    assert ranking.load(capacity, left, startups) >= ranking.load(capacity, left, startups + 1)
    assert ranking.exploration(startups) >= ranking.exploration(startups + 1)
    away = [ranking.distance(1, frozenset({(2, km)}), (2,), False) for km in (startups, startups + 1)]
    assert away[0] >= away[1]


@given(wanteds, st.lists(candidates, max_size=8, unique_by=lambda each: each.number), weightings, st.randoms())
def test_the_order_in_which_mentors_are_read_does_not_matter(
    wanted: Wanted, several: list[Candidate], weights: Weights, random: Random
) -> None:
    shuffled = random.sample(several, len(several))
    assert ranking.rank(wanted, several, weights) == ranking.rank(wanted, shuffled, weights)
    ranked, excluded = ranking.rank(wanted, several, weights)
    assert len(ranked) + len(excluded) == len(several)
    keys = [(-each.total, each.candidate.number) for each in ranked]
    assert keys == sorted(keys), "the best first, of the same score the lower number"
    assert all(each.score == ranking.score(wanted, each.candidate, weights) for each in ranked)


def test_a_startup_with_several_needs_wants_all_their_fields() -> None:
    one = Wanted(1, frozenset({1, 2}), stage="idea", languages=frozenset({"zh"}), times=frozenset({"morning"}), site_id=5)
    other = Wanted(1, frozenset({2, 3}), languages=frozenset({"en"}), times=ANY, site_id=5)
    both = ranking.unite([one, other])
    assert (both.fields, both.stage, both.languages, both.times, both.site_id) == (
        frozenset({1, 2, 3}), "idea", frozenset({"zh", "en"}), ANY, 5)  # fmt: skip
    assert ranking.unite([one, other._replace(site_id=6)]).site_id is None
    assert ranking.unite([one]) == one


SHANGHAI, THURSDAY = "Asia/Shanghai", datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai: the fortnight ends on Thursday 15 October at 09:00."""


def at(day: int, hour: int, minute: int = 0, zone: str = SHANGHAI) -> int:
    return minute_of(datetime(2026, 10, day, hour, minute, tzinfo=ZoneInfo(zone)))


def free_of(hours: list[tuple[int, int, int]], **more: object) -> tuple[int, int, int, int]:
    weekly = [(SHANGHAI, weekday, opens, closes, (7,)) for weekday, opens, closes in hours]
    asked = {"other_days": (), "taken": {}, "limits": {}} | more
    return count_free(Fortnight(THURSDAY, SHANGHAI), weekly, **asked).get(7, (0, 0, 0, 0))  # type: ignore[arg-type]


def test_two_tuesday_afternoons_lie_in_a_fortnight() -> None:
    tuesdays = [(2, 14 * 60, 16 * 60)]
    assert free_of(tuesdays) == (0, 240, 0, 0)
    assert free_of(tuesdays, taken={7: [(at(6, 15), at(6, 16))]}) == (0, 180, 0, 0)
    assert free_of(tuesdays, taken={7: [(at(6, 13), at(6, 14, 30)), (at(13, 15), at(13, 18))]}) == (0, 150, 0, 0)
    assert free_of(tuesdays, taken={8: [(at(6, 15), at(6, 16))]}) == (0, 240, 0, 0)


def test_hours_fall_apart_at_noon_and_at_six_and_on_weekends() -> None:
    assert free_of([(1, 11 * 60, 19 * 60)]) == (120, 720, 120, 0)
    assert free_of([(6, 11 * 60, 19 * 60)]) == (0, 0, 0, 960)
    # today from nine on, the last day until nine: Thursdays 08:00-10:00 are 60 + 120 + 60
    assert free_of([(4, 8 * 60, 10 * 60)]) == (240, 0, 0, 0)


def test_other_days_stand_instead_and_appointments_limit() -> None:
    tuesdays = [(2, 14 * 60, 16 * 60)]
    away = [(7, SHANGHAI, date(2026, 10, 6), None, None)]
    assert free_of(tuesdays, other_days=away) == (0, 120, 0, 0)
    instead = [(7, SHANGHAI, date(2026, 10, 6), 9 * 60, 10 * 60), (7, SHANGHAI, date(2026, 10, 7), 9 * 60, 10 * 60)]
    assert free_of(tuesdays, other_days=instead) == (120, 120, 0, 0)
    assert free_of(tuesdays, limits={7: [(date(2026, 1, 1), date(2026, 10, 12))]}) == (0, 120, 0, 0)
    assert free_of(tuesdays, limits={7: [(date(2026, 10, 13), date(2026, 10, 13))]}) == (0, 120, 0, 0)


def test_a_mentor_far_away_is_counted_as_the_startup_has_its_week() -> None:
    """Mondays 20:00-22:00 in New York are Tuesdays 08:00-10:00 in Shanghai (UTC-4 and UTC+8)."""
    weekly = [("America/New_York", 1, 20 * 60, 22 * 60, (7,))]
    assert count_free(Fortnight(THURSDAY, SHANGHAI), weekly, [], {}, {}) == {7: (240, 0, 0, 0)}


def test_minutes_of_the_parts_that_are_named() -> None:
    assert minutes_in((1, 20, 300, 4000), frozenset({"afternoon", "weekend"})) == 4020
    assert minutes_in((1, 20, 300, 4000), frozenset()) == 4321


ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kathmandu")
spans = st.tuples(st.integers(1, 7), st.integers(0, 46), st.integers(1, 12))
"""Weekday, half-hours from midnight, how many of them."""


@given(
    st.sampled_from(ZONES), st.sampled_from(ZONES), st.lists(spans, max_size=5), st.datetimes(
        datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.lists(st.tuples(st.integers(-1, 15), st.integers(0, 23), st.integers(3, 40).map(lambda fives: 5 * fives)), max_size=4),
    st.lists(st.tuples(st.integers(0, 14), st.none() | st.tuples(st.integers(0, 46), st.integers(1, 2))), max_size=3),
    st.none() | st.tuples(st.integers(-2, 8), st.integers(0, 14)),
)  # fmt: skip
def test_free_minutes_are_those_of_a_count_minute_by_minute(
    here: str, there: str, weekly: list[tuple[int, int, int]], now: datetime,
    stretches: list[tuple[int, int, int]], others: list[tuple[int, tuple[int, int] | None]],
    appointed: tuple[int, int] | None,
) -> None:  # fmt: skip
    now = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    fortnight, zone = Fortnight(now, here), ZoneInfo(there)
    today = now.astimezone(zone).date()
    hours = {(day, 30 * first, min(1440, 30 * (first + length))) for day, first, length in weekly}
    hours = {each for each in hours if not any(each != other and each[0] == other[0] and each[1] < other[2] and
                                               other[1] < each[2] for other in hours)}  # fmt: skip
    instead = {today + timedelta(days=day): None if span is None else (30 * span[0], 30 * (span[0] + span[1]))
               for day, span in others}  # fmt: skip
    taken: list[Span] = []
    for day, hour, length in stretches:
        start = minute_of(now) + day * 1440 + hour * 60
        if not any(start < end and begin < start + length for begin, end in taken):
            taken.append((start, start + length))
    limits = {} if appointed is None else {7: [(today + timedelta(days=appointed[0]),
                                                today + timedelta(days=appointed[0] + appointed[1]))]}  # fmt: skip
    found = count_free(
        fortnight, [(there, day, opens, closes, (7,)) for day, opens, closes in sorted(hours)],
        [(7, there, on, *(span or (None, None))) for on, span in instead.items()], {7: taken} if taken else {}, limits,
    ).get(7, (0, 0, 0, 0))  # fmt: skip
    counted = [0, 0, 0, 0]
    for minute in range(minute_of(now), minute_of(now) + 14 * 1440, 5):  # all that is drawn is in fives
        moment = datetime.fromtimestamp(60 * minute, UTC)
        local, mine = moment.astimezone(zone), moment.astimezone(ZoneInfo(here))
        on, at_minute = local.date(), local.hour * 60 + local.minute
        open_now = (
            any(opens <= at_minute < closes for day, opens, closes in hours if day == on.isoweekday())
            if on not in instead else (instead[on] or (0, 0))[0] <= at_minute < (instead[on] or (0, 0))[1]
        )  # fmt: skip
        if not open_now or any(start <= minute < end for start, end in taken):
            continue
        if limits and not limits[7][0][0] <= on <= limits[7][0][1]:
            continue
        part = 3 if mine.isoweekday() > 5 else 0 if mine.hour < 12 else 1 if mine.hour < 18 else 2
        counted[part] += 5
    clocks_change = len({(now + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(-1, 16)}) > 1
    slack = 60 * len(hours) if clocks_change else 0  # the hour that is skipped, or is there twice
    assert all(abs(quick - slow) <= slack for quick, slow in zip(found, counted, strict=True)), (found, counted)
