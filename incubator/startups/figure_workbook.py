"""A period's figures of all startups as a workbook: one row for each startup, numbers as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from incubator.documents import formats
from incubator.documents.workbook import Column, Workbook
from incubator.startups.figure_words import period_name, unit_of
from incubator.startups.forms.achievements import ACHIEVEMENT_NAMES, SORT_NAMES
from incubator.startups.forms.figures import SHEET_STATE_NAMES
from incubator.startups.models import Achievement, Figure, Indicator
from incubator.startups.queries.figure_lists import SheetRow
from incubator.startups.queries.figures import computed_of
from incubator.startups.rules.figures import as_typed
from incubator.startups.rules.periods import Period


def write_period(
    period: Period, indicators: Sequence[Indicator], rows: Sequence[tuple[SheetRow, Mapping[int, Figure]]],
    achievements: Sequence[Achievement], today: date, locale: str,
) -> bytes:  # fmt: skip
    """Sheets: the figures with what is counted from achievements, and the achievements themselves."""
    by_startup: dict[int, list[Achievement]] = {}
    for each in achievements:
        by_startup.setdefault(each.startup_id, []).append(each)
    book = Workbook()
    book.add_sheet(
        gettext("Figures"), _columns(indicators, locale),
        [_cells(row, figures, indicators, by_startup.get(row.startup.id, []), period, today, locale)
         for row, figures in rows],
        title=f"{gettext('Figures of startups')} · {period_name(period)}",
    )  # fmt: skip
    names = {row.startup.id: row.startup for row, _ in rows}
    book.add_sheet(
        gettext("Achievements"),
        [Column(gettext("Startup"), width=28), Column(gettext("Kind"), width=22), Column(gettext("Which"), width=18),
         Column(gettext("Name"), width=36), Column(gettext("Date"), "date", 12),
         Column(gettext("Valid until"), "date", 12),
         Column(gettext("Amount, yuan"), "money", 16), Column(gettext("Number"), width=22),
         Column(gettext("Investor, issuer or buyer"), width=26)],
        [[formats.named(names[each.startup_id], locale), str(ACHIEVEMENT_NAMES[each.kind]),
          str(SORT_NAMES[each.kind].get(each.sort, "")), each.title, each.happened_on, each.valid_until,
          each.amount_minor, each.number, each.counterparty] for each in achievements],
    )  # fmt: skip
    return book.content()


def _columns(indicators: Sequence[Indicator], locale: str) -> list[Column]:
    kinds: dict[str, Any] = {"count": "integer", "money": "decimal", "decimal": "decimal", "percent": "decimal"}
    return [
        Column(gettext("Code"), width=10), Column(gettext("Startup"), width=28), Column(gettext("State"), width=12),
        Column(gettext("Due on"), "date", 12), Column(gettext("Days late"), "integer", 10),
        Column(gettext("Version"), "integer", 9),
        *(Column(f"{formats.named(each, locale)} ({unit_of(each, locale)})" if unit_of(each, locale)
                 else formats.named(each, locale), kinds[each.kind], 16) for each in indicators),
        *(Column(str(ACHIEVEMENT_NAMES[kind]), "integer", 14) for kind in ("right_applied", "right_granted")),
        Column(gettext("Raised, yuan"), "money", 16), Column(gettext("Qualifications held"), width=26),
    ]  # fmt: skip


def _cells(
    row: SheetRow, figures: Mapping[int, Figure], indicators: Sequence[Indicator], mine: Sequence[Achievement],
    period: Period, today: date, locale: str,
) -> list[Any]:  # fmt: skip
    applied, granted, raised, qualified = computed_of(mine, period)
    values = [
        as_typed(figures[each.id].value, each.kind, in_thousands=each.in_thousands) if each.id in figures else None
        for each in indicators
    ]
    return [
        row.startup.code, formats.named(row.startup, locale), str(SHEET_STATE_NAMES[row.state]), row.sheet.due_on,
        row.late(today), row.version.number if row.version else None,
        *(None if value is None else int(value) if each.kind == "count" else value
          for each, value in zip(indicators, values, strict=True)),
        len(applied.rows), len(granted.rows), raised.amount_minor,
        "、".join(str(SORT_NAMES["qualification"][each.sort]) for each in qualified.rows),
    ]  # fmt: skip
