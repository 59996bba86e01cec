"""Allowances in words: how much, what of a price they pay, what a line of their ledger tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _

from incubator.bookings.allowance_lists import AllowanceRow
from incubator.core.errors import N_
from incubator.documents.formats import duration, money, number
from incubator.pricing.allowances import Paid

ENTRY_KINDS = {
    "grant": (N_("Given out"), "green"), "withdraw": (N_("Withdrawn"), "red"), "use": (N_("Used"), "azure"),
    "return": (N_("Given back"), "secondary"),
}  # fmt: skip
"""A line's name and tone."""
STATES = {"coming": (N_("Coming"), "azure"), "current": (N_("In force"), "green"), "over": (N_("Over"), "secondary")}


def entry_words(kind: str) -> tuple[str, str]:
    """What a line of the ledger is, in the reader's language, and its tone."""
    name, tone = ENTRY_KINDS[kind]
    return _(name), tone


def allowance_state(row: AllowanceRow) -> tuple[str, str]:
    """Where an allowance stands, and the tone of that."""
    name, tone = STATES[row.state]
    return _(name), tone


def minutes_text(minutes: int, locale: str) -> str:
    """A length of time: 1小时30分钟; a negative one by its sign."""
    return ("−" if minutes < 0 else "") + duration(timedelta(minutes=abs(minutes)), locale)


def given_text(minutes: int, repeats: str, locale: str) -> str:
    """What an allowance gives: 10 hours a month; 5 hours once."""
    amount = minutes_text(minutes, locale)
    return _("%(amount)s a month", amount=amount) if repeats == "month" else _("%(amount)s once", amount=amount)


def paid_formula(
    said: str, paid: Sequence[Paid], to_pay_minor: int, currency: str, locale: str, borne: tuple[str, int] | None = None
) -> str:
    """A price's derivation, gone on with what allowances pay of it: "90 minutes at 50.00 yuan an hour = ¥75.00;
    60 minutes by “10 h a month” −¥50.00 = ¥25.00", and what a voucher bears: "6 hours at 50.00 yuan an hour = ¥300.00,
    of which voucher V-2026-0001 bears ¥150.00: ¥150.00 to pay"."""
    left = to_pay_minor + (borne[1] if borne else 0)
    said = _with_allowances(said, paid, left, currency, locale)
    if borne is None:
        return said
    return _("%(price)s, of which voucher %(voucher)s bears %(value)s: %(left)s to pay", price=said, voucher=borne[0],
             value=money(borne[1], currency, locale), left=money(to_pay_minor, currency, locale))  # fmt: skip


def _with_allowances(said: str, paid: Sequence[Paid], to_pay_minor: int, currency: str, locale: str) -> str:
    if not paid:
        return said
    parts = [
        _("%(minutes)s minutes by “%(name)s” −%(value)s", minutes=number(each.minutes, locale), name=each.name,
          value=money(each.value_minor, currency, locale))
        for each in paid
    ]  # fmt: skip
    mark = "；" if locale == "zh_Hans" else "; "
    return f"{mark.join([said, *parts])} = {money(to_pay_minor, currency, locale)}"
