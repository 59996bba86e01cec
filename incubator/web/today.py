"""What a home page says of a day, decided from plain values: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.core.periods import Interval, Month, local_day
from incubator.reports.occupancy import AREA, DESKS, measures_of

ENDING_DAYS = 30
"""A residency whose last day is at most so many days away wants a talk."""
ARRIVAL_DAYS = 7
"""Arrivals are shown for today and the six days after it."""

LET, BOOKED, CLOSED, FREE = "let", "booked", "closed", "free"
STATES = {"residency": LET, "booking": BOOKED, "closure": CLOSED, None: FREE}
OCCUPIED = (LET, BOOKED)


class SitePlace(Struct, frozen=True):
    """A site as far as a home page needs it."""

    id: int
    code: str
    name: str
    name_en: str
    zone: str
    created_at: datetime


class ZoneDay(Struct, frozen=True):
    """The local day that it is now at some sites: those of one time zone share it."""

    zone: str
    site_ids: tuple[int, ...]
    today: date
    day: Interval

    @property
    def last_month(self) -> Month:
        return Month.of(self.today) - 1


def days_by_zone(sites: Iterable[SitePlace], now: datetime) -> list[ZoneDay]:
    """Which day it is where: 2026-10-31 16:30 UTC is 1 November in Shanghai and 31 October in London."""
    ids: dict[str, list[int]] = {}
    for site in sites:
        ids.setdefault(site.zone, []).append(site.id)
    days = []
    for zone, site_ids in ids.items():
        today = now.astimezone(ZoneInfo(zone)).date()
        days.append(ZoneDay(zone, tuple(site_ids), today, local_day(today, ZoneInfo(zone))))
    return days


class UnitNow(Struct, frozen=True):
    """A unit in service today, and who holds it at this moment (None: nobody)."""

    id: int
    site_id: int
    code: str
    kind: str
    purpose: str
    area_m2: Decimal
    holder_kind: str | None

    @property
    def state(self) -> str:
        return STATES[self.holder_kind]


class Share(Struct, frozen=True):
    """So much of so much, and of what the first part is made."""

    taken: Decimal
    total: Decimal
    booked: Decimal = Decimal(0)
    closed: Decimal = Decimal(0)

    @property
    def share(self) -> Decimal | None:
        """Of one, with four decimals, half up; None where there is nothing to share: 62 of 124 → 0.5000."""
        if not self.total:
            return None
        return (self.taken / self.total).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    @property
    def hundredths(self) -> int:
        """The share in whole percent, for a bar; 0 of nothing."""
        return int(((self.share or Decimal(0)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


class OccupancyNow(Struct, frozen=True):
    """How full the incubation area is at this moment."""

    desks: Share
    area: Share


def occupancy_now(units: Iterable[UnitNow]) -> OccupancyNow:
    """Desks and area that somebody occupies now, over those in service today.

    The same units count as in the monthly report (`reports.occupancy.measures_of`): incubation area without
    parking and instruments. Residencies and bookings occupy, a closure does not, and a closed unit stays in
    the total. D1 let, D2 booked, D3 closed, D4 free: 2 of 4 desks, 1 of them booked, 1 closed.
    """
    counted = [unit for unit in units if AREA in measures_of(unit.kind, unit.purpose)]
    desks = [unit for unit in counted if DESKS in measures_of(unit.kind, unit.purpose)]
    return OccupancyNow(
        _share([(unit, Decimal(1)) for unit in desks]), _share([(unit, unit.area_m2) for unit in counted])
    )


def _share(weighed: Sequence[tuple[UnitNow, Decimal]]) -> Share:
    def sum_of(*states: str) -> Decimal:
        return sum((weight for unit, weight in weighed if unit.state in states), Decimal(0))

    return Share(sum_of(*OCCUPIED), sum_of(LET, BOOKED, CLOSED, FREE), sum_of(BOOKED), sum_of(CLOSED))


def counts_in(unit: UnitNow, measure: str) -> bool:
    """Whether the figure `desks` or `area` is made of this unit, too."""
    return measure in measures_of(unit.kind, unit.purpose)


def is_due(site: SitePlace, month: Month) -> bool:
    """Whether a report of `month` is to be expected: the site existed before the month was over."""
    return Month.of(site.created_at.astimezone(ZoneInfo(site.zone)).date()) <= month


def ending_until(today: date) -> date:
    """The last day on which a residency counts as ending: 30 days from today, included."""
    return today + timedelta(days=ENDING_DAYS)


def arriving_until(today: date) -> date:
    """The last day of the coming week: today and six more."""
    return today + timedelta(days=ARRIVAL_DAYS - 1)


class Steps(Struct, frozen=True):
    """What an operator has already; the first steps are done when all of it is there."""

    site: bool
    unit: bool
    resource: bool
    tariff: bool
    startup: bool
    booking: bool
    team: bool

    @property
    def in_order(self) -> tuple[tuple[str, bool], ...]:
        return (
            ("site", self.site), ("unit", self.unit), ("resource", self.resource), ("tariff", self.tariff),
            ("startup", self.startup), ("booking", self.booking), ("team", self.team),
        )  # fmt: skip

    @property
    def done(self) -> int:
        return sum(done for _, done in self.in_order)

    @property
    def all_done(self) -> bool:
        return self.done == len(self.in_order)

    @property
    def next(self) -> str | None:
        """The first step that is not done: what the page leads to."""
        return next((name for name, done in self.in_order if not done), None)


def falling_due(due: Iterable[tuple[date, int]], today: date) -> tuple[date, int] | None:
    """The next due day from today on and the fen that fall due on it, of (due day, fen) pairs.

    What is past its day stands with what is overdue. On 3 November, with 1,155.00
    due on the 15th and 1,155.00 due on 15 October: (15 November, 115500).
    """
    ahead = [(on, minor) for on, minor in due if on >= today]
    if not ahead:
        return None
    first = min(on for on, _ in ahead)
    return first, sum(minor for on, minor in ahead if on == first)
