"""Letters about posted invoices and credit notes, if anything is still to be said, with the paper as PDF."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incubator.billing.exports import Export, export_credit_note, export_invoice
from incubator.billing.queries.bank import find_printed
from incubator.billing.queries.credit_notes import get_credit_note
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.queries.open_items import get_open
from incubator.core.errors import N_, NotFound
from incubator.documents.formats import day, money, month
from incubator.notices.languages import speaking
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer

NEWS = timedelta(days=14)
"""What is older is no news: a mail about it would only surprise."""


def write_invoice(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """That an invoice is there, and how to pay it; None where nothing of it is open any more, or it is old."""
    posted = get_invoice(session, reader.actor, notice.subject_id)
    try:
        open_minor = get_open(session, posted.invoice.id).open_minor
    except NotFound:
        return None
    if open_minor == 0 or now - posted.invoice.posted_at > NEWS:
        return None
    invoice = posted.invoice
    values = {
        "number": posted.number, "month": month(invoice.month, reader.locale),
        "startup": _name(invoice.parties["startup"], reader.locale),
        "amount": money(open_minor, invoice.currency, reader.locale), "due": day(invoice.due_on, reader.locale),
    }  # fmt: skip
    said = N_("the invoice %(number)s of %(startup)s for %(month)s is posted. %(amount)s are to be paid by %(due)s.")
    with speaking(reader.locale):
        paper = export_invoice(posted, reader.locale, find_printed(session, invoice.site_id))
    return _letter(reader, N_("Invoice %(number)s: %(amount)s by %(due)s"), said, values,
                   N_("Open the invoice and pay"), f"/invoices/{invoice.id}", paper)  # fmt: skip


def write_credit_note(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """That something was taken off an invoice, and why."""
    posted = get_credit_note(session, reader.actor, notice.subject_id)
    note = posted.note
    if now - note.posted_at > NEWS:
        return None
    values = {
        "number": posted.number, "invoice": posted.invoice_number, "reason": note.reason,
        "amount": money(note.net_minor, note.currency, reader.locale),
    }  # fmt: skip
    said = N_("%(amount)s are taken off the invoice %(invoice)s. Reason: %(reason)s")
    with speaking(reader.locale):
        paper = export_credit_note(posted, reader.locale)
    return _letter(reader, N_("Credit note %(number)s: %(amount)s"), said, values, N_("Open the credit note"),
                   f"/credit-notes/{note.id}", paper)  # fmt: skip


def _name(party: dict[str, str], locale: str) -> str:
    return (locale == "en" and party["name_en"]) or party["name"]


def _letter(
    reader: Reader, subject: str, said: str, values: dict[str, str], button: str, path: str, paper: Export
) -> Letter:  # fmt: skip
    return Letter(
        reader.locale, reader.say(subject, **values),
        [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(said, **values)],
        (reader.say(button), reader.link(path)),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
        pdf=(paper.name, paper.content),
    )  # fmt: skip


WRITERS: dict[str, Writer] = {"invoices": write_invoice, "credit_notes": write_credit_note}
