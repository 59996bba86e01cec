"""The answers to whether a frozen report is what it says it is, and what is different between two of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from incubator.core.canonical import canonical_json
from incubator.reports.content import Content

MAX_DIFFERENCES = 200
"""How many differences are listed; the rest are counted."""


class Difference(Struct, frozen=True):
    """One thing that is not the same. `before` is the frozen value; None: it was not there."""

    kind: str
    """figure, measure, unit, row, opening or heading."""
    subject: str
    """The measure, the unit's code, the allocation's number or the heading's name."""
    field: str
    before: str | None
    after: str | None


class Verification(Struct, frozen=True):
    """The answers an auditor asks for, each by itself."""

    stored: str
    recomputed: str
    canonical: bool
    """The stored text is the canonical form of its own data, byte by byte."""
    adds_up: bool
    """The figures are the sums of the report's own rows."""
    differences: tuple[Difference, ...]
    total: int

    @property
    def intact(self) -> bool:
        """Nobody has changed a byte since it was frozen, and its figures follow from its rows."""
        return self.stored == self.recomputed and self.canonical and self.adds_up

    @property
    def current(self) -> bool:
        """The ledger as it stands now gives exactly this report."""
        return self.intact and self.total == 0

    @property
    def figures_hold(self) -> bool:
        """The ledger still gives these figures, though something beside them may have changed."""
        return self.intact and not any(difference.kind in ("figure", "measure") for difference in self.differences)


def occupancy_differences(before: Content, after: Content) -> list[Difference]:
    """What two contents of occupancy do not have in common: figures first, rows last."""
    return sorted(_differences(before, after), key=_importance)


def _importance(difference: Difference) -> tuple[int, str, str]:
    order = ("figure", "measure", "heading", "opening", "unit", "unmeasured", "row")
    return order.index(difference.kind), difference.subject, difference.field


def _differences(before: Content, after: Content) -> Iterable[Difference]:
    yield from by_key("figure", "measure", before["figures"], after["figures"], _figure)
    yield from by_key("measure", "measure", _more(before), _more(after), _figure)
    yield from by_key("unit", "code", before["units"], after["units"], _unit)
    yield from by_key("unmeasured", "code", before["unmeasured"], after["unmeasured"], lambda item: item["reason"])
    codes = {unit["id"]: unit["code"] for unit in [*before["units"], *after["units"]]}
    yield from by_key("row", "allocation", before["rows"], after["rows"], lambda item: _row(item, codes))
    for part in ("operator", "site", "opening"):
        kind = "opening" if part == "opening" else "heading"
        yield from fields(kind, part, before[part], after[part])
    for part in ("definition", "month"):
        if before[part] != after[part]:
            yield Difference("heading", part, part, str(before[part]), str(after[part]))


def _more(content: Content) -> list[dict[str, Any]]:
    """The measures that the second definition has beside the first one's figures."""
    named = {item["measure"] for item in content["figures"]}
    return [item for item in content.get("measures", ()) if item["measure"] not in named]


def _figure(item: Mapping[str, Any]) -> str:
    return f"{item['numerator']} / {item['denominator']}"


def _unit(item: Mapping[str, Any]) -> str:
    return f"{item['area_m2']} m², {item['counted']} / {item['available']}"


def _row(item: Mapping[str, Any], codes: Mapping[int, str]) -> str:
    start, end = (item[edge][:16].replace("T", " ") for edge in ("from", "to"))
    return f"{codes[item['unit']]}, {start} – {end}: {item['counted']}"


def by_key(
    kind: str,
    key: str,
    before: Iterable[Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
    summary: Callable[[Mapping[str, Any]], str],
) -> Iterable[Difference]:
    """What is in one only, said in one line, and what is in both with other fields."""
    old = {str(item[key]): item for item in before}
    new = {str(item[key]): item for item in after}
    for subject in old.keys() | new.keys():
        if subject not in new:
            yield Difference(kind, subject, "", summary(old[subject]), None)
        elif subject not in old:
            yield Difference(kind, subject, "", None, summary(new[subject]))
        else:
            yield from fields(kind, subject, old[subject], new[subject])


def fields(kind: str, subject: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Difference]:
    for name in old.keys() | new.keys():
        if old.get(name) != new.get(name):
            yield Difference(kind, subject, name, _written(old.get(name)), _written(new.get(name)))


def _written(value: Any) -> str | None:
    """A value as an auditor can compare it: text as it is, everything else as canonical JSON."""
    if value is None or isinstance(value, str):
        return value
    return canonical_json(value).decode()
