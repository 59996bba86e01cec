"""What is entered for single lines of a claim, as it was typed: it travels with the page, so that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from incubator.core.paging import row_id

LONGEST_CELL = 500
MOST = 20_000
"""Lines with an entry; more has no claim."""
PACKED = "entered"
"""The hidden field with the entries that the page doesn't show."""


class Entries(Struct):
    """By line what is typed for it: a text for each name, in the order in which they were added."""

    names: tuple[str, ...]
    rows: dict[int, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, names: tuple[str, ...], typed: Mapping[str, str]) -> Entries:
        """Those that were packed away, under those that stood on the page: `granted_17` is line 17's."""
        found = cls(names)
        for line_id, texts in _packed(typed.get(PACKED, "")):
            found.rows[line_id] = dict(zip(names, texts, strict=False))
        for key, text in typed.items():
            name, _, number = key.rpartition("_")
            if name in names:
                try:
                    found.rows.setdefault(row_id(number), {})[name] = text.strip()[:LONGEST_CELL]
                except ValueError:
                    continue
        return found

    def text(self, line_id: int, name: str) -> str:
        return self.rows.get(line_id, {}).get(name, "")

    def pack(self, without: Iterable[int]) -> str:
        """All but those that the page shows as fields, as `read` takes them."""
        shown = set(without)
        return json.dumps([[each, *(texts.get(name, "") for name in self.names)]
                           for each, texts in self.rows.items() if each not in shown],
                          ensure_ascii=False, separators=(",", ":"))  # fmt: skip


def _packed(text: str) -> Iterator[tuple[int, list[str]]]:
    """What a page has packed; whatever else stands there is nothing."""
    try:
        rows = json.loads(text or "[]")
    except ValueError:
        return
    for row in rows[:MOST] if isinstance(rows, list) else ():
        if isinstance(row, list) and row and type(row[0]) is int and row[0] > 0:
            yield row[0], [str(each)[:LONGEST_CELL] for each in row[1:]]
