"""The best assignment: the solver is run beside the web process, with a limit, and its answer is checked.

What it says is proven here once more: that no wish is broken, that the total is what its pairs add up to and reaches
the bound, and, where somebody is short, that nobody could help.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from incubator.core.errors import N_, Refusal
from incubator.core.structlog_alone import structlog
from incubator.mentors.rules.assignment import (
    NotOptimal,
    Problem,
    Solution,
    check,
    contradictions,
    drop_idle,
    find_shortages,
)
from incubator.settings import ROOT

LONGEST_SECONDS = 20
PROGRAMME = "incubator.mentors.solver"

log = structlog.get_logger()


def solve(problem: Problem, *, programme: str = PROGRAMME, seconds: float = LONGEST_SECONDS) -> Solution:
    """The assignment with the best total; where wishes can't all be kept, with as few missing as can be, and why.

    The same problem has the same answer. Refusal where the pins contradict the rest, where it takes more than 20
    seconds, or where the answer does not hold.
    """
    if contradictions(problem):
        raise Refusal(N_("Some pins can't be: take them back or allow more first."))
    try:
        done = subprocess.run(
            [sys.executable, "-m", programme], input=json.dumps(problem.as_data()), capture_output=True, text=True,
            timeout=seconds, cwd=ROOT, env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}, check=True,
        )  # fmt: skip
        return read_answer(problem, json.loads(done.stdout))
    except subprocess.TimeoutExpired as error:
        raise Refusal(N_("The best assignment was not found in time. Try again with fewer startups or mentors, "
                         "or with tighter limits.")) from error  # fmt: skip
    except (subprocess.CalledProcessError, ValueError, KeyError, TypeError) as error:
        log.error("assignment_failed", error=str(error), said=str(getattr(error, "stderr", ""))[-500:])
        raise Refusal(N_("The assignment could not be worked out. Nothing is changed; please tell whoever runs "
                         "this site.")) from error  # fmt: skip


def read_answer(problem: Problem, answer: Mapping[str, Any]) -> Solution:
    """What the solver said, where it is true; ValueError (NotOptimal) where not, TimeoutExpired where it gave up."""
    if answer["status"] == "late":
        raise subprocess.TimeoutExpired(PROGRAMME, LONGEST_SECONDS)
    if answer["status"] != "optimal":
        raise NotOptimal(f"the solver says {answer['status']}")
    pairs = drop_idle(problem, {(int(startup), int(mentor)) for startup, mentor in answer["pairs"]})
    if broken := [each for each in check(problem, pairs) if each.is_hard]:
        raise NotOptimal(f"the answer breaks {broken}")
    total = problem.total(pairs)
    if total != answer["bound"]:
        raise NotOptimal(f"the total is {total}, and the bound {answer['bound']}")
    return Solution(tuple(pairs), total, total, find_shortages(problem, pairs))
