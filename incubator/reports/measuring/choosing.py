"""What the pages of use are asked in their address, and the questions that it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct
from werkzeug.datastructures import MultiDict

from incubator.core.errors import N_, Refusal
from incubator.core.periods import Month
from incubator.reports.measuring.catalogue import DIMENSIONS
from incubator.reports.measuring.question import Answer, Filters, Key, Line, Question

USUAL = ("area", "desks", "time")
MOST_MONTHS = 36
BEFORE, YEAR = "before", "year"
CHOSEN = "month"
"""In an address as the form sends it: the other time begins with the month in `beside_from`."""
NOBODY = "-"
"""How a filter's address says: cells without a value."""
NUMBERS = ("site", "floor", "unit", "startup", "weekday", "hour")


class Choice(Struct, frozen=True):
    """What somebody wants to see: measures of sites over months, by one dimension, beside another time."""

    measures: tuple[str, ...]
    site_ids: tuple[int, ...]
    first: Month
    last: Month
    by: str
    beside: str
    """Empty, `before`, `year`, or a month: with which the other time begins."""
    filters: Filters = ()

    @property
    def months(self) -> int:
        return 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1

    @property
    def question(self) -> Question:
        return self._question(self.first, self.last)

    def _question(self, first: Month, last: Month) -> Question:
        by = (self.by,) if self.by else ()
        return Question(self.measures, first.first, last.last, by, self.filters, self.site_ids)

    @property
    def other(self) -> tuple[Month, Month] | None:
        """The time that it is laid beside: of as many months."""
        if not self.beside:
            return None
        first = {BEFORE: self.first - self.months, YEAR: self.first - 12}.get(self.beside)
        first = first or _month(self.beside, "beside")
        return first, first + (self.months - 1)

    @property
    def other_question(self) -> Question | None:
        return self._question(*self.other) if self.other else None

    def address(self, **changes: Any) -> dict[str, Any]:
        """The arguments of a link to the same, with some of them otherwise."""
        args: dict[str, Any] = {
            "m": list(self.measures), "site": list(self.site_ids), "from": str(self.first), "to": str(self.last),
            "by": self.by, "beside": self.beside,
            **{f"f.{name}": [NOBODY if key is None else key for key in keys] for name, keys in self.filters},
        }  # fmt: skip
        return {name: value for name, value in {**args, **changes}.items() if value not in ("", [], None)}

    def drill(self, key: Key) -> dict[str, Any]:
        """The filter that a line's rows have."""
        return {f"f.{self.by}": NOBODY if key is None else key} if self.by else {}


def choose(args: MultiDict[str, str], this_month: Month) -> Choice:
    """From an address. Where nothing is said it is last month, by site; what makes no sense is refused."""
    usual = this_month - 1
    last = _month(args["to"], "to") if args.get("to") else usual
    first = _month(args["from"], "from") if args.get("from") else min(last, usual)
    measures = tuple(dict.fromkeys(args.getlist("m"))) or USUAL
    choice = Choice(measures, _sites(args.getlist("site")), first, last, args.get("by", "site"), _beside(args),
                    _filters(args))  # fmt: skip
    if last < first:
        raise Refusal(N_("The last month is before the first."), field="to")
    if choice.months > MOST_MONTHS:
        raise Refusal(N_("At most %(count)s months at once."), field="to", count=MOST_MONTHS)
    if choice.beside and choice.other is None:
        raise Refusal(N_("Write a month as 2026-10."), field="beside")
    return choice


def _beside(args: MultiDict[str, str]) -> str:
    """How the other time is said: empty, `before`, `year`, or the month with which it begins."""
    said = args.get("beside", "")
    if said != CHOSEN:
        return said
    if not args.get("beside_from"):
        raise Refusal(N_("Choose the month with which the other time begins."), field="beside_from")
    return str(_month(args["beside_from"], "beside_from"))


def usual(this_month: Month) -> Choice:
    """What is shown beside a refusal."""
    return Choice(USUAL, (), this_month - 1, this_month - 1, "site", "")


def _month(text: str, field: str) -> Month:
    try:
        month = Month.parse(text)
    except ValueError:
        raise Refusal(N_("Write a month as 2026-10."), field=field) from None
    if not 2000 <= month.year < 2100:
        raise Refusal(N_("Write a month as 2026-10."), field=field)
    return month


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refusal(N_("There is no such choice: %(value)s."), value=text[:20])
    return int(text)


def _sites(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_number(text) for text in texts if text))


def _filters(args: MultiDict[str, str]) -> Filters:
    found: list[tuple[str, tuple[Key, ...]]] = []
    for name in DIMENSIONS:
        keys = args.getlist(f"f.{name}")
        if keys:
            read = (None if key == NOBODY else _number(key) if name in NUMBERS else key[:200] for key in keys[:50])
            found.append((name, tuple(read)))
    return tuple(found)


class Cell(Struct, frozen=True):
    """A measure of a line, for a page: now, at the other time, and the change in points of a percentage."""

    measure: str
    now: Any
    then: Any
    change: Fraction | None


class ShownLine(Struct, frozen=True):
    """A line of the table."""

    key: Key
    cells: tuple[Cell, ...]


def lay_beside(choice: Choice, now: Answer, then: Answer | None) -> tuple[list[ShownLine], ShownLine]:
    """The lines of both times by key (months and days by their place), and the totals."""
    def cell(name: str, mine: Line | None, other: Line | None) -> Cell:
        a, b = (each.amounts[name] if each else None for each in (mine, other))
        change = a.share - b.share if a and b and a.share is not None and b.share is not None else None
        return Cell(name, a, b, change)

    keyed = {line.key: line for line in then.lines} if then else {}
    in_turn = bool(choice.by in ("month", "day") and then)
    lines = []
    for place, line in enumerate(now.lines):
        other = keyed.pop(line.key, None)
        if in_turn:
            other = then.lines[place] if then and place < len(then.lines) else None
        cells = tuple(cell(name, line, other) for name in choice.measures)
        lines.append(ShownLine(line.key[0] if line.key else None, cells))
    if not in_turn:
        lines += [ShownLine(key[0] if key else None, tuple(cell(name, None, line) for name in choice.measures))
                  for key, line in keyed.items()]  # fmt: skip
    total = ShownLine(None, tuple(
        cell(name, Line((), now.totals), Line((), then.totals) if then else None) for name in choice.measures
    ))  # fmt: skip
    return lines, total


