"""What cells are asked with: units, slots and programmes as rows of Python, read by the database as tables.

Slots and units are counted as `slots` counts: in minutes since 1970, or in days since the question's first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Integer,
    Numeric,
    Select,
    Text,
    cast,
    column,
    extract,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from incubator.core.periods import Interval


class UnitLine(Struct, frozen=True):
    """A unit as SQL needs it: its line of slots, its service, its part of the answer, weights and what counts it."""

    id: int
    line: int
    start: int
    end: int
    key: int
    site: int
    area: Decimal
    seats: int
    incubation: bool
    desk: bool
    service: bool
    public: bool


class SlotLine(Struct, frozen=True):
    """A slot of a line; of one line they are disjoint, and numbered from 1 in order."""

    line: int
    nth: int
    start: int
    end: int
    key: int


class TimesLine(Struct, frozen=True):
    """Some times of a line, disjoint and in order, and how long all those before each are together: what is open,
    or a month's first day."""

    line: int
    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]


def times_line(line: int, spans: Iterable[tuple[int, int]]) -> TimesLine:
    """Spans in order as times; those that meet are one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        joined.append((joined.pop()[0] if joined and joined[-1][1] == start else start, end))
    before = list(accumulate((end - start for start, end in joined), initial=0))[:-1]
    return TimesLine(line, [start for start, _ in joined], [end for _, end in joined], before)


class HolderLine(Struct, frozen=True):
    """Which programmes a startup is in, at a site (whose time it is counted in)."""

    startup: int
    site: int
    start: int
    end: int
    programme: int


class Asked(Struct, frozen=True):
    """What cells are made of."""

    within: Interval
    site_ids: Sequence[int]
    units: Sequence[UnitLine]
    slots: Sequence[SlotLine]
    times: Mapping[str, Sequence[TimesLine]]
    """Of each grain within the slots."""
    shared_units: Sequence[int] = ()
    """Units of resources that take several at once."""
    programmes: Sequence[HolderLine] | None = None
    """None: nobody asks for programmes."""
    only_startups: Sequence[int | None] | None = None
    only_programmes: Sequence[int] | None = None
    """None: all. NO_PROGRAMME among them: also those who are in none."""


NO_PROGRAMME = -1


def given_rows(name: str, rows: Iterable[Any], *columns: ColumnElement[Any]) -> Any:
    """Rows of Python as a table of the statement."""
    names = [each.name for each in columns]
    text = json.dumps([{each: getattr(row, each) for each in names} for row in rows], default=str)
    return (
        func.jsonb_to_recordset(cast(literal(text, Text), JSONB))
        .table_valued(*columns, name=name)
        .render_derived(with_types=True)
    )


def table(name: str, rows: Iterable[Any], **types: Any) -> Any:
    """The same, read once."""
    given = given_rows(f"{name}_given", rows, *(column(each, kind) for each, kind in types.items()))
    return once(select(*(given.c[each] for each in types)), name)


def units_asked(asked: Asked) -> Any:
    return table("units_asked", asked.units, id=BigInteger, line=Integer, start=BigInteger, end=BigInteger,
                  key=Integer, site=BigInteger, area=Numeric, seats=Integer, incubation=Boolean, desk=Boolean,
                  service=Boolean, public=Boolean)  # fmt: skip


def slots_asked(asked: Asked) -> tuple[Any, Any]:
    """The slots, and each line's array of their starts."""
    slots = table("slots", asked.slots, line=Integer, nth=Integer, start=BigInteger, end=BigInteger, key=Integer)
    starts = func.array_agg(aggregate_order_by(slots.c.start, slots.c.nth), type_=ARRAY(BigInteger)).label("starts")
    return slots, select(slots.c.line, starts).group_by(slots.c.line).cte("lines")


def times_table(grain: str, lines: Iterable[TimesLine]) -> Any:
    """Each line's times of a grain, to be asked by `gone`."""
    return table(f"{grain}_times", lines, line=Integer, starts=ARRAY(BigInteger), ends=ARRAY(BigInteger),
                  before=ARRAY(BigInteger))  # fmt: skip


def gone(times: Any, nth: Any, at: Any) -> ColumnElement[int]:
    """How much of a line's times has gone by at a moment: all that ended before, and what has gone of the last that
    began, the `nth` (by `width_bucket`; 0: none has)."""
    return func.coalesce(times.c.before[nth] + func.least(at, times.c.ends[nth]) - times.c.starts[nth], 0)


def minute(at: Any, rounded: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[int]:
    """An instant as a minute. In double precision, which tells microseconds apart far beyond this century, and is a
    tenth of the work: whole minutes come out whole, and nothing else does."""
    return cast(rounded(func.date_part("epoch", at) / 60), BigInteger)


def epoch(at: Any) -> ColumnElement[Decimal]:
    return cast(extract("epoch", at), Numeric)  # exact to the microsecond


def once(rows: Select[Any] | CompoundSelect[Any], name: str) -> Any:
    """Rows computed once: else each expression is computed wherever it is used."""
    return rows.cte(name).prefix_with("MATERIALIZED")


def stepwise(rows: Select[Any], name: str) -> Any:
    """Rows computed before what is made of them: the same for whoever reads them once, without keeping them all."""
    return rows.offset(0).subquery(name)
