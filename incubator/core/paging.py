"""A page of a list: no list is ever shown whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

Row = TypeVar("Row")

PAGE_SIZE = 50


class Page(Struct, Generic[Row], frozen=True):
    """Rows `first` to `last` of `total`, on page `number` (from 1), `size` to a page."""

    rows: Sequence[Row]
    number: int
    total: int
    size: int = PAGE_SIZE

    @classmethod
    def cut(cls, rows: Sequence[Row], number: int, size: int = PAGE_SIZE) -> Page[Row]:
        """A page of rows that are all there: of 120 by 50 page 3 has the last 20, and so has any after it."""
        number = min(number, max(1, -(-len(rows) // size)))
        return cls(rows[(number - 1) * size : number * size], number, len(rows), size)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first row shown; 0 where none is, as on a page past the last."""
        return (self.number - 1) * self.size + 1 if (self.number - 1) * self.size < self.total else 0

    @property
    def last(self) -> int:
        """Number of the last row shown; 0 where none is."""
        return min(self.number * self.size, self.total) if self.first else 0


LAST_PAGE = 100_000
LARGEST_ID = 2**63 - 1


def row_id(text: str) -> int:
    """The id that an address asks for; ValueError where no row can have it, which `args.get(…, type=row_id)` takes
    as: not asked."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST_ID)) or int(text) > LARGEST_ID:
        raise ValueError(f"{text[:20]!r} is no id")
    return int(text)


def page_number(text: str | None) -> int:
    """The page asked for: 1 for anything that is not a number from 1 to 100,000."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > len(str(LAST_PAGE)):
        return 1
    return int(text) if 1 <= int(text) <= LAST_PAGE else 1
