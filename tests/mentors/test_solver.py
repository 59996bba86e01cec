"""The best assignment: equal to trying everything, to the solver's bound, never worse than greed, and always within limits."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings

from incubator.core.errors import Refusal
from incubator.mentors import solver
from incubator.mentors.rules.assignment import (
    NotOptimal,
    Problem,
    Shortage,
    Solution,
    assign_greedily,
    check,
    missing,
)
from incubator.mentors.solving import read_answer, solve
from incubator.settings import ROOT
from tests.effort import examples
from tests.mentors.problems import A, B, X, Y, best_by_trying, cohort, problem, small_problems

TRAP = {(A, X): 900, (A, Y): 890, (B, X): 880}


def solve_here(problem: Problem) -> Solution:
    """The same programme within this process: hundreds of small cases are no reason for hundreds of processes."""
    return read_answer(problem, solver.solve(problem))


def test_the_best_total_and_not_the_best_pair() -> None:
    assert solve(problem(TRAP)) == Solution(((A, Y), (B, X)), 1770, 1770)


@settings(max_examples=examples(60))
@given(small_problems())
def test_it_is_what_trying_everything_finds(problem: Problem) -> None:
    found = solve_here(problem)
    assert (missing(problem, found.pairs), found.total) == best_by_trying(problem)
    assert found.bound == found.total
    assert bool(found.shortages) == bool(missing(problem, found.pairs))
    for shortage in found.shortages:
        assert shortage.possible < shortage.wanted


@settings(max_examples=examples(30))
@given(small_problems())
def test_it_keeps_capacities_pins_and_exclusions_and_is_never_worse_than_greed(problem: Problem) -> None:
    found, greedy = solve_here(problem), assign_greedily(problem)
    assert not [each for each in check(problem, found.pairs) if each.is_hard]
    assert (missing(problem, found.pairs), -found.total) <= (missing(problem, greedy), -problem.total(greedy))


@pytest.mark.parametrize("seed", [1, 2])
def test_200_startups_and_80_mentors_reach_the_bound(seed: int) -> None:
    case = cohort(seed=seed)
    found, greedy = solve(case), assign_greedily(case)
    assert not check(case, found.pairs) and not found.shortages
    assert found.total == found.bound == case.total(found.pairs)
    assert found.total > case.total(greedy)


def test_the_same_problem_has_the_same_answer_in_whatever_order_its_rows_come() -> None:
    even = Problem(cohort(30, 12).startups, cohort(30, 12).mentors, dict.fromkeys(cohort(30, 12).scores, 500))
    backwards = Problem(
        dict(reversed(even.startups.items())), dict(reversed(even.mentors.items())), dict(reversed(even.scores.items()))
    )
    assert solve_here(even) == solve_here(backwards) == solve(even)


def test_wishes_that_cannot_all_be_are_named_and_as_few_as_can_be_are_missing() -> None:
    case = problem({(A, X): 5, (B, X): 4, (B, Y): 9}, startups={A: (1, 1), B: (2, 2)})
    assert solve(case) == Solution(((A, X), (B, Y)), 14, 14, (Shortage("startups", (A, B), (X, Y), 3, 2),))


def test_nobody_at_all_is_an_answer() -> None:
    assert solve(Problem({}, {}, {})) == Solution((), 0, 0)
    assert solve(problem({(A, X): 5}, exclusions=[(A, X)])) == Solution((), 0, 0)


def test_pins_that_contradict_the_rest_are_not_solved() -> None:
    with pytest.raises(Refusal, match="pins"):
        solve(problem({(A, X): 1}, pins=[(A, Y)]))


def test_what_takes_too_long_is_ended_and_said() -> None:
    with pytest.raises(Refusal, match="in time"):
        solve(cohort(), seconds=0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        read_answer(problem(TRAP), {"status": "late"})


@pytest.mark.parametrize("programme", ["incubator.mentors.nothing", "this"])
def test_a_programme_that_breaks_off_or_talks_nonsense_is_said(programme: str) -> None:
    with pytest.raises(Refusal, match="Nothing is changed"):
        solve(problem(TRAP), programme=programme)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "failed"},
        {"status": "optimal", "pairs": [[A, X]], "bound": 1770},
        {"status": "optimal", "pairs": [[A, X], [A, Y], [B, X]], "bound": 2670},
        {"status": "optimal", "pairs": [[B, Y]], "bound": 0},
        {"status": "optimal", "pairs": [[A, X, 1]], "bound": 900},
    ],
)
def test_an_answer_that_does_not_hold_is_not_believed(answer: dict[str, object]) -> None:
    with pytest.raises((NotOptimal, ValueError, KeyError)):
        read_answer(problem(TRAP), answer)


def test_the_web_process_loads_neither_the_solver_nor_its_arrays() -> None:
    says = "import sys, incubator.app, incubator.jobs.worker, incubator.mentors.solving; print([m for m in ('highspy', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
