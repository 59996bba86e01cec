"""The yearly statistics as kinds of report: the form of an incubator and that of a Zhongchuang space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.canonical import plain
from incubator.core.errors import N_, Phrase
from incubator.documents import formats
from incubator.i18n import reader_locale
from incubator.reports.content import Content, Report, exact
from incubator.reports.frozen.kind import Cell, Column, Figure, Kind, Presented, Question, Table
from incubator.reports.frozen.queries import heading
from incubator.reports.gauge.world import Figure as Counted
from incubator.reports.gauge.world import Line
from incubator.reports.statistics.indicators import BY_CODE, DEFINITION, FORMS, SECTIONS, Indicator
from incubator.reports.statistics.queries import Sheet, kind_name, make_sheet
from incubator.reports.statistics.rules import Finding
from incubator.reports.statistics.sheet import Row, values_of
from incubator.reports.statistics.units import UNITS
from incubator.reports.statistics.words import FORM_WORDS, LEVEL_WORDS, WHOLE_WORDS, written

OPEN = N_("Something is open: a value is not known, does not fit, or wants a note. The form says what.")
WHOLE = N_("The yearly survey over all sites: areas, events and money added up; startups, people and mentors counted "
           "anew, each once.")  # fmt: skip
ABOUT = N_("The fields of the yearly survey, in the form's units, each with its rows.")


def make_statistics(form: str, session: Session, actor: Actor, question: Question) -> Report:
    """A year's form, of a site or of the whole operator, with the rows behind each field, its notes and what did not
    fit."""
    sheet = make_sheet(session, actor, question.site_id, form, question.period.first.year)
    content: Content = plain({**heading(session, question, DEFINITION), **content_of(sheet)})
    return Report(content)


def content_of(sheet: Sheet) -> dict[str, Any]:
    """The sheet as data, free of language."""
    return {
        "form": sheet.form,
        "figures": [{"code": row.indicator.code, "value": exact(row.value)} for row in sheet.rows
                    if row.value is not None],
        "rows": [_row(row) for row in sheet.rows],
        "findings": [_finding(each) for each in sheet.findings],
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    return {
        "code": row.indicator.code, "unit": row.indicator.unit, "stated": row.indicator.is_stated,
        "counted": None if row.figure.value is None else exact(row.figure.value),
        "last": None if row.last is None else exact(row.last),
        "change": None if row.change is None else exact(row.change), "note": row.note,
        "told": None if row.told is None else exact(row.told),
        "lines": [_line(line, row.indicator.code != "staff") for line in row.figure.lines],
    }  # fmt: skip


def _line(line: Line, is_named: bool) -> dict[str, Any]:
    """Staff are counted without their names: what is frozen is kept for longer than they are."""
    return {"label": line.label if is_named else "", "label_en": line.label_en, "note": _phrase(line.note),
            "amount": exact(line.amount), "counts": line.counts, "startup": line.startup_id,
            "unit": line.place.id if line.place else None,
            **({"entry": line.entry_id} if line.entry_id else {})}  # fmt: skip


def _finding(each: Finding) -> dict[str, Any]:
    return {"key": f"{each.level}:{'+'.join(each.codes)}:{each.says.message}", "level": each.level,
            "codes": list(each.codes), "says": _phrase(each.says), "is_explained": each.is_explained}  # fmt: skip


def _phrase(said: Phrase | str) -> dict[str, Any] | str:
    """Its sentence with the values in their places kept apart; days as text that is a day again."""
    if isinstance(said, str):
        return said
    return {"message": said.message, "values": {name: _value(value) for name, value in said.values.items()}}


def _value(value: object) -> Any:
    return {"day": value} if isinstance(value, date) else value if isinstance(value, int) else str(value)


def adds_up(content: Content) -> bool:
    """Whether each value follows from its lines, and parts from their whole, as an outsider would add them up.

    A share is its part over its whole: of 96.50 m² used and 128.50 in all, 75.10.
    """
    counted = {row["code"]: _recount(row) for row in content["rows"]}
    if "area_share" in counted and counted["area_share"] is not None:
        used, whole = counted["area_used"], counted["area_total"]
        share = (used * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if used is not None and whole else None
        counted["area_share"] = share
    told = {row["code"]: None if row["counted"] is None else Decimal(row["counted"]) for row in content["rows"]}
    values = values_of({code: Counted(value) for code, value in counted.items()})
    written = {each["code"]: Decimal(each["value"]) for each in content["figures"]}
    return counted == told and written == {code: value for code, value in values.items() if value is not None}


def _recount(row: Mapping[str, Any]) -> Decimal | None:
    if row["counted"] is None:
        return None
    return sum((Decimal(line["amount"]) for line in row["lines"] if line["counts"]), Decimal(0))


def present_statistics(content: Content, locale: str) -> Presented:
    """A table for each section in the form's layout, the rows behind, and what was explained."""
    values = {each["code"]: Decimal(each["value"]) for each in content["figures"]}
    year = content["period"]["key"]
    rows = {row["code"]: row for row in content["rows"]}
    tables = [_section(key, title, content["rows"], values, year) for key, title in SECTIONS.items()
              if any(BY_CODE[row["code"]].section == key for row in content["rows"])]  # fmt: skip
    return Presented(
        tables=[*tables, _lines_table(content["rows"], locale), _findings_table(content, locale)],
        figures=[Figure(gettext(BY_CODE[code].title), values.get(code),
                        note=gettext(UNITS[BY_CODE[code].unit].name)) for code in ("served", "company_people", "events")
                 if code in rows],
        notes=[gettext(OPEN)] if _refuses(content) else (),
        facts=[(gettext("Fields with a value"), f"{len(values)} / {len(content['rows'])}")],
    )  # fmt: skip


def _section(
    key: str, title: str, rows: Iterable[Mapping[str, Any]], values: Mapping[str, Decimal], year: str
) -> Table:
    mine = [(BY_CODE[row["code"]], row) for row in rows if BY_CODE[row["code"]].section == key]
    return Table(
        key, gettext(title),
        [Column(gettext("Field of the form"), width=38), Column(gettext("Unit of measure")), Column(year, "decimal"),
         Column(str(int(year) - 1), "decimal"), Column(gettext("Change in percent"), "decimal"),
         Column(gettext("Note"), width=32), Column(gettext("Formula"), width=52)],
        [[("    " if each.is_within else "") + gettext(each.title), gettext(UNITS[each.unit].name),
          _number(values.get(each.code), each), _number(row["last"], each),
          None if row["change"] is None else Decimal(row["change"]), _remark(row),
          gettext(each.formula)] for each, row in mine],
    )  # fmt: skip


def _remark(row: Mapping[str, Any]) -> str:
    """Its note, and what is stated where the books say something else."""
    told = row.get("told")
    stated = [gettext("Stated: %(value)s", value=written(Decimal(told), row["code"], reader_locale()))] if told else []
    return " · ".join([*stated, row["note"]] if row["note"] else stated)


def _number(value: Decimal | str | None, indicator: Indicator) -> Cell:
    if value is None:
        return None
    number = Decimal(value)
    return number if UNITS[indicator.unit].decimals else int(number)


def _lines_table(rows: Iterable[Mapping[str, Any]], locale: str) -> Table:
    return Table(
        "lines", gettext("Rows behind the fields"),
        [Column(gettext("Field of the form"), width=36), Column(gettext("Row"), width=32),
         Column(gettext("Remark"), width=32), Column(gettext("Quantity"), "decimal"), Column(gettext("Counts"))],
        [[gettext(BY_CODE[row["code"]].title),
          line["label_en"] if locale == "en" and line["label_en"] else line["label"], _said(line["note"], locale),
          _quantity(row, line), gettext("yes") if line["counts"] else gettext("no")]
         for row in rows for line in row["lines"]],
        note=gettext("Money in yuan."),
    )  # fmt: skip


def _quantity(row: Mapping[str, Any], line: Mapping[str, Any]) -> Decimal:
    amount = Decimal(line["amount"])
    return amount / 100 if UNITS[row["unit"]].is_money else amount


def _findings_table(content: Content, locale: str) -> Table:
    notes = {row["code"]: row["note"] for row in content["rows"]}
    return Table(
        "findings", gettext("What was to be explained"),
        [Column(gettext("Fields of the form"), width=38), Column(gettext("Kind")), Column(gettext("Note"), width=32),
         Column(gettext("What does not fit"), width=44)],
        [[" · ".join(gettext(BY_CODE[code].title) for code in each["codes"]), _level(each),
          notes.get(each["codes"][0], ""), _said(each["says"], locale)] for each in content["findings"]],
        empty=gettext("Every check across the fields holds."),
    )  # fmt: skip


def _level(finding: Mapping[str, Any]) -> str:
    words = LEVEL_WORDS[finding["level"]]
    return gettext(words)


def _said(said: Mapping[str, Any] | str, locale: str) -> str:
    if isinstance(said, str):
        return said
    values = {name: formats.day(date.fromisoformat(value["day"]), locale) if isinstance(value, Mapping) else value
              for name, value in said["values"].items()}  # fmt: skip
    message = said["message"]
    return gettext(message, **values) if values else gettext(message)


def _refuses(content: Content) -> str:
    """Errors are never frozen, and what wants a note only with one."""
    return OPEN if any(not each["is_explained"] for each in content["findings"]) else ""


def _kind(form: str, *, of_site: bool) -> Kind:
    return Kind(
        name=kind_name(form, 0 if of_site else None),
        title=FORM_WORDS[form] if of_site else WHOLE_WORDS[form],
        about=ABOUT if of_site else WHOLE,
        job=N_("Freeze the yearly statistics"),
        rhythm="year",
        make=partial(make_statistics, form),
        present=present_statistics,
        adds_up=adds_up,
        of_site=of_site,
        of_several=not of_site,
        is_scheduled=False,
        refuses=_refuses,
    )


STATISTICS = {form: _kind(form, of_site=True) for form in FORMS}
OF_ALL_SITES = {form: _kind(form, of_site=False) for form in FORMS}
"""Frozen by a job of their own, which knows what is filed for which site (`filings`)."""


def kind_of(form: str, site_id: int | None) -> Kind:
    """The kind of report that a form is, at a site or of the whole operator."""
    return (OF_ALL_SITES if site_id is None else STATISTICS)[form]
