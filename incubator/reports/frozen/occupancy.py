"""Occupancy as a kind of report: a site's month. Its page and its files are its own, for it has most to show."""

from __future__ import annotations

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_
from incubator.core.periods import Month
from incubator.documents import formats
from incubator.reports.content import Content, Report, figures_from_rows
from incubator.reports.frozen.kind import Figure, Kind, Presented, Question
from incubator.reports.presenting import Shown
from incubator.reports.queries import KIND, measure_occupancy
from incubator.reports.verification import occupancy_differences


def _make(session: Session, actor: Actor, question: Question) -> Report:
    assert question.site_id is not None
    return measure_occupancy(session, actor, question.site_id, Month.of(question.period.first))


def _present(content: Content, locale: str) -> Presented:
    """The figures alone: the rows stand on the page of its own."""
    shown = Shown(content)
    return Presented(
        tables=(),
        figures=[Figure(figure.words.title, figure.share, "percent",
                        f"{formats.number(figure.numerator, locale)} / {formats.number(figure.denominator, locale)}")
                 for figure in shown.figures],
    )  # fmt: skip


OCCUPANCY = Kind(
    name=KIND,
    title=N_("Occupancy report"),
    about=N_("Desks and area let, and time in use, of each site."),
    job=N_("Freeze the occupancy report"),
    rhythm="month",
    make=_make,
    present=_present,
    adds_up=lambda content: figures_from_rows(content) == content["figures"],
    endpoint="reports.occupancy",
    audit="freeze_occupancy",
    compare=occupancy_differences,
)
