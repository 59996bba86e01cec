"""Reads of dunning: what is owed, how stories stand, and the lists of them."""

from incubator.billing.queries.dunning.overdue import Plan, get_plan, list_plans, overdue_of
from incubator.billing.queries.dunning.states import State, load_states

__all__ = ["Plan", "State", "get_plan", "list_plans", "load_states", "overdue_of"]
