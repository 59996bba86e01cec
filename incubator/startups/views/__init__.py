"""Pages of `startups`, one room per group."""

from incubator.startups.views import own, programmes, residencies, signing, startups
from incubator.startups.views.blueprint import blueprint

__all__ = ["blueprint", "own", "programmes", "residencies", "signing", "startups"]
