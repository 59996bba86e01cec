"""What can be measured, and by what: each measure with its formula, exclusions and source, in words.

A measure is two sums, numerator and denominator, over the same cells (or one sum, where it is a plain count). A
dimension is a column of the cell. Parts by a dimension add up to the whole: where a dimension says who holds a cell
(`of_holder`) and the denominator is of all cells, held or not, each part has the whole's denominator: its share *of
the whole*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from incubator.core.errors import N_

OCCUPANCY, BILLING, SUBSIDIES, MENTORING = "occupancy", "billing", "subsidies", "mentoring"


class Dimension(Struct, frozen=True):
    """By what figures are cut. `of_holder`: it says who holds a cell, so that free cells have none."""

    name: str
    title: str
    nobody: str = ""
    """What the part is called whose cells have no value of it."""
    of_holder: bool = False
    of_time: bool = False


DIMENSIONS: dict[str, Dimension] = {each.name: each for each in (
    Dimension("site", N_("Site")),
    Dimension("floor", N_("Floor")),
    Dimension("zone", N_("Zone"), N_("No zone")),
    Dimension("kind", N_("Kind of unit")),
    Dimension("unit", N_("Unit")),
    Dimension("programme", N_("Programme"), N_("In no programme"), of_holder=True),
    Dimension("startup", N_("Startup"), N_("Used by the operator"), of_holder=True),
    Dimension("month", N_("Month"), of_time=True),
    Dimension("day", N_("Day"), of_time=True),
    Dimension("weekday", N_("Weekday"), of_time=True),
    Dimension("hour", N_("Hour"), of_time=True),
    Dimension("charge_kind", N_("Kind of charge")),
    Dimension("scheme", N_("Subsidy scheme")),
    Dimension("mentor", N_("Mentor")),
    Dimension("field", N_("Field of help"), N_("No field named")),
)}  # fmt: skip
"""Keys of the answer: ids of site, floor, unit and startup; the unit's kind; 2026-10 and 2026-10-05; weekdays 1
(Monday) to 7; hours 0 to 23 of local time; a zone's name; ids of programmes joined by "+": a startup in two on "
                                                                                       "one day
is a part of its own."""

OF_RECORDS = ("charge_kind", "scheme", "mentor", "field")
EVERY = tuple(name for name in DIMENSIONS if name not in OF_RECORDS)
BY_DAY = tuple(name for name in EVERY if name != "hour")
BY_MONTH = tuple(name for name in BY_DAY if name not in ("day", "weekday"))
NOT_HELD = tuple(name for name in BY_DAY if not DIMENSIONS[name].of_holder)


YUAN = N_("yuan")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: what it is called, and all that a reader needs to compute it again. Every text is translatable."""

    name: str
    subject: str
    title: str
    formula: str
    numerator: str
    """What is summed above the line, and below it (empty: there is nothing below, it is a plain sum)."""
    denominator: str
    exclusions: str
    source: str
    unit: str
    """Of both sums."""
    weight: str = ""
    """What each cell is multiplied by; empty: nothing."""
    dimensions: tuple[str, ...] = EVERY
    """By what it can be cut; by anything else it has no meaning, and is refused."""
    of_holder: bool = False
    """Whether the denominator, too, is of cells that somebody holds: then each part has its own."""
    extra: str = field(default="", compare=False)
    """A further remark."""

    @property
    def is_share(self) -> bool:
        """Whether it is a part of something, to be shown in percent."""
        return bool(self.denominator)

    @property
    def is_money(self) -> bool:
        """Whether it is written with two decimals."""
        return self.unit == YUAN


_LET = N_("Allocation ledger: residencies. A unit is let on a day if residencies hold it for that whole local day.")
_USED = N_("Allocation ledger: bookings, paid and free, and residencies; opening hours of the site and its "
           "calendar, and "
           "of a resource where it has its own.")
_BOOKED = N_("Allocation ledger: bookings; price and check-in of each booking.")
_INCUBATION = N_("Left out: parking, instruments, public service units, the operator's own units; days without "
                 "service; days "
                 "that are not let as a whole; bookings; what was voided. A closed unit stays in the denominator.")
_WHOLE = N_("Left out: days without service; what was voided. Everything on a floor is in the denominator, parking "
            "and the "
            "operator's own units too.")
_SERVICE = N_("Left out: parking, incubation units, the operator's own units; time outside opening hours; days "
              "without "
              "service; closures and time kept free; what was voided. A closed unit stays in the denominator.")
_AROUND = N_("Left out: parking, incubation units, the operator's own units; days without service; closures and "
             "time kept "
             "free; what was voided. A closed unit stays in the denominator.")
_ALL_BOOKED = N_("Left out: residencies, closures and time kept free; what was voided or given back; days without "
                 "service.")
_DAYS, _M2_DAYS, _MINUTES = N_("desk-days"), N_("m² × days"), N_("minutes")
_AREA_WEIGHT = N_("area in m²")
_MEAN = N_("Over several months it is the mean of these days.")

_ALL = (
    Measure(
        "area", OCCUPANCY, N_("Incubation area let"),
        N_("Sum of area × days let, divided by the sum of area × days in service, over all incubation units."),
        N_("Area × days let"), N_("Area × days in service"), _INCUBATION, _LET, _M2_DAYS, _AREA_WEIGHT, BY_DAY,
    ),
    Measure(
        "area_at_start", OCCUPANCY, N_("Incubation area let on the month's first day"),
        N_("Area let on the first day of the month, divided by the area in service on that day, over all "
           "incubation units."),
        N_("Area let on that day"), N_("Area in service on that day"), _INCUBATION, _LET, _M2_DAYS, _AREA_WEIGHT,
        BY_MONTH,
        extra=_MEAN,
    ),
    Measure(
        "area_at_end", OCCUPANCY, N_("Incubation area let on the month's last day"),
        N_("Area let on the last day of the month, divided by the area in service on that day, over all incubation "
           "units."),
        N_("Area let on that day"), N_("Area in service on that day"), _INCUBATION, _LET, _M2_DAYS, _AREA_WEIGHT,
        BY_MONTH,
        extra=_MEAN,
    ),
    Measure(
        "desks", OCCUPANCY, N_("Desks let"),
        N_("Sum of days let, divided by the sum of days in service, over all incubation desks."),
        N_("Desk-days let"), N_("Desk-days in service"), _INCUBATION, _LET, _DAYS, "", BY_DAY,
    ),
    Measure(
        "desks_at_start", OCCUPANCY, N_("Desks let on the month's first day"),
        N_("Desks let on the first day of the month, divided by the desks in service on that day."),
        N_("Desks let on that day"), N_("Desks in service on that day"), _INCUBATION, _LET, _DAYS, "", BY_MONTH,
        extra=_MEAN,
    ),
    Measure(
        "desks_at_end", OCCUPANCY, N_("Desks let on the month's last day"),
        N_("Desks let on the last day of the month, divided by the desks in service on that day."),
        N_("Desks let on that day"), N_("Desks in service on that day"), _INCUBATION, _LET, _DAYS, "", BY_MONTH,
        extra=_MEAN,
    ),
    Measure(
        "companies_area", OCCUPANCY, N_("Area let to companies"),
        N_("Sum of area × days let to companies, divided by the sum of area × days in service, over all units."),
        N_("Area × days let to companies"), N_("Area × days in service, of all units"), _WHOLE, _LET, _M2_DAYS,
        _AREA_WEIGHT,
        BY_DAY, extra=N_("Teams that are not registered yet are not companies."),
    ),
    Measure(
        "service_area", OCCUPANCY, N_("Area of public services"),
        N_("Sum of area × days in service of public service units, divided by the same of all units."),
        N_("Area × days in service, of public service units"), N_("Area × days in service, of all units"), _WHOLE,
        N_("The register of units: area, purpose and days in service."), _M2_DAYS, _AREA_WEIGHT, NOT_HELD,
    ),
    Measure(
        "incubated_area", OCCUPANCY, N_("Area for incubation: let to startups, and public services"),
        N_("Sum of area × days let to startups, and of area × days in service of public service units, divided by "
           "the sum of "
           "area × days in service of all units."),
        N_("Area × days let, or of public service"), N_("Area × days in service, of all units"), _WHOLE, _LET,
        _M2_DAYS,
        _AREA_WEIGHT, NOT_HELD, extra=N_("What the qualification gauge compares on one day, here over a period."),
    ),
    Measure(
        "time", OCCUPANCY, N_("Public service units in use"),
        N_("Sum of minutes used within opening hours, divided by the sum of minutes open, over all public service "
           "units."),
        N_("Minutes used"), N_("Minutes open"), _SERVICE, _USED, _MINUTES,
    ),
    Measure(
        "time_24h", OCCUPANCY, N_("Public service units in use, of 24 hours"),
        N_("Sum of minutes used, divided by all minutes of the days in service, over all public service units."),
        N_("Minutes used, at any hour"), N_("Minutes of the days in service"), _AROUND, _USED, _MINUTES,
    ),
    Measure(
        "seats", OCCUPANCY, N_("Seat-hours in use"),
        N_("Sum of people × minutes used within opening hours, divided by the sum of seats × minutes open, over "
           "all public "
           "service units."),
        N_("People × minutes used"), N_("Seats × minutes open"), _SERVICE, _USED, N_("seat-minutes"),
        N_("people, or seats"),
        extra=N_("People: those that the booking names, shared out over the units it takes; where it names none, "
                 "the units' "
                 "seats. Seats: the capacity of the smallest resource that a unit belongs to, shared out over that "
                 "resource's "
                 "units, so that a hall of two halves counts once."),
    ),
    Measure(
        "checked_in", OCCUPANCY, N_("Booked time with check-in"),
        N_("Sum of minutes of bookings at which somebody was seen to arrive, divided by the sum of minutes "
           "booked."),
        N_("Minutes with check-in"), N_("Minutes booked"), _ALL_BOOKED, _BOOKED, _MINUTES, of_holder=True,
        extra=N_("Seen: the code at the door, the front desk, or the person's own word."),
    ),
    Measure(
        "no_shows", OCCUPANCY, N_("No-shows"),
        N_("Bookings at which nobody came, divided by the bookings that had to be checked in, by the time at which "
           "they began."),
        N_("Bookings at which nobody came"), N_("Bookings to be checked in"),
        N_("Left out: cancelled bookings; bookings without check-in. A no-show that staff excused counts as one "
           "that came."),
        _BOOKED, N_("bookings"), of_holder=True,
        extra=N_("A booking of several units counts once, at the first of them."),
    ),
    Measure(
        "free_use", OCCUPANCY, N_("Free use"),
        N_("Sum of minutes booked at no price, divided by the sum of minutes booked."),
        N_("Minutes booked at no price"), N_("Minutes booked"), _ALL_BOOKED, _BOOKED, _MINUTES, of_holder=True,
        extra=N_("The price is the one agreed at booking; the operator's own bookings are free."),
    ),
    Measure(
        "paid_use", OCCUPANCY, N_("Paid use"),
        N_("Sum of minutes booked at a price, divided by the sum of minutes booked."),
        N_("Minutes booked at a price"), N_("Minutes booked"), _ALL_BOOKED, _BOOKED, _MINUTES, of_holder=True,
        extra=N_("The price is the one agreed at booking; the operator's own bookings are free."),
    ),
    Measure(
        "bookings", OCCUPANCY, N_("Bookings"),
        N_("The number of bookings, by the time at which they began."), N_("Bookings"), "",
        N_("Left out: cancelled bookings."), _BOOKED, N_("bookings"), of_holder=True,
        extra=N_("A booking of several units counts once, at the first of them."),
    ),
)  # fmt: skip

_LINES = N_("Lines of posted invoices, less what credit notes took off them; in the month of the invoice.")
_BILLED = ("site", "startup", "month", "charge_kind")
_DECISIONS = N_("Decisions on subsidies, with what adjusts them and was taken back; in the month of the charge.")
_EVIDENCE = N_("Evidence of sessions that both sides have confirmed, of each session the latest.")
_GIVEN = ("site", "startup", "month", "mentor", "field")

_RECORDS = (
    Measure("billed_gross", BILLING, N_("Billed, before subsidies"), N_("Sum of the gross amounts."), N_("Gross"), "",
            N_("Left out: what is not posted."), _LINES, YUAN, "", _BILLED),
    Measure("billed_subsidy", BILLING, N_("Subsidies on invoices"), N_("Sum of the subsidies."), N_("Subsidy"), "",
            N_("Left out: what is not posted."), _LINES, YUAN, "", _BILLED),
    Measure("billed_net", BILLING, N_("Billed, to be paid"), N_("Sum of the net amounts."), N_("Net"), "",
            N_("Left out: what is not posted."), _LINES, YUAN, "", _BILLED,
            extra=N_("Gross is net and subsidies together.")),
    Measure("subsidies_decided", SUBSIDIES, N_("Subsidies by scheme"), N_("Sum of what each scheme gave."),
            N_("Subsidy"), "", N_("Left out: grants to the operator itself."), _DECISIONS, YUAN, "",
            (*_BILLED, "scheme")),
    Measure("mentor_sessions", MENTORING, N_("Mentoring sessions"), N_("The number of sessions."), N_("Sessions"), "",
            N_("Left out: sessions that one side has not confirmed."), _EVIDENCE, N_("sessions"), "", _GIVEN),
    Measure("mentor_minutes", MENTORING, N_("Minutes of mentoring"), N_("Sum of the minutes of the sessions."),
            N_("Minutes"), "", N_("Left out: sessions that one side has not confirmed."), _EVIDENCE, _MINUTES, "",
            _GIVEN),
)  # fmt: skip

MEASURES: dict[str, Measure] = {each.name: each for each in (*_ALL, *_RECORDS)}
"""By name, in the order in which they are offered. A subject of its own adds its measures here."""

SUBJECT_TITLES = {
    OCCUPANCY: N_("Occupancy and use"), BILLING: N_("Billing"), SUBSIDIES: N_("Subsidies"),
    MENTORING: N_("Mentoring"),
}  # fmt: skip


def measures_of_subject(subject: str) -> list[Measure]:
    """A subject's measures in their order."""
    return [each for each in MEASURES.values() if each.subject == subject]


def common_dimensions(measures: Iterable[str]) -> list[Dimension]:
    """By what all of some measures can be cut."""
    asked = [MEASURES[name] for name in measures]
    return [each for name, each in DIMENSIONS.items() if all(name in one.dimensions for one in asked)]
