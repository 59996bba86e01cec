"""Pages of `subsidies`, one room per group."""

from incubator.subsidies.views import comparing, drafts, schemes
from incubator.subsidies.views.blueprint import blueprint

__all__ = ["blueprint", "comparing", "drafts", "schemes"]
