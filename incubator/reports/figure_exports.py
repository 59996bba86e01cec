"""A report of figures as tables: made from its content and nothing else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext, ngettext

from incubator.documents import formats
from incubator.documents.workbook import Column
from incubator.reports.content import Content
from incubator.reports.figures import COMPUTED
from incubator.reports.frozen.kind import Presented, Table
from incubator.reports.presenting import Name
from incubator.reports.words import COMPUTED_WORDS
from incubator.startups.rules.figures import as_typed
from incubator.startups.rules.periods import Period


def present_figures(content: Content, locale: str) -> Presented:
    """Totals, then every startup behind them, then those that nobody has confirmed."""
    indicators, missing = content["indicators"], content["missing"]
    who = [Column(gettext("Startup's code"), width=12), Column(gettext("Startup"), width=28)]
    notes = [ngettext("%(num)s startup in residence has no confirmed figures of this period and is not counted.",
                      "%(num)s startups in residence have no confirmed figures of this period and are not counted.",
                      len(missing))]  # fmt: skip
    return Presented(
        tables=[
            Table("totals", gettext("Totals"),
                  [Column(gettext("Figure"), width=40), Column(gettext("Total"), "decimal", 18),
                   Column(gettext("Startups"), "integer", 12)],
                  [list(each) for each in totals(content, locale)]),
            Table("rows", gettext("Rows"),
                  [*who, Column(gettext("Version"), "integer", 9),
                   *(Column(title_of(each, locale), "decimal", 16) for each in indicators),
                   *(Column(gettext(COMPUTED_WORDS[code]), "decimal", 16) for code in COMPUTED)],
                  [[row["startup"]["code"], _startup(row, locale), row["number"],
                    *(shown(each, row["values"].get(each["code"])) for each in indicators),
                    *(computed_value(code, str(row["computed"][code])) for code in COMPUTED)]
                   for row in content["rows"]],
                  links=[("startups.show_figures", {"sheet_id": row["sheet"], "version": row["number"]})
                         for row in content["rows"]]),
            Table("missing", gettext("Not confirmed"), who,
                  [[row["startup"]["code"], _startup(row, locale)] for row in missing]),
        ],
        facts=[(gettext("Startups"), f"{len(content['rows'])} / {len(content['rows']) + len(missing)}")],
        notes=notes if missing else [],
    )  # fmt: skip


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


def _startup(row: dict[str, Any], locale: str) -> str:
    return formats.named(Name(row["startup"]["name"], row["startup"]["name_en"]), locale)
