"""What a saved report asks, for which days, when it is due, and how its answer is laid out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from incubator.core.canonical import plain
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Month
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES
from incubator.reports.measuring.question import Amount, Answer, Filters, Key, Label, Line, Question

RHYTHMS = ("daily", "weekly", "monthly")
PERIODS = ("yesterday", "last_week", "this_month", "last_month", "last_quarter", "last_12_months", "this_year",
           "last_year")  # fmt: skip
MOST_MEASURES = 8
MOST_COLUMNS = 40
"""Keys side by side; whoever has more lays them in rows."""


class Definition(Struct, frozen=True):
    """A question whose days are said relative to the day on which it is asked."""

    measures: tuple[str, ...]
    rows: str = ""
    columns: str = ""
    period: str = "last_month"
    site_ids: tuple[int, ...] = ()
    filters: Filters = ()

    def question(self, today: date) -> Question:
        """As it is asked on a day."""
        dimensions = tuple(each for each in (self.rows, self.columns) if each)
        return Question(self.measures, *days_of(self.period, today), dimensions, self.filters, self.site_ids)

    def data(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "measures": list(self.measures), "rows": self.rows, "columns": self.columns, "period": self.period,
            "site_ids": list(self.site_ids), "filters": [[name, list(keys)] for name, keys in self.filters],
        }  # fmt: skip


def read_definition(data: Mapping[str, Any]) -> Definition:
    """A definition that was kept."""
    filters = tuple((name, tuple(keys)) for name, keys in data["filters"])
    return Definition(tuple(data["measures"]), data["rows"], data["columns"], data["period"],
                      tuple(data["site_ids"]), filters)  # fmt: skip


def check_definition(definition: Definition) -> None:
    """Refused, unless it names what there is; whether measures and dimensions go together the question says."""
    if not 1 <= len(definition.measures) <= MOST_MEASURES:
        raise Refusal(N_("Choose from one to %(most)s measures."), field="measures", most=MOST_MEASURES)
    if unknown := [name for name in definition.measures if name not in MEASURES]:
        raise Refusal(N_("There is no such measure: %(name)s."), field="measures", name=unknown[0][:40])
    for field, name in (("rows", definition.rows), ("columns", definition.columns)):
        if name and name not in DIMENSIONS:
            raise Refusal(N_("There is no such dimension: %(name)s."), field=field, name=name[:40])
    if definition.rows and definition.rows == definition.columns:
        raise Refusal(N_("Rows and columns are the same."), field="columns")
    if definition.period not in PERIODS:
        raise Refusal(N_("Choose a period."), field="period")


def days_of(period: str, today: date) -> tuple[date, date]:
    """First and last day of a period, seen from a day.

    On 27 November 2026 last week is 16 to 22 November, last quarter July to September, the last twelve months
    November 2025 to October 2026, this year 1 January until today.
    """
    month = Month.of(today)
    monday = today - timedelta(days=today.weekday())
    quarter = Month(today.year, 3 * month.quarter - 2)
    match period:
        case "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "last_week":
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case "this_month":
            return month.first, today
        case "last_quarter":
            return (quarter - 3).first, (quarter - 1).last
        case "last_12_months":
            return (month - 12).first, (month - 1).last
        case "this_year":
            return date(today.year, 1, 1), today
        case "last_year":
            return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
        case _:
            return (month - 1).first, (month - 1).last


def is_due(rhythm: str, on: date) -> bool:
    """Daily on each day, weekly on Mondays, monthly on the first."""
    return rhythm == "daily" or (rhythm == "weekly" and on.weekday() == 0) or (rhythm == "monthly" and on.day == 1)


class Table(Struct, frozen=True):
    """An answer laid out: a row for each key of `rows`, and for each key of `columns` a cell of each measure."""

    columns: tuple[Key, ...]
    rows: tuple[tuple[Key, tuple[tuple[Amount | None, ...], ...]], ...]
    totals: tuple[Amount, ...]


def lay_out(answer: Answer, definition: Definition) -> Table:
    """Rows and columns in the answer's order; a cell that nothing is in stays empty. Refusal where too much would
    stand side by side."""
    names = definition.measures
    places = {name: place for place, name in enumerate(answer.question.dimensions)}
    down, across = places.get(definition.rows), places.get(definition.columns)
    cells: dict[tuple[Key, Key], tuple[Amount | None, ...]] = {}
    rows: dict[Key, None] = {}
    columns: dict[Key, None] = {} if across is not None else {None: None}
    for line in answer.lines:
        row, column = (None if place is None else line.key[place] for place in (down, across))
        rows[row], columns[column] = None, None
        cells[row, column] = tuple(line.amounts[name] for name in names)
    if len(columns) > MOST_COLUMNS:
        raise Refusal(N_("That would be more than %(most)s columns. Lay them in rows."), field="columns",
                      most=MOST_COLUMNS)  # fmt: skip
    order = _in_order(answer, definition.columns, list(columns)) if across is not None else list(columns)
    empty = tuple(None for _ in names)
    return Table(
        tuple(order), tuple((row, tuple(cells.get((row, column), empty) for column in order)) for row in rows),
        tuple(answer.totals[name] for name in names),
    )  # fmt: skip


def _in_order(answer: Answer, dimension: str, keys: Sequence[Key]) -> list[Key]:
    """As names are listed; without names by the key, nobody's last."""
    named = {key: place for place, key in enumerate(answer.labels.get(dimension, {}))}
    return sorted(keys, key=lambda key: (key is None, named.get(key, len(named)), key if isinstance(key, int) else 0,
                                         str(key)))  # fmt: skip


def content_of(definition: Definition, answer: Answer, name: str) -> dict[str, Any]:
    """What a saved report said, as plain data."""
    said: dict[str, Any] = plain({
        "name": name, "question": definition.data(), "first": answer.question.first, "last": answer.question.last,
        "lines": [[list(line.key), [_amount(line.amounts[each]) for each in definition.measures]]
                  for line in answer.lines],
        "figures": [_figure(name, answer.totals[name]) for name in definition.measures],
        "labels": {dimension: [[key, label.name, label.name_en, label.is_word] for key, label in names.items()]
                   for dimension, names in answer.labels.items()},
    })  # fmt: skip
    return said


def read_content(content: Mapping[str, Any], on: date) -> tuple[Definition, Answer]:
    """The answer as it was on a day: from what was kept and nothing else."""
    definition = read_definition(content["question"])
    lines = tuple(
        Line(tuple(key), dict(zip(definition.measures, map(_read_amount, amounts), strict=True)))
        for key, amounts in content["lines"]
    )
    totals = {each["measure"]: _read_amount((each["numerator"], each["denominator"])) for each in content["figures"]}
    labels = {dimension: {key: Label(name, name_en, is_word) for key, name, name_en, is_word in names}
              for dimension, names in content["labels"].items()}  # fmt: skip
    return definition, Answer(definition.question(on), lines, totals, labels)


def adds_up(content: Mapping[str, Any]) -> bool:
    """Whether the parts are together what is said of the whole; without parts there is nothing to add."""
    question = content["question"]
    if not (question["rows"] or question["columns"]):
        return True
    sums = [sum((Decimal(amounts[place][0]) for _key, amounts in content["lines"]), Decimal())
            for place in range(len(content["figures"]))]  # fmt: skip
    return sums == [Decimal(figure["numerator"]) for figure in content["figures"]]


def _figure(measure: str, amount: Amount) -> dict[str, Any]:
    return {"measure": measure, "numerator": amount.numerator, "denominator": amount.denominator}


def _amount(amount: Amount) -> list[Any]:
    return [amount.numerator, amount.denominator]


def _read_amount(said: Sequence[str | None]) -> Amount:
    above, below = said
    return Amount(Decimal(above or 0), None if below is None else Decimal(below))
