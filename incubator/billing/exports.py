"""A posted month as XLSX, PDF and CSV, and one invoice as PDF: made from what was posted and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from msgspec import Struct

from incubator.billing.models import BankAccount
from incubator.billing.operations.bank_accounts import spaced
from incubator.billing.queries.credit_notes import PostedNote
from incubator.billing.queries.invoices import PostedInvoice, PostedLine, taxes_of
from incubator.billing.wording import line_formula, line_period, line_title, tax_note, tax_words
from incubator.core.money import Money
from incubator.core.periods import Month
from incubator.documents import formats, pdf
from incubator.documents.csvs import write_csv
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook
from incubator.pricing.wording import rate_text
from incubator.spaces.models import Site
from incubator.subsidies.explain import explain, scheme_name

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
}


class Export(Struct, frozen=True):
    """A file to be downloaded."""

    name: str
    media_type: str
    content: bytes


def export_month(
    site: Site, month: Month, invoices: Sequence[PostedInvoice], extension: str, locale: str, operator: str
) -> Export:
    """The month's posted invoices in one of the `MEDIA_TYPES`."""
    write = {"xlsx": _xlsx, "pdf": _pdf, "csv": _csv}[extension]
    content = write(site, month, invoices, locale, operator)
    return Export(f"invoices-{site.code}-{month}.{extension}", MEDIA_TYPES[extension], content)


def export_invoice(posted: PostedInvoice, locale: str, pay_to: BankAccount | None = None) -> Export:
    """One invoice as PDF, with its amount in RMB capitals, and how to pay it where an account is named."""
    data = {"locale": locale, "words": _invoice_words()} | invoice_data(posted, locale)
    data["pay_to"] = [] if pay_to is None else payment_instructions(pay_to, posted.number)
    return Export(f"{posted.number}.pdf", MEDIA_TYPES["pdf"], pdf.render("billing/invoice.typ", data))


def payment_instructions(account: BankAccount, number: str) -> list[list[str]]:
    """How an invoice is paid by transfer: what to write where, number in full."""
    return [[_("Pay to"), account.name], [_("Bank and branch"), account.bank],
            [_("Account number"), spaced(account.number)], [_("Purpose of the transfer"), number]]  # fmt: skip


def export_credit_note(posted: PostedNote, locale: str) -> Export:
    """One credit note as PDF, with its amount in RMB capitals."""
    data = {"locale": locale, "words": _note_words()} | note_data(posted, locale)
    return Export(f"{posted.number}.pdf", MEDIA_TYPES["pdf"], pdf.render("billing/credit_note.typ", data))


def party_name(party: dict[str, Any], locale: str) -> str:
    """A party's name as it was at posting."""
    return str((locale == "en" and party["name_en"]) or party["name"])


def _reasons(line: PostedLine, locale: str) -> list[str]:
    found = []
    for each in line.decisions:
        why = " ".join(
            explain(each.outcome, each.base_minor, each.amount_minor, each.currency, each.derivation, locale)
        )
        found.append(f"{scheme_name(each.derivation, locale)}: {why}")
    return found


def invoice_data(posted: PostedInvoice, locale: str) -> dict[str, Any]:
    """An invoice as the PDF's template reads it: every amount and sentence written out."""
    invoice = posted.invoice

    def amount(minor: int) -> str:
        return formats.money(minor, invoice.currency, locale)

    return {
        "number": posted.number,
        "operator": invoice.parties["operator"] | {"shown": party_name(invoice.parties["operator"], locale)},
        "site": invoice.parties["site"] | {"shown": party_name(invoice.parties["site"], locale)},
        "startup": invoice.parties["startup"] | {"shown": party_name(invoice.parties["startup"], locale)},
        "month": formats.month(invoice.month, locale),
        "issued_on": formats.day(invoice.issued_on, locale),
        "due_on": formats.day(invoice.due_on, locale),
        "gross": amount(invoice.gross_minor),
        "subsidy": amount(invoice.subsidy_minor),
        "net": amount(invoice.net_minor),
        "capitals": rmb_capitals(invoice.net_minor) if invoice.currency == "CNY" else "",
        "tax": tax_note(posted.taxes, invoice.currency, locale),
        "lines": [
            {
                "title": line_title(line.charge.kind, line.line.description, locale),
                "period": line_period(line.charge.kind, line.line.description, line.charge.starts_on,
                                      line.charge.ends_on, locale),
                "formula": line_formula(line.charge.kind, line.charge.basis, line.charge.unit_price,
                                        line.charge.gross_minor, line.charge.currency, line.charge.derivation, locale),
                "reasons": _reasons(line, locale),
                "gross": amount(line.line.gross_minor),
                "subsidy": amount(line.line.subsidy_minor),
                "net": amount(line.line.net_minor),
            }
            for line in posted.lines
        ],
    }  # fmt: skip


def note_data(posted: PostedNote, locale: str) -> dict[str, Any]:
    """A credit note as the PDF's template reads it: amounts are what is taken off, with a minus."""
    note = posted.note

    def amount(minor: int) -> str:
        return formats.money(-minor, note.currency, locale)

    return {
        "number": posted.number,
        "invoice_number": posted.invoice_number,
        **{name: note.parties[name] | {"shown": party_name(note.parties[name], locale)}
           for name in ("operator", "site", "startup")},
        "month": formats.month(posted.invoice.month, locale),
        "issued_on": formats.day(note.issued_on, locale),
        "invoice_on": formats.day(posted.invoice.issued_on, locale),
        "reason": note.reason,
        "gross": amount(note.gross_minor),
        "subsidy": amount(note.subsidy_minor),
        "net": amount(note.net_minor),
        "capitals": rmb_capitals(note.net_minor) if note.currency == "CNY" else "",
        "tax": "; ".join(tax_words(posted.taxes, note.currency, locale)),
        "goes": note_words(posted, locale),
        "lines": [
            {
                "title": line_title(each.charge.kind, each.posted.description, locale),
                "period": line_period(each.charge.kind, each.posted.description, each.charge.starts_on,
                                      each.charge.ends_on, locale),
                "gross": amount(each.line.gross_minor),
                "subsidy": amount(each.line.subsidy_minor),
                "net": amount(each.line.net_minor),
            }
            for each in posted.lines
        ],
    }  # fmt: skip


def note_words(posted: PostedNote, locale: str) -> list[str]:
    """Where a credit note's amount went, in sentences."""
    note = posted.note

    def amount(minor: int) -> str:
        return formats.money(minor, note.currency, locale)

    found = []
    if note.settled_minor:
        found.append(_("%(amount)s is taken off what was open of %(invoice)s.", amount=amount(note.settled_minor),
                       invoice=posted.invoice_number))  # fmt: skip
    if posted.payment is not None:
        found.append(_("%(amount)s had been paid already and is the startup's: %(receipt)s.",
                       amount=amount(posted.payment.amount_minor), receipt=posted.receipt_number))  # fmt: skip
    if posted.borne_minor:
        found.append(_("%(amount)s goes back to the voucher.", amount=amount(posted.borne_minor)))
    if note.is_anew:
        found.append(_("What stood on the invoice is billed anew."))
    return found


def _note_words() -> dict[str, str]:
    return {
        "title": _("Credit note"), "number": _("Number"), "of_invoice": _("Of invoice"), "month": _("Month"),
        "issued_on": _("Issued"), "to": _("Credited to"), "credit_code": _("Credit code"), "item": _("Item"),
        "gross": _("Gross"), "subsidy": _("Subsidy"), "net": _("Net"), "total": _("Total"), "reason": _("Reason"),
        "capitals": _("Credited, in capitals"), "site": _("Site"),
    }  # fmt: skip


def _invoice_words() -> dict[str, str]:
    return {
        "invoice": _("Invoice"), "number": _("Number"), "month": _("Month"), "issued_on": _("Issued"),
        "due_on": _("Payment due"), "bill_to": _("Bill to"), "credit_code": _("Credit code"), "item": _("Item"),
        "gross": _("Gross"), "subsidy": _("Subsidy"), "net": _("Net"), "total": _("Total"),
        "capitals": _("In capitals"), "page": _("Page"),
        "site": _("Site"),
    }  # fmt: skip


def _xlsx(site: Site, month: Month, invoices: Sequence[PostedInvoice], locale: str, operator: str) -> bytes:
    book = Workbook()
    title = f"{operator} · {formats.named(site, locale)} · {formats.month(month.first, locale)}"
    book.add_sheet(
        _("Invoices"),
        [Column(_("Number"), width=20), Column(_("Startup"), width=32), Column(_("Credit code"), width=22),
         Column(_("Issued"), "date", 12), Column(_("Payment due"), "date", 12), Column(_("Gross"), "money"),
         Column(_("Subsidy"), "money"), Column(_("Net"), "money")],
        [
            [each.number, party_name(each.invoice.parties["startup"], locale),
             each.invoice.parties["startup"]["credit_code"], each.invoice.issued_on, each.invoice.due_on,
             each.invoice.gross_minor, each.invoice.subsidy_minor, each.invoice.net_minor]
            for each in invoices
        ],
        title=title, notes=[tax_note(taxes_of(line for each in invoices for line in each.lines), "CNY", locale)],
    )  # fmt: skip
    book.add_sheet(
        _("Lines"),
        [Column(_("Number"), width=20), Column(_("Startup"), width=32), Column(_("Item"), width=28),
         Column(_("Period"), width=34), Column(_("How it came about"), width=52), Column(_("Gross"), "money"),
         Column(_("Subsidy"), "money"), Column(_("Net"), "money"), Column(_("VAT rate"), width=10),
         Column(_("VAT in the net"), "money")],
        _line_rows(invoices, locale),
        title=title,
    )  # fmt: skip
    book.add_sheet(
        _("Subsidy decisions"),
        [Column(_("Number"), width=20), Column(_("Startup"), width=32), Column(_("Item"), width=28),
         Column(_("Scheme"), width=28), Column(_("Base"), "money"), Column(_("Granted"), "money"),
         Column(_("Why"), width=70), Column(_("Policy source"), width=50)],
        [
            [each.number, party_name(each.invoice.parties["startup"], locale),
             line_title(line.charge.kind, line.line.description, locale), scheme_name(decision.derivation, locale),
             decision.base_minor, decision.amount_minor,
             " ".join(explain(decision.outcome, decision.base_minor, decision.amount_minor, decision.currency,
                              decision.derivation, locale)),
             decision.derivation["source"]]
            for each in invoices for line in each.lines for decision in line.decisions
        ],
        title=title,
    )  # fmt: skip
    return book.content()


def _line_rows(invoices: Sequence[PostedInvoice], locale: str) -> list[list[Any]]:
    return [
        [
            each.number,
            party_name(each.invoice.parties["startup"], locale),
            line_title(line.charge.kind, line.line.description, locale),
            line_period(
                line.charge.kind, line.line.description, line.charge.starts_on, line.charge.ends_on, locale
            ),
            line_formula(
                line.charge.kind, line.charge.basis, line.charge.unit_price, line.charge.gross_minor,
                line.charge.currency, line.charge.derivation, locale,
            ),
            line.line.gross_minor,
            line.line.subsidy_minor,
            line.line.net_minor,
            "" if line.charge.tax_rate is None else rate_text(line.charge.tax_rate, locale),
            line.line.tax_minor,
        ]
        for each in invoices
        for line in each.lines
    ]  # fmt: skip


def _csv(_site: Site, _month: Month, invoices: Sequence[PostedInvoice], locale: str, _operator: str) -> bytes:
    headers = [_("Number"), _("Startup"), _("Item"), _("Period"), _("How it came about"), _("Gross"), _("Subsidy"),
               _("Net"), _("VAT rate"), _("VAT in the net")]  # fmt: skip
    rows = [
        [*row[:5], *(Money(minor).major for minor in row[5:8]), row[8], "" if row[9] is None else Money(row[9]).major]
        for row in _line_rows(invoices, locale)
    ]
    return write_csv(headers, rows)


def _pdf(site: Site, month: Month, invoices: Sequence[PostedInvoice], locale: str, operator: str) -> bytes:
    currency = invoices[0].invoice.currency if invoices else "CNY"

    def total(column: str) -> str:
        return formats.money(sum(getattr(each.invoice, column) for each in invoices), currency, locale)

    data = {
        "locale": locale,
        "words": _invoice_words() | {"startup": _("Startup"), "summary": _("Invoices of the month")},
        "operator": operator,
        "site": formats.named(site, locale),
        "month": formats.month(month.first, locale),
        "invoices": [invoice_data(each, locale) for each in invoices],
        "gross": total("gross_minor"),
        "subsidy": total("subsidy_minor"),
        "net": total("net_minor"),
        "capitals": rmb_capitals(sum(each.invoice.net_minor for each in invoices)) if currency == "CNY" else "",
        "tax": tax_note(taxes_of(line for each in invoices for line in each.lines), currency, locale),
    }
    return pdf.render("billing/month.typ", data)
