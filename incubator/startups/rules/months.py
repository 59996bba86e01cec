"""What agreed prices come to in a month: one rule for what a page shows and for what is billed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from incubator.core.periods import Month, overlap_days
from incubator.pricing.rules import Derivation, price_month
from incubator.startups.rules import ResidencyTerm


def price_terms(terms: Iterable[ResidencyTerm], month: Month) -> list[tuple[ResidencyTerm, Derivation]]:
    """The month's price of each term that holds on a day of it, by the agreement's rule for parts of a month.

    All days on which an agreement charges a unit for one thing count together, those free of rent at 0; what they come
    to is shared by days. From 6 October by halves, free of rent until the 15th: 26 days are a whole month, of which
    16/26 are owed. All prices of a unit in that month must be among the terms.
    """
    terms = list(terms)
    days: dict[tuple[int, int, str], int] = defaultdict(int)
    for term in terms:
        days[_subject(term)] += overlap_days(month.first, month.last, term.starts_on, term.ends_on)
    found = []
    for term in terms:
        price = price_month(
            unit_price=term.unit_price, quantity=term.quantity, month=month, starts_on=term.starts_on,
            ends_on=term.ends_on, proration=term.proration, charged_days=days[_subject(term)],
        )  # fmt: skip
        if price is not None:
            found.append((term, price))
    return found


def _subject(term: ResidencyTerm) -> tuple[int, int, str]:
    return term.residency_id, term.unit_id, term.charge_kind
