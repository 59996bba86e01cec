"""From a question to the rows that a statement stands on, and from its numbers back to keys and names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.core.periods import Interval, local_instant
from incubator.reports.measuring.asked import NO_PROGRAMME, Asked, HolderLine, SlotLine, UnitLine, times_line
from incubator.reports.measuring.catalogue import DIMENSIONS
from incubator.reports.measuring.grounds import (
    UNIT_DIMENSIONS,
    Grounds,
    MeasuredUnit,
    Stretch,
    load_grounds,
    load_stretches,
)
from incubator.reports.measuring.question import Key, Label, Question
from incubator.reports.measuring.recipes import DAYS, FIRST_DAYS, IN_DAYS, OPEN, is_public
from incubator.reports.measuring.slots import Slot, clock_slots, day_slots, edge_slots, keep, open_slots
from incubator.reports.words import UNIT_KIND_WORDS
from incubator.startups.models import Programme, Startup

WEEKDAY_WORDS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"),
                 N_("Sunday"))  # fmt: skip


class Plan(Struct, dict=True):
    """What a question needs to be answered: its grounds, and where the parts go."""

    question: Question
    grounds: Grounds
    unit_dimensions: tuple[str, ...]
    time_dimensions: tuple[str, ...]
    by: frozenset[str]
    """The dimensions of time that slots must know: those asked for, and those filtered by."""
    filters: Mapping[str, Collection[Key]]
    stretches: Sequence[Stretch] | None = None
    programmes: Mapping[int, Programme] = field(default_factory=dict)
    unit_keys: list[tuple[Key, ...]] = field(default_factory=list)
    slot_keys: list[tuple[Key, ...]] = field(default_factory=list)

    @classmethod
    def make(cls, session: Session, question: Question, grounds: Grounds | None = None) -> Plan:
        """`grounds` where they are known: of these days and sites, and of no filter by units."""
        filters = {name: frozenset(keys) for name, keys in question.filters}
        used = {*question.dimensions, *filters}
        plan = cls(
            question, grounds or load_grounds(session, question),
            tuple(name for name in question.dimensions if name in UNIT_DIMENSIONS),
            tuple(name for name in question.dimensions if DIMENSIONS[name].of_time),
            frozenset(name for name in used if DIMENSIONS[name].of_time), filters,
        )  # fmt: skip
        if "programme" in used:
            plan.stretches, plan.programmes = load_stretches(session, question)
        return plan

    @property
    def startups(self) -> bool:
        """Whether parts or filters go by who holds a cell."""
        return bool({"startup", "programme"} & {*self.question.dimensions, *self.filters})

    @property
    def within(self) -> Interval:
        """From the first site's first moment to the last site's last."""
        zones = {self.grounds.zone(each) for each in self.grounds.sites}
        first, last = self.question.first, self.question.last
        return Interval(min(local_instant(first, 0, zone) for zone in zones),
                        max(local_instant(last, 1440, zone) for zone in zones))  # fmt: skip

    def lines(self, grain: str) -> dict[Any, list[Slot]]:
        """The slots of each line: of a site, or (of opening times) of those units of it that have the same hours."""
        question = self.question
        times = {name: keys for name, keys in self.filters.items() if DIMENSIONS[name].of_time}
        if grain in IN_DAYS:
            slots = (day_slots(question.first, question.last, self.by) if grain == DAYS else
                     edge_slots(question.first, question.last, at_start=grain == FIRST_DAYS))  # fmt: skip
            return {site: keep(slots, times) for site in self.grounds.sites}
        clock = {
            site: clock_slots(question.first, question.last, self.grounds.zone(site), self.by)
            for site in self.grounds.sites
        }
        if grain != OPEN:
            return {site: keep(slots, times) for site, slots in clock.items()}
        patterns = {unit.hours for unit in self.grounds.units if unit.is_in("time")}
        return {each: keep(open_slots(self.grounds.openings(each), clock[each[0]]), times) for each in patterns}

    def line_of(self, unit: MeasuredUnit, grain: str) -> Any:
        return unit.hours if grain == OPEN else unit.site_id

    def service(self, unit: MeasuredUnit, grain: str) -> tuple[int, int]:
        """From when to when it is in service, as the grain counts."""
        if grain in IN_DAYS:
            return unit.since, unit.until
        bounds = self.bounds[unit.site_id]
        return bounds[unit.since], bounds[unit.until]

    @cached_property
    def bounds(self) -> dict[int, list[int]]:
        """Of each site, the minutes at which its days begin, and at which the last ends."""
        return {site: self.grounds.bounds(site) for site in self.grounds.sites}

    def unit_key(self, unit: MeasuredUnit) -> tuple[Key, ...]:
        return tuple(unit.key(name) for name in self.unit_dimensions)

    def slot_key(self, slot: Slot) -> tuple[Key, ...]:
        return tuple(slot.keys[name] for name in self.time_dimensions)

    def key(self, unit: tuple[Key, ...], slot: tuple[Key, ...], startup: Key, programme: Key) -> tuple[Key, ...]:
        """The parts of a key in the order of the question's dimensions."""
        units, slots = iter(unit), iter(slot)
        holder: dict[str, Key] = {"startup": startup, "programme": programme}
        return tuple(
            holder[name] if name in holder else next(slots) if DIMENSIONS[name].of_time else next(units)
            for name in self.question.dimensions
        )

    def ask(self, base: str, within: Sequence[str]) -> Asked:
        """The rows that the statement stands on, and in `unit_keys` and `slot_keys` what its numbers mean: slots of a
        grain, and the times of others within them."""
        by = OPEN if OPEN in within else base
        slots_of, times_of = self.lines(base), {grain: self.lines(grain) for grain in within}
        samples = {self.line_of(unit, by): unit for unit in self.grounds.units}
        numbers = {line: number for number, line in enumerate(samples)}
        lines = {line: slots_of[self.line_of(unit, base)] for line, unit in samples.items()}
        slot_keys: dict[tuple[Key, ...], int] = {}
        slots = [
            SlotLine(numbers[line], nth, slot.start, slot.end,
                     slot_keys.setdefault(self.slot_key(slot), len(slot_keys)))
            for line, mine in lines.items() for nth, slot in enumerate(mine, 1)
        ]  # fmt: skip
        unit_keys: dict[tuple[Key, ...], int] = {}
        units = [
            UnitLine(
                unit.id, numbers[self.line_of(unit, by)], *self.service(unit, base),
                unit_keys.setdefault(self.unit_key(unit), len(unit_keys)), unit.site_id, unit.area_m2, unit.seats,
                unit.is_in("area"), unit.is_in("desks"), unit.is_in("time"), is_public(unit),
            )
            for unit in self.grounds.units
        ]  # fmt: skip
        times = {
            grain: [
                times_line(numbers[line], [(slot.start, slot.end) for slot in mine.get(self.line_of(unit, grain), ())])
                for line, unit in samples.items()
            ]
            for grain, mine in times_of.items()
        }
        self.unit_keys, self.slot_keys = list(unit_keys), list(slot_keys)
        only = self.filters.get("startup")
        return Asked(
            self.within, list(self.grounds.sites), units, slots, times, self.grounds.shared_units,
            self._holder_lines(base),
            None if only is None else [each if each is None else int(each) for each in only], self._only_programmes(),
        )  # fmt: skip

    @cached_property
    def programme_keys(self) -> list[Key]:
        """Every set of programmes that somebody was in, by its number in the statement."""
        return list(dict.fromkeys(each.key for each in self.stretches or ()))

    def _holder_lines(self, grain: str) -> list[HolderLine] | None:
        if self.stretches is None:
            return None
        numbers = {key: number for number, key in enumerate(self.programme_keys)}
        return [
            HolderLine(each.startup_id, site, *self._stretch(each, site, grain),
                       NO_PROGRAMME if each.key is None else numbers[each.key])
            for each in self.stretches for site in self.grounds.sites
        ]  # fmt: skip

    def _stretch(self, stretch: Stretch, site: int, grain: str) -> tuple[int, int]:
        if grain in IN_DAYS:
            return stretch.start, stretch.end
        return self.bounds[site][stretch.start], self.bounds[site][stretch.end]

    def _only_programmes(self) -> list[int] | None:
        """The sets that have one of the programmes asked for."""
        if "programme" not in self.filters:
            return None
        wanted = self.filters["programme"]
        some = {each for key in wanted if key is not None for each in str(key).split("+")}
        found = [number for number, key in enumerate(self.programme_keys)
                 if key is not None and (key in wanted or some & set(str(key).split("+")))]  # fmt: skip
        return [*found, NO_PROGRAMME] if None in wanted else found

    def labels(self, session: Session, keys: Collection[tuple[Key, ...]]) -> dict[str, dict[Key, Label]]:
        """What the keys are called, in the order in which they are read, and those filtered by."""
        found: dict[str, dict[Key, Label]] = {}
        used_keys = {name: {key[place] for key in keys} for place, name in enumerate(self.question.dimensions)}
        for name, used in {**{each: set(only) for each, only in self.filters.items()}, **used_keys}.items():
            if names := self._names(session, name, used):
                found[name] = {key: names[key] for key in names if key in used}
        return found

    def _names(self, session: Session, dimension: str, used: Collection[Key]) -> dict[Key, Label]:
        grounds = self.grounds
        match dimension:
            case "site":
                return {site.id: Label(site.name, site.name_en) for site in grounds.sites.values()}
            case "floor":
                code = {site.id: f"{site.code} " if len(grounds.sites) > 1 else "" for site in grounds.sites.values()}
                ordered = sorted(grounds.floors.values(), key=lambda each: (code[each.site_id], each.level, each.name))
                return {each.id: Label(f"{code[each.site_id]}{each.name}") for each in ordered}
            case "kind":
                return {kind: Label(word, is_word=True) for kind, word in UNIT_KIND_WORDS.items()}
            case "unit":
                return {unit.id: Label(unit.code) for unit in grounds.units}
            case "weekday":
                return {nth: Label(word, is_word=True) for nth, word in enumerate(WEEKDAY_WORDS, 1)}
            case "startup":
                rows = session.execute(
                    select(Startup.id, Startup.code, Startup.name, Startup.name_en)
                    .where(Startup.id.in_([each for each in used if each is not None]))
                    .order_by(Startup.code)
                )
                return {each: Label(f"{short} {name}", f"{short} {name_en or name}")
                        for each, short, name, name_en in rows}  # fmt: skip
            case "programme":
                return {key: _joined(self.programmes, str(key)) for key in self.programme_keys if key is not None}
        return {}


def _joined(programmes: Mapping[int, Programme], key: str) -> Label:
    mine = [programmes[int(each)] for each in key.split("+")]
    return Label(" + ".join(each.name for each in mine), " + ".join(each.name_en or each.name for each in mine))
