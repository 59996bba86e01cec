"""A year's sheet: every field as the form wants it, last year's, and the change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from incubator.reports.gauge.world import Figure
from incubator.reports.statistics.facts import StatedValue
from incubator.reports.statistics.indicators import BY_CODE, Indicator, indicators_of
from incubator.reports.statistics.units import UNITS, in_unit, parts_in_unit

TENTH = Decimal("0.1")


class Row(Struct, frozen=True):
    """A field of the form. Values are in its unit; None: not known."""

    indicator: Indicator
    figure: Figure
    value: Decimal | None
    last: Decimal | None
    note: str = ""
    """What explains it."""
    told: Decimal | None = None
    """What staff state, where the books say something else."""

    @property
    def change(self) -> Decimal | None:
        """Against last year, in percent with one decimal: 12 after 8 is 50.0; None after nothing or without a value."""
        if self.value is None or not self.last:
            return None
        return ((self.value - self.last) * 100 / self.last).quantize(TENTH, ROUND_HALF_UP)


def values_of(figures: Mapping[str, Figure]) -> dict[str, Decimal | None]:
    """What is counted as the form writes it; parts of a total so that they add up to it as it is written."""
    found: dict[str, Decimal | None] = {}
    for code, figure in figures.items():
        found[code] = None if figure.value is None else in_unit(figure.value, UNITS[BY_CODE[code].unit])
    for whole in {each.part_of for each in BY_CODE.values() if each.part_of}:
        codes = [code for code in figures if BY_CODE[code].part_of == whole]
        known = [value for code in codes if (value := figures[code].value) is not None]
        if codes and len(known) == len(codes) and figures[whole].value == sum(known, Decimal(0)):
            found |= zip(codes, parts_in_unit(known, UNITS[BY_CODE[whole].unit]), strict=True)
    return found


def make_rows(
    form: str, figures: Mapping[str, Figure], last: Mapping[str, Decimal], notes: Mapping[str, str],
    stated: Mapping[str, StatedValue] | None = None,
) -> list[Row]:  # fmt: skip
    """The fields of a form with their values, last year's (in the form's units), notes, and what is stated beside."""
    values = values_of(figures)
    return [
        Row(each, figures[each.code], values[each.code], last.get(each.code), notes.get(each.code, ""),
            _told(each, figures[each.code], (stated or {}).get(each.code)))
        for each in indicators_of(form)
    ]  # fmt: skip


def _told(indicator: Indicator, figure: Figure, stated: StatedValue | None) -> Decimal | None:
    by_books = indicator.or_stated and any(line.counts and line.entry_id for line in figure.lines)
    if stated is None or figure.value is None or not by_books:
        return None
    unit = UNITS[indicator.unit]
    told = in_unit(stated.figure, unit)
    return None if told == in_unit(figure.value, unit) else told
