"""The words of the report, per definition: what a measure is called, how it is computed, why a row is left out."""

from __future__ import annotations

from msgspec import Struct

from incubator.core.errors import N_
from incubator.reports.occupancy import AREA, DESKS, TIME


class MeasureWords(Struct, frozen=True):
    """Translatable: title, one-line formula, what the numerator and the denominator are, and their unit."""

    title: str
    formula: str
    numerator: str
    denominator: str
    unit: str
    counted: str
    """Heading of what a row adds."""
    source: str
    """Where the numbers come from."""


MEASURE_WORDS = {
    AREA: MeasureWords(
        N_("Incubation area let"),
        N_("Sum of area × days let, divided by the sum of area × days in service, over all incubation units."),
        N_("Area × days let"),
        N_("Area × days in service"),
        N_("m² × days"),
        N_("Days let"),
        N_("Allocation ledger: residencies. A unit is let on a day if residencies hold it for that whole local day."),
    ),
    DESKS: MeasureWords(
        N_("Desks let"),
        N_("Sum of days let, divided by the sum of days in service, over all incubation desks."),
        N_("Desk-days let"),
        N_("Desk-days in service"),
        N_("desk-days"),
        N_("Days let"),
        N_("Allocation ledger: residencies. A unit is let on a day if residencies hold it for that whole local day."),
    ),
    TIME: MeasureWords(
        N_("Public service units in use"),
        N_("Sum of minutes used within opening hours, divided by the sum of minutes open, over all public "
           "service units."),
        N_("Minutes used"),
        N_("Minutes open"),
        N_("minutes"),
        N_("Minutes counted"),
        N_("Allocation ledger: bookings, paid and free, and residencies; opening hours of the site and its calendar."),
    ),
}  # fmt: skip

REASON_WORDS = {
    "outside_opening": N_("Outside opening hours"),
    "out_of_service": N_("Unit not in service"),
    "part_of_day": N_("Only part of the day"),
    "not_a_residency": N_("Booked, not let by residency"),
    "closure": N_("Closed"),
    "voided": N_("Voided"),
}

UNMEASURED_WORDS = {
    "operator_use": N_("The operator's own use"),
    "parking": N_("Parking is not part of the measures"),
    "instrument": N_("Instruments count only as public service"),
    "out_of_service": N_("Not in service in this month"),
}

HOLDER_WORDS = {"residency": N_("Residency"), "booking": N_("Booking"), "closure": N_("Closure"),
                "session": N_("Mentor session")}  # fmt: skip

UNIT_KIND_WORDS = {
    "desk": N_("Desk"), "office": N_("Office"), "room": N_("Room"), "hall": N_("Hall"),
    "instrument": N_("Instrument"), "parking": N_("Parking bay"),
}  # fmt: skip

DIFFERENCE_WORDS = {
    "figure": N_("Figure"), "unit": N_("Unit"), "row": N_("Allocation"), "opening": N_("Opening hours"),
    "heading": N_("Heading"), "unmeasured": N_("Unit not measured"),
    "measure": N_("Measure"), "missing": N_("Not confirmed"), "indicator": N_("Indicator"),
}  # fmt: skip

FIELD_WORDS = {
    "numerator": N_("numerator"), "denominator": N_("denominator"), "units": N_("number of units"),
    "counted": N_("counted"), "available": N_("available"), "area_m2": N_("area"), "code": N_("code"),
    "kind": N_("kind"), "purpose": N_("purpose"), "floor": N_("floor"), "since": N_("in service since"),
    "until": N_("in service until"), "measures": N_("measures"), "reason": N_("reason"), "id": N_("number"),
    "from": N_("from"), "to": N_("to"), "left_out": N_("left out"), "note": N_("note"), "label": N_("label"),
    "label_en": N_("label in English"), "startup": N_("startup"), "holder": N_("held by"),
    "holder_kind": N_("held by"), "unit": N_("unit"), "name": N_("name"), "name_en": N_("name in English"),
    "address": N_("address"), "zone": N_("time zone"), "calendar": N_("calendar"), "days": N_("days open"),
    "minutes": N_("minutes open"), "intervals": N_("opening times"), "provisional": N_("provisional calendar"),
    "definition": N_("definition"), "month": N_("month"),
}  # fmt: skip

HEADING_WORDS = {
    "site": N_("Site"), "operator": N_("Operator"), "opening": N_("Opening hours"), "definition": N_("Definition"),
    "month": N_("Month"), "period": N_("Period"),
}  # fmt: skip

ROUNDING = N_("Percentages are rounded half up to two decimals, for display only; the fractions are exact.")

COMPUTED_WORDS = {
    "right_applied": N_("Rights applied for"),
    "right_granted": N_("Rights granted"),
    "financing": N_("Financing rounds"),
    "financing_minor": N_("Raised (yuan)"),
    "qualification": N_("Qualifications that hold on the last day"),
}
"""What reports of figures count from achievements."""
