"""Vouchers as workbooks: what was settled and paid, and what of a series was redeemed, for its issuer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from incubator.documents.formats import named
from incubator.documents.workbook import Column, Workbook
from incubator.subsidies.models import VoucherSeries
from incubator.subsidies.queries.voucher_settlements import RedeemedRow, SettlementRow
from incubator.subsidies.voucher_wording import PAYMENT_WAYS, SOURCES

MOST_ROWS = 20_000


def write_settlements(rows: Sequence[SettlementRow]) -> bytes:
    """Every settlement, with the day and way of its payment; empty: it is to be paid."""
    book = Workbook()
    book.add_sheet(
        _("Settlements"),
        [Column(_("Settlement"), width=15), Column(_("Provider"), width=32), Column(_("First day"), "date", 12),
         Column(_("Last day"), "date", 12), Column(_("Amount"), "money", 14), Column(_("Paid on"), "date", 12),
         Column(_("How"), width=14), Column(_("Reference"), width=24), Column("SHA-256", width=66)],
        [
            [row.settlement.label, row.provider.name, row.settlement.first_on, row.settlement.last_on,
             row.settlement.total_minor, *_paid(row), row.settlement.sha256.hex()]
            for row in rows
        ],
        title=_("Settlements"),
    )  # fmt: skip
    return book.content()


def _paid(row: SettlementRow) -> tuple[date | None, str, str]:
    payment = row.payment
    if payment is None or payment.way is None:
        return None, "", ""
    return payment.paid_on, _(PAYMENT_WAYS[payment.way]), payment.reference


def write_redeemed(series: VoucherSeries, rows: Sequence[RedeemedRow], operator: str, locale: str) -> bytes:
    """What of a series was redeemed, line by line with its evidence: with providers, and by invoices of our own."""
    book = Workbook()
    total = sum(row.net_minor for row in rows)
    book.add_sheet(
        _("Redeemed"),
        [Column(_("Day"), "date", 12), Column(_("Order"), width=15), Column(_("Voucher"), width=13),
         Column(_("Startup"), width=30), Column(_("Credit code"), width=22), Column(_("What was ordered"), width=30),
         Column(_("Provider"), width=30), Column(_("Price"), "money", 14), Column(_("The voucher bears"), "money", 14),
         Column(_("Evidence"), width=34), Column(_("Settlement"), width=15)],
        [
            [row.entry.happened_on, row.order.label, row.voucher.label, named(row.startup, locale),
             row.startup.credit_code or "", row.order.title,
             row.provider.name if row.provider else f"{operator} ({_(SOURCES['booking'])})",
             row.entry.gross_minor, row.net_minor, row.document.title if row.document else row.entry.invoice,
             row.settlement.label if row.settlement else ""]
            for row in rows
        ]
        + [[None, _("Total"), "", "", "", "", "", None, total, "", ""]],
        title=f"{series.code} {named(series, locale)}", notes=[series.issuer, series.source],
    )  # fmt: skip
    return book.content()
