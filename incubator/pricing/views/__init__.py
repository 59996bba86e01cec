"""Pages of `pricing`, one room per group."""

from incubator.pricing.views import meters, readings, tariffs, taxes
from incubator.pricing.views.blueprint import blueprint

__all__ = ["blueprint", "meters", "readings", "tariffs", "taxes"]
