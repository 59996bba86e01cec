"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    addresses,
    agreements,
    amending,
    chart,
    clauses,
    deposits,
    documents,
    handovers,
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
    "addresses", "agreements", "amending", "blueprint", "chart", "clauses", "deposits", "documents", "handovers",
    "holds", "own", "people", "programmes", "residencies", "signing", "startups",
]  # fmt: skip
