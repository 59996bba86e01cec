"""`python -m bench.assignment`: the best assignment of 200 startups to 80 mentors, with the start of its process."""

from __future__ import annotations

import time

from msgspec.structs import replace

from incubator.mentors.rules.assignment import Limits, Problem, assign_greedily
from incubator.mentors.solving import solve
from tests.mentors.problems import cohort

LIMIT = 2.0
"""Seconds that 200 × 80 may take."""


def too_few_places(problem: Problem) -> Problem:
    """The same with 100 places for 200 who want one each: it has to say who is short, and why."""
    return replace(problem, mentors={key: Limits(0, 2 if key % 4 == 0 else 1) for key in problem.mentors})


def main() -> None:
    """Some cohorts, each once; what greed finds beside it."""
    cases = {f"200 × 80, cohort {seed}": cohort(seed=seed) for seed in range(1, 6)}
    first = cohort(seed=1)
    cases["200 × 80, all scores equal"] = replace(first, scores=dict.fromkeys(first.scores, 500))
    cases["200 × 80, 100 places for 200"] = too_few_places(first)
    print("| assignment | time | total | bound | greedy | below it |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, case in cases.items():
        begun = time.perf_counter()
        found = solve(case)
        seconds = time.perf_counter() - begun
        greedy = case.total(assign_greedily(case))
        print(f"| {name} | {seconds:.2f} s | {found.total:,} | {found.bound:,} | {greedy:,} | "
              f"{(found.total - greedy) / found.total:.2%} |" + (" too slow" if seconds > LIMIT else ""))  # fmt: skip


if __name__ == "__main__":
    main()
