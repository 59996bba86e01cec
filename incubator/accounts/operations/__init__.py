"""State changes of accounts, one room per group of verbs."""

from incubator.accounts.operations.operators import found_operator
from incubator.accounts.operations.people import add_person, affiliate, grant_role

__all__ = ["add_person", "affiliate", "found_operator", "grant_role"]
