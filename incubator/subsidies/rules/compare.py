"""Two rules beside each other: which data differ, and which words of their sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from msgspec import Struct

TOKEN = re.compile(r"[A-Za-z]+|[0-9]+(?:[.,][0-9]+)*%?|\s+|.", re.DOTALL)


class Difference(Struct, frozen=True):
    """What stands at one place of the data in either rule; None: nothing."""

    path: str
    left: Any
    right: Any


def differences(left: Any, right: Any, path: str = "") -> Iterator[Difference]:
    """Every place at which two data differ, by its path: `caps.0.amount.steps.1.1`, "1000" and "900"."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            yield from differences(left.get(key), right.get(key), f"{path}.{key}" if path else key)
    elif isinstance(left, list) and isinstance(right, list):
        for place in range(max(len(left), len(right))):
            ours, theirs = (side[place] if place < len(side) else None for side in (left, right))
            yield from differences(ours, theirs, f"{path}.{place}")
    elif left != right or type(left) is not type(right):
        yield Difference(path, left, right)


Marked = Sequence[tuple[str, bool]]
"""Parts of a sentence, each with whether it differs from the other."""


def mark(left: str, right: str) -> tuple[Marked, Marked]:
    """Two sentences in parts, with what one has and the other has not."""
    ours, theirs = TOKEN.findall(left), TOKEN.findall(right)
    marked: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = [], []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        for side, words in ((marked[0], ours[a:b]), (marked[1], theirs[c:d])):
            if words:
                side.append(("".join(words), kind != "equal"))
    return marked
