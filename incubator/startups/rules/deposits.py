"""The movements of a deposit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money, to_minor

KINDS = ("asked", "received", "withheld", "returned", "transferred", "taken_over")
"""Asked for; received; kept for a damage or a debt; paid back; carried over to another agreement, or from one."""
ADDS, TAKES = ("received", "taken_over"), ("withheld", "returned", "transferred")
HOWS = ("bank", "cash", "wechat", "alipay", "card", "other")
MOST_MINOR = 10**12


def deposit_of(months: Decimal, rents: Iterable[int]) -> int:
    """So many months of the full rents, in fen, rounded half up once: 1.5 of 4,087.50 and 600.00 are 7,031.25."""
    return to_minor(Fraction(months) * Fraction(sum(rents), 100))


def balance_after(balance_minor: int, kind: str, amount_minor: int) -> int:
    """What is held after a movement; Conflict where more would go than is held.

    Of 5,000.00 received 300.00 is withheld and 4,700.00 returned; a fen more is refused.
    """
    if kind not in KINDS:
        raise Refusal(N_("Choose what has happened to the deposit."), field="kind")
    if not 0 < amount_minor <= MOST_MINOR:
        raise Refusal(N_("Give an amount above zero."), field="amount")
    if kind in TAKES and amount_minor > balance_minor:
        raise Conflict(N_("Only %(held)s of the deposit is held."), field="amount", held=Money(balance_minor))
    return balance_minor + (amount_minor if kind in ADDS else -amount_minor if kind in TAKES else 0)
