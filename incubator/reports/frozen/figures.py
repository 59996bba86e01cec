"""The startups' figures (KPI) as kinds of report: one for each rhythm in which they are asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_
from incubator.reports.content import Content, Report
from incubator.reports.figure_exports import present_figures
from incubator.reports.figure_queries import measure_figures, startups_at
from incubator.reports.figures import figure_differences, totals_of
from incubator.reports.frozen.kind import Kind, Question
from incubator.reports.models import FrozenReport
from incubator.spaces.queries import get_site
from incubator.startups.models import FigureSheet
from incubator.startups.operations.figures import lock_figures

NOTHING = N_("No figures of this period are confirmed: there is nothing to freeze.")
TITLES = {
    "month": N_("Monthly report of figures"), "quarter": N_("Quarterly report of figures"),
    "half": N_("Half-yearly report of figures"), "year": N_("Yearly report of figures"),
}  # fmt: skip
JOBS = {
    "month": N_("Freeze the monthly figures"), "quarter": N_("Freeze the quarterly figures"),
    "half": N_("Freeze the half-yearly figures"), "year": N_("Freeze the yearly figures"),
}  # fmt: skip
RIPE_DAYS = {"month": 20, "quarter": 30, "half": 45, "year": 60}
"""How many days after a period's end the timetable freezes it: startups report late, and what is confirmed counts."""


def _make(session: Session, actor: Actor, question: Question) -> Report:
    assert question.site_id is not None
    return measure_figures(session, actor, question.site_id, question.period)


def _lock_sheets(session: Session, actor: Actor, question: Question) -> None:
    """Nothing of the period is confirmed or opened while it is being frozen."""
    assert question.site_id is not None
    period = question.period
    ids = [each.id for each in startups_at(session, question.site_id, period)]
    session.execute(
        select(FigureSheet.id)
        .where(FigureSheet.startup_id.in_(ids), FigureSheet.rhythm == period.rhythm,
               FigureSheet.starts_on == period.first)
        .order_by(FigureSheet.id)
        .with_for_update()
    )  # fmt: skip


def _refuses(content: Content) -> str:
    return "" if content["rows"] else NOTHING


def _lock_figures(session: Session, actor: Actor, now: datetime, frozen: FrozenReport, report: Report) -> None:
    """What it has used is corrected only by staff from here on."""
    assert frozen.site_id is not None
    site = get_site(session, actor, frozen.site_id)
    label = f"{site.name} {report.content['period']['key']} v{frozen.version}"
    lock_figures(session, actor, now=now, version_ids=[row["version"] for row in report.content["rows"]],
                 used_kind="frozen_reports", used_id=frozen.id, label=label)  # fmt: skip


FIGURES = {
    rhythm: Kind(
        name=f"figures_{rhythm}",
        title=title,
        about=N_("What the startups at a site have confirmed for the period, and what is counted from their "
                 "achievements."),
        job=JOBS[rhythm],
        rhythm=rhythm,
        make=_make,
        present=present_figures,
        adds_up=lambda content: totals_of(content) == content["figures"],
        ripe_days=RIPE_DAYS[rhythm],
        endpoint="reports.figures",
        audit="freeze_figures",
        before=_lock_sheets,
        refuses=_refuses,
        after=_lock_figures,
        compare=figure_differences,
    )
    for rhythm, title in TITLES.items()
}  # fmt: skip
