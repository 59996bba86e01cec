"""How long and on what area a startup may be incubated: limits as dated data, and who comes near them. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

SOON_DAYS = 90
"""A limit is near on its last day and the 90 days before it."""


class Limits(Struct, frozen=True):
    """What a text asks of an incubated company; `source` and `status` say where that was read."""

    valid_from: date
    months: int
    long_months: int
    long_industries: tuple[str, ...]
    """Beginnings of GB/T 4754 codes with which it is `long_months`."""
    area_m2: Decimal
    large_area_m2: Decimal
    large_industries: tuple[str, ...]
    set_up_months: int
    """How long before entering it may have been set up at the most."""
    source: str
    status: str


LIMITS: tuple[Limits, ...] = (
    Limits(
        date(2019, 1, 1), 48, 60, ("01", "02", "03", "04", "05", "27", "3973", "652"), Decimal(1000), Decimal(3000),
        ("374",), 24, "国科发区〔2018〕300号", "recalled",
    ),
)  # fmt: skip
"""By the day from which they hold, the earliest first. Biomedicine is read as division 27, modern agriculture as 01 to
05, integrated circuits as class 3973 and group 652, aviation and aerospace as group 374."""


class Stay(Struct, frozen=True):
    """What the limits ask of a startup in residence."""

    industry_code: str
    entered_on: date
    area_m2: Decimal
    registered_on: date | None = None


class Checked(Struct, frozen=True):
    """A stay against the limits of a day."""

    last_day: date
    """The last one on which it may be incubated."""
    months: int
    months_most: int
    area_most: Decimal
    state: str
    """`within`, `soon` or `over` in time."""
    is_too_large: bool
    was_set_up_too_early: bool | None
    """None: it is not known when it was set up."""


def limits_on(on: date) -> Limits:
    """The limits that hold on a day; before the first of them, the first."""
    return next((each for each in reversed(LIMITS) if each.valid_from <= on), LIMITS[0])


def check_stay(stay: Stay, on: date) -> Checked:
    """A startup that entered on 15 January 2023 may be incubated until 14 January 2027 (48 months), a maker of
    medicine until 14 January 2028 (60); full months are counted, the first ends on 14 February."""
    limits = limits_on(on)
    most = limits.long_months if stay.industry_code.startswith(limits.long_industries) else limits.months
    area = limits.large_area_m2 if stay.industry_code.startswith(limits.large_industries) else limits.area_m2
    last_day = add_months(stay.entered_on, most) - timedelta(days=1)
    left = (last_day - on).days
    early = None
    if stay.registered_on is not None:
        early = add_months(stay.registered_on, limits.set_up_months) < stay.entered_on
    return Checked(
        last_day, months_between(stay.entered_on, on), most, area,
        "over" if left < 0 else "soon" if left <= SOON_DAYS else "within", stay.area_m2 > area, early,
    )  # fmt: skip


class Crossed(Struct, frozen=True):
    """A limit that an agreement crosses: `time` (`open` where it has no last day), `area` or `early`, with what its
    sentence names."""

    kind: str
    last_day: date
    months_most: int
    area_m2: Decimal
    area_most: Decimal


def find_warnings(stay: Stay, on: date, ends_on: date | None) -> list[Crossed]:
    """What an agreement crosses that gives a startup its area on a day and lasts until `ends_on` (None: open-ended).

    One in since 15 January 2023, renewed until 14 January 2027, crosses nothing; a day longer is past its 48 months.
    """
    checked = check_stay(stay, on)
    found = [
        ("open", ends_on is None), ("time", ends_on is not None and ends_on > checked.last_day),
        ("area", checked.is_too_large), ("early", bool(checked.was_set_up_too_early)),
    ]  # fmt: skip
    return [Crossed(kind, checked.last_day, checked.months_most, stay.area_m2, checked.area_most)
            for kind, crossed in found if crossed]  # fmt: skip


def add_months(day: date, months: int) -> date:
    """So many months later; a day that the month has not is the first of the next: 31 January + 1 is 1 March."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


STEPS = {"six": 6, "three": 3}
"""Full months before the end of its time at which a startup is told of it."""


def step_on(last_day: date, on: date) -> str:
    """Which notice of the end of its time a startup has come to: none yet, `six` or `three` months before, or `over`.

    Of 14 January 2027: six from 15 July 2026 on, three from 15 October, over from 15 January.
    """
    after = last_day + timedelta(days=1)
    if on >= after:
        return "over"
    return next((step for step, months in reversed(STEPS.items()) if on >= add_months(after, -months)), "")


def months_between(first: date, on: date) -> int:
    """Full months from the first day to a day, that day included; 0 before the first is full."""
    months = max(0, (on.year - first.year) * 12 + on.month - first.month + 1)
    while months and add_months(first, months) > on + timedelta(days=1):
        months -= 1
    return months
