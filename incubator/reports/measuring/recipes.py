"""How each measure of occupancy is computed: over which slots, of which units, and by which sums over cells."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, func

from incubator.reports.measuring.grounds import MeasuredUnit

DAYS, FIRST_DAYS, LAST_DAYS, OPEN, CLOCK, BEGUN = "days", "first_days", "last_days", "open", "clock", "begun"
"""What slots a measure counts: whole days, the months' first or last days, opening times, all time; and the moments at
which bookings begin."""
IN_DAYS = (DAYS, FIRST_DAYS, LAST_DAYS)
FAMILIES = {DAYS: IN_DAYS, CLOCK: (CLOCK, OPEN, BEGUN)}
"""Grains that are counted together, in one pass over the ledger: each is a part of the slots of the first."""
WITHIN = (FIRST_DAYS, LAST_DAYS, OPEN)
"""Grains that have a length of their own in each cell: as much of the slot as is of them."""

Sum = Callable[[Any], ColumnElement[Any]]
"""A sum over cells, by their columns: `length`, and a length by the name of each grain within."""


class Recipe(Struct, frozen=True):
    """How a measure is computed: over which slots, of which units, and its two sums."""

    grain: str
    of: Callable[[MeasuredUnit], bool] | None
    """The units of the denominator; None: it is a sum over cells, as the numerator is, or there is none."""
    numerator: Sum | None
    weight: Callable[[MeasuredUnit], Decimal | int] = lambda unit: 1
    denominator: Sum | None = None
    also: Callable[[MeasuredUnit], bool] | None = None
    """Units that are in the numerator by themselves, held or not."""


def _area(unit: MeasuredUnit) -> Decimal:
    return unit.area_m2


def _any(_unit: MeasuredUnit) -> bool:
    return True


def is_public(unit: MeasuredUnit) -> bool:
    return unit.purpose == "public_service"


def _total(of: Callable[[Any], Any], where: Callable[[Any], Any] | None = None) -> Sum:
    def add(c: Any) -> ColumnElement[Any]:
        found = func.sum(of(c))
        return func.coalesce(found if where is None else found.filter(where(c)), 0)

    return add


def _let(grain: str, measure: str) -> Recipe:
    length = grain if grain in WITHIN else "length"
    if measure == "desks":
        return Recipe(grain, lambda unit: unit.is_in("desks"), _total(lambda c: c[length], lambda c: c.desk))
    incubation = _total(lambda c: c[length] * c.area, lambda c: c.incubation)
    return Recipe(grain, lambda unit: unit.is_in("area"), incubation, _area)


def _service(unit: MeasuredUnit) -> bool:
    return unit.is_in("time")


_BOOKED = _total(lambda c: c.length, lambda c: c.booked)

RECIPES: dict[str, Recipe] = {
    "area": _let(DAYS, "area"),
    "area_at_start": _let(FIRST_DAYS, "area"),
    "area_at_end": _let(LAST_DAYS, "area"),
    "desks": _let(DAYS, "desks"),
    "desks_at_start": _let(FIRST_DAYS, "desks"),
    "desks_at_end": _let(LAST_DAYS, "desks"),
    "companies_area": Recipe(DAYS, _any, _total(lambda c: c.length * c.area, lambda c: c.company), _area),
    "service_area": Recipe(DAYS, _any, None, _area, also=is_public),
    "incubated_area": Recipe(DAYS, _any, _total(lambda c: c.length * c.area, lambda c: ~c.public), _area,
                             also=is_public),
    "time": Recipe(OPEN, _service, _total(lambda c: c.open, lambda c: c.service)),
    "time_24h": Recipe(CLOCK, _service, _total(lambda c: c.length, lambda c: c.service)),
    "seats": Recipe(OPEN, _service, _total(lambda c: c.open * c.people, lambda c: c.service),
                    lambda unit: unit.seats),
    "checked_in": Recipe(CLOCK, None, _total(lambda c: c.length, lambda c: c.booked & c.arrived), denominator=_BOOKED),
    "no_shows": Recipe(BEGUN, None, _total(lambda c: c.length, lambda c: c.missed),
                       denominator=_total(lambda c: c.length, lambda c: c.asked)),
    "free_use": Recipe(CLOCK, None, _total(lambda c: c.length, lambda c: c.booked & ~c.paid), denominator=_BOOKED),
    "paid_use": Recipe(CLOCK, None, _total(lambda c: c.length, lambda c: c.booked & c.paid), denominator=_BOOKED),
    "bookings": Recipe(BEGUN, None, _total(lambda c: c.length)),
}  # fmt: skip

NEED_PEOPLE = ("seats",)
NEED_BOOKING = ("checked_in", "free_use", "paid_use")
NEED_COMPANY = ("companies_area",)
