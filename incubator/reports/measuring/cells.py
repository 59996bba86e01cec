"""The cells of the ledger, made by the database: what each allocation has of each slot, in whole minutes or whole days.

Slots and units come in as rows (JSON), counted as `slots` counts: in minutes since 1970, or in days since the
question's first. A row of the ledger finds its slots by binary search in its line's array of their starts
(`width_bucket`): a million rows cost one pass, and zones and calendars nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Subquery,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from incubator.bookings.models import Booking
from incubator.database import id_array
from incubator.reports.measuring.asked import (
    NO_PROGRAMME,
    Asked,
    epoch,
    given_rows,
    minute,
    once,
    slots_asked,
    table,
    units_asked,
)
from incubator.spaces.models import Allocation
from incubator.spaces.queries import overlapping
from incubator.startups.models import Residency, Startup

USES = ("booking", "residency", "session")
"""Holders whose time is use. Closures are not, and what is kept free is nobody's."""


def _holders(base: Any, *, with_booking: bool) -> tuple[Any, Any]:
    """The startup behind each row, from residencies and bookings."""
    found = base.outerjoin(
        Residency, and_(Allocation.holder_kind == "residency", Residency.id == Allocation.holder_id)
    )
    startup: Any = Residency.startup_id
    if with_booking:
        found = found.outerjoin(
            Booking, and_(Allocation.holder_kind == "booking", Booking.id == Allocation.holder_id)
        )
        startup = func.coalesce(Residency.startup_id, Booking.startup_id)
    return found, startup


def _only(startup: Any, ids: Sequence[int | None] | None) -> list[ColumnElement[bool]]:
    if ids is None:
        return []
    named = startup == func.any(id_array(each for each in ids if each is not None))
    return [or_(named, startup.is_(None)) if None in ids else named]


def _live(asked: Asked) -> list[ColumnElement[bool]]:
    return [
        Allocation.site_id == func.any(id_array(asked.site_ids)),
        Allocation.voided_at.is_(None),
        overlapping(asked.within.start, asked.within.end),
    ]


def _programmes(asked: Asked, rows: Any) -> tuple[Any, dict[str, Any], list[ColumnElement[bool]]]:
    """Rows cut where their startup joins or leaves a programme: the join, what it gives, and which are asked for."""
    if asked.programmes is None:
        return rows, {"start": rows.c.start, "end": rows.c.end, "programme": literal(NO_PROGRAMME, Integer)}, []
    tiles = table("programmes", asked.programmes, startup=BigInteger, site=BigInteger, start=BigInteger,
                   end=BigInteger, programme=Integer)  # fmt: skip
    joined = rows.outerjoin(tiles, and_(
        tiles.c.startup == rows.c.startup_id, tiles.c.site == rows.c.site, tiles.c.start < rows.c.end,
        tiles.c.end > rows.c.start,
    ))  # fmt: skip
    programme = func.coalesce(tiles.c.programme, NO_PROGRAMME)
    given = {
        "start": func.greatest(rows.c.start, func.coalesce(tiles.c.start, rows.c.start)),
        "end": func.least(rows.c.end, func.coalesce(tiles.c.end, rows.c.end)),
        "programme": programme,
    }
    kept = [] if asked.only_programmes is None else [programme == func.any(id_array(asked.only_programmes))]
    return joined, given, kept


def _cut(asked: Asked, rows: Any, carried: Sequence[str]) -> Subquery:
    """Each row by each slot that it has some of: `length`, and the slot's key."""
    slots, lines = slots_asked(asked)
    joined, given, kept = _programmes(asked, rows)
    first = func.greatest(1, func.width_bucket(given["start"], lines.c.starts))
    placed = once(
        select(
            *(rows.c[name] for name in ("allocation_id", "unit_key", "line", "startup_id", *carried)),
            given["programme"].label("programme"), given["start"].label("start"), given["end"].label("end"),
            func.generate_series(first, func.width_bucket(given["end"] - 1, lines.c.starts)).label("nth"),
        )
        .select_from(joined)
        .join(lines, lines.c.line == rows.c.line)
        .where(given["start"] < given["end"], *kept),
        "placed",
    )  # fmt: skip
    length = func.least(placed.c.end, slots.c.end) - func.greatest(placed.c.start, slots.c.start)
    return (
        select(
            *(placed.c[name] for name in ("allocation_id", "unit_key", "startup_id", "programme", *carried)),
            slots.c.key.label("slot_key"), length.label("length"),
        )
        .select_from(placed)
        .join(slots, and_(slots.c.line == placed.c.line, slots.c.nth == placed.c.nth))
        .where(length > 0)
    ).subquery("cells")  # fmt: skip


def minute_cells(asked: Asked, *, holders: bool, people: bool) -> Subquery:
    """Whole minutes of use in each slot. A minute that is used in part is not counted.

    With `holders` each has `startup_id`, `paid` and `arrived`; with `people`, how many are there.
    """
    units = units_asked(asked)
    bookings = holders or people
    start = minute(Allocation.starts_at, func.ceil)
    end = minute(func.upper(Allocation.period), func.floor)
    base: Any = Allocation.__table__.join(units, units.c.id == Allocation.unit_id)
    where = [*_live(asked), Allocation.holder_kind.in_(USES)]
    startup: Any = cast(literal(None), BigInteger)
    if bookings:
        base, startup = _holders(base, with_booking=True)
        where += _only(startup, asked.only_startups)
    named: dict[str, ColumnElement[Any]] = {
        "booked": Allocation.holder_kind == "booking",
        "paid": func.coalesce(Booking.price_minor, 0) > 0 if bookings else literal(False),
        "arrived": Booking.arrived_at.is_not(None) if bookings else literal(False),
        "people": literal(0, Integer),
        "service": units.c.service,
    }
    if people:
        base, named["people"] = _people(asked, base, units)
    rows = once(
        select(
            Allocation.id.label("allocation_id"), units.c.key.label("unit_key"), units.c.line, units.c.site,
            startup.label("startup_id"), func.greatest(start, units.c.start).label("start"),
            func.least(end, units.c.end).label("end"), *(each.label(name) for name, each in named.items()),
        )
        .select_from(base)
        .where(*where),
        "rows",
    )  # fmt: skip
    return _cut(asked, rows, list(named))


def _people(asked: Asked, base: Any, units: Any) -> tuple[Any, ColumnElement[Any]]:
    """A booking's people, shared out over the units that it has at the same time; the seats where it names none."""
    people = Booking.attendees
    if not asked.shared_units:
        return base, func.coalesce(people, units.c.seats)
    together = [Allocation.holder_id, Allocation.period]
    halls = (
        select(
            Allocation.id, func.count().over(partition_by=together).label("count"),
            func.row_number().over(partition_by=together, order_by=Allocation.unit_id).label("nth"),
        )
        .where(*_live(asked), Allocation.holder_kind == "booking",
               Allocation.unit_id == func.any(id_array(asked.shared_units)))
    ).subquery("halls")  # fmt: skip
    count = func.coalesce(halls.c.count, 1)
    share = people.op("/")(count) + case((halls.c.nth <= func.mod(people, count), 1), else_=0)
    base = base.outerjoin(halls, halls.c.id == Allocation.id)
    return base, cast(func.coalesce(share, units.c.seats), Integer)


@dataclass(frozen=True, slots=True)
class DayBounds:
    """The minutes at which a site's days begin, and at which the last one ends."""

    site: int
    bounds: Sequence[int]


def day_cells(asked: Asked, bounds: Mapping[int, Sequence[int]], *, holders: bool) -> Subquery:
    """Whole local days let by residencies, in each slot. Slots, units and programmes are counted in days.

    A day that several residencies cover together, from edge to edge, is the one's that begins it.
    """
    units = units_asked(asked)
    given = given_rows("bounds_given", [DayBounds(site, list(each)) for site, each in bounds.items()],
                  column("site", BigInteger), column("bounds", ARRAY(BigInteger)))  # fmt: skip
    days = select(given.c.site, given.c.bounds).cte("days").prefix_with("MATERIALIZED")
    base: Any = Allocation.__table__.join(units, units.c.id == Allocation.unit_id).join(
        days, days.c.site == units.c.site
    )
    base, startup = _holders(base, with_booking=False)
    company: ColumnElement[Any] = literal(False)
    if holders:
        base = base.outerjoin(Startup, Startup.id == Residency.startup_id)
        company = Startup.kind == "company"
    count = func.cardinality(days.c.bounds) - 1
    begins = epoch(Allocation.starts_at)
    ends = func.coalesce(epoch(func.upper(Allocation.period)), literal(10**12, Numeric))
    named = {"incubation": units.c.incubation, "desk": units.c.desk, "public": units.c.public, "area": units.c.area,
             "company": company}  # fmt: skip
    held = (
        select(
            Allocation.id.label("allocation_id"), Allocation.unit_id, units.c.key.label("unit_key"), units.c.line,
            units.c.site, startup.label("startup_id"), units.c.start.label("since"), units.c.end.label("until"),
            days.c.bounds, count.label("days"), begins.label("begins"), ends.label("ends"),
            # the first day that begins at or after it, and after how many days it ends
            func.width_bucket(cast(func.ceil(begins / 60), BigInteger) - 1, days.c.bounds).label("first"),
            (func.width_bucket(cast(func.floor(ends / 60), BigInteger), days.c.bounds) - 1).label("after"),
            *(each.label(name) for name, each in named.items()),
        )
        .select_from(base)
        .where(*_live(asked), Allocation.holder_kind == "residency")
    ).cte("held").prefix_with("MATERIALIZED")  # fmt: skip
    carried = ("allocation_id", "unit_key", "line", "site", "startup_id", *named)
    whole = select(
        *(held.c[name] for name in carried), func.greatest(held.c.first, held.c.since).label("start"),
        func.least(held.c.after, held.c.until).label("end"),
    )  # fmt: skip
    rows = union_all(whole, _shared_days(held, carried)).subquery("rows")
    kept = select(rows)
    if asked.only_startups is not None:
        kept = kept.where(*_only(rows.c.startup_id, asked.only_startups))
    return _cut(asked, kept.subquery("kept"), list(named))


def _shared_days(held: Any, carried: Sequence[str]) -> Select[Any]:
    """The days that rows have in part and that together they have whole, for the rows that begin them."""
    edges = []
    for day in (held.c.first - 1, held.c.after):  # the day in which it begins, and the one in which it ends
        starts = held.c.bounds[day + 1] * 60
        stops = held.c.bounds[day + 2] * 60
        edges.append(
            select(
                held.c.allocation_id, held.c.unit_id, day.label("day"), (held.c.begins <= starts).label("begins_it"),
                (func.least(held.c.ends, stops) - func.greatest(held.c.begins, starts)).label("seconds"),
                (stops - starts).label("whole"),
            ).where(day >= 0, day < held.c.days, ~and_(held.c.begins <= starts, held.c.ends >= stops),
                    held.c.begins < stops, held.c.ends > starts)
        )  # fmt: skip
    parts = union_all(edges[0], edges[1].where(held.c.first - 1 != held.c.after)).cte("parts")
    shared = (
        select(parts.c.unit_id, parts.c.day)
        .group_by(parts.c.unit_id, parts.c.day)
        .having(func.sum(parts.c.seconds) == func.max(parts.c.whole))
    ).subquery("shared")
    return (
        select(*(held.c[name] for name in carried), cast(parts.c.day, Integer), cast(parts.c.day + 1, Integer))
        .select_from(parts)
        .join(shared, and_(shared.c.unit_id == parts.c.unit_id, shared.c.day == parts.c.day))
        .join(held, held.c.allocation_id == parts.c.allocation_id)
        .where(parts.c.begins_it, parts.c.day >= held.c.since, parts.c.day < held.c.until)
    )


def booking_cells(asked: Asked) -> Subquery:
    """Each booking that was not cancelled, in the slot that it begins in, at the first of its units; `length` is 1.

    Time that was given back is not live any more: such a booking is found by what it had.
    """
    units = units_asked(asked)
    live = Allocation.voided_at.is_(None)
    first = (
        select(
            Allocation.holder_id,
            func.coalesce(func.min(Allocation.unit_id).filter(live), func.min(Allocation.unit_id)).label("unit_id"),
        )
        .where(
            Allocation.holder_kind == "booking", Allocation.site_id == func.any(id_array(asked.site_ids)),
            overlapping(asked.within.start, asked.within.end),
        )
        .group_by(Allocation.holder_id)
    ).subquery("first_units")
    start = minute(func.lower(Booking.period), func.floor)
    named = {"asked": Booking.check_in_until.is_not(None),
             "missed": and_(Booking.no_show_at.is_not(None), Booking.excused_at.is_(None))}  # fmt: skip
    rows = once(
        select(
            Booking.id.label("allocation_id"), units.c.key.label("unit_key"), units.c.line, units.c.site,
            Booking.startup_id, start.label("start"), (start + 1).label("end"),
            *(each.label(name) for name, each in named.items()),
        )
        .join(first, first.c.holder_id == Booking.id)
        .join(units, units.c.id == first.c.unit_id)
        .where(
            Booking.site_id == func.any(id_array(asked.site_ids)), Booking.cancelled_at.is_(None),
            func.lower(Booking.period) >= asked.within.start, func.lower(Booking.period) < asked.within.end,
            start >= units.c.start, start < units.c.end, *_only(Booking.startup_id, asked.only_startups),
        ),
        "rows",
    )  # fmt: skip
    return _cut(asked, rows, list(named))


def summed(cells: Subquery, sums: Mapping[str, ColumnElement[Any]], *, startups: bool) -> Select[Any]:
    """The sums by unit key, slot key, startup and programme."""
    c = cells.c
    startup = c.startup_id if startups else cast(literal(None), BigInteger)
    by = [c.unit_key, c.slot_key, c.programme, *([c.startup_id] if startups else [])]
    return select(c.unit_key, c.slot_key, startup.label("startup_id"), c.programme,
                  *(each.label(name) for name, each in sums.items())).where(true()).group_by(*by)  # fmt: skip
