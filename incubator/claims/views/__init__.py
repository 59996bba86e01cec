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
    rulings,
    steps,
    trace,
)
from incubator.claims.views.blueprint import blueprint

__all__ = [
    "annexes", "blueprint", "claims", "evidence", "fund", "letters", "lines", "money", "own", "packs", "requirements",
    "review", "reviewers", "rulings", "steps", "trace",
]  # fmt: skip
