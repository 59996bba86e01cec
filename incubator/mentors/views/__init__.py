"""Pages of `mentors`, one room per group."""

from incubator.mentors.views import (
    appointments,
    conflicts,
    directory,
    fields,
    figures,
    hours,
    logs,
    mentorships,
    profiles,
    proposals,
    round_changes,
    round_sides,
    rounds,
    sessions,
)
from incubator.mentors.views.blueprint import blueprint

__all__ = [
    "appointments", "blueprint", "conflicts", "directory", "fields", "figures", "hours", "logs", "mentorships",
    "profiles", "proposals", "round_changes", "round_sides", "rounds", "sessions",
]  # fmt: skip
