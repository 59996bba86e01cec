"""State changes of spaces, one room per group of verbs."""

from incubator.spaces.operations.ledger import LedgerRow, Taken, allocate, allocate_any, allocate_many, release
from incubator.spaces.operations.resources import add_resource, close_units, lift_closure, retire_resource
from incubator.spaces.operations.sites import add_floor, create_site, edit_site, override_day, set_opening_hours
from incubator.spaces.operations.units import add_unit, edit_unit, retire_unit

__all__ = [
    "LedgerRow", "Taken", "add_floor", "add_resource", "add_unit", "allocate", "allocate_any", "allocate_many",
    "close_units", "create_site", "edit_site", "edit_unit", "lift_closure", "override_day", "release",
    "retire_resource", "retire_unit", "set_opening_hours",
]  # fmt: skip
