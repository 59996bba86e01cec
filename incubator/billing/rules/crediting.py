"""What a credit note takes off: pure. Each note takes a part of what is left, so that the last takes exactly that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Posting
from incubator.core.canonical import canonical_json
from incubator.core.errors import N_, Refusal
from incubator.core.money import Money, round_half_up, split_by_largest_remainder


class Part(Struct, frozen=True):
    """A line of an invoice, what is left of it, or what a note takes off; signed as the line is."""

    gross_minor: int
    subsidy_minor: int
    tax_minor: int | None
    borne_minor: int = 0
    """What a voucher bears beside the gross."""
    given: tuple[int, ...] = ()
    """What of the subsidy each decision gives; they add up to it."""
    held: tuple[int, ...] = ()
    """What each decision holds until its budget is shared out."""

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.subsidy_minor

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to take off."""
        return not any((self.gross_minor, self.subsidy_minor, self.borne_minor, *self.held))

    def less(self, taken: Part) -> Part:
        """What is left after it."""
        return Part(
            self.gross_minor - taken.gross_minor, self.subsidy_minor - taken.subsidy_minor,
            None if self.tax_minor is None else self.tax_minor - (taken.tax_minor or 0),
            self.borne_minor - taken.borne_minor,
            tuple(mine - its for mine, its in zip(self.given, taken.given, strict=True)),
            tuple(mine - its for mine, its in zip(self.held, taken.held, strict=True)),
        )  # fmt: skip


def take_off(left: Part, gross_minor: int) -> Part:
    """What a note takes off a line of which so much is left, for an amount of its gross.

    Of 2,400.00 with 1,440.00 subsidised, 1,000.00: subsidy 600.00, net 400.00; then the 1,400.00 that are left: 840.00
    and 560.00, to the fen. Two schemes of 900.00 and 540.00 give back 375.00 and 225.00 (largest remainder).
    """
    if gross_minor == left.gross_minor:
        return left
    if not 0 < gross_minor <= left.gross_minor:
        raise Refusal(N_("Give an amount above zero, at most the %(left)s that are left of the line."),
                      field="amount", left=Money(left.gross_minor))  # fmt: skip
    share = Fraction(gross_minor, left.gross_minor)
    subsidy = round_half_up(left.subsidy_minor * share)
    net = gross_minor - subsidy
    tax = None if left.tax_minor is None else round_half_up(Fraction(left.tax_minor * net, left.net_minor or 1))
    return Part(
        gross_minor, subsidy, tax, round_half_up(left.borne_minor * share),
        tuple(split_by_largest_remainder(subsidy, left.given)),
        tuple(round_half_up(each * share) for each in left.held),
    )  # fmt: skip


def settle(postings: Iterable[Posting], open_minor: int, payment_id: int | None) -> list[Posting]:
    """The postings of a note, with what is more than is open on its invoice as an advance of the startup's.

    A note of 960.00 on an invoice of which 300.00 are open: receivable 300.00, advances 660.00.
    """
    postings = sorted(postings, key=lambda each: each.credit is Account.RECEIVABLE)
    left = open_minor + sum(each.amount_minor for each in postings if each.debit is Account.RECEIVABLE)
    found = []
    for each in postings:
        if each.credit is not Account.RECEIVABLE:
            found.append(each)
            continue
        part = min(left, each.amount_minor)
        left -= part
        if part:
            found.append(replace(each, amount_minor=part))
        if part < each.amount_minor:
            rest = each.amount_minor - part
            found.append(replace(each, credit=Account.ADVANCES, amount_minor=rest, payment_id=payment_id))
    return found


def fingerprint(
    invoice_id: int, left: Sequence[Part], parts: Sequence[tuple[int, Part]], *, is_anew: bool, reason: str
) -> str:
    """Changes with anything that the note would write, and with every other note: what was approved is done once."""
    said: list[Any] = [[line, *_values(each)] for line, each in parts]
    whole = [invoice_id, [_values(each) for each in left], said, is_anew, reason]
    return hashlib.sha256(canonical_json(whole)).hexdigest()


def _values(part: Part) -> list[int | None]:
    return [part.gross_minor, part.subsidy_minor, part.tax_minor, part.borne_minor, *part.given, *part.held]
