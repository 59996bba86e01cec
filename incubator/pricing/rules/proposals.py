"""What a tariff proposes to agreements beside prices: parts of months, steps of rents, deposits. Pure."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.pricing.rules.proration import CALENDAR_DAYS, PRORATIONS

STEP_MONTHS = (1, 120)
MOST_DEPOSIT_MONTHS = 36
PERCENT_PLACES, DEPOSIT_PLACES = 2, 1


class Proposals(Struct, frozen=True):
    """The rule for parts of a month; a rent that changes by so many percent every so many months; a deposit of so many
    months' rent; prices with VAT or without. None: nothing is proposed. The agreement copies what is signed, and no
    later tariff touches it."""

    proration: str = CALENDAR_DAYS
    step_percent: Decimal | None = None
    step_months: int | None = None
    deposit_months: Decimal | None = None
    tax_included: bool = True
    """Whether the prices are with VAT; those of bookings and meters are, or are not, as well."""


NOTHING_PROPOSED = Proposals()


def check_proration(proration: str, field: str = "proration") -> None:
    """Refusal of a rule that there is not."""
    if proration not in PRORATIONS:
        raise Refusal(N_("Choose how a part of a month is charged."), field=field)


def check_proposals(proposals: Proposals) -> None:
    """Refusal of half a step, and of what nobody means."""
    check_proration(proposals.proration)
    percent, months, deposit = proposals.step_percent, proposals.step_months, proposals.deposit_months
    if (percent is None) != (months is None):
        raise Refusal(N_("A step has a percentage and a number of months."),
                      field="step_months" if months is None else "step_percent")  # fmt: skip
    if percent is not None and not (_fits(percent, -100, 100, PERCENT_PLACES) and percent not in (-100, 0)):
        raise Refusal(N_("Give a percentage such as 5 or -2.5."), field="step_percent")
    if months is not None and not STEP_MONTHS[0] <= months <= STEP_MONTHS[1]:
        raise Refusal(N_("Give a number of months from %(fewest)s to %(most)s."), field="step_months",
                      fewest=STEP_MONTHS[0], most=STEP_MONTHS[1])  # fmt: skip
    if deposit is not None and not _fits(deposit, 0, MOST_DEPOSIT_MONTHS, DEPOSIT_PLACES):
        raise Refusal(N_("A deposit is of 0 to %(most)s months' rent, such as 2 or 1.5."), field="deposit_months",
                      most=MOST_DEPOSIT_MONTHS)  # fmt: skip


def _fits(number: Decimal, least: int, most: int, places: int) -> bool:
    return number.is_finite() and least <= number <= most and number == round(number, places)
