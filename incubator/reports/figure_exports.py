"""A frozen report of figures as a workbook and a PDF: made from the frozen content and nothing else."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from incubator.documents import formats, pdf
from incubator.documents.workbook import Column, Workbook
from incubator.reports.content import Content
from incubator.reports.exports import XLSX, File
from incubator.reports.figures import COMPUTED
from incubator.reports.models import FrozenReport
from incubator.reports.presenting import Name, grouped_hash
from incubator.reports.words import COMPUTED_WORDS
from incubator.startups.figure_words import period_name
from incubator.startups.rules.figures import as_typed
from incubator.startups.rules.periods import Period

FIGURE_FORMATS = ("xlsx", "pdf", "json")


def export_figures(frozen: FrozenReport, extension: str, locale: str) -> File:
    """`xlsx`, `pdf` or `json` (what was hashed): figures-NS-2026-Q3-v1-bb582ceb."""
    content: Content = json.loads(frozen.content)
    stem = f"figures-{content['site']['code']}-{content['period']['key']}-v{frozen.version}-{frozen.sha256.hex()[:8]}"
    if extension == "json":
        return File(f"{stem}.json", "application/json", frozen.content.encode())
    if extension == "xlsx":
        return File(f"{stem}.xlsx", XLSX, _workbook(content, frozen, locale))
    return File(f"{stem}.pdf", "application/pdf", _pdf(content, frozen, locale))


def period_of(content: Content) -> Period:
    """The period of a report."""
    return Period(content["period"]["rhythm"], date.fromisoformat(content["period"]["first"]))


def shown(indicator: dict[str, Any], text: str | None) -> Decimal | None:
    """A value of the content in the unit that it is shown in."""
    if text is None:
        return None
    return as_typed(Decimal(text), indicator["kind"], in_thousands=indicator["in_thousands"])


def title_of(indicator: dict[str, Any], locale: str) -> str:
    """Its name with its unit."""
    unit = {"money": gettext("thousand yuan") if indicator["in_thousands"] else gettext("yuan"), "percent": "%"}.get(
        indicator["kind"], indicator["unit_en"] if locale == "en" and indicator["unit_en"] else indicator["unit"]
    )
    name = formats.named(Name(indicator["name"], indicator["name_en"]), locale)
    return f"{name} ({unit})" if unit else name


def computed_value(code: str, text: str) -> Decimal:
    """What was counted; the sum raised in yuan."""
    return Decimal(text) / 100 if code == "financing_minor" else Decimal(text)


def totals(content: Content, locale: str) -> list[tuple[str, Decimal, int]]:
    """Each total with its title and how many startups it is of."""
    by_code = {each["code"]: each for each in content["indicators"]}
    found = []
    for each in content["figures"]:
        code, indicator = each["code"], by_code.get(each["code"])
        if code in COMPUTED:
            value: Decimal | None = computed_value(code, each["total"])
            title = gettext(COMPUTED_WORDS[code])
        else:
            assert indicator is not None  # totals are of the report's indicators
            value, title = shown(indicator, each["total"]), title_of(indicator, locale)
        found.append((title, value or Decimal(0), each["startups"]))
    return found


def _facts(content: Content, frozen: FrozenReport, locale: str) -> list[tuple[str, str]]:
    facts = [
        (gettext("Operator"), formats.named(Name(**content["operator"]), locale)),
        (gettext("Site"), _site(content, locale)),
        (gettext("Period"), period_name(period_of(content))),
        (gettext("Startups"), f"{len(content['rows'])} / {len(content['rows']) + len(content['missing'])}"),
        (gettext("Version"), str(frozen.version)),
        (gettext("Frozen"), formats.moment(frozen.frozen_at, content["site"]["zone"], locale)),
        ("SHA-256", frozen.sha256.hex()),
    ]
    return facts + ([(gettext("Why a new version"), frozen.reason)] if frozen.reason else [])


def _site(content: Content, locale: str) -> str:
    return formats.named(Name(content["site"]["name"], content["site"]["name_en"]), locale)


def _workbook(content: Content, frozen: FrozenReport, locale: str) -> bytes:
    book = Workbook()
    title = f"{gettext('Report of figures')} · {_site(content, locale)} · {period_name(period_of(content))}"
    book.add_sheet(
        gettext("Totals"),
        [Column(gettext("Figure"), width=40), Column(gettext("Total"), "decimal", 18),
         Column(gettext("Startups"), "integer", 12)],
        [list(each) for each in totals(content, locale)], title=title,
        notes=[f"{label}: {value}" for label, value in _facts(content, frozen, locale)],
    )  # fmt: skip
    indicators = content["indicators"]
    book.add_sheet(
        gettext("Rows"),
        [Column(gettext("Startup's code"), width=12), Column(gettext("Startup"), width=28),
         Column(gettext("Version"), "integer", 9),
         *(Column(title_of(each, locale), "decimal", 16) for each in indicators),
         *(Column(gettext(COMPUTED_WORDS[code]), "decimal", 16) for code in COMPUTED)],
        [[row["startup"]["code"], _startup(row, locale), row["number"],
          *(shown(each, row["values"].get(each["code"])) for each in indicators),
          *(computed_value(code, str(row["computed"][code])) for code in COMPUTED)] for row in content["rows"]],
    )  # fmt: skip
    book.add_sheet(
        gettext("Not confirmed"),
        [Column(gettext("Startup's code"), width=12), Column(gettext("Startup"), width=36)],
        [[row["startup"]["code"], _startup(row, locale)] for row in content["missing"]],
    )
    return book.content()


def _startup(row: dict[str, Any], locale: str) -> str:
    return formats.named(Name(row["startup"]["name"], row["startup"]["name_en"]), locale)


def _pdf(content: Content, frozen: FrozenReport, locale: str) -> bytes:
    indicators = content["indicators"]

    def cells(row: dict[str, Any]) -> list[str]:
        values = [shown(each, row["values"].get(each["code"])) for each in indicators]
        return [_startup(row, locale), *("–" if each is None else formats.number(each, locale) for each in values)]

    return pdf.render(
        "reports/figures.typ",
        {
            "language": "en" if locale == "en" else "zh",
            "title": gettext("Report of figures"),
            "site": _site(content, locale),
            "period": period_name(period_of(content)),
            "operator": formats.named(Name(**content["operator"]), locale),
            "hash": " ".join(grouped_hash(frozen.sha256)),
            "facts": _facts(content, frozen, locale),
            "totals": [[title, formats.number(total, locale), str(count)]
                       for title, total, count in totals(content, locale)],
            "headers": [gettext("Startup"), *(title_of(each, locale) for each in indicators)],
            "rows": [cells(row) for row in content["rows"]],
            "missing": [_startup(row, locale) for row in content["missing"]],
            "words": {"totals": gettext("Totals"), "total": gettext("Total"), "startups": gettext("Startups"),
                      "figure": gettext("Figure"), "rows": gettext("Rows"), "page": gettext("Page"),
                      "missing": gettext("Not confirmed")},
        },
    )  # fmt: skip
