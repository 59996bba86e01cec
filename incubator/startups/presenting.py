"""An agreement as pages show it: where it stands today, its units with their prices, what a month of it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from msgspec import Struct

from incubator.core.periods import Month
from incubator.pricing.rules import Derivation, price_full_month
from incubator.spaces.models import Site
from incubator.startups.models import Residency, ResidencyAmendment, Startup
from incubator.startups.rules import ResidencyTerm, shown_day, term_state
from incubator.startups.rules.months import price_terms


class MonthLine(Struct, frozen=True):
    """One agreed price, and what it comes to in a month."""

    charge_kind: str
    basis: str
    quantity: Decimal
    unit_price: Decimal
    full_minor: int
    """A month in which no day is missing."""
    reason: str = ""


class AgreedUnit(Struct, frozen=True):
    """A unit of an agreement with its prices."""

    code: str
    kind: str
    area_m2: Decimal
    lines: tuple[MonthLine, ...]


class PartMonth(Struct, frozen=True):
    """A month at the edge of a term: `lines` say for each price how its days were counted."""

    month: Month
    total_minor: int
    lines: tuple[tuple[ResidencyTerm, Derivation], ...]


class Agreement(Struct, frozen=True):
    """A residency with its startup, its site, and its terms on the site's date `today`."""

    residency: Residency
    startup: Startup
    site: Site
    terms: tuple[ResidencyTerm, ...]
    today: date

    @property
    def state(self) -> str:
        return term_state(self.residency.starts_on, self.residency.ends_on, self.today)

    @property
    def shown_on(self) -> date:
        """The day whose units and prices it shows."""
        return shown_day(self.residency.starts_on, self.residency.ends_on, self.today)

    @property
    def now(self) -> tuple[ResidencyTerm, ...]:
        """The terms of that day."""
        return terms_on(self.terms, self.shown_on)

    @property
    def units(self) -> list[AgreedUnit]:
        """Those of that day by code, each with its rent and fee."""
        return list(agreed_units(self.now))

    @property
    def has_schedule(self) -> bool:
        """Whether a price or unit is not the same all the time."""
        return len(self.now) != len(self.terms)

    @property
    def schedule(self) -> list[tuple[str, list[ResidencyTerm]]]:
        """Every price by unit and time."""
        ordered = sorted(self.terms, key=lambda term: (natural(term.unit_code), *kind_order(term), term.starts_on))
        return [(code, list(mine)) for code, mine in groupby(ordered, key=lambda term: term.unit_code)]

    @property
    def codes(self) -> list[str]:
        return [unit.code for unit in self.units]

    @property
    def area_m2(self) -> Decimal:
        return sum((unit.area_m2 for unit in self.units), Decimal(0))

    @property
    def month_minor(self) -> int:
        """A full month before subsidies: each price rounded once, then added."""
        return full_month(self.now)

    @property
    def days_left(self) -> int | None:
        """Days until the last one, that one included; None: open-ended, not begun, or over."""
        last = self.residency.ends_on
        if last is None or self.state in ("coming", "ended"):
            return None
        return (last - self.today).days + 1

    @property
    def part_months(self) -> list[PartMonth]:
        """Months of which days are missing, or in which a price changes: from 16 October, October costs 16/31."""
        first, last = self.residency.starts_on, self.residency.ends_on
        edges = {Month.of(first), *([Month.of(last)] if last else [])}
        edges |= {Month.of(term.starts_on) for term in self.terms if term.starts_on.day != 1}
        found = [part_month(self.terms, month) for month in sorted(edges)]
        return [each for each in found if any(not derivation.is_whole for _, derivation in each.lines)]


class StateThen(Struct, frozen=True):
    """An agreement as an amendment found or left it: its units and prices on a day, read from what was kept then."""

    codes: list[str]
    area_m2: Decimal
    ends_on: date | None
    month_minor: int
    deposit_minor: int | None
    lines: list[ResidencyTerm]


class AmendmentRow(Struct, frozen=True):
    """An amendment with the states before and after."""

    amendment: ResidencyAmendment
    by: str | None
    before: StateThen
    after: StateThen


def read_amendment(amendment: ResidencyAmendment, by: str | None) -> AmendmentRow:
    """Before: as on the day before it begins, at the latest the last one; after: as on its first day."""
    day = amendment.effective_on - timedelta(days=1)
    after = state_on(amendment.after, amendment.effective_on)
    return AmendmentRow(amendment, by, state_on(amendment.before, day), after)


def state_on(kept: Mapping[str, Any], on: date) -> StateThen:
    """What the JSON of an agreement says of a day (of its first or last one, where that is outside the term)."""
    first, last = date.fromisoformat(kept["starts_on"]), _day(kept["ends_on"])
    day = shown_day(first, last, on)
    units = {unit["id"]: unit for unit in kept["units"]}
    terms = []
    for price in kept["prices"]:
        unit, after = units[price["unit_id"]], _day(price["after"])
        term = ResidencyTerm(
            0, 0, "", 0, unit["id"], unit["code"], unit["kind"], Decimal(unit["area_m2"]), price["charge_kind"],
            price["basis"], Decimal(price["unit_price"]), price["currency"], date.fromisoformat(price["first"]),
            None if after is None else after - timedelta(days=1), price["reason"],
        )  # fmt: skip
        if term.runs_on(day):
            terms.append(term)
    there = list(agreed_units(terms))
    return StateThen([unit.code for unit in there], sum((unit.area_m2 for unit in there), Decimal(0)), last,
                     full_month(terms), kept["deposit_minor"], terms)  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def agreed_units(terms: Iterable[ResidencyTerm]) -> Iterable[AgreedUnit]:
    """The terms by unit."""
    ordered = sorted(terms, key=lambda term: (natural(term.unit_code), term.unit_id, *kind_order(term)))
    for _, group in groupby(ordered, key=lambda term: term.unit_id):
        mine = list(group)
        lines = tuple(
            MonthLine(term.charge_kind, term.basis, term.quantity, term.unit_price,
                      price_full_month(unit_price=term.unit_price, quantity=term.quantity), term.reason)
            for term in mine
        )  # fmt: skip
        yield AgreedUnit(mine[0].unit_code, mine[0].unit_kind, mine[0].area_m2, lines)


def terms_on(terms: Iterable[ResidencyTerm], on: date) -> tuple[ResidencyTerm, ...]:
    """The prices that hold on a day."""
    return tuple(term for term in terms if term.runs_on(on))


def full_month(terms: Iterable[ResidencyTerm]) -> int:
    """What the terms cost in a month in which no day is missing; 2,400.00 rent and 300.00 fee are 2,700.00."""
    return sum(price_full_month(unit_price=term.unit_price, quantity=term.quantity) for term in terms)


def part_month(terms: Iterable[ResidencyTerm], month: Month) -> PartMonth:
    """What the terms cost in one month, prorated by the agreement's rule as billing will do it."""
    lines = price_terms(terms, month)
    return PartMonth(month, sum(price.gross_minor for _, price in lines), tuple(lines))


def kind_order(term: ResidencyTerm) -> tuple[bool, str]:
    """Rent first, then the fees."""
    return term.charge_kind != "rent", term.charge_kind


def natural(code: str) -> tuple[object, ...]:
    """A key by which D2 comes before D10."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in ("".join(group) for _, group in groupby(code, key=lambda char: char.isascii() and char.isdigit()))
        if part
    )


def terms_by_residency(terms: Sequence[ResidencyTerm]) -> dict[int, tuple[ResidencyTerm, ...]]:
    """The terms of several agreements, told apart."""
    found: dict[int, list[ResidencyTerm]] = {}
    for term in terms:
        found.setdefault(term.residency_id, []).append(term)
    return {residency_id: tuple(mine) for residency_id, mine in found.items()}
