"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    addresses,
    applications,
    apply,
    calls,
    decisions,
    own,
    people,
    programmes,
    ranking,
    residencies,
    reviews,
    selection,
    signing,
    startups,
)
from incubator.startups.views.blueprint import blueprint

__all__ = [
    "addresses", "applications", "apply", "blueprint", "calls", "decisions", "own", "people", "programmes",
    "ranking", "residencies", "reviews", "selection", "signing", "startups",
]  # fmt: skip
