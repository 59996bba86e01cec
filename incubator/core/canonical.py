"""Canonical JSON (RFC 8785): the same data is the same bytes, so that a hash of it can be recomputed."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import rfc8785


def plain(value: Any) -> Any:
    """`value` as JSON data: instants and dates in ISO 8601, Decimals as text, tuples and sets as lists.

    ValueError for an instant without its offset, a Decimal that is no number, and two keys of one text: none of
    them says one thing only.
    """
    if isinstance(value, dict):
        found = {str(key): plain(item) for key, item in value.items()}
        if len(found) != len(value):
            raise ValueError("two keys are the same text")
        return found
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("an instant without its offset")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number")
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex()
    return value


def canonical_json(value: Any) -> bytes:
    """The RFC 8785 bytes of `plain(value)`. A float has no place in our data: TypeError."""
    if _is_simple(value):
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
        return text.encode()
    data = plain(value)
    _refuse_floats(data)
    return rfc8785.dumps(data)


LARGEST = 2**53 - 1


def _is_simple(value: Any) -> bool:
    """Whether nothing in it is special to RFC 8785 but order and spacing, so that the standard library writes the
    same, much quicker: texts, whole numbers that a double holds, and keys in ASCII, whose order nobody doubts."""
    waiting, shapes = [value], set[tuple[Any, ...]]()
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if kind is dict:
            shape = tuple(item)
            if shape not in shapes and not all(type(key) is str and key.isascii() for key in shape):
                return False
            shapes.add(shape)
            waiting.extend(item.values())
        elif kind is list:
            waiting.extend(item)
        elif kind is int:
            if not -LARGEST <= item <= LARGEST:
                return False
        elif kind is not str and kind is not bool and item is not None:
            return False
    return True


def _refuse_floats(data: Any) -> None:
    if isinstance(data, float):
        raise TypeError("a float in data that is to be hashed")
    items = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for item in items:
        _refuse_floats(item)
