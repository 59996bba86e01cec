"""A built report as a workbook and a table; what was frozen has files of its own (`frozen.exports`)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from incubator.documents import csvs, formats
from incubator.documents.workbook import Column, Workbook
from incubator.reports.builder.rules import Definition, Table, lay_out
from incubator.reports.builder.words import value_of, written
from incubator.reports.frozen.exports import XLSX, File
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES
from incubator.reports.measuring.question import Answer, Key


def export(name: str, definition: Definition, answer: Answer, extension: str, locale: str) -> File:
    """`xlsx` or `csv`."""
    make, media_type = FORMATS[extension]
    stem = f"report-{answer.question.first}-{answer.question.last}"
    return File(f"{stem}.{extension}", media_type, make(name, definition, answer, locale))


def key_words(answer: Answer, dimension: str, key: Key, locale: str) -> str:
    """What a key is called."""
    if not dimension:
        return gettext("Together")
    label = answer.label(dimension, key)
    return gettext(label.name) if label.is_word else formats.named(label, locale)


def heads(definition: Definition, answer: Answer, table: Table, locale: str) -> list[str]:
    """The titles of the columns: the rows' dimension, then each measure under each key."""
    first = gettext(DIMENSIONS[definition.rows].title) if definition.rows else ""
    titles = [gettext(MEASURES[name].title) for name in definition.measures]
    if not definition.columns:
        return [first, *titles]
    return [first, *(f"{key_words(answer, definition.columns, key, locale)} · {title}"
                     for key in table.columns for title in titles)]  # fmt: skip


def total_lines(definition: Definition, answer: Answer, locale: str) -> list[str]:
    """The totals, a line for each measure."""
    return [
        gettext("%(label)s: %(value)s", label=gettext(MEASURES[name].title),
                value=written(name, answer.totals[name], locale))
        for name in definition.measures
    ]  # fmt: skip


def _values(definition: Definition, table: Table) -> list[tuple[Key, list[Decimal | None]]]:
    return [
        (row, [value_of(name, amount) for cell in cells
               for name, amount in zip(definition.measures, cell, strict=True)])
        for row, cells in table.rows
    ]


def _workbook(name: str, definition: Definition, answer: Answer, locale: str) -> bytes:
    table, book = lay_out(answer, definition), Workbook()
    titles = heads(definition, answer, table, locale)
    kinds: list[Any] = ["percent" if MEASURES[each].is_share else "decimal" for each in definition.measures]
    columns = [Column(titles[0] or name, width=30),
               *(Column(title, kinds[place % len(kinds)], 16) for place, title in enumerate(titles[1:]))]  # fmt: skip
    question = answer.question
    notes = [f"{formats.day(question.first, locale)} – {formats.day(question.last, locale)}",
             *total_lines(definition, answer, locale)]  # fmt: skip
    rows = [[key_words(answer, definition.rows, row, locale), *values] for row, values in _values(definition, table)]
    book.add_sheet(gettext("Report"), columns, rows, title=name, notes=notes)
    book.add_sheet(
        gettext("Definitions"),
        [Column(gettext("Measure"), width=28), Column(gettext("Formula"), width=60),
         Column(gettext("Left out"), width=60), Column(gettext("Source"), width=40)],
        [[gettext(MEASURES[each].title), gettext(MEASURES[each].formula), _maybe(MEASURES[each].exclusions),
          _maybe(MEASURES[each].source)] for each in definition.measures],
    )  # fmt: skip
    return book.content()


def _maybe(text: str) -> str:
    return gettext(text) if text else ""


def _csv(_name: str, definition: Definition, answer: Answer, locale: str) -> bytes:
    """Shares as fractions of one, so that a program reads them."""
    table = lay_out(answer, definition)
    rows = [[key_words(answer, definition.rows, row, locale), *(None if value is None else round(value, 6)
                                                                for value in values)]
            for row, values in _values(definition, table)]  # fmt: skip
    return csvs.write_csv(heads(definition, answer, table, locale), rows)


FORMATS: dict[str, tuple[Callable[[str, Definition, Answer, str], bytes], str]] = {
    "xlsx": (_workbook, XLSX), "csv": (_csv, "text/csv; charset=utf-8"),
}  # fmt: skip
