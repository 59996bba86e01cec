"""Figures of mentoring as a workbook: each sum, and every session that it is made of, numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask_babel import gettext

from incubator.documents.formats import day, named
from incubator.documents.workbook import Column, Workbook
from incubator.mentors.queries.figures import EvidenceRow, Figures
from incubator.mentors.rules.figures import Total

CENT = Decimal("0.01")


def hours_of(minutes: int) -> Decimal:
    """Hours with two decimals: 50 minutes are 0.83; the minutes stand beside them."""
    return (Decimal(minutes) / 60).quantize(CENT)


def write_figures(found: Figures, rows: Sequence[EvidenceRow], first: date, last: date, locale: str) -> bytes:
    """Sheets by mentor, startup, field and month, what is missing, and the evidence."""
    book, period = Workbook(), f"{day(first, locale)} – {day(last, locale)}"
    title = f"{gettext('Mentoring figures')} · {period}"
    sums = [Column(gettext("Minutes"), "integer", 12), Column(gettext("Hours"), "decimal", 12),
            Column(gettext("Sessions"), "integer", 12)]  # fmt: skip
    book.add_sheet(
        gettext("By mentor"), [Column(gettext("Number"), width=10), Column(gettext("Mentor"), width=24), *sums],
        [[found.names["mentor", int(str(each.key))][0].label, found.names["mentor", int(str(each.key))][1].name,
          *_sum(each)] for each in found.by_mentor], title=title,
    )  # fmt: skip
    book.add_sheet(
        gettext("By startup"), [Column(gettext("Code"), width=10), Column(gettext("Startup"), width=32), *sums],
        [[found.names["startup", int(str(each.key))].code, named(found.names["startup", int(str(each.key))], locale),
          *_sum(each)] for each in found.by_startup], title=title,
    )  # fmt: skip
    book.add_sheet(
        gettext("By field"), [Column(gettext("Field of help"), width=28), *sums],
        [[named(found.names["field", int(str(each.key))], locale), *_sum(each)] for each in found.by_field],
        title=title, notes=[gettext("A session of several fields is shared out evenly, so that the minutes add up.")],
    )  # fmt: skip
    book.add_sheet(gettext("By month"), [Column(gettext("Month"), width=12), *sums],
                   [[str(each.key)[:7], *_sum(each)] for each in found.by_month], title=title)  # fmt: skip
    book.add_sheet(
        gettext("Without a session"), [Column(gettext("Code"), width=10), Column(gettext("Startup"), width=32)],
        [[each.code, named(each, locale)] for each in found.without], title=title,
    )
    book.add_sheet(
        gettext("Confirmed sessions"),
        [Column(gettext("Day"), "date", 12), Column(gettext("Mentor"), width=20), Column(gettext("Startup"), width=28),
         Column(gettext("Fields of help"), width=30), Column(gettext("What it was about"), width=36),
         Column(gettext("Site"), width=18), Column(gettext("Minutes"), "integer", 10),
         Column(gettext("Session"), "integer", 10), Column(gettext("Version"), "integer", 9),
         Column(gettext("SHA-256"), width=66)],
        [[row.evidence.on, f"{row.mentor.label} {row.person.name}", named(row.startup, locale),
          "、".join(named(found.names["field", each], locale) for each in row.fields), row.title,
          named(row.site, locale), row.evidence.minutes, row.evidence.session_id, row.version,
          row.evidence.sha256.hex()] for row in rows],
        title=title,
    )  # fmt: skip
    return book.content()


def _sum(each: Total) -> list[int | Decimal]:
    return [each.minutes, hours_of(each.minutes), each.sessions]
