"""Pages of `mentors`, one room per group."""

from incubator.mentors.views import appointments, conflicts, directory, fields, hours, profiles, proposals
from incubator.mentors.views.blueprint import blueprint

__all__ = ["appointments", "blueprint", "conflicts", "directory", "fields", "hours", "profiles", "proposals"]
