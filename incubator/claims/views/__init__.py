"""Pages of `claims`, one room per group."""

from incubator.claims.views import (
    annexes,
    claims,
    evidence,
    fund,
    letters,
    lines,
    money,
    own,
    packs,
    requirements,
    review,
    reviewers,
    steps,
    trace,
)
from incubator.claims.views.blueprint import blueprint

__all__ = [
    "annexes", "blueprint", "claims", "evidence", "fund", "letters", "lines", "money", "own", "packs", "requirements",
    "review", "reviewers", "steps", "trace",
]  # fmt: skip
