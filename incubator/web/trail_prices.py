"""What the trail says of prices and meters."""

from __future__ import annotations

from incubator.core.errors import N_

PRICE_ACTIONS: dict[str, str] = {
    "add_meter": N_("entered a meter"),
    "attach_photo": N_("kept a photo of a meter"),
    "correct_reading": N_("corrected a reading"),
    "enter_readings": N_("entered readings"),
    "exchange_meter": N_("exchanged the device of a meter"),
    "remove_meter": N_("removed a meter"),
    "set_tax_rate": N_("entered a VAT rate"),
    "set_tax_status": N_("entered how the operator is taxed"),
}

PRICE_SUBJECTS: dict[str, str] = {
    "meters": N_("Meter"),
    "tax_rates": N_("VAT rate"),
    "tax_statuses": N_("Tax status"),
}

PRICE_PAGES: dict[str, tuple[str, str]] = {
    "meters": ("pricing.show_meter", "meter_id"),
}

PRICE_FIELDS: dict[str, str] = {
    "deposit_months": N_("Deposit in months' rent"),
    "installed_on": N_("Counted from"),
    "medium": N_("What it counts"),
    "next_start": N_("First reading of the new device"),
    "proration": N_("Parts of a month"),
    "reading": N_("Reading"),
    "readings": N_("Readings"),
    "shared_by": N_("Shared out by"),
    "step_months": N_("Steps every so many months"),
    "step_percent": N_("Step of the rent in percent"),
}

PRICE_VALUES: dict[tuple[str, str], str] = {
    ("medium", "electricity"): N_("Electric power"),
    ("medium", "gas"): N_("Gas"),
    ("medium", "network"): N_("Data traffic"),
    ("medium", "water"): N_("Water"),
    ("proration", "calendar_days"): N_("by the days of the month"),
    ("proration", "half_months"): N_("up to 15 days half a month, more a whole one"),
    ("proration", "thirty_days"): N_("each day a thirtieth of a month"),
    ("shared_by", "area"): N_("area"),
    ("shared_by", "headcount"): N_("heads"),
    ("source", "imported"): N_("imported"),
    ("source", "typed"): N_("typed"),
}
