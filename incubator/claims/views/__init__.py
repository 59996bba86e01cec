"""Pages of `claims`, one room per group."""

from incubator.claims.views import annexes, claims, evidence, fund, letters, lines, money, own, requirements, steps
from incubator.claims.views.blueprint import blueprint

__all__ = [
    "annexes", "blueprint", "claims", "evidence", "fund", "letters", "lines", "money", "own", "requirements", "steps",
]  # fmt: skip
