"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    achievements,
    addresses,
    documents,
    exits,
    figure_lists,
    figures,
    graduation,
    indicators,
    own,
    people,
    programmes,
    residencies,
    signing,
    startups,
)
from incubator.startups.views.blueprint import blueprint

__all__ = [
    "achievements",
    "addresses",
    "blueprint",
    "documents",
    "exits",
    "figure_lists",
    "figures",
    "graduation",
    "indicators",
    "own",
    "people",
    "programmes",
    "residencies",
    "signing",
    "startups",
]
