"""What is wished of an assignment, what breaks it, what greed finds, and what a change costs: worked by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.mentors.rules.assignment import (
    Breach,
    Limits,
    NotOptimal,
    Problem,
    Shortage,
    assign_greedily,
    check,
    contradictions,
    drop_idle,
    find_shortages,
    missing,
    weigh,
)
from incubator.mentors.rules.changes import list_changes
from tests.effort import examples
from tests.mentors.problems import A, B, C, X, Y, Z, problem, small_problems

TRAP = {(A, X): 900, (A, Y): 890, (B, X): 880}


def test_greed_takes_the_best_pair_and_misses_the_best_total() -> None:
    assert assign_greedily(problem(TRAP)) == [(A, X)]
    assert problem(TRAP).total([(A, Y), (B, X)]) == 1770


def test_greed_looks_after_who_is_short_first() -> None:
    scores = {(A, X): 900, (A, Y): 890, (B, Y): 10}
    assert assign_greedily(problem(scores, startups={A: (0, 2)})) == [(A, X), (A, Y)]
    assert assign_greedily(problem(scores, startups={A: (0, 2), B: (1, 1)})) == [(A, X), (B, Y)]


def test_greed_begins_with_the_pins_and_never_takes_what_is_excluded() -> None:
    assert assign_greedily(problem(TRAP, pins=[(B, X)])) == [(A, Y), (B, X)]
    assert assign_greedily(problem(TRAP, exclusions=[(A, X)])) == [(A, Y), (B, X)]


@settings(max_examples=examples(30))
@given(small_problems())
def test_greed_keeps_all_but_the_least(problem: Problem) -> None:
    pairs = assign_greedily(problem)
    assert not [each for each in check(problem, pairs) if each.is_hard]
    assert pairs == sorted(set(pairs))


def test_every_broken_wish_is_named() -> None:
    case = problem(
        {(A, X): 1, (A, Y): 2, (B, X): 3, (C, Y): 4}, startups={A: (0, 1), B: (1, 1)}, mentors={X: (0, 1), Y: (3, 3)},
        pins=[(B, X)], exclusions=[(A, Y)],
    )  # fmt: skip
    assert check(case, [(A, X), (A, Y), (B, Y)]) == [
        Breach("conflict", B, Y), Breach("excluded", A, Y), Breach("mentor_under", None, Y, 3, 2),
        Breach("pin", B, X), Breach("startup_over", A, None, 1, 2),
    ]  # fmt: skip
    assert check(case, [(B, X), (A, X)]) == [
        Breach("mentor_over", None, X, 1, 2), Breach("mentor_under", None, Y, 3, 0)
    ]  # fmt: skip
    assert missing(case, []) == 4
    assert check(problem(TRAP), [(A, X)]) == []


def test_pins_that_contradict_the_rest_are_named_before_one_solves() -> None:
    case = problem({(A, X): 1, (B, X): 2}, pins=[(A, X), (B, X), (C, Y)], exclusions=[(A, X)])
    assert contradictions(case) == [
        Breach("conflict", C, Y), Breach("excluded", A, X), Breach("mentor_over", None, X, 1, 2)
    ]  # fmt: skip
    assert contradictions(problem(TRAP, pins=[(A, X)])) == []


def test_a_pair_of_score_0_is_dropped_where_nobody_needs_it() -> None:
    scores = {(A, X): 0, (B, Y): 5}
    assert drop_idle(problem(scores), list(scores)) == [(B, Y)]
    assert drop_idle(problem(scores, startups={A: (1, 1)}), list(scores)) == [(A, X), (B, Y)]
    assert drop_idle(problem(scores, mentors={X: (1, 1)}), list(scores)) == [(A, X), (B, Y)]
    assert drop_idle(problem(scores, pins=[(A, X)]), list(scores)) == [(A, X), (B, Y)]


def test_two_that_want_the_same_one_are_named_together() -> None:
    case = problem({(A, X): 5, (B, X): 4, (C, Y): 3}, startups={A: (1, 1), B: (1, 1)})
    assert find_shortages(case, [(A, X), (C, Y)]) == (Shortage("startups", (A, B), (X,), 2, 1),)


def test_who_may_have_nobody_is_named_alone() -> None:
    case = problem({(A, X): 5, (B, X): 4}, startups={B: (1, 1)}, exclusions=[(B, X)])
    assert find_shortages(case, [(A, X)]) == (Shortage("startups", (B,), (), 1, 0),)


def test_a_mentor_who_gets_too_few_is_named_as_well() -> None:
    case = problem({(A, X): 5, (A, Y): 4}, mentors={X: (1, 1), Y: (1, 2)})
    assert find_shortages(case, [(A, X)]) == (Shortage("mentors", (X, Y), (A,), 2, 1),)


def test_a_pinned_place_is_no_way_out() -> None:
    case = problem({(A, X): 5, (B, X): 4, (A, Y): 3}, startups={A: (0, 2), B: (1, 1)}, pins=[(A, X)])
    assert find_shortages(case, [(A, X), (A, Y)]) == (Shortage("startups", (B,), (X,), 1, 0),)


@pytest.mark.parametrize(("pairs", "says"), [([], "has room"), ([(A, X), (A, Y)], "could spare")])
def test_a_shortage_that_can_be_helped_is_no_answer(pairs: list[tuple[int, int]], says: str) -> None:
    case = problem({(A, X): 5, (A, Y): 5, (B, X): 4}, startups={A: (0, 2), B: (1, 1)})
    with pytest.raises(NotOptimal, match=says):
        find_shortages(case, pairs)


def test_a_change_by_hand_says_what_it_costs_and_breaks() -> None:
    case = problem({(A, X): 720, (A, Y): 685, (B, Y): 500}, mentors={X: (1, 1)}, pins=[(B, Y)])
    moved = weigh(case, [(A, X)], [(A, X)], [(A, Y)])
    assert (moved.difference, moved.broken, moved.mended) == (-35, (Breach("mentor_under", None, X, 1, 0),), ())
    assert moved.is_allowed
    full = weigh(case, [(A, X), (B, Y)], [(A, X)], [(A, Y)])
    assert Breach("mentor_over", None, Y, 1, 2) in full.broken and not full.is_allowed
    unpinned = weigh(case, [(A, X), (B, Y)], [(B, Y)], [])
    assert (unpinned.difference, unpinned.broken) == (-500, (Breach("pin", B, Y),))
    assert weigh(case, [(A, X)], [], [(B, Y)]).mended == (Breach("pin", B, Y),)
    with pytest.raises(KeyError):
        weigh(case, [(A, X)], [(B, Y)], [])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Limits(2, 1),
        lambda: Limits(-1, 1),
        lambda: Problem({A: Limits(0, 1)}, {X: Limits(0, 1)}, {(A, Y): 5}),
        lambda: Problem({A: Limits(0, 1)}, {X: Limits(0, 1)}, {(A, X): 1001}),
        lambda: Problem({A: Limits(0, 1)}, {X: Limits(0, 1)}, {}, pins=frozenset({(B, X)})),
    ],
)
def test_what_is_no_problem_at_all_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]


@settings(max_examples=examples(30))
@given(small_problems())
def test_a_problem_is_the_same_after_a_journey_as_json(problem: Problem) -> None:
    assert Problem.from_data(json.loads(json.dumps(problem.as_data()))) == problem
    assert problem.turned().turned() == problem


def test_what_a_hand_can_do_with_a_pair_the_cheapest_first() -> None:
    case = problem(
        {(A, X): 720, (A, Y): 685, (B, X): 700, (B, Y): 800, (A, Z): 400, (C, Z): 100}, startups={A: (1, 1)},
        mentors={Z: (0, 2)},
    )  # fmt: skip
    now = [(A, X), (B, Y), (C, Z)]
    exchange, move, removal = list_changes(case, now, A, X)
    assert (exchange.taken, exchange.given, exchange.difference) == (((A, X), (B, Y)), ((A, Y), (B, X)), -135)
    assert (move.given, move.difference, move.broken) == (((A, Z),), -320, ())
    assert (removal.given, removal.difference) == ((), -720)
    assert removal.broken == (Breach("startup_under", A, None, 1, 0),)
    assert list_changes(case, now, A, Y) == []  # it has not got that one
    assert list_changes(case, now, A) == []  # it has as many as it may


def test_a_pinned_pair_stays_and_a_pinned_place_is_not_exchanged() -> None:
    scores = {(A, X): 5, (A, Y): 4, (B, X): 3, (B, Y): 2}
    assert list_changes(problem(scores, pins=[(A, X)]), [(A, X), (B, Y)], A, X) == []
    (removal,) = list_changes(problem(scores, pins=[(B, Y)]), [(A, X), (B, Y)], A, X)
    assert removal.given == ()


@settings(max_examples=examples(30))
@given(small_problems(), st.data())
def test_nothing_that_a_hand_is_offered_breaks_more_than_a_least(problem: Problem, data: st.DataObject) -> None:
    pairs = assign_greedily(problem)
    for _ in range(3):
        startup = data.draw(st.sampled_from(sorted(problem.startups)))
        mentor = data.draw(st.none() | st.sampled_from(sorted(problem.mentors)))
        offered = list_changes(problem, pairs, startup, mentor)
        if not offered:
            continue
        change = data.draw(st.sampled_from(offered))
        after = sorted((set(pairs) - set(change.taken)) | set(change.given))
        assert problem.total(after) - problem.total(pairs) == change.difference
        assert not [each for each in check(problem, after) if each.is_hard]
        pairs = after
