"""Pages of `subsidies`, one room per group."""

from incubator.subsidies.views import budgets, evidence, grants, schemes
from incubator.subsidies.views.blueprint import blueprint

__all__ = ["blueprint", "budgets", "evidence", "grants", "schemes"]
