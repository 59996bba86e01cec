"""Pages of `startups`, one room per group."""

from incubator.startups.views import (
    addresses,
    announcements,
    directory,
    own,
    people,
    programmes,
    queue,
    requests,
    residencies,
    signing,
    startups,
)
from incubator.startups.views.blueprint import blueprint

__all__ = [
    "addresses", "announcements", "blueprint", "directory", "own", "people", "programmes", "queue", "requests",
    "residencies", "signing", "startups",
]  # fmt: skip
