"""What of a space's period is asked about when policies give to the operator: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from incubator.core.periods import Month, overlap_days
from incubator.startups.rules import ResidencyTerm
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.state import window_months


def months_of(every: str, month: Month) -> tuple[Month, ...]:
    """The months of the month, quarter or year that a month is in."""
    return tuple(window_months(every, month))


def is_over(months: Sequence[Month], today: date) -> bool:
    """Whether a period has ended: it can be recorded on the day after its last."""
    return today > months[-1].last


def cost_item(
    kind: str, amount_minor: int, first: date, last: date, area_m2: Decimal | None, months: Sequence[Month]
) -> Item:
    """A cost as it is asked about: of one month with its days in it, of a quarter or year as a whole."""
    month = months[-1]
    if len(months) > 1:
        return Item(0, kind, amount_minor, month, month.first, month.last, None, area_m2)
    return Item(0, kind, amount_minor, month, max(first, month.first), last, None, area_m2)


def tenancy_item(terms: Sequence[ResidencyTerm], month: Month) -> Item | None:
    """A tenant's month at a site: its days, and the area that it had on them on average.

    30 m² from the 1st and 24.50 m² more from the 16th of October: 30 + 24.50 × 16/31 m² on 31 days.
    """
    spans = [(max(each.starts_on, month.first), min(each.ends_on or month.last, month.last), each) for each in terms]
    spans = [(first, last, each) for first, last, each in spans if first <= last]
    if not spans:
        return None
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    m2_days = sum((Fraction(each.area_m2) * overlap_days(month.first, month.last, since, until)
                   for since, until, each in spans), Fraction(0))  # fmt: skip
    return Item(0, "tenancy", 0, month, first, last, None, m2_days / ((last - first).days + 1))
