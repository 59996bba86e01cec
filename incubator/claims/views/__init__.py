"""Pages of `claims`, one room per group."""

from incubator.claims.views import annexes
from incubator.claims.views.blueprint import blueprint

__all__ = ["annexes", "blueprint"]
