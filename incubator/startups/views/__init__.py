"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    addresses,
    amending,
    chart,
    holds,
    own,
    people,
    programmes,
    residencies,
    signing,
    startups,
)
from incubator.startups.views.blueprint import blueprint

__all__ = [
    "addresses", "amending", "blueprint", "chart", "holds", "own", "people", "programmes", "residencies", "signing",
    "startups",
]  # fmt: skip
