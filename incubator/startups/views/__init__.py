"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    addresses,
    applications,
    apply,
    calls,
    own,
    people,
    programmes,
    residencies,
    signing,
    startups,
)
from incubator.startups.views.blueprint import blueprint

__all__ = [
    "addresses", "applications", "apply", "blueprint", "calls", "own", "people", "programmes", "residencies", "signing",
    "startups",
]  # fmt: skip
