"""Amending an agreement: what changes from a day on, decided from plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.errors import N_, Refusal
from incubator.startups.rules.schedule import Span

KINDS = ("renewal", "move", "enlargement", "return", "price", "mixed")
A_DAY = timedelta(days=1)


class PriceRow(Struct, frozen=True):
    """A row of an agreement's prices as it stands: a unit's price on some days."""

    id: int
    unit_id: int
    span: Span

    def runs_on(self, on: date) -> bool:
        return self.span.first <= on and (self.span.after is None or on < self.span.after)

    def reaches(self, on: date) -> bool:
        """Whether it holds on the day or later."""
        return self.span.after is None or self.span.after > on


class Standing(Struct, frozen=True):
    """An agreement as it stands."""

    starts_on: date
    ends_on: date | None
    rows: tuple[PriceRow, ...]
    last_amended_on: date | None = None

    def units_on(self, on: date) -> frozenset[int]:
        """The units that it is for on a day of its term."""
        return frozenset(row.unit_id for row in self.rows if row.runs_on(on))

    def had_by(self, on: date) -> frozenset[int]:
        """The units that a change from that day on finds: after its end those of its last day."""
        return self.units_on(on if self.ends_on is None or on <= self.ends_on else self.ends_on)


class Wanted(Struct, frozen=True):
    """The agreement as it is to be from `effective_on` on: of each unit its new prices, or None: those it has."""

    effective_on: date
    ends_on: date | None
    prices: Mapping[int, Sequence[Span] | None]


class Change(Struct, frozen=True):
    """What an amendment does: units given back, taken and kept; rows cut at a day; rows that begin."""

    kind: str
    returned: frozenset[int]
    taken: frozenset[int]
    kept: frozenset[int]
    cut: tuple[PriceRow, ...]
    begun: tuple[tuple[int, Span], ...]
    is_longer: bool
    is_shorter: bool


def check_day(now: Standing, wanted: Wanted) -> None:
    """Refusal where the state from that day on can't be agreed.

    An agreement of 1 August to 31 October is amended from 1 August to 1 November: from the day after its last one it
    can only go on.
    """
    on = wanted.effective_on
    if on < now.starts_on:
        raise Refusal(N_("The agreement begins on %(day)s, not before."), field="effective_on", day=now.starts_on)
    if now.last_amended_on is not None and on < now.last_amended_on:
        raise Refusal(
            N_("It was amended from %(day)s on already; what is agreed now holds from that day on at the earliest."),
            field="effective_on", day=now.last_amended_on,
        )  # fmt: skip
    if now.ends_on is not None and on > now.ends_on + A_DAY:
        raise Refusal(N_("The agreement ends on %(day)s; it can go on from the next day at the latest."),
                      field="effective_on", day=now.ends_on)  # fmt: skip
    if wanted.ends_on is not None and wanted.ends_on < on:
        raise Refusal(N_("The last day must not come before that on which the change begins."), field="ends_on")
    if now.ends_on is not None and wanted.ends_on is not None and wanted.ends_on < now.ends_on:
        raise Refusal(N_("To let it end before %(day)s, end the agreement early."), field="ends_on", day=now.ends_on)
    if not wanted.prices:
        raise Refusal(N_("An agreement is for at least one unit; to give back all of them, end it."), field="units")


def find_change(now: Standing, wanted: Wanted, *, has_other: bool = False) -> Change:
    """What is different from the day on. Refusal where nothing is (`has_other`: something beside units, prices and
    term is), or where it can't be agreed.

    Of D1 and D2, the state D2 and D3 from 1 December gives D1 back, takes D3 and keeps D2: a move.
    """
    check_day(now, wanted)
    on = wanted.effective_on
    had = now.had_by(on)
    wants = frozenset(wanted.prices)
    later = [row for row in now.rows if row.reaches(on)]
    cut, begun = [], []
    for unit_id in sorted(had | wants | {row.unit_id for row in later}):
        mine = [row for row in later if row.unit_id == unit_id]
        prices = wanted.prices.get(unit_id)
        if unit_id in had and unit_id in wants and prices is None:
            begun += [(unit_id, span) for span in _going_on(mine)]
            continue
        if prices is not None and _same(mine, prices, on):
            continue
        cut += mine
        begun += [(unit_id, span) for span in prices or ()]
    returned, taken, kept = had - wants, wants - had, had & wants
    is_longer = now.ends_on is not None and (wanted.ends_on is None or wanted.ends_on > now.ends_on)
    is_shorter = now.ends_on is None and wanted.ends_on is not None
    priced = {unit_id for unit_id, _ in begun} & kept
    if not (cut or begun or is_longer or is_shorter or has_other):
        raise Refusal(N_("Nothing is different from that day on."))
    kind = _kind(bool(returned), bool(taken), bool(priced), is_longer or is_shorter)
    if kind == "price" and not priced:
        kind = "mixed"
    return Change(kind, returned, taken, kept, tuple(cut), tuple(begun), is_longer, is_shorter)


def _going_on(rows: Sequence[PriceRow]) -> list[Span]:
    """What must follow a unit's prices that end before the agreement does: the last of each kind, from there on. Only
    where an agreement that was ended before an amendment came to hold goes on after all."""
    last = {row.span.charge_kind: row.span for row in sorted(rows, key=lambda row: row.span.first)}
    return [replace(span, first=span.after, after=None) for span in last.values() if span.after is not None]


def _same(rows: Sequence[PriceRow], prices: Sequence[Span], on: date) -> bool:
    """Whether the prices from the day on are those that stand already."""
    stand = {
        (row.span.charge_kind, row.span.basis, row.span.unit_price, max(on, row.span.first), row.span.after)
        for row in rows
    }
    return stand == {(each.charge_kind, each.basis, each.unit_price, each.first, each.after) for each in prices}


def _kind(gives: bool, takes: bool, priced: bool, term: bool) -> str:
    units = "move" if gives and takes else "enlargement" if takes else "return" if gives else ""
    if term:
        return "mixed" if units else "renewal"  # a new term usually comes with new prices
    if units:
        return "mixed" if priced else units
    return "price"



def rows_after(now: Standing, change: Change, on: date) -> tuple[PriceRow, ...]:
    """The prices as the change leaves them: what ends is cut at the day, what begins is added."""
    cut = {row.id for row in change.cut}
    kept = [row for row in now.rows if row.id not in cut]
    kept += [replace(row, span=replace(row.span, after=on)) for row in change.cut if row.span.first < on]
    return (*kept, *(PriceRow(0, unit_id, span) for unit_id, span in change.begun))
