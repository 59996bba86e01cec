"""What the ledger answers where a unit can't be taken."""

from __future__ import annotations

from datetime import datetime
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
        local = ZoneInfo(zone)
        values: dict[str, Any] = {"unit": unit.code}
        if start is None:
            message = N_("%(unit)s was taken by somebody else just now.")
        elif end is None:
            message = N_("%(unit)s is taken from %(start)s on.")
            values["start"] = in_days(start, start, local)[0]
        else:
            message = N_("%(unit)s is taken from %(start)s to %(end)s.")
            if beside:
                message = N_("%(unit)s is taken from %(start)s to %(end)s, and some time is kept free beside it.")
            values["start"], values["end"] = in_days(start, end, local)
        self._say(message, values, unit, start, end)
        self.index = index

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


class Busy(Conflict):
    """Others are changing the same units at this moment, and waiting for them took too long."""

    def __init__(self) -> None:
        super().__init__(N_("Somebody else is changing the same units at this moment. Please try again."))
