"""What each charge came to: rent and fees by the month, bookings, meters, what is charged once; and its VAT."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from incubator.claims.pack.verifier.compositions import compose
from incubator.claims.pack.verifier.meters import recompute_meter
from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.claims.pack.verifier.values import days_of, exact, round_half_up, same


def recompute_charge(derivation: Any, row: Any) -> int:
    """The gross of a charge, in fen, with VAT on top where its price is without."""
    if "proration" in derivation:
        gross = _month(derivation, row)
    elif "readings" in derivation:
        gross = recompute_meter(derivation, row)
    elif "minutes" in derivation:
        gross = _booking(derivation, row)
    elif row["basis"] == "one_off":
        gross = round_half_up(exact(row["unit_price"], "unit price") * exact(row["quantity"], "quantity") * 100)
    else:
        raise NotKnown(", ".join(sorted(derivation)))
    tax = derivation.get("tax", {})
    if "on_minor" in tax:
        same("without VAT", gross, tax["on_minor"])
        gross += round_half_up(gross * exact(tax["rate"], "VAT"))
    return gross


def recompute_tax(derivation: Any, row: Any) -> int | None:
    """What of the gross is VAT: within it by the rate, or what was put on top; None where nobody has said a rate."""
    tax = derivation.get("tax")
    if not tax:
        same("VAT rate", None, row["tax_rate"])
        return None
    rate = exact(tax["rate"], "VAT")
    same("VAT rate", rate, exact(row["tax_rate"], "VAT"))
    return int(row["gross"] - tax["on_minor"]) if "on_minor" in tax else tax_within(row["gross"], rate)


def tax_within(gross_minor: int, rate: Fraction) -> int:
    """Of 106.00 at 6 % 6.00."""
    return round_half_up(Fraction(gross_minor) * rate / (1 + rate))


def _month(derivation: Any, row: Any) -> int:
    """Price × quantity × its part of the month."""
    days, of, charged = derivation["days"], derivation["days_in_month"], derivation["charged_days"]
    first, last, month = (date.fromisoformat(row[key]) for key in ("first", "last", "month"))
    same("days", (last - first).days + 1, days)
    same("days in month", days_of(month), of)
    price, quantity = exact(derivation["unit_price"], "unit price"), exact(derivation["quantity"], "quantity")
    same("unit price", price, exact(row["unit_price"], "unit price"))
    same("quantity", quantity, exact(row["quantity"], "quantity"))
    return round_half_up(price * quantity * 100 * _part(derivation["proration"], days, charged, of))


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


def _booking(derivation: Any, row: Any) -> int:
    """Its price, by the minute or composed, less what allowances and a voucher pay of it; or what cancelling cost."""
    minutes = derivation["minutes"]
    same("hours", Fraction(round_half_up(Fraction(minutes * 10**4, 60)), 10**4), exact(row["quantity"], "hours"))
    price = exact(derivation["unit_price"], "unit price")
    same("unit price", price, exact(row["unit_price"], "unit price"))
    full = compose(derivation) if "parts" in derivation else round_half_up(price * 100 * Fraction(minutes, 60))
    same("price", full, derivation["gross_minor"])
    fee = derivation.get("fee")
    if fee:
        same("fee: price", full, fee["of_minor"])
        return round_half_up(Fraction(full * fee["percent"], 100))
    return max(0, full - _paid(derivation.get("paid", []), full, minutes))


def _paid(paid: Any, full: int, minutes: int) -> int:
    """Allowances pay their minutes at the booking's price, rounded once; a voucher bears what its order says."""
    allowed = [each for each in paid if "voucher" not in each]
    covered = sum(each["minutes"] for each in allowed)
    if covered > minutes:
        raise Differs("allowances: minutes", f"<= {minutes}", covered)
    worth = round_half_up(Fraction(full * covered, minutes))
    same("allowances", worth, sum(each["value_minor"] for each in allowed))
    for each in allowed:
        if abs(each["value_minor"] - Fraction(full * each["minutes"], minutes)) > 1:
            raise Differs("allowance {}".format(each["name"]), Fraction(full * each["minutes"], minutes),
                          each["value_minor"])  # fmt: skip
    borne = sum(each["value_minor"] for each in paid if "voucher" in each)
    if not 0 <= borne <= full - worth:
        raise Differs("voucher", f"<= {full - worth}", borne)
    return worth + int(borne)
