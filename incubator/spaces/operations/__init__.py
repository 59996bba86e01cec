"""State changes of spaces, one room per group of verbs."""

from incubator.spaces.operations.closures import close_units, lift_closure
from incubator.spaces.operations.hours import OpenSpan
from incubator.spaces.operations.ledger import LedgerRow, allocate, allocate_any, allocate_many, release
from incubator.spaces.operations.photos import add_photo, describe_photo, move_photo, remove_photo
from incubator.spaces.operations.plans import DrawnMeanwhile, add_plan, draw_shapes, edit_plan, retire_plan
from incubator.spaces.operations.resource_hours import clear_resource_day, set_resource_day, set_resource_hours
from incubator.spaces.operations.resources import add_resource, edit_resource, retire_resource
from incubator.spaces.operations.sites import (
    add_floor,
    create_site,
    edit_site,
    follow_calendar,
    override_day,
    remove_floor,
    rename_floor,
    set_opening_hours,
)
from incubator.spaces.operations.taken import Taken
from incubator.spaces.operations.units import add_unit, add_units, edit_unit, retire_unit

__all__ = [
    "DrawnMeanwhile", "LedgerRow", "OpenSpan", "Taken", "add_floor", "add_photo", "add_plan", "add_resource",
    "add_unit", "add_units", "allocate", "allocate_any", "allocate_many", "clear_resource_day", "close_units",
    "create_site", "describe_photo", "draw_shapes", "edit_plan", "edit_resource", "edit_site", "edit_unit",
    "follow_calendar", "lift_closure", "move_photo", "override_day", "release", "remove_floor", "remove_photo",
    "rename_floor", "retire_plan", "retire_resource", "retire_unit", "set_opening_hours", "set_resource_day",
    "set_resource_hours",
]  # fmt: skip
