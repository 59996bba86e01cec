"""What the ledger answers where a unit can't be taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from incubator.core.errors import N_, Conflict
from incubator.spaces.models import Unit
from incubator.spaces.rules import in_days


class Taken(Conflict):
    """The unit is held by another for part of the period. `unit_id`, `start` and `end` say which and when; `index`
    is the place of the refused row among those given to `allocate_many`."""

    def __init__(
        self, unit: Unit, start: datetime | None, end: datetime | None, zone: str, *, index: int | None = None,
        beside: bool = False,
    ) -> None:  # fmt: skip
        message, values = _sentence(start, end, ZoneInfo(zone), beside)
        self._say(message, {"unit": unit.code} | values, unit, start, end)
        self.index = index

    def of(self, thing: object) -> Taken:
        """The same answer about what was asked for: people book a room by its name, and know no code of its unit."""
        self.values["unit"] = thing
        return self

    def _say(
        self, message: str, values: dict[str, Any], unit: Unit, start: datetime | None, end: datetime | None
    ) -> None:
        Conflict.__init__(self, message, **values)
        self.unit_id, self.start, self.end = unit.id, start, end


class AllTaken(Taken):
    """No unit of a pool is free; says which will be first."""

    def __init__(self, count: int, first: Unit, start: datetime | None, end: datetime | None, zone: str) -> None:
        values: dict[str, object] = {"count": count}
        message = N_("All %(count)s units are taken at that time.")
        if end is not None:
            message = N_("All %(count)s units are taken at that time; %(unit)s is the first to be free, at %(end)s.")
            values |= {"unit": first.code, "end": end.astimezone(ZoneInfo(zone))}
        self._say(message, values, first, start, end)
        self.index = None


    def of(self, _thing: object) -> Taken:
        """The unit that is named is the first to be free: it keeps its code."""
        return self


def _sentence(
    start: datetime | None, end: datetime | None, zone: ZoneInfo, beside: bool
) -> tuple[str, dict[str, Any]]:
    if start is None:
        return N_("%(unit)s was taken by somebody else just now."), {}
    if end is None:
        return N_("%(unit)s is taken from %(start)s on."), {"start": in_days(start, start, zone)[0]}
    first, last = in_days(start, end, zone)
    if beside:
        message = N_("%(unit)s is taken from %(start)s to %(end)s, and some time is kept free beside it.")
        return message, {"start": first, "end": last}
    on = start.astimezone(zone).date()
    if isinstance(first, datetime) and on == (end - timedelta(microseconds=1)).astimezone(zone).date():
        until = f"{end.astimezone(zone):%H:%M}"
        return N_("%(unit)s is taken on %(day)s from %(start)s to %(end)s."), {
            "day": on, "start": f"{start.astimezone(zone):%H:%M}", "end": "24:00" if until == "00:00" else until,
        }  # fmt: skip
    return N_("%(unit)s is taken from %(start)s to %(end)s."), {"start": first, "end": last}


class Busy(Conflict):
    """Others are changing the same units at this moment, and waiting for them took too long."""

    def __init__(self) -> None:
        super().__init__(N_("Somebody else is changing the same units at this moment. Please try again."))
