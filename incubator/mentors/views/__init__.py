"""Pages of `mentors`, one room per group."""

from incubator.mentors.views import mentorships, round_changes, round_sides, rounds
from incubator.mentors.views.blueprint import blueprint

__all__ = ["blueprint", "mentorships", "round_changes", "round_sides", "rounds"]
