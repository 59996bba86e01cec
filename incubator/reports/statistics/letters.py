"""Letters about a year's statistics that are due soon, or due, and of which something is open."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.permissions import Action
from incubator.core.errors import N_
from incubator.documents.formats import day, named, sentence
from incubator.notices.languages import speaking
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer
from incubator.reports.statistics.filings import due_on, list_filings
from incubator.reports.statistics.indicators import BY_CODE
from incubator.reports.statistics.models import StatisticFiling
from incubator.reports.statistics.queries import Sheet, list_frozen_years, make_sheet
from incubator.reports.statistics.words import FORM_WORDS

NAMED = 12
"""Of what is open; the page has all."""


def write_open(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """What stands in the way of freezing; None where nothing does any more, or the form is filed no longer."""
    filing = session.execute(
        select(StatisticFiling).where(StatisticFiling.id == notice.subject_id)
    ).scalar_one_or_none()
    if filing is None or not reader.actor.can(Action.MANAGE_GOALS):
        return None
    year, form = int(notice.facts["year"]), filing.form
    current = list_filings(session, reader.actor).get(filing.site_id)
    if current is None or current.form != form:
        return None
    if (form, filing.site_id, year) in list_frozen_years(session, reader.actor):
        return None
    sheet = make_sheet(session, reader.actor, filing.site_id, form, year)
    return _letter(reader, sheet, due_on(year, current.ripe_days)) if sheet.open else None


def _letter(reader: Reader, sheet: Sheet, due: date) -> Letter:
    with speaking(reader.locale):
        lines = [f"· {reader.say(BY_CODE[each.codes[0]].title)}: {sentence(each.says, reader.locale)}"
                 for each in sheet.open[:NAMED]]  # fmt: skip
    where = named(sheet.site, reader.locale) if sheet.site else reader.say(N_("Whole operator"))
    title = reader.say(FORM_WORDS[sheet.form])
    return Letter(
        reader.locale,
        reader.say(N_("Open before it can be frozen: %(title)s %(year)s, %(where)s"), title=title, year=sheet.year,
                   where=where),
        [reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
         reader.say(N_("%(title)s %(year)s, %(where)s: to be frozen on %(day)s. It is not frozen while something is "
                       "open; %(count)s things are:"), title=title, year=sheet.year, where=where,
                    day=day(due, reader.locale), count=len(sheet.open)), *lines],
        (reader.say(N_("Open the form")), reader.link(f"/reports/statistics/{sheet.form}/{sheet.scope}/{sheet.year}")),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
    )  # fmt: skip


WRITERS: dict[str, Writer] = {"statistic_filings": write_open}
