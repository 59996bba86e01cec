"""The cells of the ledger, made by the database: what each allocation has of each slot, in whole minutes or whole days.

Slots and units come in as rows (JSON), counted as `slots` counts: in minutes since 1970, or in days since the
question's first. A row of the ledger finds its slots by binary search in its line's array of their starts
(`width_bucket`): a million rows cost one pass, and zones and calendars nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
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
    gone,
    minute,
    once,
    slots_asked,
    stepwise,
    table,
    times_table,
    units_asked,
)
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Allocation
from incubator.startups.models import Residency, Startup

USES = ("booking", "residency", "session")
"""Holders whose time is use. Closures are not, and what is kept free is nobody's."""


def _with_residency(base: Any) -> Any:
    return base.outerjoin(
        Residency, and_(Allocation.holder_kind == "residency", Residency.id == Allocation.holder_id)
    )


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


class Given(Struct, frozen=True):
    """What the statement is given, as its tables: each is there once, however many cells are made of it."""

    asked: Asked
    units: Any
    slots: Any
    lines: Any
    """Each line's slots, as an array of their starts."""
    times: Mapping[str, Any]
    tiles: Any

    @classmethod
    def of(cls, asked: Asked) -> Given:
        slots, lines = slots_asked(asked)
        tiles = None
        if asked.programmes is not None:
            tiles = table("programmes", asked.programmes, startup=BigInteger, site=BigInteger, start=BigInteger,
                           end=BigInteger, programme=Integer)  # fmt: skip
        times = {grain: times_table(grain, mine) for grain, mine in asked.times.items()}
        return cls(asked, units_asked(asked), slots, lines, times, tiles)


def _programmes(given: Given, rows: Any) -> tuple[Any, dict[str, Any], list[ColumnElement[bool]]]:
    """Rows cut where their startup joins or leaves a programme: the join, what it gives, and which are asked for."""
    asked, tiles = given.asked, given.tiles
    if tiles is None:
        return rows, {"start": rows.c.start, "end": rows.c.end, "programme": literal(NO_PROGRAMME, Integer)}, []
    joined = rows.outerjoin(tiles, and_(
        tiles.c.startup == rows.c.startup_id, tiles.c.site == rows.c.site, tiles.c.start < rows.c.end,
        tiles.c.end > rows.c.start,
    ))  # fmt: skip
    programme = func.coalesce(tiles.c.programme, NO_PROGRAMME)
    tiled = {
        "start": func.greatest(rows.c.start, func.coalesce(tiles.c.start, rows.c.start)),
        "end": func.least(rows.c.end, func.coalesce(tiles.c.end, rows.c.end)),
        "programme": programme,
    }
    kept = [] if asked.only_programmes is None else [programme == func.any(id_array(asked.only_programmes))]
    return joined, tiled, kept


def _cut(given: Given, rows: Any, carried: Sequence[str], within: Sequence[str] = ()) -> Subquery:
    """Each row by each slot that it has some of: the slot's key, `length`, and how much of that is of each grain
    within."""
    slots, lines, times = given.slots, given.lines, {grain: given.times[grain] for grain in within}
    joined, part, kept = _programmes(given, rows)
    columns = [*(rows.c[name] for name in ("allocation_id", "unit_key", "startup_id", *carried)),
               part["programme"].label("programme")]  # fmt: skip
    if any(each.nth > 1 for each in given.asked.slots):
        first = func.greatest(1, func.width_bucket(part["start"], lines.c.starts))
        placed = stepwise(
            select(
                *columns, rows.c.line, part["start"].label("start"), part["end"].label("end"),
                func.generate_series(first, func.width_bucket(part["end"] - 1, lines.c.starts)).label("nth"),
            )
            .select_from(joined).join(lines, lines.c.line == rows.c.line)
            .where(part["start"] < part["end"], *kept),
            f"placed_{rows.name}",
        )  # fmt: skip
        source = placed.join(slots, and_(slots.c.line == placed.c.line, slots.c.nth == placed.c.nth))
        line, start, end = placed.c.line, placed.c.start, placed.c.end
        columns, kept = [placed.c[each.name] for each in columns], []
    else:  # one slot to a line: each row has some of that, or nothing
        source = joined.join(slots, slots.c.line == rows.c.line)
        line, start, end = rows.c.line, part["start"], part["end"]
    start, end = func.greatest(start, slots.c.start), func.least(end, slots.c.end)
    for each in times.values():
        source = source.join(each, each.c.line == line)
    pieces = select(
        *columns, slots.c.key.label("slot_key"), line.label("line"), start.label("start"), end.label("end"),
        *(func.width_bucket(at, each.c.starts).label(f"{grain}_{edge}")
          for grain, each in times.items()
          for edge, at in (("start", start), ("end", end))),
    ).select_from(source).where(start < end, *kept)  # fmt: skip
    cut = stepwise(pieces, f"cut_{rows.name}") if times else pieces.subquery()
    source = cut
    for each in times.values():
        source = source.join(each, each.c.line == cut.c.line)
    return (
        select(
            *(cut.c[each.name] for each in columns), cut.c.slot_key, (cut.c.end - cut.c.start).label("length"),
            *((gone(each, cut.c[f"{grain}_end"], cut.c.end) - gone(each, cut.c[f"{grain}_start"], cut.c.start))
              .label(grain) for grain, each in times.items()),
        )
        .select_from(source)
        .subquery(f"cells_{rows.name}")
    )  # fmt: skip


class Wanted(Struct, frozen=True):
    """What of the ledger's minutes a question needs: `use` of time, and bookings as they begin (`begun`)."""

    use: bool
    begun: bool
    holders: bool
    """Whose it is (`startup_id`)."""
    booked: bool
    """Whether it is `paid`, and somebody `arrived`."""
    people: bool
    """How many are there."""


def minute_cells(asked: Asked, wanted: Wanted) -> tuple[Subquery | None, Subquery | None]:
    """Whole minutes of use in each slot (a minute that is used in part is not counted); and bookings in the slot that
    they begin in, with the `length` 1 and their own id as `allocation_id`."""
    given = Given.of(asked)
    found = _held(asked, wanted)
    held = once(found, "held") if wanted.use and wanted.begun else found.subquery("held")
    return (_use(given, held, wanted) if wanted.use else None), (_begun(given, held) if wanted.begun else None)


def _held(asked: Asked, wanted: Wanted) -> Select[Any]:
    """The ledger's rows, each with its booking where that is needed."""
    row = Allocation
    base: Any = row.__table__
    where = [row.site_id == func.any(id_array(asked.site_ids)), overlapping(asked.within.start, asked.within.end)]
    where.append(row.holder_kind.in_(USES) if wanted.use else row.holder_kind == "booking")
    named: dict[str, ColumnElement[Any]] = {"voided": row.voided_at.is_not(None)}
    if not wanted.begun:  # else: time that was given back is not live any more, and its booking began
        where.append(row.voided_at.is_(None))
    startup: Any = cast(literal(None), BigInteger)
    if wanted.begun or wanted.holders or wanted.booked or wanted.people:
        base = base.outerjoin(Booking, and_(row.holder_kind == "booking", Booking.id == row.holder_id))
        named |= {"paid": func.coalesce(Booking.price_minor, 0) > 0, "arrived": Booking.arrived_at.is_not(None)}
        startup = Booking.startup_id
    if wanted.holders:
        base, startup = _with_residency(base), func.coalesce(Residency.startup_id, Booking.startup_id)
        where += _only(startup, asked.only_startups)
    if wanted.begun:
        named |= {"begins": minute(Booking.starts_at, func.floor),
                  "cancelled": Booking.cancelled_at.is_not(None),
                  "asked": Booking.check_in_until.is_not(None),
                  "missed": and_(Booking.no_show_at.is_not(None), Booking.excused_at.is_(None))}  # fmt: skip
    if wanted.people:
        base, named["people"] = _people(asked, base)
    return (
        select(
            row.id.label("allocation_id"), row.unit_id, row.holder_kind, row.holder_id, startup.label("startup_id"),
            minute(row.starts_at, func.ceil).label("start"), minute(func.upper(row.period), func.floor).label("end"),
            *(each.label(name) for name, each in named.items()),
        )
        .select_from(base)
        .where(*where)
    )  # fmt: skip


def _use(given: Given, held: Any, wanted: Wanted) -> Subquery:
    """Live time of units, as long as they are in service."""
    c, units = held.c, given.units
    named = {"booked": c.holder_kind == "booking", "service": units.c.service}
    if wanted.booked:
        named |= {"paid": c.paid, "arrived": c.arrived}
    if wanted.people:
        named["people"] = cast(func.coalesce(c.people, units.c.seats), Integer)
    rows = select(
        c.allocation_id, units.c.key.label("unit_key"), units.c.line, units.c.site, c.startup_id,
        func.greatest(c.start, units.c.start).label("start"), func.least(c.end, units.c.end).label("end"),
        *(each.label(name) for name, each in named.items()),
    ).select_from(held.join(units, units.c.id == c.unit_id)).where(~c.voided)  # fmt: skip
    computed = rows.subquery("use") if wanted.begun else stepwise(rows, "use")
    return _cut(given, computed, list(named), list(given.times))


def _begun(given: Given, held: Any) -> Subquery:
    """Each booking that was not cancelled, at the first of its units, as it begins."""
    c, units = held.c, given.units
    first = (
        select(
            c.holder_id, func.coalesce(func.min(c.unit_id).filter(~c.voided), func.min(c.unit_id)).label("unit_id"),
            *(func.min(c[name]).label(name) for name in ("startup_id", "begins")),
            *(func.bool_or(c[name]).label(name) for name in ("asked", "missed")),
        )
        .where(c.holder_kind == "booking", ~c.cancelled)
        .group_by(c.holder_id)
    ).subquery("first_units")  # fmt: skip
    begins = first.c.begins
    rows = select(
        first.c.holder_id.label("allocation_id"), units.c.key.label("unit_key"), units.c.line, units.c.site,
        first.c.startup_id, begins.label("start"), (begins + 1).label("end"), first.c.asked, first.c.missed,
    ).select_from(first.join(units, units.c.id == first.c.unit_id)).where(
        begins >= units.c.start, begins < units.c.end
    )  # fmt: skip
    return _cut(given, rows.subquery("begun"), ["asked", "missed"])


def _people(asked: Asked, base: Any) -> tuple[Any, ColumnElement[Any]]:
    """A booking's people, shared out over the units that it has at the same time; NULL where it names none."""
    people: Any = Booking.attendees
    if not asked.shared_units:
        return base, people
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
    return base.outerjoin(halls, halls.c.id == Allocation.id), share


class DayBounds(Struct, frozen=True):
    """The minutes at which a site's days begin, and at which the last one ends."""

    site: int
    bounds: Sequence[int]


def day_cells(asked: Asked, bounds: Mapping[int, Sequence[int]], *, holders: bool) -> Subquery:
    """Whole local days let by residencies, in each slot. Slots, units and programmes are counted in days.

    A day that several residencies cover together, from edge to edge, is the one's that begins it.
    """
    given = Given.of(asked)
    units = given.units
    bounds_given = given_rows("bounds_given", [DayBounds(site, list(each)) for site, each in bounds.items()],
                  column("site", BigInteger), column("bounds", ARRAY(BigInteger)))  # fmt: skip
    days = select(bounds_given.c.site, bounds_given.c.bounds).cte("days").prefix_with("MATERIALIZED")
    base: Any = Allocation.__table__.join(units, units.c.id == Allocation.unit_id).join(
        days, days.c.site == units.c.site
    )
    base, startup = _with_residency(base), Residency.startup_id
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
    return _cut(given, kept.subquery("kept"), list(named), list(given.times))


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


def summed(cells: Subquery, sums: Mapping[str, ColumnElement[Any] | None], *, startups: bool) -> Select[Any]:
    """The sums by unit key, slot key, startup and programme; nothing where these cells have no such sum."""
    c = cells.c
    startup = c.startup_id if startups else cast(literal(None), BigInteger)
    by = [c.unit_key, c.slot_key, c.programme, *([c.startup_id] if startups else [])]
    return select(c.unit_key, c.slot_key, startup.label("startup_id"), c.programme,
                  *((literal(0) if each is None else each).label(name) for name, each in sums.items())
                  ).where(true()).group_by(*by)  # fmt: skip
