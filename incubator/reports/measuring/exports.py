"""An answer as a workbook or a table: every figure with its two sums, and what each measure is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from incubator.documents import csvs
from incubator.documents.workbook import Column, Workbook
from incubator.reports.frozen.exports import XLSX, File
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES, Measure
from incubator.reports.measuring.choosing import Choice
from incubator.reports.measuring.question import Amount, Answer, Key
from incubator.reports.presenting import rounded_share
from incubator.reports.words import ROUNDING

Namer = Callable[[Answer, str, Key], str]
FORMATS = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}


def export(answer: Answer, choice: Choice, extension: str, name: Namer, _locale: str) -> File:
    """`xlsx` or `csv`, in the reader's language: use-2026-09-2026-10."""
    columns, rows = figure_columns(answer), figure_rows(answer, name)
    if extension == "csv":
        content = csvs.write_csv([column.title for column in columns], rows)
    else:
        book = Workbook()
        period = f"{choice.question.first} – {choice.question.last}"
        book.add_sheet(gettext("Figures"), columns, rows, title=gettext("Use of spaces"),
                       notes=[period, gettext(ROUNDING)])  # fmt: skip
        add_definitions(book, answer.question.measures)
        content = book.content()
    return File(f"use-{choice.first}-{choice.last}.{extension}", FORMATS[extension], content)


def figure_columns(answer: Answer) -> list[Column]:
    """A line for each part and measure."""
    return [
        *(Column(gettext(DIMENSIONS[name].title), width=24) for name in answer.question.dimensions),
        Column(gettext("Figure"), width=34), Column(gettext("What the numerator is"), width=28),
        Column(gettext("Numerator"), "decimal", 16), Column(gettext("What the denominator is"), width=28),
        Column(gettext("Denominator"), "decimal", 16), Column(gettext("Share"), "percent", 10),
        Column(gettext("Unit of count"), width=14), Column(gettext("Formula"), width=60),
    ]  # fmt: skip


def figure_rows(answer: Answer, name: Namer) -> list[list[Any]]:
    """The parts, and the whole at the end."""
    question = answer.question
    parts = [
        [*(name(answer, dimension, key) for dimension, key in zip(question.dimensions, line.key, strict=True)),
         *_cells(MEASURES[measure], line.amounts[measure])]
        for line in answer.lines for measure in question.measures
    ]  # fmt: skip
    blank = [gettext("Together"), *[""] * (len(question.dimensions) - 1)] if question.dimensions else []
    return parts + [[*blank, *_cells(MEASURES[measure], answer.totals[measure])] for measure in question.measures]


def _cells(measure: Measure, amount: Amount) -> list[Any]:
    share = rounded_share(amount.numerator, amount.denominator or Decimal(0))
    return [gettext(measure.title), gettext(measure.numerator), amount.numerator,
            gettext(measure.denominator) if measure.is_share else "", amount.denominator, share, gettext(measure.unit),
            gettext(measure.formula)]  # fmt: skip


def add_definitions(book: Workbook, measures: tuple[str, ...]) -> None:
    """A sheet that says what each measure is."""
    found = [MEASURES[name] for name in measures]
    book.add_sheet(
        gettext("Definitions"),
        [Column(gettext("Figure"), width=34), Column(gettext("Formula"), width=60),
         Column(gettext("Numerator"), width=30), Column(gettext("Denominator"), width=30),
         Column(gettext("Left out"), width=60),
         Column(gettext("Source"), width=60), Column(gettext("Weight"), width=16),
         Column(gettext("Unit of count"), width=14), Column(gettext("Note"), width=60)],
        [[gettext(each.title), gettext(each.formula), gettext(each.numerator),
          gettext(each.denominator) if each.denominator else "", gettext(each.exclusions), gettext(each.source),
          gettext(each.weight) if each.weight else "", gettext(each.unit), gettext(each.extra) if each.extra else ""]
         for each in found],
    )  # fmt: skip
