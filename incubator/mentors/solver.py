"""`python -m incubator.mentors.solver`: the best assignment, by HiGHS. A problem comes as JSON, and so does the answer.

A programme of its own, so that the web processes load neither HiGHS nor NumPy (34 MB), and end it when it takes too
long; `incubator.mentors.solving` runs it and believes nothing that it has not checked.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import highspy

from incubator.mentors.rules.assignment import FULL_SCORE, Limits, Pair, Problem

SECONDS = 15.0
SEED = 0
NEARLY = 0.5
"""All figures are integers: what is less than half away is that integer."""


def solve(problem: Problem) -> dict[str, Any]:
    """The pairs of the best total, and HiGHS's bound on it, as JSON data.

    An integer programme: a variable of 0 or 1 for each pair that may be (1 for a pin), a row for each startup and each
    mentor that holds their pairs between least and most. Where that can't be, each who wants somebody gets a variable
    of how many they are short, which costs more than all scores together: so as few as can be are missing, and the
    total is the best with so few.
    """
    answer = _solve(problem, elastic=False)
    return answer if answer["status"] != "infeasible" else _solve(problem, elastic=True)


def _solve(problem: Problem, elastic: bool) -> dict[str, Any]:
    pairs = problem.open_pairs()
    limits = [each for _key, each in sorted(problem.startups.items())]
    limits += [each for _key, each in sorted(problem.mentors.items())]
    row_of = {("startup", key): row for row, key in enumerate(sorted(problem.startups))}
    row_of |= {("mentor", key): row for row, key in enumerate(sorted(problem.mentors), len(row_of))}
    short = [row for row, each in enumerate(limits) if each.least] if elastic else []
    penalty = 1 + FULL_SCORE * min(
        sum(each.most for each in problem.startups.values()), sum(each.most for each in problem.mentors.values())
    )
    model = _model(problem, pairs, row_of, limits, short, penalty)
    solver = highspy.Highs()  # type: ignore[no-untyped-call] # the library's own constructor
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", SEED), ("time_limit", SECONDS),
                          ("mip_rel_gap", 0.0), ("mip_abs_gap", NEARLY)):  # fmt: skip
        solver.setOptionValue(option, value)
    solver.passModel(model)
    solver.run()
    status = solver.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return {"status": "infeasible"}
    if status == highspy.HighsModelStatus.kModelEmpty or not len(model.col_cost_):
        return {"status": "optimal", "pairs": [], "bound": 0}
    if status != highspy.HighsModelStatus.kOptimal:
        return {"status": "late" if status == highspy.HighsModelStatus.kTimeLimit else "failed"}
    values = solver.getSolution().col_value
    missing = sum(round(value) for value in values[len(pairs) :])
    return {
        "status": "optimal",
        "pairs": [list(pair) for pair, value in zip(pairs, values, strict=False) if value > NEARLY],
        "bound": round(solver.getInfo().mip_dual_bound) + penalty * missing,
    }


def _model(
    problem: Problem, pairs: Sequence[Pair], row_of: dict[tuple[str, int], int], limits: Sequence[Limits],
    short: Sequence[int], penalty: int,
) -> highspy.HighsLp:  # fmt: skip
    """The programme, column by column: a pair stands in the rows of its two sides, what is short in its own."""
    model = highspy.HighsLp()
    count = len(pairs) + len(short)
    model.num_col_, model.num_row_, model.sense_ = count, len(limits), highspy.ObjSense.kMaximize
    model.col_cost_ = [float(problem.scores[pair]) for pair in pairs] + [float(-penalty)] * len(short)
    model.col_lower_ = [float(pair in problem.pins) for pair in pairs] + [0.0] * len(short)
    model.col_upper_ = [1.0] * len(pairs) + [float(limits[row].least) for row in short]
    model.row_lower_ = [float(each.least) for each in limits]
    model.row_upper_ = [float(each.most) for each in limits]
    rows = [row for pair in pairs for row in (row_of["startup", pair[0]], row_of["mentor", pair[1]])] + list(short)
    starts = [2 * column for column in range(len(pairs))]
    starts += [2 * len(pairs) + column for column in range(len(short) + 1)]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, rows, [1.0] * len(rows)
    model.integrality_ = [highspy.HighsVarType.kInteger] * count
    return model


def main() -> None:
    """Problem from standard input, answer to standard output; whatever the library prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    json.dump(solve(Problem.from_data(json.load(sys.stdin))), answers)
    answers.close()


if __name__ == "__main__":
    main()
