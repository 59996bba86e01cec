"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    addresses,
    agreements,
    amending,
    clauses,
    deposits,
    documents,
    handovers,
    own,
    people,
    programmes,
    residencies,
    signing,
    startups,
)
from incubator.startups.views.blueprint import blueprint

__all__ = [
    "addresses", "agreements", "amending", "blueprint", "clauses", "deposits", "documents", "handovers", "own", "people",
    "programmes", "residencies", "signing", "startups",
]  # fmt: skip
