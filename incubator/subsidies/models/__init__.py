"""The tables of `subsidies`, a file for each subject."""

from incubator.subsidies.models.budgets import Budget, BudgetPool, BudgetReservation
from incubator.subsidies.models.evidence import RecordedFact, SiteCost
from incubator.subsidies.models.grants import GrantInstalment, OperatorGrant
from incubator.subsidies.models.schemes import Decision, Scheme, SchemeDraft, SchemeVersion

__all__ = [
    "Budget", "BudgetPool", "BudgetReservation", "Decision", "GrantInstalment", "OperatorGrant", "RecordedFact",
    "Scheme", "SchemeDraft", "SchemeVersion", "SiteCost",
]  # fmt: skip
