"""An agreement before and after an amendment, side by side, while it is being filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.pricing.rules.proration import CALENDAR_DAYS
from incubator.spaces.models import Site, Unit
from incubator.startups.forms import UnitChoice
from incubator.startups.models import Residency, Startup, UnitHold
from incubator.startups.presenting import PartMonth, full_month, part_month
from incubator.startups.rules import ResidencyTerm
from incubator.startups.rules.amendments import PriceRow, Standing, Wanted, find_change, rows_after
from incubator.startups.rules.limits import Crossed
from incubator.startups.rules.schedule import Span
from incubator.startups.views.choosing import area_of, term_of, usual_terms


class Ground(Struct, frozen=True):
    """What the form stands on."""

    residency: Residency
    startup: Startup
    site: Site
    floors: dict[int, str]
    units: dict[int, Unit]
    standing: Standing
    effective_on: date
    ends_on: date | None
    hold: UnitHold | None = None
    """The hold whose units it is enlarged by."""

    @property
    def address(self) -> dict[str, int | None]:
        """What the form's address says of it."""
        return {"residency_id": self.residency.id, "hold": self.hold.id if self.hold else None}

    @property
    def had(self) -> frozenset[int]:
        """The units that it has on the day before which nothing changes."""
        return self.standing.had_by(self.effective_on)


class Side(Struct, frozen=True):
    """The agreement before or after."""

    codes: list[str]
    area_m2: Decimal
    month_minor: int
    ends_on: date | None


class Preview(Struct, frozen=True):
    """What an amendment changes, and what is in its way."""

    kind: str
    """Empty: it can't be done, or changes nothing; `refusal` says why."""
    refusal: str
    before: Side
    after: Side
    added: list[str]
    removed: list[str]
    first_month: PartMonth | None
    taken: list[UnitChoice]
    crossed: list[Crossed]


def compare(
    ground: Ground, choices: Mapping[int, UnitChoice], prices: Mapping[int, Sequence[Span] | None], *,
    has_other: bool = False, taken: Sequence[UnitChoice] = (), crossed: Sequence[Crossed] = (),
) -> Preview:  # fmt: skip
    """What the agreement is with these units at these prices (None: those it has) from the day on."""
    on, last = ground.effective_on, ground.ends_on
    kind, refusal, rows = "", "", ground.standing.rows
    try:
        change = find_change(ground.standing, Wanted(on, last, prices), has_other=has_other)
        kind, rows = change.kind, rows_after(ground.standing, change, on)
    except Refusal as against:
        refusal = sentence(against, reader_locale())
    had, wants = ground.had, set(prices)
    before = _side(choices, ground.standing.rows, had, ground.residency.ends_on, on)
    after = _side(choices, rows, wants, last, on)
    terms = _terms(choices, rows, last, ground.residency.proration)
    month = part_month(terms, Month.of(on)) if kind else None
    return Preview(
        kind, refusal, before, after, [choices[each].code for each in choices if each in wants - had],
        [choices[each].code for each in choices if each in had - wants], month, list(taken), list(crossed),
    )  # fmt: skip


def _terms(
    choices: Mapping[int, UnitChoice], rows: tuple[PriceRow, ...], last: date | None, proration: str = CALENDAR_DAYS
) -> list[ResidencyTerm]:
    return [term_of(choices[row.unit_id], row.span, last, proration) for row in rows if row.unit_id in choices]


def _side(
    choices: Mapping[int, UnitChoice], rows: tuple[PriceRow, ...], units: frozenset[int] | set[int], last: date | None,
    on: date,
) -> Side:  # fmt: skip
    there = [choice for choice in choices.values() if choice.id in units]
    day = on if last is None else min(on, last)
    terms = usual_terms(_terms(choices, tuple(row for row in rows if row.unit_id in units), last), day)
    return Side([choice.code for choice in there], area_of(there), full_month(terms), last)
