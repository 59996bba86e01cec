"""Canonical JSON (RFC 8785), without floats: read strictly, and written again to be compared."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from incubator.claims.pack.verifier.report import Report


def canonical(value: Any) -> bytes:
    """The one way to write it, as bytes."""
    return _written(value).encode("utf-8")


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(json.dumps(key, ensure_ascii=False) + ":" + _written(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no whole number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def read_json(content: bytes, place: str, report: Report) -> Any:
    """JSON data in its canonical form; Unreadable where it is none."""
    try:
        data = json.loads(content.decode("utf-8"), parse_float=_no_number, parse_constant=_no_number,
                          object_pairs_hook=_once)  # fmt: skip
        again = canonical(data)
    except (ValueError, RecursionError) as error:
        report.stop(place, "no_json", found=error)
    if again != content:
        report.find(place, "not_canonical", offset=first_difference(again, content))
    return data


def first_difference(one: bytes, other: bytes) -> int:
    """Where two runs of bytes begin to differ."""
    for number, (a, b) in enumerate(zip(one, other)):
        if a != b:
            return number
    return min(len(one), len(other))
