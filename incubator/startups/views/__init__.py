"""Pages of `startups`, one room per group."""

from incubator.startups.views import addresses, documents, own, people, programmes, residencies, signing, startups
from incubator.startups.views.blueprint import blueprint

__all__ = ["addresses", "blueprint", "documents", "own", "people", "programmes", "residencies", "signing", "startups"]
