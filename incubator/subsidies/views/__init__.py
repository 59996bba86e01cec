"""Pages of `subsidies`, one room per group."""

from incubator.subsidies.views import schemes
from incubator.subsidies.views.blueprint import blueprint

__all__ = ["blueprint", "schemes"]
