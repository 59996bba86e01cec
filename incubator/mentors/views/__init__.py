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
    needs,
    profiles,
    proposals,
    round_changes,
    round_sides,
    rounds,
    sessions,
    settings,
    vouchers,
)
from incubator.mentors.views.blueprint import blueprint

__all__ = [
    "appointments", "blueprint", "conflicts", "directory", "fields", "figures", "hours", "logs", "mentorships",
    "needs", "profiles", "proposals", "round_changes", "round_sides", "rounds", "sessions", "settings", "vouchers",
]  # fmt: skip
