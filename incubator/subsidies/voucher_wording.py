"""Vouchers in words: uses, states, each line of a ledger as a sentence, a series' money as parts of a bar."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from msgspec import Struct

from incubator.core.errors import N_
from incubator.documents.formats import money, number
from incubator.subsidies.queries.voucher_ledger import EntryRow
from incubator.subsidies.queries.vouchers import SeriesRow

USES = {
    "services": N_("Services"), "instruments": N_("Instruments"), "mentors": N_("Mentors"), "training": N_("Training"),
}  # fmt: skip
WAYS = {"application": N_("On application"), "rule": N_("By the operator, to whoever meets the rule")}
WHO = {"companies": N_("Registered companies only"), "all": N_("Companies and teams")}
STATES = {
    "unused": (N_("Unused"), "azure"), "in_use": (N_("Partly used"), "azure"), "used_up": (N_("Used up"), "secondary"),
    "expired": (N_("Expired"), "secondary"),
}  # fmt: skip
VIEWS = {
    "all": N_("All"), "unused": N_("Unused"), "in_use": N_("Partly used"), "ending": N_("Ending within 30 days"),
    "used_up": N_("Used up"), "expired": N_("Expired"),
}  # fmt: skip
ORDER_STATES = {
    "open": (N_("Ordered"), "azure"), "part": (N_("Redeemed in part"), "yellow"), "done": (N_("Redeemed"), "green"),
    "cancelled": (N_("Cancelled"), "secondary"), "returned": (N_("Returned"), "secondary"),
}  # fmt: skip
OUTCOMES = {
    None: (N_("Waits for a decision"), "yellow"), "approved": (N_("Approved"), "green"),
    "refused": (N_("Turned down"), "red"), "withdrawn": (N_("Withdrawn"), "secondary"),
}  # fmt: skip
PAYMENT_WAYS = {
    "transfer": N_("Bank transfer"), "cheque": N_("Cheque"), "cash": N_("Cash"), "other": N_("Another way"),
}  # fmt: skip
SOURCES = {"booking": N_("A booking of ours"), "mentor_session": N_("A session with a mentor of ours")}
KINDS = {
    "issue": (N_("Voucher issued"), "azure"), "reserve": (N_("Reserved"), "azure"),
    "release": (N_("Released"), "secondary"), "redeem": (N_("Redeemed"), "green"), "return": (N_("Returned"), "yellow"),
    "expire": (N_("Expired"), "secondary"), "settle": (N_("Settled with the provider"), "green"),
    "recover": (N_("Recovered"), "yellow"), "deduct": (N_("Deducted"), "secondary"),
}  # fmt: skip


def uses_of(uses: list[str], locale: str) -> str:
    """"Services, instruments" / "服务、仪器"."""
    words = [_(USES[use]) for use in USES if use in uses]
    if locale == "en":
        words = [words[0], *(word.lower() for word in words[1:])]
    return ("、" if locale == "zh_Hans" else ", ").join(words)


def percent_of(share: Decimal, locale: str) -> str:
    """60.00 → 60%, 33.33 → 33.33%."""
    return f"{number(share, locale)}%"


def say_entry(row: EntryRow, locale: str) -> str:
    """What a line of a ledger says, for whoever reads it."""
    entry, order = row.entry, row.order
    amount = money(entry.amount_minor, "CNY", locale)
    values = {"amount": amount, "order": order.label if order else "", "title": order.title if order else "",
              "settlement": row.settlement.label if row.settlement else "", "invoice": entry.invoice,
              "gross": money(entry.gross_minor or 0, "CNY", locale)}  # fmt: skip
    said = "charged" if entry.invoice else entry.kind
    return _(_SENTENCES[said], **values)


_SENTENCES = {
    "issue": N_("Issued with %(amount)s."),
    "reserve": N_("%(amount)s reserved for %(title)s (%(order)s)."),
    "release": N_("%(amount)s of %(order)s are not needed and free again."),
    "redeem": N_("%(amount)s redeemed for %(title)s, of %(gross)s invoiced (%(order)s)."),
    "return": N_("%(amount)s of %(order)s returned by the provider, and free again."),
    "expire": N_("%(amount)s were not used in time and have expired."),
    "settle": N_("%(amount)s settled with the provider by %(settlement)s."),
    "charged": N_("%(amount)s redeemed for %(title)s, of %(gross)s, by invoice %(invoice)s (%(order)s)."),
    "recover": N_("%(amount)s of %(order)s, settled already, taken back from the provider, and free again."),
    "deduct": N_("%(amount)s taken back are deducted from settlement %(settlement)s."),
}


class BarPart(Struct, frozen=True):
    """A part of a bar: from where, how wide (in hundredths of the whole), what it is and how much."""

    key: str
    label: str
    minor: int
    x: str
    width: str


def budget_parts(row: SeriesRow) -> list[BarPart]:
    """Where a series' budget is, from the left: settled, redeemed, reserved, issued and free, not issued."""
    balance, total = row.balance, row.series.budget_minor
    amounts = [
        ("settled", _("Settled with providers"), balance.settled), ("redeemed", _("Redeemed"), balance.redeemed),
        ("reserved", _("Reserved"), balance.reserved), ("left", _("With startups, unused"), balance.left),
        ("free", _("Left of the budget"), row.free_minor),
    ]  # fmt: skip
    found, start = [], 0
    for key, label, minor in amounts:
        found.append(BarPart(key, label, minor, _hundredths(start, total), _hundredths(minor, total)))
        start += minor
    return found


def _hundredths(minor: int, total: int) -> str:
    return format((Decimal(minor) * 100 / Decimal(total)).quantize(Decimal("0.01")), "f")
