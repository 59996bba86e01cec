"""What stands in the fields of the editor of a rule, as a tree: `how-number-steps-0-until` is one of its leaves. Pure.

A leaf is the text of a field, or a list of texts where several of one name are sent (boxes that are ticked); rows
are a list, counted from 0 in the names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Typed = dict[str, Any]

BETWEEN = "-"
MOST_FIELDS = 4000
DEEPEST = 40
LONGEST_NAME = 300


def plant(fields: Iterable[tuple[str, str]]) -> Typed:
    """The tree of some fields by name, in their order; what could only come from elsewhere is left out."""
    tree: Typed = {}
    for number, (name, text) in enumerate(fields):
        keys = name.split(BETWEEN)
        if number < MOST_FIELDS and len(name) <= LONGEST_NAME and len(keys) <= DEEPEST and all(keys):
            _put(tree, keys, text)
    return {key: _settle(value) for key, value in tree.items()}


def _put(tree: Typed, keys: list[str], text: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            return
    texts = tree.setdefault(keys[-1], [])
    if isinstance(texts, list):
        texts.append(text)


def _settle(value: Any) -> Any:
    if isinstance(value, list):
        return value[0] if len(value) == 1 else value
    if all(key.isascii() and key.isdigit() and len(key) <= 4 for key in value):
        return [_settle(value[key]) for key in sorted(value, key=int) if isinstance(value[key], dict)]
    return {key: _settle(each) for key, each in value.items()}


def fields_of(tree: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a tree by name: what `plant` makes it of again."""
    if isinstance(tree, str):
        yield name, tree
    elif isinstance(tree, list):
        for number, each in enumerate(tree):
            yield from fields_of(each, name if isinstance(each, str) else f"{name}{BETWEEN}{number}")
    else:
        for key, each in tree.items():
            yield from fields_of(each, f"{name}{BETWEEN}{key}" if name else key)


def text_of(tree: Typed, key: str) -> str:
    """What is typed in one field, without blanks around it; "" where it is none."""
    found = tree.get(key, "")
    if isinstance(found, list):
        found = next((each for each in found if isinstance(each, str)), "")
    return found.strip() if isinstance(found, str) else ""


def texts_of(tree: Typed, key: str) -> list[str]:
    """What is ticked of several boxes of one name."""
    found = tree.get(key, [])
    found = [found] if isinstance(found, str) else found
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def branch(tree: Typed, key: str) -> Typed:
    """A part with fields of its own; empty where there is none."""
    found = tree.get(key, {})
    return found if isinstance(found, dict) else {}


def rows_of(tree: Typed, key: str) -> list[Typed]:
    """The rows of a list."""
    found = tree.get(key, [])
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
