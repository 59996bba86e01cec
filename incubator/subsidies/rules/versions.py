"""Which version of a scheme holds: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct


class Validity(Struct, frozen=True):
    """Where and when a version holds; `until` is inclusive, None: until further notice, `site_id` None: everywhere."""

    number: int
    first: date
    until: date | None
    site_id: int | None

    def holds(self, on: date, site_id: int | None) -> bool:
        """Whether it may be applied at the site on the day."""
        return self.first <= on <= (self.until or date.max) and self.site_id in (None, site_id)


def pick_version(versions: Iterable[Validity], site_id: int | None, on: date) -> Validity | None:
    """The version of a scheme that is applied: one for the site before one for all sites, then the later number.

    Of version 1 from January and version 2 from July, both open-ended, June has 1 and July 2.
    """
    fitting = [each for each in versions if each.holds(on, site_id)]
    return max(fitting, key=lambda each: (each.site_id is not None, each.number), default=None)


def version_state(versions: Sequence[Validity], version: Validity, today: date) -> str:
    """`coming`, `in_force`, `replaced` by a later version, or `over`."""
    if today < version.first:
        return "coming"
    if not version.holds(today, version.site_id):
        return "over"
    return "in_force" if pick_version(versions, version.site_id, today) == version else "replaced"
