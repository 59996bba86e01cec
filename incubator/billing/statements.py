"""The statement of account as PDF and XLSX."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.billing.exports import MEDIA_TYPES, Export
from incubator.billing.journal_words import about, kind_name
from incubator.billing.queries.standing import Statement
from incubator.database import current_operator
from incubator.documents import formats, pdf
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook


def export_statement(session: Session, statement: Statement, extension: str, locale: str, today: date) -> Export:
    """What was owed before, every movement, and what is owed then."""
    name = f"statement-{statement.startup.code}-{statement.until}.{extension}"
    content = _pdf(session, statement, locale, today) if extension == "pdf" else _xlsx(statement, locale)
    return Export(name, MEDIA_TYPES[extension], content)


def _pdf(session: Session, statement: Statement, locale: str, today: date) -> bytes:
    operator = session.execute(select(Operator).where(Operator.operator_id == current_operator(session))).scalar_one()

    def amount(minor: int) -> str:
        return formats.money(minor, operator.currency, locale)

    startup, owed = statement.startup, statement.closing_minor
    data = {
        "locale": locale, "words": _words(),
        "operator": {"shown": (locale == "en" and operator.name_en) or operator.name, "address": operator.address,
                     "credit_code": operator.credit_code},
        "startup": {"shown": (locale == "en" and startup.name_en) or startup.name, "credit_code": startup.credit_code},
        "since": formats.day(statement.since, locale), "until": formats.day(statement.until, locale),
        "made_on": formats.day(today, locale), "opening": amount(statement.opening_minor),
        "charged": amount(statement.charged_minor), "paid": amount(statement.paid_minor), "closing": amount(owed),
        "capitals": rmb_capitals(owed) if operator.currency == "CNY" and owed >= 0 else "",
        "lines": [
            {
                "on": formats.day(each.entry.booked_on, locale), "what": kind_name(each.entry.kind),
                "about": about(each.entry, locale), "balance": amount(each.balance_minor),
                "charged": amount(each.amount_minor) if each.amount_minor > 0 else "",
                "paid": amount(-each.amount_minor) if each.amount_minor < 0 else "",
            }
            for each in statement.lines
        ],
    }  # fmt: skip
    return pdf.render("billing/statement.typ", data)


def _words() -> dict[str, str]:
    return {
        "title": _("Statement of account"), "for": _("Of whom"), "credit_code": _("Credit code"), "on": _("Day"),
        "made_on": _("Made on"), "what": _("What"), "charged": _("Charged"), "paid": _("Paid or credited"),
        "balance": _("Owed"), "opening": _("Owed before"), "closing": _("Owed at the end"),
        "capitals": _("In capitals"), "none": _("Nothing moved on these days."),
    }  # fmt: skip


def _xlsx(statement: Statement, locale: str) -> bytes:
    book = Workbook()
    words = _words()
    columns = [Column(words["on"], "date", 12), Column(words["what"], "text", 22), Column(_("About"), "text", 44),
               Column(words["charged"], "money", 14), Column(words["paid"], "money", 14),
               Column(words["balance"], "money", 14)]  # fmt: skip
    rows = [
        (statement.since, words["opening"], "", None, None, statement.opening_minor),
        *((each.entry.booked_on, kind_name(each.entry.kind), about(each.entry, locale),
           each.amount_minor if each.amount_minor > 0 else None, -each.amount_minor if each.amount_minor < 0 else None,
           each.balance_minor) for each in statement.lines),
        (statement.until, words["closing"], "", statement.charged_minor, statement.paid_minor, statement.closing_minor),
    ]  # fmt: skip
    name = (locale == "en" and statement.startup.name_en) or statement.startup.name
    book.add_sheet(words["title"], columns, rows, title=f"{words['title']} · {name}")
    return book.content()
