"""Dated parts of an invoice: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from incubator.core.errors import N_, Refusal
from incubator.core.money import Money, split_by_largest_remainder
from incubator.startups.rules.limits import add_months

MOST_PARTS = 36
PLAN_YEARS = 5


class DuePart(Struct, frozen=True):
    """What of an invoice is due on a day, and what of that is open."""

    due_on: date
    amount_minor: int
    open_minor: int


def equal_parts(amount_minor: int, count: int, first_on: date) -> list[tuple[date, int]]:
    """An amount in monthly parts: 100.00 in three from 31 January on: 33.34, on 28 February and 31 March 33.33."""
    if not 2 <= count <= MOST_PARTS or amount_minor < count:
        raise Refusal(N_("Choose from 2 to %(most)s parts."), field="count", most=MOST_PARTS)
    amounts = split_by_largest_remainder(amount_minor, [1] * count)
    return [(add_months(first_on, ahead), amount) for ahead, amount in enumerate(amounts)]


def check_parts(parts: Sequence[tuple[date, int]], open_minor: int, today: date) -> None:
    """Refused unless they come to what is open, one after the other, none before today or years ahead."""
    if not 1 <= len(parts) <= MOST_PARTS:
        raise Refusal(N_("Choose from 2 to %(most)s parts."), field="count", most=MOST_PARTS)
    days = [on for on, _ in parts]
    if days != sorted(set(days)):
        raise Refusal(N_("Each part is due after the one before."), field="first_on")
    if days[0] < today or days[-1] > add_months(today, 12 * PLAN_YEARS):
        raise Refusal(N_("Parts are due from today on, within %(years)s years."), field="first_on", years=PLAN_YEARS)
    if any(amount <= 0 for _, amount in parts) or sum(amount for _, amount in parts) != open_minor:
        raise Refusal(N_("The parts must come to the %(open)s that are open."), field="count", open=Money(open_minor))


def spread(parts: Sequence[tuple[date, int]], open_minor: int, due_on: date) -> list[DuePart]:
    """What is open by part: what was paid has paid the earlier ones first. Where more is open than all parts come to,
    because a payment was undone, the rest is due as the invoice was.

    Of 3 × 100.00 with 150.00 open: nothing, 50.00, 100.00.
    """
    left = open_minor
    found: list[DuePart] = []
    for on, amount in reversed(parts):
        part = min(left, amount)
        left -= part
        found.append(DuePart(on, amount, part))
    found.reverse()
    return [DuePart(due_on, left, left), *found] if left else found
