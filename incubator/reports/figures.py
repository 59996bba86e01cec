"""What startups at a site reported for a period, as data that can be frozen: their confirmed figures and what is
counted from their achievements, with totals that follow from the rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from incubator.core.canonical import plain
from incubator.reports.content import Content, Report, exact
from incubator.reports.verification import Difference, by_key, fields

DEFINITION = "figures/1"
COMPUTED = ("right_applied", "right_granted", "financing", "financing_minor", "qualification")
"""Counted from achievements: rights applied for and granted, rounds and their sum in fen, in the period; startups'
qualifications that hold on its last day."""


def make_figures(
    *, operator: Mapping[str, Any], site: Mapping[str, Any], period: Mapping[str, Any],
    indicators: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], missing: Sequence[Mapping[str, Any]],
) -> Report:  # fmt: skip
    """The report of a period. `rows`: one for each startup with confirmed figures; `missing`: those without."""
    content: Content = plain({
        "definition": DEFINITION, "operator": dict(operator), "site": dict(site), "period": dict(period),
        "indicators": [dict(each) for each in indicators], "rows": [dict(each) for each in rows],
        "missing": [dict(each) for each in missing],
    })  # fmt: skip
    content["figures"] = totals_of(content)
    return Report(content)


def totals_of(content: Content) -> list[dict[str, Any]]:
    """The totals added up from the report's own rows, as an outsider would; a percentage has none.

    Two startups with 20 and 5 people, and one that left it open: total 25, of 2 startups.
    """
    codes = [each["code"] for each in content["indicators"] if each["kind"] != "percent"]
    found = []
    for code in codes:
        values = [Decimal(row["values"][code]) for row in content["rows"] if code in row["values"]]
        found.append({"code": code, "total": exact(sum(values, Decimal())), "startups": len(values)})
    for code in COMPUTED:
        numbers = [Decimal(row["computed"][code]) for row in content["rows"]]
        found.append({"code": code, "total": exact(sum(numbers, Decimal())),
                      "startups": sum(number > 0 for number in numbers)})  # fmt: skip
    return found


def figure_differences(before: Content, after: Content) -> list[Difference]:
    """What two contents of figures do not have in common, totals first."""
    return sorted(_differences(before, after), key=lambda each: (each.kind, each.subject, each.field))


def _differences(before: Content, after: Content) -> Iterable[Difference]:
    yield from by_key("figure", "code", before["figures"], after["figures"], lambda item: str(item["total"]))
    yield from by_key("row", "code", _flat(before["rows"]), _flat(after["rows"]), lambda item: str(item["number"]))
    yield from by_key("missing", "code", _flat(before["missing"]), _flat(after["missing"]),
                      lambda item: str(item["state"]))  # fmt: skip
    yield from by_key("indicator", "code", before["indicators"], after["indicators"], lambda item: str(item["name"]))
    for part in ("operator", "site", "period"):
        yield from fields("heading", part, before[part], after[part])


def _flat(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with each value in a field of its own, by the startup's code."""
    found = []
    for row in rows:
        rest = {key: value for key, value in row.items() if key not in ("startup", "values", "computed")}
        found.append({"code": row["startup"]["code"], **rest, **row.get("values", {}), **row.get("computed", {})})
    return found
