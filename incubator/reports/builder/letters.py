"""Letters about saved reports that were made: to whoever may see them when the letter is written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.permissions import Action
from incubator.core.errors import N_
from incubator.documents.formats import day
from incubator.notices.languages import speaking
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer
from incubator.reports.builder.exports import report_pdf, total_lines
from incubator.reports.builder.models import SavedReport, SavedReportRun
from incubator.reports.builder.queries import read_run


def write_run(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """That a report was made, with it as PDF; None for who sees no reports any more, or where it was removed."""
    found = session.execute(
        select(SavedReport, SavedReportRun).join(SavedReportRun, SavedReportRun.report_id == SavedReport.id)
        .where(SavedReportRun.id == notice.subject_id, SavedReport.removed_at.is_(None))
    ).one_or_none()  # fmt: skip
    if found is None or not reader.actor.can(Action.SEE_REPORTS):
        return None
    report, run = found
    definition, answer = read_run(run)
    days = f"{day(run.first_on, reader.locale)} – {day(run.last_on, reader.locale)}"
    with speaking(reader.locale):
        totals = total_lines(definition, answer, reader.locale)
        paper = report_pdf(report.name, definition, answer, run, reader.locale)
    return Letter(
        reader.locale, reader.say(N_("Report: %(name)s, %(days)s"), name=report.name, days=days),
        [reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
         reader.say(N_("the report “%(name)s” was made for %(days)s."), name=report.name, days=days), *totals],
        (reader.say(N_("Open the report")), reader.link(f"/reports/builder/saved/{report.id}/runs/{run.id}")),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
        pdf=(paper.name, paper.content),
    )  # fmt: skip


WRITERS: dict[str, Writer] = {"saved_report_runs": write_run}
