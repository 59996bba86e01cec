"""What is true of startups and their terms: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from incubator.core.errors import N_, Refusal
from incubator.core.identifiers import normalise_credit_code


def check_identity(kind: str, credit_code: str | None, registered_on: date | None) -> str | None:
    """The normalised credit code of a company, None of a team; Refusal where kind and code don't go together."""
    given = (credit_code or "").strip()
    if kind == "team":
        if given or registered_on:
            raise Refusal(N_("A team has no credit code yet; with one it is a company."), field="credit_code")
        return None
    if kind != "company":
        raise Refusal(N_("A startup is a team or a company."), field="kind")
    if not given:
        raise Refusal(N_("A company has a unified social credit code of 18 characters."), field="credit_code")
    normalised = normalise_credit_code(given)
    if normalised is None:
        raise Refusal(
            N_("%(code)s is not a valid unified social credit code: the check character does not fit."),
            field="credit_code",
            code=given,
        )
    return normalised


@dataclass(frozen=True, slots=True)
class ResidencyTerm:
    """One agreed price of one unit, with all that a month's charge is made of."""

    price_id: int
    residency_id: int
    residency_number: str
    startup_id: int
    unit_id: int
    unit_code: str
    unit_kind: str
    area_m2: Decimal
    charge_kind: str
    basis: str
    unit_price: Decimal
    currency: str
    starts_on: date
    ends_on: date | None

    @property
    def quantity(self) -> Decimal:
        """What the unit price is multiplied by: the area, or one unit."""
        return self.area_m2 if self.basis == "m2_month" else Decimal(1)


def term_state(starts_on: date, ends_on: date | None, today: date) -> str:
    """`coming`, `current`, `ending` (within 30 days) or `ended`, on the site's local date."""
    if today < starts_on:
        return "coming"
    if ends_on is None:
        return "current"
    left = (ends_on - today).days
    return "ended" if left < 0 else "ending" if left <= 30 else "current"
