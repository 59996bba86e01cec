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
from incubator.reports.builder.exports import total_lines
from incubator.reports.builder.kind import SAVED
from incubator.reports.builder.models import SavedReport
from incubator.reports.builder.queries import find_run
from incubator.reports.frozen.exports import export
from incubator.reports.frozen.queries import get_stamp


def write_run(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """That a report was made, with it as PDF; None for who sees no reports any more, or where it was removed."""
    run = find_run(session, notice.subject_id)
    if run is None or not reader.actor.can(Action.SEE_REPORTS):
        return None
    report = session.execute(
        select(SavedReport).where(SavedReport.id == run.report_id, SavedReport.removed_at.is_(None))
    ).scalar_one_or_none()
    if report is None:
        return None
    definition, answer = run.read()
    stamp = get_stamp(session, reader.actor, run.frozen_id)
    days = f"{day(run.first_on, reader.locale)} – {day(run.last_on, reader.locale)}"
    with speaking(reader.locale):
        totals = total_lines(definition, answer, reader.locale)
        paper = export(SAVED, stamp, run.content, "pdf", reader.locale, reader.base_url)
    assert paper is not None  # only a CSV can be of a table that there isn't
    return Letter(
        reader.locale, reader.say(N_("Report: %(name)s, %(days)s"), name=report.name, days=days),
        [reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
         reader.say(N_("the report “%(name)s” was made for %(days)s."), name=report.name, days=days), *totals],
        (reader.say(N_("Open the report")), reader.link(f"/reports/builder/saved/{report.id}/runs/{run.id}")),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
        pdf=(paper.name, paper.content),
    )  # fmt: skip


WRITERS: dict[str, Writer] = {"saved_report_runs": write_run}
