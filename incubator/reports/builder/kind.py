"""A saved report as a kind of frozen report: what it says on the day on which it is made."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_actor
from incubator.core.canonical import plain
from incubator.core.errors import N_, NotFound, Refusal
from incubator.documents import formats
from incubator.documents.workbook import Column
from incubator.reports.builder.exports import heads, key_words
from incubator.reports.builder.models import SavedReport
from incubator.reports.builder.queries import answer_definition
from incubator.reports.builder.rules import adds_up, content_of, lay_out, read_content, read_definition
from incubator.reports.builder.words import value_of, written
from incubator.reports.content import Content, Report
from incubator.reports.frozen.kind import Cell, Kind, Presented, Question, Table
from incubator.reports.frozen.queries import heading
from incubator.reports.measuring.catalogue import MEASURES
from incubator.startups.rules.periods import DAY

DEFINITION = "saved_report/1"


def _make(session: Session, actor: Actor, question: Question) -> Report:
    """The answer as the report's person sees it. Refused where they see no reports any more, or where what they asked
    for is gone."""
    actor.require(Action.SEE_REPORTS)
    report = session.execute(select(SavedReport).where(SavedReport.id == int(question.subject))).scalar_one_or_none()
    if report is None:
        raise NotFound(N_("There is no such report."))
    owner = get_actor(session, report.created_by)
    if owner is None or not owner.can(Action.SEE_REPORTS):
        raise Refusal(N_("Whoever saved this report sees no reports any more."))
    definition = read_definition(report.definition)
    answer = answer_definition(session, owner, definition, question.period.first)
    return Report(plain(heading(session, question, DEFINITION)) | content_of(definition, answer, report.name))


def _present(content: Content, locale: str) -> Presented:
    """The table as it is laid out on the page, and what each measure is."""
    on = date.fromisoformat(content["period"]["first"])
    definition, answer = read_content(content, on)
    table = lay_out(answer, definition)
    titles = heads(definition, answer, table, locale)
    kinds: list[Any] = ["percent" if MEASURES[each].is_share else "decimal" for each in definition.measures]
    columns = [Column(titles[0] or content["name"], width=30),
               *(Column(title, kinds[place % len(kinds)], 16) for place, title in enumerate(titles[1:]))]  # fmt: skip
    rows: list[list[Cell]] = [
        [key_words(answer, definition.rows, row, locale),
         *(value_of(name, amount) for cell in cells for name, amount in zip(definition.measures, cell, strict=True))]
        for row, cells in table.rows
    ]  # fmt: skip
    totals: list[Cell] = [value_of(name, answer.totals[name]) for name in definition.measures]
    whole = [gettext("Together"), *totals] if not definition.columns and definition.rows else None
    measures = Table(
        "measures", gettext("Definitions"),
        [Column(gettext("Measure"), width=26), Column(gettext("Together"), width=16),
         Column(gettext("Formula"), width=46), Column(gettext("Left out"), width=46)],
        [[gettext(MEASURES[name].title), written(name, answer.totals[name], locale), gettext(MEASURES[name].formula),
          gettext(MEASURES[name].exclusions) if MEASURES[name].exclusions else ""] for name in definition.measures],
    )  # fmt: skip
    days = f"{formats.day(answer.question.first, locale)} – {formats.day(answer.question.last, locale)}"
    return Presented(
        tables=[Table("rows", content["name"], columns, rows, whole), measures],
        facts=[(gettext("Report"), content["name"]), (gettext("Days"), days)],
    )


SAVED = Kind(
    name="saved_report",
    title=N_("Saved report"),
    about=N_("What somebody asked for, as it stood on the day."),
    job=N_("Make the saved reports"),
    rhythm=DAY,
    make=_make,
    present=_present,
    adds_up=adds_up,
    of_site=False,
    is_scheduled=False,
    endpoint="builder.show_saved",
)
