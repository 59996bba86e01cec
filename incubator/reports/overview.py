"""A site's month of occupancy as its pages read it: totals, a line for each unit, and rows a page at a time.

However many rows stand behind the figures, the database adds them up: of the ledger for the live report, of the frozen
text for a frozen one. Whoever freezes a month, or takes a file of it, reads every row (`queries.measure_occupancy`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BigInteger, Integer, Text, cast, column, func, null, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month, merge
from incubator.database import id_array
from incubator.reports.content import Content, list_rows
from incubator.reports.ledger import Ledger, TimedUnit
from incubator.reports.measuring.asked import once
from incubator.reports.measuring.question import Amount
from incubator.reports.models import FrozenReport
from incubator.reports.occupancy import (
    AREA,
    TIME,
    Days,
    Measured,
    Row,
    Tally,
    in_order,
    measure,
    measures_of,
    tally,
)
from incubator.reports.presenting import RowShown, Shown
from incubator.reports.queries import SiteMonth, load_month, use_of, uses_of
from incubator.spaces.models import Allocation


class RowsShown(Struct, frozen=True):
    """A page of the rows behind a figure, and what all of them come to."""

    page: Page[RowShown]
    counted: int
    contribution: Decimal
    """What they add to the numerator."""


def see_live(session: Session, actor: Actor, site_id: int, month: Month) -> Shown:
    """The month as the ledger stands now, without its rows."""
    found = load_month(session, actor, site_id, month)
    measured = _measure(session, found, _ledger(found).tallies(session))
    return _shown(found, measured, found.totals(session, actor))


def list_live_rows(
    session: Session, actor: Actor, site_id: int, month: Month, figure: str, *, unit: int | None, left_out: bool,
    page: int,
) -> tuple[Shown, RowsShown]:  # fmt: skip
    """A page of the rows behind a figure as the ledger stands now: by unit, then as they begin."""
    found = load_month(session, actor, site_id, month)
    ledger = _ledger(found)
    measured = _measure(session, found, ledger.tallies(session) if figure == TIME else {})
    totals = {each.measure: Amount(each.numerator, each.denominator) for each in measured.figures}
    shown = _shown(found, measured, {**totals, **found.totals(session, actor, figure)})
    if figure == TIME:
        wanted = replace(ledger, units=[each for each in ledger.units if unit in (None, each.id)], left_out=left_out)
        tallies = wanted.tallies(session) if left_out or unit else shown.tallies
        number = _number(page, sum(each.rows for each in tallies.values()))
        rows = wanted.rows(session, offset=(number - 1) * PAGE_SIZE, most=PAGE_SIZE)
    else:
        lines = [line for line in measured.lines if figure in line.measures and unit in (None, line.unit.id)]
        kept = {line.unit.id: [row for row in line.rows if row.left_out or not left_out] for line in lines}
        tallies = {each: tally(mine) for each, mine in kept.items()}
        number = _number(page, sum(each.rows for each in tallies.values()))
        rows = [row for mine in kept.values() for row in mine][(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    listed = _with_holders(session, found, rows)
    return shown, _rows_shown(shown, figure, tallies, listed, number)


def _ledger(found: SiteMonth) -> Ledger:
    """The units that are used by the hour, in the report's order."""
    days, at_site = Days(found.month, found.zone), merge(found.openings)
    units = [
        TimedUnit(unit.id, days.span(service), found.own.get(unit.id, at_site))
        for unit in in_order(found.units)
        if TIME in measures_of(unit.kind, unit.purpose) and (service := days.in_service(unit))
    ]
    return Ledger(found.site.id, found.within, units)


def _measure(session: Session, found: SiteMonth, tallies: Mapping[int, Tally]) -> Measured:
    """Lines of all units: those that are let by the day with their rows, which are few, the others as tallied."""
    let = [unit.id for unit in found.units if AREA in measures_of(unit.kind, unit.purpose)]
    rows = session.execute(uses_of(found.site.id, found.within, Allocation.unit_id == func.any(id_array(let)))).all()
    return measure(found.month, found.zone, found.units, [use_of(row) for row in rows], found.openings, found.own,
                   tallies)  # fmt: skip


def _shown(found: SiteMonth, measured: Measured, totals: Mapping[str, Amount]) -> Shown:
    tallies = {line.unit.id: line.tally for line in measured.lines if line.tally.rows}
    return Shown(found.content(measured, totals, None), tallies)


def _with_holders(session: Session, found: SiteMonth, rows: Sequence[Row]) -> list[Content]:
    ids = [row.use.allocation_id for row in rows]
    query = uses_of(found.site.id, found.within, Allocation.id == func.any(id_array(ids)))
    holders = {row.id: row for row in session.execute(query)}
    return list_rows(rows, holders, found.zone)


def see_frozen(session: Session, actor: Actor, frozen: FrozenReport) -> Shown:
    """A frozen version without its rows, taken out of its text by the database."""
    actor.require(Action.SEE_REPORTS)
    content = _content(frozen)
    rows = func.jsonb_to_recordset(content.c.content["rows"]).table_valued(
        column("unit", BigInteger), column("counted", Integer), column("left_out", JSONB), name="listed"
    ).render_derived(with_types=True)  # fmt: skip
    each = once(select(rows.c.unit, rows.c.counted, rows.c.left_out).select_from(content.join(rows, true())), "rows")
    parts = func.jsonb_array_elements(each.c.left_out).table_valued("value", name="part")
    part = cast(parts.c.value, JSONB)
    left = select(each.c.unit, part[0].astext.label("reason"), cast(part[1].astext, Integer).label("amount"))
    of = left.select_from(each.join(parts, true())).subquery("left_out").c
    nothing = null()
    found = session.execute(union_all(
        select(cast(nothing, BigInteger), cast(nothing, Text), cast(nothing, BigInteger), cast(nothing, BigInteger),
               content.c.content.op("-")("rows")),
        select(each.c.unit, nothing, func.count(), func.sum(each.c.counted), nothing).group_by(each.c.unit),
        select(of.unit, of.reason, func.count(), func.sum(of.amount), nothing).group_by(of.unit, of.reason),
    )).all()  # fmt: skip
    head = next(data for *_, data in found if data is not None)
    left_out: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for unit, reason, count, amount, _ in found:
        if reason is not None:
            left_out[unit].append((reason, int(amount), count))
    tallies = {unit: Tally(count, int(counted), tuple(left_out[unit]))
               for unit, reason, count, counted, _ in found if unit is not None and reason is None}  # fmt: skip
    return Shown(head, tallies)


def list_frozen_rows(
    session: Session, actor: Actor, frozen: FrozenReport, measure: str, *, unit: int | None, left_out: bool, page: int
) -> tuple[Shown, RowsShown]:
    """A page of the rows behind a figure of a frozen version, in its order."""
    shown = see_frozen(session, actor, frozen)
    units = [each.id for each in shown.units(measure) if unit in (None, each.id)]
    content = _content(frozen)
    listed = func.jsonb_array_elements(content.c.content["rows"]).table_valued(
        column("value", JSONB), with_ordinality="nth", name="listed"
    ).render_derived()  # fmt: skip
    of = cast(listed.c.value["unit"].astext, BigInteger)
    kept = select(listed.c.value, listed.c.nth, of.label("unit")).select_from(content.join(listed, true()))
    kept = kept.where(of == func.any(id_array(units)))
    if left_out:
        kept = kept.where(func.jsonb_array_length(listed.c.value["left_out"]) > 0)
    c = once(kept, "kept").c
    tallies = {each: shown.tallies[each] for each in units if each in shown.tallies}
    if left_out:
        counted = func.sum(cast(c.value["counted"].astext, Integer))
        sums = session.execute(select(c.unit, func.count(), counted).group_by(c.unit))
        tallies = {each: Tally(count, int(adds)) for each, count, adds in sums}
    number = _number(page, sum(each.rows for each in tallies.values()))
    rows = session.execute(select(c.value).order_by(c.nth).offset((number - 1) * PAGE_SIZE).limit(PAGE_SIZE))
    return shown, _rows_shown(shown, measure, tallies, list(rows.scalars()), number)


def _content(frozen: FrozenReport) -> Any:
    query = select(cast(FrozenReport.content, JSONB).label("content")).where(FrozenReport.id == frozen.id)
    return once(query, "frozen")


def _number(page: int, total: int) -> int:
    """The page asked for, or the last."""
    return min(page, max(1, -(-total // PAGE_SIZE)))


def _rows_shown(
    shown: Shown, measure: str, tallies: Mapping[int, Tally], rows: Sequence[Content], number: int
) -> RowsShown:
    ids = [unit.id for unit in shown.units(measure) if unit.id in tallies]
    return RowsShown(
        Page([shown.row(row, measure) for row in rows], number, sum(tallies[each].rows for each in ids)),
        sum(tallies[each].counted for each in ids),
        sum((shown.weight(measure, each) * tallies[each].counted for each in ids), Decimal()),
    )
