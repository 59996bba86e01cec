"""Pages of `mentors`, one room per group."""

from incubator.mentors.views import (
    appointments,
    conflicts,
    directory,
    fields,
    hours,
    mentorships,
    needs,
    profiles,
    proposals,
    round_changes,
    round_sides,
    rounds,
    settings,
)
from incubator.mentors.views.blueprint import blueprint

__all__ = [
    "appointments", "blueprint", "conflicts", "directory", "fields", "hours", "mentorships", "needs", "profiles",
    "proposals", "round_changes", "round_sides", "rounds", "settings",
]  # fmt: skip
