"""Pages of `mentors`, one room per group."""

from incubator.mentors.views.blueprint import blueprint

__all__ = ["blueprint"]
