"""Pages of `spaces`, one room per group."""

from incubator.spaces.views import closures, days, floors, photos, plans, resource_hours, resources, sites, units
from incubator.spaces.views.blueprint import blueprint

__all__ = [
    "blueprint", "closures", "days", "floors", "photos", "plans", "resource_hours", "resources", "sites", "units",
]  # fmt: skip
