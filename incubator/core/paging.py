"""A page of a list: no list is ever shown whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows `first` to `last` of `total`, on page `number` (from 1)."""

    rows: Sequence[Row]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)


def page_number(text: str | None) -> int:
    """The page asked for: 1 for anything that is not a number from 1 to 100,000."""
    return int(text) if text and text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000 else 1
