"""Pages of `startups`, one room per group."""

from incubator.startups.views import own, residencies, signing, startups
from incubator.startups.views.blueprint import blueprint

__all__ = ["blueprint", "own", "residencies", "signing", "startups"]
