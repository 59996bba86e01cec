"""Pages of `claims`, one room per group."""

from incubator.claims.views import annexes, packs, review, reviewers, trace
from incubator.claims.views.blueprint import blueprint

__all__ = ["annexes", "blueprint", "packs", "review", "reviewers", "trace"]
