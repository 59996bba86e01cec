"""The empty template: a sheet per thing, titles in the reader's language, notes, choices and examples."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from flask_babel import gettext

from incubator.core.errors import N_
from incubator.jobs.workbook.sheets import SHEETS, Column, Sheet

HELP = (
    N_("Fill in the sheets that you need; leave the others empty. Columns with * must be filled in."),
    N_("The rows under each title are examples: replace them."),
    N_("Everything is imported or nothing. If anything is wrong, you get each fault with its sheet, row and column."),
    N_("Sheets stand on one another: sites, then units, resources, tariffs, companies, residencies, bookings."),
    N_("Codes may name what is in this workbook or what is there already."),
)
CHOICE_ROWS = 5000


def write_template(locale: str) -> bytes:
    """The workbook that the site offers; its own examples import cleanly."""
    import xlsxwriter  # noqa: PLC0415  few requests need it

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#EEF3F1", "bottom": 1}),
        "must": book.add_format({"bold": True, "bg_color": "#D9ECE8", "bottom": 1}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    _write_help(book, formats, locale)
    for sheet in SHEETS:
        _write_sheet(book, formats, sheet, locale)
    book.close()
    return file.getvalue()


def _write_help(book: Any, formats: dict[str, Any], locale: str) -> None:
    page = book.add_worksheet("说明" if locale == "zh_Hans" else "Notes")
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 26)
    page.set_column(2, 2, 80, formats["wrap"])
    page.write_string(0, 0, gettext("How to fill in this workbook"), formats["title"])
    row = 1
    for line in HELP:
        page.write_string(row, 0, gettext(line))
        row += 1
    row += 1
    for sheet in SHEETS:
        for column in sheet.columns:
            page.write_string(row, 0, _title(sheet, locale))
            page.write_string(row, 1, _title(column, locale) + (" *" if column.required else ""))
            page.write_string(row, 2, _note(column))
            row += 1


def _write_sheet(book: Any, formats: dict[str, Any], sheet: Sheet, locale: str) -> None:
    page = book.add_worksheet(_title(sheet, locale))
    page.freeze_panes(1, 0)
    rows = min(len(column.examples) for column in sheet.columns)
    for index, column in enumerate(sheet.columns):
        title = _title(column, locale) + (" *" if column.required else "")
        style = formats["text"] if column.kind in ("text", "time") else None
        page.set_column(index, index, max(14, len(title) * 2), style)
        page.write_string(0, index, title, formats["must" if column.required else "head"])
        page.write_comment(0, index, _note(column), {"x_scale": 2})
        if column.choices:
            words = list(column.choices.values() if locale == "zh_Hans" else column.choices)
            page.data_validation(1, index, CHOICE_ROWS, index, {"validate": "list", "source": words,
                                                                "error_type": "warning"})  # fmt: skip
        for number, example in enumerate(column.examples[:rows], start=1):
            _write_example(page, formats, column, number, index, example, locale)


def _write_example(
    page: Any, formats: dict[str, Any], column: Column, row: int, index: int, example: object, locale: str
) -> None:
    if example == "":
        return
    if column.kind == "date":
        page.write_datetime(row, index, date.fromisoformat(str(example)), formats["date"])
    elif column.kind in ("decimal", "integer"):
        page.write_number(row, index, float(str(example)))
    elif column.choices and locale == "zh_Hans":
        page.write_string(row, index, column.choices[str(example)])
    else:
        page.write_string(row, index, str(example), formats["text"])


def _title(thing: Sheet | Column, locale: str) -> str:
    return thing.zh if locale == "zh_Hans" else thing.en


def _note(column: Column) -> str:
    note = gettext(column.note)
    if column.choices:
        note += " " + " / ".join(f"{word} ({key})" for key, word in column.choices.items())
    return note
