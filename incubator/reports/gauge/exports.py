"""The gauge as a workbook: a sheet with the criteria, and the rows behind each figure."""

from __future__ import annotations

import io
from collections.abc import Mapping

from flask_babel import gettext as _

from incubator.core.errors import Phrase
from incubator.documents.formats import day, named, sentence
from incubator.documents.workbook import Column, Value, Workbook
from incubator.reports.gauge.models import Criterion
from incubator.reports.gauge.queries import GoalRow
from incubator.reports.gauge.rules import Standing, Verdict
from incubator.reports.gauge.words import COMPARISON_WORDS, MEASURE_WORDS, STATUS_WORDS
from incubator.reports.gauge.world import Line


def gauge_workbook(row: GoalRow, standing: Standing, criteria: Mapping[int, Criterion], locale: str) -> io.BytesIO:
    """Figures and thresholds as numbers; a sheet per measure that has rows."""
    book = Workbook()
    sites = "、".join(named(site, locale) for site in row.sites)
    book.add_sheet(
        _("Criterion of a standard"),
        [Column(_("Criterion of a standard"), width=36), Column(_("Comparison")), Column(_("Threshold"), "decimal"),
         Column(_("Figure"), "decimal"), Column(_("Unit")), Column(_("State")), Column(_("Missing"), "decimal"),
         Column(_("Source"), width=40)],
        [_criterion(each, criteria[each.demand.id]) for each in standing.verdicts],
        title=f"{named(row.goal, locale)} · {day(standing.on, locale)}",
        notes=[sites, row.standard.source],
    )  # fmt: skip
    done = set()
    for verdict in standing.verdicts:
        measure = verdict.demand.measure
        if measure in done or not verdict.figure.lines:
            continue
        done.add(measure)
        words = MEASURE_WORDS[measure]
        book.add_sheet(
            _(words.title),
            [Column(_("Row"), width=40), Column(_("Remark"), width=40), Column(_("Quantity"), "decimal"),
             Column(_("Counts"))],
            [_line(line, locale) for line in verdict.figure.lines],
            title=_(words.title), notes=[_(words.formula)],
        )  # fmt: skip
    return io.BytesIO(book.content())


def _criterion(verdict: Verdict, criterion: Criterion) -> list[Value]:
    words = MEASURE_WORDS[verdict.demand.measure]
    source = " · ".join(part for part in (criterion.source, _(STATUS_WORDS[criterion.status])) if part)
    unit = _(words.unit) if words.unit else ""
    return [_(words.title), _(COMPARISON_WORDS[verdict.demand.comparison]), verdict.demand.threshold,
            verdict.figure.value, unit, state_of(verdict), verdict.missing, source]  # fmt: skip


def state_of(verdict: Verdict) -> str:
    """The state in words."""
    if verdict.is_met:
        return _("met")
    if verdict.is_spared:
        return _("met by another")
    return _("not known") if verdict.is_met is None else _("not met")


def _line(line: Line, locale: str) -> list[Value]:
    label = line.label_en if locale == "en" and line.label_en else line.label
    note = sentence(line.note, locale) if isinstance(line.note, Phrase) else line.note
    return [label, note, line.amount, _("yes") if line.counts else _("no")]
