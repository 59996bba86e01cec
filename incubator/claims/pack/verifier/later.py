"""Lines that change earlier ones, instalments, and what a charge came to."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from incubator.claims.pack.verifier.derivations import recompute
from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.claims.pack.verifier.values import days_of, exact, round_half_up, same


def recompute_later(record: Any, rule: Any) -> int:
    """A line that changes an earlier one: by what is known since, or when a budget is shared out."""
    derivation = record["derivation"]
    if "closing" in derivation:
        said = derivation["closing"]
        share = Fraction(min(said["left"], said["waiting"]) * said["mine"], said["waiting"])
        if not int(share) <= said["share"] <= -int(-share):  # by largest remainder: the fen below or above
            raise Differs("closing: share", share, said["share"])
        same("amount", said["share"], record["amount_minor"])
        return said["share"]
    if "now" not in derivation:
        raise NotKnown(", ".join(sorted(derivation)))
    now = derivation["now"]
    found = derivation["now_minor"] - derivation["was_minor"]
    same("amount", found, record["amount_minor"])
    given = 0
    if now["outcome"] in ("granted", "capped"):
        given, _ = recompute(now["derivation"], record["item"], rule)
    elif now["outcome"] != "refused":
        raise NotKnown(f"now: {now['outcome']}")
    if given != derivation["now_minor"]:
        raise NotKnown("now: a part was credited")
    return found


def instalment(amount_minor: int, shares: list[str], position: int) -> int:
    """One part of an amount that is split by largest remainder: 50 / 30 / 20 of 80,000.00."""
    weights = [int(Fraction(share) * 10**6) for share in shares]
    parts = [divmod(amount_minor * weight, sum(weights)) for weight in weights]
    found = [part[0] for part in parts]
    for at in sorted(range(len(parts)), key=lambda at: (-parts[at][1], at))[: amount_minor - sum(found)]:
        found[at] += 1
    return found[position - 1]


def recompute_charge(derivation: Any, row: Any) -> int:
    """The gross of a charge: price × quantity × its part of the month, VAT on top where it is agreed without."""
    if "proration" in derivation:
        days, of, charged = derivation["days"], derivation["days_in_month"], derivation["charged_days"]
        first, last, month = (date.fromisoformat(row[key]) for key in ("first", "last", "month"))
        same("days", (last - first).days + 1, days)
        same("days in month", days_of(month), of)
        price, quantity = exact(derivation["unit_price"], "unit price"), exact(derivation["quantity"], "quantity")
        same("unit price", price, exact(row["unit_price"], "unit price"))
        same("quantity", quantity, exact(row["quantity"], "quantity"))
        value = price * quantity * 100 * _part(derivation["proration"], days, charged, of)
    elif "minutes" in derivation and not {"parts", "fee", "paid", "minimum_minor"} & set(derivation):
        value = exact(derivation["unit_price"], "unit price") * 100 * Fraction(derivation["minutes"], 60)
    else:
        raise NotKnown(", ".join(sorted(derivation)))
    gross = round_half_up(value)
    tax = derivation.get("tax", {})
    if "on_minor" in tax:
        same("without VAT", gross, tax["on_minor"])
        gross += round_half_up(gross * exact(tax["rate"], "VAT"))
    return gross


def _part(rule: str, days: int, charged: int, of: int) -> Fraction:
    if charged >= of:
        whole = Fraction(1)
    elif rule == "half_months":
        whole = Fraction(1, 2) if charged <= 15 else Fraction(1)
    elif rule == "thirty_days":
        whole = min(Fraction(1), Fraction(charged, 30))
    elif rule == "calendar_days":
        whole = Fraction(charged, of)
    else:
        raise NotKnown(rule)
    return whole * Fraction(days, charged)
