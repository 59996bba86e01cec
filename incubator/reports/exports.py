"""A frozen occupancy report as a workbook, a PDF and a table: made from the frozen content and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from msgspec import Struct

from incubator.documents import csvs, formats, pdf
from incubator.documents.workbook import Column, Workbook
from incubator.reports.frozen.exports import XLSX, File, address_of, paper_stamp, proof_facts, qr_svg
from incubator.reports.frozen.queries import Version
from incubator.reports.measuring.catalogue import MEASURES as CATALOGUE
from incubator.reports.models import FrozenReport
from incubator.reports.occupancy import AREA, MEASURES, TIME
from incubator.reports.presenting import (
    FigureShown,
    MeasureShown,
    RowShown,
    Shown,
    grouped_hash,
    hours_and_minutes,
    rounded_share,
)
from incubator.reports.words import (
    HOLDER_WORDS,
    MEASURE_WORDS,
    REASON_WORDS,
    ROUNDING,
    UNIT_KIND_WORDS,
    UNMEASURED_WORDS,
)


class Source(Struct, frozen=True):
    """A frozen version: its very text, what is known of it, and where its code leads."""

    text: str
    stamp: Version
    base_url: str


def export(frozen: FrozenReport, extension: str, locale: str, stamp: Version, base_url: str) -> File:
    """`xlsx`, `pdf`, `csv` or `json` of a frozen version, in the reader's language; `json` is what was hashed.

    Its name carries site, month, version and the hash's first eight digits: occupancy-NS-2026-10-v2-bb582ceb.
    """
    shown = Shown(json.loads(frozen.content))
    code = shown.content["site"]["code"]
    stem = f"occupancy-{code}-{shown.month}-v{frozen.version}-{frozen.sha256.hex()[:8]}"
    make, media_type = FORMATS[extension]
    return File(f"{stem}.{extension}", media_type, make(shown, Source(frozen.content, stamp, base_url), locale))


def _workbook(shown: Shown, source: Source, locale: str) -> bytes:
    book = Workbook()
    title = f"{gettext('Occupancy report')} · {formats.named(shown.site, locale)} · {_month(shown, locale)}"
    book.add_sheet(
        gettext("Figures"),
        [Column(gettext("Figure"), width=26), Column(gettext("Formula"), width=52),
         Column(gettext("What the numerator is"), width=22), Column(gettext("Numerator"), "decimal", 14),
         Column(gettext("What the denominator is"), width=22), Column(gettext("Denominator"), "decimal", 14),
         Column(gettext("Share"), "percent", 10), Column(gettext("Units counted"), "integer", 10),
         Column(gettext("Rows"), "integer", 10)],
        [[gettext(f.words.title), gettext(f.words.formula), gettext(f.words.numerator), f.numerator,
          gettext(f.words.denominator), f.denominator, f.share, f.units, f.rows] for f in shown.figures],
        title=title,
        notes=[f"{label}: {value}" for label, value in _facts(shown, source, locale)],
    )  # fmt: skip
    _measure_sheet(book, shown)
    _unit_sheet(book, shown)
    rows = [(measure, row) for measure in (AREA, TIME) for row in shown.rows(measure)]
    book.add_sheet(gettext("Rows"), _row_columns(shown.zone), [_row_cells(m, row, locale) for m, row in rows])
    book.add_sheet(
        gettext("Left out"),
        [*_row_columns(shown.zone)[:9], Column(gettext("Why"), width=26), Column(gettext("Left out"), "integer", 12),
         Column(gettext("Unit of count"), width=10), Column(gettext("Note"), width=30)],
        [[*_row_cells(m, row, locale)[:9], gettext(REASON_WORDS[reason]), amount, _count_word(m), row.note]
         for m, row in rows for reason, amount in row.left_out],
    )  # fmt: skip
    book.add_sheet(
        gettext("Opening times"),
        [Column(title, "datetime", 18, shown.zone) for title in (gettext("Open from"), gettext("Open to"))],
        [list(opening) for opening in shown.opening],
    )
    return book.content()


def _measure_sheet(book: Workbook, shown: Shown) -> None:
    """Every measure with its definition; a report by the first definition has none but its figures."""
    if not shown.measures:
        return
    book.add_sheet(
        gettext("All measures"),
        [Column(gettext("Figure"), width=34), Column(gettext("Numerator"), "decimal", 14),
         Column(gettext("Denominator"), "decimal", 14), Column(gettext("Share"), "percent", 10),
         Column(gettext("Unit of count"), width=14), Column(gettext("Formula"), width=60),
         Column(gettext("Left out"), width=60), Column(gettext("Source"), width=60)],
        [[gettext(words.title), each.numerator, each.denominator,
          rounded_share(each.numerator, each.denominator) if each.denominator else None, gettext(words.unit),
          gettext(words.formula), gettext(words.exclusions), gettext(words.source)]
         for each in shown.measures for words in (CATALOGUE[each.measure],)],
    )  # fmt: skip


def _unit_sheet(book: Workbook, shown: Shown) -> None:
    """All units with what they could and did count, and those that no figure counts with the reason."""
    counted = [
        [unit.code, gettext(UNIT_KIND_WORDS[unit.kind]), unit.floor, unit.area, unit.available, unit.counted,
         _count_word(measure), unit.share, ""]
        for measure in (AREA, TIME) for unit in shown.units(measure)
    ]  # fmt: skip
    left = [
        [unit["code"], gettext(UNIT_KIND_WORDS[unit["kind"]]), unit["floor"], None, None, None, "", None,
         gettext(UNMEASURED_WORDS[unit["reason"]])]
        for unit in shown.unmeasured
    ]  # fmt: skip
    book.add_sheet(
        gettext("Units"),
        [Column(gettext("Unit"), width=12), Column(gettext("Kind"), width=12), Column(gettext("Floor"), width=16),
         Column(gettext("Area, m²"), "decimal", 12), Column(gettext("Available"), "integer", 12),
         Column(gettext("Counted"), "integer", 12), Column(gettext("Unit of count"), width=10),
         Column(gettext("Share"), "percent", 10), Column(gettext("Why not counted"), width=34)],
        [*counted, *left],
    )  # fmt: skip


def _row_columns(zone: str) -> list[Column]:
    return [
        Column(gettext("Figure"), width=24), Column(gettext("Unit"), width=10), Column(gettext("Kind"), width=10),
        Column(gettext("Held by"), width=14), Column(gettext("Agreement, resource or reason"), width=26),
        Column(gettext("Startup's code"), width=12), Column(gettext("Startup"), width=26),
        Column(gettext("From"), "datetime", 18, zone), Column(gettext("To"), "datetime", 18, zone),
        Column(gettext("Counted"), "integer", 10), Column(gettext("Unit of count"), width=10),
        Column(gettext("Adds to the numerator"), "decimal", 16), Column(gettext("Left out"), width=30),
        Column(gettext("Note"), width=30), Column(gettext("Allocation"), "integer", 12),
    ]  # fmt: skip


def _row_cells(measure: str, row: RowShown, locale: str) -> list[Any]:
    return [
        _titles(measure, row), row.unit, gettext(UNIT_KIND_WORDS[row.unit_kind]),
        gettext(HOLDER_WORDS[row.holder_kind]), formats.named(row.label, locale), row.startup_code,
        formats.named(row.startup, locale) if row.startup else "", row.start, row.end, row.counted,
        _count_word(measure), row.contribution, _left_out(measure, row), row.note, row.allocation,
    ]  # fmt: skip


def _titles(measure: str, row: RowShown) -> str:
    """A desk's row belongs to two figures."""
    names = [AREA, "desks"] if measure == AREA and row.unit_kind == "desk" else [measure]
    return gettext(", ").join(gettext(MEASURE_WORDS[name].title) for name in names)


def _left_out(measure: str, row: RowShown) -> str:
    word = _count_word(measure)
    return gettext("; ").join(
        gettext("%(reason)s: %(amount)s", reason=gettext(REASON_WORDS[reason]), amount=f"{amount} {word}")
        for reason, amount in row.left_out
    )


def _count_word(measure: str) -> str:
    return gettext("minutes") if measure == TIME else gettext("days")


def _csv(shown: Shown, source: Source, locale: str) -> bytes:
    """Every row of every figure; what an auditor adds up first."""
    headers = [column.title for column in _row_columns(shown.zone)]
    found = [_row_cells(measure, row, locale) for measure in (AREA, TIME) for row in shown.rows(measure)]
    return csvs.write_csv(headers, found)


def _pdf(shown: Shown, source: Source, locale: str) -> bytes:
    """The annex to a claim: the figures, every measure, the rows behind the figures, and what each measure means; with
    the hash on every page."""
    return pdf.render(
        "reports/occupancy.typ",
        {
            "language": "en" if locale == "en" else "zh",
            "title": gettext("Occupancy report"),
            "site": formats.named(shown.site, locale),
            "month": _month(shown, locale),
            "operator": formats.named(shown.operator, locale),
            "hash": " ".join(grouped_hash(source.stamp.sha256)),
            "stamp": paper_stamp(source.stamp, source.base_url),
            "facts": _facts(shown, source, locale),
            "figures": [_figure_data(figure, locale) for figure in shown.figures],
            "measures": [_measure_line(each, locale) for each in shown.measures],
            "definitions": [_definition(each) for each in shown.measures],
            "sections": [_section(shown, measure, locale) for measure in MEASURES if measure != "desks"],
            "unmeasured": [
                [unit["code"], gettext(UNIT_KIND_WORDS[unit["kind"]]), gettext(UNMEASURED_WORDS[unit["reason"]])]
                for unit in shown.unmeasured
            ],
            "words": {
                "left_out": gettext("Left out"), "nothing": gettext("Nothing."), "page": gettext("Page"),
                "unmeasured": gettext("Units that no figure counts"), "unit": gettext("Unit"),
                "kind": gettext("Kind"), "why": gettext("Why"), "figures": gettext("Figures"),
                "formula": gettext("Formula"), "together": gettext("Together"),
                "measures": gettext("All measures"), "measure": gettext("Figure"), "share": gettext("Share"),
                "numerator": gettext("Numerator"), "denominator": gettext("Denominator"),
                "counted_in": gettext("Unit of count"), "definitions": gettext("What the figures mean"),
            },
        },
        {"qr.svg": qr_svg(address_of(source.stamp, source.base_url))},
    )  # fmt: skip


def _measure_line(each: MeasureShown, locale: str) -> list[str]:
    """A measure's two sums, in what they are counted in, and its share."""
    below = each.denominator
    share = "" if below is None else _share(rounded_share(each.numerator, below), locale)
    return [gettext(CATALOGUE[each.measure].title), formats.number(each.numerator, locale),
            "" if below is None else formats.number(below, locale), gettext(CATALOGUE[each.measure].unit),
            share]  # fmt: skip


def _definition(each: MeasureShown) -> dict[str, Any]:
    """What a reader needs to compute a measure again."""
    words = CATALOGUE[each.measure]
    facts = [(gettext("Formula"), words.formula), ("", words.exclusions),  # which say themselves what they are
             (gettext("Source"), words.source), (gettext("Note"), words.extra)]  # fmt: skip
    return {"title": gettext(words.title), "facts": [(label, gettext(text)) for label, text in facts if text]}


def _figure_data(figure: FigureShown, locale: str) -> dict[str, Any]:
    measure = figure.measure
    return {
        "title": gettext(figure.words.title),
        "formula": gettext(figure.words.formula),
        "share": _share(figure.share, locale),
        "bar": str(figure.bar),
        "numerator": [gettext(figure.words.numerator), formats.number(figure.numerator, locale)],
        "denominator": [gettext(figure.words.denominator), formats.number(figure.denominator, locale)],
        "hours": f"{_hours(int(figure.numerator), locale)} / {_hours(int(figure.denominator), locale)}"
        if measure == TIME
        else "",
        "left_out": [
            gettext("%(reason)s: %(amount)s", reason=gettext(REASON_WORDS[part.reason]),
                    amount=f"{formats.number(part.amount, locale)} {_count_word(measure)}")
            for part in figure.left_out
        ],
    }


def _section(shown: Shown, measure: str, locale: str) -> dict[str, Any]:
    """The rows of one figure as text cells, with their sum."""
    words, rows, figure = MEASURE_WORDS[measure], shown.rows(measure), shown.figure(measure)
    numbers = [gettext(words.counted), *([gettext(words.unit)] if measure == AREA else [])]

    def cells(row: RowShown) -> list[str]:
        counts: list[int | Decimal] = [row.counted, *([row.contribution] if measure == AREA else [])]
        left = " ".join(part for part in (_left_out(measure, row), row.note) if part)
        return [row.unit, _who(row, locale), _moment(row.start, locale), _moment(row.end, locale),
                *(formats.number(count, locale) for count in counts), left]  # fmt: skip

    return {
        "title": gettext("The rows behind: %(figure)s", figure=gettext(words.title)),
        "headers": [gettext("Unit"), gettext("Held by"), gettext("From"), gettext("To"), *numbers,
                    gettext("Left out")],
        "numbers": numbers,
        "rows": [cells(row) for row in rows],
        "sum": formats.number(figure.numerator, locale),
        "empty": gettext("No rows"),
    }  # fmt: skip


def _who(row: RowShown, locale: str) -> str:
    kind = gettext(HOLDER_WORDS[row.holder_kind])
    if row.startup is None and row.holder_kind == "booking":
        return f"{gettext('The operator, free use')} · {formats.named(row.label, locale)}"
    who = f"{formats.named(row.startup, locale)} {row.startup_code} · " if row.startup else ""
    return f"{who}{kind} {formats.named(row.label, locale)}"


def _facts(shown: Shown, source: Source, locale: str) -> list[tuple[str, str]]:
    """What the report is, and what its figures rest on."""
    calendar = (
        gettext("China's statutory calendar with its swapped working days")
        if shown.calendar == "CN"
        else gettext("Monday to Friday")
    )
    return [
        (gettext("Operator"), formats.named(shown.operator, locale)),
        (gettext("Site"), f"{formats.named(shown.site, locale)} ({shown.content['site']['code']})"),
        (gettext("Month"), _month(shown, locale)),
        *proof_facts(source.stamp, locale, shown.zone, source.base_url),
        (gettext("Days open"), f"{shown.open_days} ({_hours(shown.open_minutes, locale)})"),
        (gettext("Calendar"), calendar),
        (gettext("Time zone"), shown.zone),
        (gettext("Rounding"), gettext(ROUNDING)),
    ]


def _month(shown: Shown, locale: str) -> str:
    return formats.month(shown.month.first, locale)


def _share(share: Any, locale: str) -> str:
    return gettext("nothing to measure") if share is None else formats.percent(share, locale)


def _hours(minutes: int, locale: str) -> str:
    hours, rest = hours_and_minutes(minutes)
    written = formats.number(hours, locale)
    return gettext("%(h)s h %(m)s min", h=written, m=rest) if rest else gettext("%(h)s h", h=written)


def _moment(at: datetime, locale: str) -> str:
    return f"{formats.day(at.date(), locale)} {at:%H:%M}"


def _canonical(_shown: Shown, source: Source, _locale: str) -> bytes:
    """The very bytes under the hash: whoever has them needs no word of ours."""
    return source.text.encode()


FORMATS: dict[str, tuple[Callable[[Shown, Source, str], bytes], str]] = {
    "xlsx": (_workbook, XLSX), "pdf": (_pdf, "application/pdf"), "csv": (_csv, "text/csv; charset=utf-8"),
    "json": (_canonical, "application/json"),
}  # fmt: skip
