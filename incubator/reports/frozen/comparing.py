"""What is different between two contents of one kind: frozen and live, or one version and the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from incubator.core.canonical import canonical_json
from incubator.reports.content import Content
from incubator.reports.verification import Difference, by_key, fields

KEYS = ("key", "measure", "code", "id")
"""By what an item of a list is known: the first of these that all of its items have."""
FIGURES = "figures"


def compare(before: Content, after: Content) -> list[Difference]:
    """Every difference, figures first, then the parts in their order.

    A part that is a list of items is compared item by item, one that is an object field by field.
    """
    parts = [FIGURES, *(part for part in {**before, **after} if part != FIGURES)]
    found: list[Difference] = []
    for part in parts:
        found += sorted(_part(part, before.get(part), after.get(part)), key=lambda each: (each.subject, each.field))
    return found


def figures_hold(differences: Iterable[Difference]) -> bool:
    """Whether none of them is a figure."""
    return not any(each.kind in ("figure", FIGURES) for each in differences)


def _part(part: str, before: Any, after: Any) -> Iterable[Difference]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from fields("heading", part, before, after)
        return
    key = _key_of(before, after)
    if key is not None:
        kind = "figure" if part == FIGURES else part
        yield from by_key(kind, key, before or [], after or [], lambda item: _summary(item, key))
        return
    yield Difference("heading", part, part, _said(before), _said(after))


def _key_of(*lists: Any) -> str | None:
    items: list[Any] = []
    for each in lists:
        if (each is not None and not isinstance(each, Sequence | type(None))) or isinstance(each, str):
            return None
        items += each or []
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    for key in KEYS:
        if all(key in item for item in items):
            return key
    return None


def _summary(item: Mapping[str, Any], key: str) -> str:
    """An item that is in one only, in one line."""
    told = [(name, value) for name, value in item.items() if name != key and value not in ("", None)]
    return ", ".join(f"{name}: {_said(value)}" for name, value in told)


def _said(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return canonical_json(value).decode()
