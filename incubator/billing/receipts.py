"""Receipts (收据) as PDF, and lists of payments as workbook and CSV."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from incubator.accounts.models import Operator
from incubator.billing.exports import MEDIA_TYPES, Export
from incubator.billing.payment_wording import WAYS
from incubator.billing.queries.payments import PaymentRow, WholePayment
from incubator.core.money import Money
from incubator.documents import formats, pdf
from incubator.documents.csvs import write_csv
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook


def export_receipt(whole: WholePayment, operator: Operator, locale: str) -> Export:
    """One receipt, with its amount in RMB capitals and what it paid; one that was taken back says so."""
    row, payment = whole.row, whole.row.payment

    def amount(minor: int) -> str:
        return formats.money(minor, payment.currency, locale)

    data = {
        "locale": locale,
        "words": {
            "receipt": _("Payment receipt"), "from": _("Received from"), "payer": _("Paid by"),
            "way": _("Paid by way of"), "on": _("Received on"), "reference": _("Reference"), "amount": _("Amount"),
            "capitals": _("In capitals"),
            "for": _("What it is for"), "left": _("Kept as an advance"), "refunded": _("Refunded"), "seal": _("Seal"),
            "cashier": _("Cashier"), "credit_code": _("Credit code"), "note": _("Note"),
            "taken_back": _("Taken back: no longer valid"),
        },
        "number": row.number, "operator": formats.named(operator, locale), "address": operator.address or "",
        "credit_code": operator.credit_code or "", "startup": formats.named(row.startup, locale),
        "payer": payment.payer,
        "way": _(WAYS[payment.way]), "on": formats.day(payment.received_on, locale), "reference": payment.reference,
        "note": payment.note, "amount": amount(payment.amount_minor),
        "capitals": rmb_capitals(payment.amount_minor), "cashier": whole.taken_by.name if whole.taken_by else "",
        "lines": [
            {"number": each.invoice_number, "month": formats.month(each.invoice.month, locale),
             "amount": amount(each.clearing.amount_minor)}
            for each in whole.clearings if each.undone is None
        ],
        "left": amount(row.left_minor) if row.left_minor else "",
        "refunded": amount(row.refunded_minor) if row.refunded_minor else "",
        "is_taken_back": row.refunded_minor == payment.amount_minor,
    }  # fmt: skip
    return Export(f"{row.number}.pdf", MEDIA_TYPES["pdf"], pdf.render("billing/receipt.typ", data))


def export_payments(rows: Sequence[PaymentRow], extension: str, locale: str) -> Export:
    """Payments as a list, in one of csv and xlsx."""
    titles = [_("Receipt number"), _("Received on"), _("Startup"), _("Paid by way of"), _("Paid by"), _("Reference"),
              _("Amount"), _("Used up"), _("Refunded"), _("Left over")]  # fmt: skip
    cells = [
        [row.number, row.payment.received_on, formats.named(row.startup, locale), _(WAYS[row.payment.way]),
         row.payment.payer, row.payment.reference]
        for row in rows
    ]  # fmt: skip
    money = [(row.payment.amount_minor, row.used_minor, row.refunded_minor, row.left_minor) for row in rows]
    if extension == "csv":
        lines = [[*cell, *(Money(minor).major for minor in each)] for cell, each in zip(cells, money, strict=True)]
        return Export("payments.csv", MEDIA_TYPES["csv"], write_csv(titles, lines))
    book = Workbook()
    texts, sums = (Column(title, width=24) for title in titles[3:6]), (Column(title, "money") for title in titles[6:])
    columns = [Column(titles[0], width=18), Column(titles[1], "date", 12), Column(titles[2], width=32), *texts, *sums]
    book.add_sheet(_("Payments"), columns, [[*cell, *each] for cell, each in zip(cells, money, strict=True)])
    return Export("payments.xlsx", MEDIA_TYPES["xlsx"], book.content())
