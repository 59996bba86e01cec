"""Opening hours as they are written: of a site, and of a resource of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.core.errors import N_, Refusal
from incubator.spaces.models import OpeningHours, ResourceHours
from incubator.spaces.queries import inclusive_dates

OpenSpan = tuple[str, int, int]
"""Kind of day, minute of opening, minute of closing: ("workday", 540, 1080)."""


def check_hours(hours: Sequence[OpenSpan], order: str = N_("The site must open before it closes.")) -> None:
    """Refused where a stretch ends before it starts (`order` says so), or two of one kind of day overlap."""
    by_kind: dict[str, list[tuple[int, int, int]]] = {}
    for day_kind, opens, closes in hours:
        if day_kind not in ("workday", "restday"):
            raise Refusal(N_("Opening hours are for working days or rest days."), field="hours")
        spans = by_kind.setdefault(day_kind, [])
        spans.append((opens, closes, len(spans) + 1))
        if not 0 <= opens < closes <= 24 * 60:
            raise Refusal(order, field=hours_field(day_kind, "closes", len(spans)))
    for day_kind, spans in by_kind.items():
        for earlier, later in pairwise(sorted(spans)):
            if later[0] < earlier[1]:
                field = hours_field(day_kind, "opens", max(earlier[2], later[2]))
                raise Refusal(N_("Two stretches of opening hours overlap."), field=field)


def hours_field(day_kind: str, end: str, place: int) -> str:
    """What forms and imports call one end of a stretch: `closes`, `rest_opens`, and for a second one `opens_2`."""
    return ("rest_" if day_kind == "restday" else "") + end + (f"_{place}" if place > 1 else "")


def replace_hours(
    session: Session, table: type[OpeningHours] | type[ResourceHours], of: Mapping[str, int], hours: Sequence[OpenSpan],
    from_on: date,
) -> list[OpenSpan]:  # fmt: skip
    """Let these be the hours of one site or resource (`of`) from `from_on` on; those before stay. What they replace."""
    held: Sequence[Any] = session.execute(
        select(table)
        .filter_by(**of)
        .order_by(table.day_kind, table.opens_minute)
        .execution_options(populate_existing=True)
    ).scalars().all()
    replaced: list[OpenSpan] = []
    for row in held:
        first, last = inclusive_dates(row.valid)
        if last is not None and last < from_on:
            continue
        replaced.append((row.day_kind, row.opens_minute, row.closes_minute))
        if first >= from_on:
            session.delete(row)
        else:
            row.valid = Range(first, from_on)
    session.flush()
    session.add_all(
        table(day_kind=day_kind, opens_minute=opens, closes_minute=closes, valid=Range(from_on, None), **of)
        for day_kind, opens, closes in hours
    )
    session.flush()
    return replaced


def say_hours(hours: Sequence[OpenSpan]) -> dict[str, list[str]]:
    """For the trail: {"workday": ["09:00-18:00"], "restday": []}."""
    return {
        kind: [
            f"{say_minute(opens)}-{say_minute(closes)}"
            for day_kind, opens, closes in sorted(hours)
            if day_kind == kind
        ]
        for kind in ("workday", "restday")
    }


def say_minute(minute: int) -> str:
    """540 minutes after midnight: 09:00."""
    return f"{minute // 60:02}:{minute % 60:02}"
