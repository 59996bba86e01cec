"""The demo's dear room; its electricity of each office and water that all share, read every month but once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Month
from incubator.pricing.models import Meter
from incubator.pricing.operations import Entry, TariffLine, add_meter, enter_readings
from incubator.spaces.models import Resource, Site, Unit

METERED = (
    TariffLine("utilities", "metered", Decimal("0.7200"), medium="electricity",
               tiers=((Decimal(200), Decimal("0.9500")), (Decimal(600), Decimal("1.2000")))),
    TariffLine("utilities", "metered", Decimal("4.8000"), medium="water"),
)  # fmt: skip
"""Yuan per kWh, in tiers of a month; yuan per m³."""


def dear_room(resources: Sequence[Resource], hour: Decimal) -> list[TariffLine]:
    """The largest meeting room by hour, half day and day, at least an hour, by half hours; outsiders pay half more."""
    rooms = [each for each in resources if each.kind == "meeting_room"]
    if not rooms:
        return []
    room = max(rooms, key=lambda each: each.capacity or 0)
    bases = {"hour": hour, "half_day": 3 * hour, "day": 5 * hour}
    return [
        *(TariffLine("booking", basis, price, resource=room, minimum=hour, round_minutes=30)
          for basis, price in bases.items()),
        TariffLine("booking", "hour", hour * 3 / 2, resource=room, outside=True, minimum=hour, round_minutes=30),
    ]  # fmt: skip


def read_the_year(
    session: Session, actor: Actor, site: Site, units: Mapping[str, Unit], *, first: date, now: datetime
) -> None:  # fmt: skip
    """A meter for each office since the year began, read at the end of every month; the first office was forgotten in
    the last one."""
    dice = Random(site.code)  # noqa: S311  a demo's dice
    began = first - timedelta(days=1)
    offices = [unit for unit in units.values() if unit.kind == "office"]
    then = datetime.combine(began, datetime.min.time(), ZoneInfo(site.zone))
    shown: dict[int, Decimal] = {}
    meters: list[Meter] = []
    for number, unit in enumerate(offices, start=1):
        shown_first = Decimal(dice.randrange(1000, 9000))
        meters.append(add_meter(session, actor, now=then, site=site, medium="electricity", number=f"D{number:03}",
                                installed_on=began, reading=shown_first, unit=unit, digits=6,
                                place="配电间"))  # fmt: skip
        shown[meters[-1].id] = shown_first
    water = add_meter(session, actor, now=then, site=site, medium="water", number="S001", installed_on=began,
                      reading=Decimal(310), shared_by="area", digits=5, place="茶水间")  # fmt: skip
    shown[water.id] = Decimal(310)
    month = Month.of(first)
    while month.interval(ZoneInfo(site.zone)).end <= now:
        is_last = (month + 1).interval(ZoneInfo(site.zone)).end > now
        entries = []
        for meter in [*meters, water]:
            used = dice.randrange(45, 75) if meter is water else dice.randrange(160, 420)
            shown[meter.id] += used
            if not (is_last and meter is meters[0]):
                entries.append(Entry(meter.id, month.last, shown[meter.id]))
        at = month.interval(ZoneInfo(site.zone)).end + timedelta(hours=2)
        enter_readings(session, actor, now=at, site=site, entries=entries)
        month = month + 1
