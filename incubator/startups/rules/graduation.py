"""Whether a startup has graduated: each criterion measured over plain facts, three-valued, with its evidence. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from msgspec import Struct

from incubator.startups.rules.limits import add_months, months_between

MEASURES = ("qualification", "financing", "revenue", "sold_or_listed", "months", "rights", "people")
MONEY = ("financing", "revenue")
STATUSES = ("seen", "recalled", "own")
"""Read in a published text; general knowledge, to be confirmed; entered by the operator."""
A_DAY = timedelta(days=1)


class Demand(Struct, frozen=True):
    """A criterion as a rule has it; money in fen."""

    measure: str
    threshold: int
    sort: str = ""
    years: int | None = None


DEFAULT_WANTED = 2
DEFAULT_DEMANDS = (
    Demand("qualification", 1, "high_tech"), Demand("financing", 500_000_000),
    Demand("revenue", 1_000_000_000, years=2), Demand("sold_or_listed", 1),
)  # fmt: skip
DEFAULT_SOURCE = "国科发区〔2018〕300号"
DEFAULT_STATUS = "recalled"
"""Two of: a high-tech certificate; 5 million yuan raised; 10 million yuan of revenue in two years; acquired or listed.
Recalled, not read: whoever takes it over confirms it."""


class Feat(Struct, frozen=True):
    """An achievement; what is not confirmed yet does not count, and makes its criterion unknown."""

    id: int
    kind: str
    sort: str
    title: str
    happened_on: date
    valid_until: date | None = None
    amount_minor: int = 0
    document_id: int | None = None
    is_confirmed: bool = True


class Reported(Struct, frozen=True):
    """A confirmed figure: of which days, in fen or people, with the sheet that it stands on."""

    first: date
    last: date
    value: int
    sheet_id: int
    document_id: int | None = None


class Facts(Struct, frozen=True):
    """All that the criteria look at."""

    feats: tuple[Feat, ...] = ()
    revenue: tuple[Reported, ...] = ()
    """Each calendar year from one source: its yearly figure, or all that there is of its quarters."""
    people: tuple[Reported, ...] = ()
    stays: tuple[tuple[date, date | None], ...] = ()
    """From the first to the last day (inclusive) of each agreement."""


Evidence = Feat | Reported


class Finding(Struct, frozen=True):
    """A criterion on a day: met, not met or (None) not known; what it comes to, what is missing, since when.

    `earliest`: not met now, met by itself on that day, because time passes or a certificate begins.
    """

    demand: Demand
    is_met: bool | None
    figure: int | None
    missing: int | None = None
    evidence: tuple[Evidence, ...] = ()
    waiting: tuple[Feat, ...] = ()
    """Said and not confirmed yet: with these it would be met."""
    since: date | None = None
    earliest: date | None = None

    @property
    def state(self) -> str:
        return {True: "met", False: "unmet", None: "unknown"}[self.is_met]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule on a day."""

    wanted: int
    findings: tuple[Finding, ...]
    met: int = field(init=False)
    is_met: bool | None = field(init=False)
    since: date | None = field(init=False)
    earliest: date | None = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        met = sum(each.is_met is True for each in self.findings)
        unknown = sum(each.is_met is None for each in self.findings)
        put(self, "met", met)
        put(self, "is_met", True if met >= self.wanted else None if met + unknown >= self.wanted else False)
        days = sorted(each.since for each in self.findings if each.is_met and each.since)
        put(self, "since", days[self.wanted - 1] if self.is_met and len(days) >= self.wanted else None)
        coming = sorted([*days, *(each.earliest for each in self.findings if not each.is_met and each.earliest)])
        put(self, "earliest", coming[self.wanted - 1] if not self.is_met and len(coming) >= self.wanted else None)

    @property
    def missing(self) -> int:
        """How many more criteria must be met."""
        return max(0, self.wanted - self.met)


def measure_rule(facts: Facts, wanted: int, demands: Sequence[Demand], on: date) -> Outcome:
    """A rule of two criteria of four, of which two are met, on the day on which the second one came to be."""
    return Outcome(wanted, tuple(MEASURED[each.measure](facts, each, on) for each in demands))


def _qualification(facts: Facts, demand: Demand, on: date) -> Finding:
    """A certificate valid until 30 November 2026 counts on that day and not on the next."""
    all_of_it = [each for each in facts.feats if each.kind == "qualification" and each.sort == demand.sort]
    valid = [each for each in all_of_it if each.happened_on <= on and (each.valid_until or on) >= on]
    coming = [each.happened_on for each in all_of_it if each.is_confirmed and each.happened_on > on]
    return _by_feats(demand, valid, lambda held: len(held), 1, min(coming, default=None))


def _financing(facts: Facts, demand: Demand, on: date) -> Finding:
    """4,999,999.99 yuan raised is not 5 million; a loan is no equity."""
    rounds = [each for each in facts.feats
              if each.kind == "financing" and each.sort != "loan" and each.happened_on <= on]  # fmt: skip
    return _by_feats(demand, rounds, lambda held: sum(each.amount_minor for each in held), demand.threshold)


def _sold_or_listed(facts: Facts, demand: Demand, on: date) -> Finding:
    found = [each for each in facts.feats if each.kind in ("acquisition", "listing") and each.happened_on <= on]
    return _by_feats(demand, found, lambda held: len(held), 1)


def _rights(facts: Facts, demand: Demand, on: date) -> Finding:
    """Rights granted that still hold on the day."""
    found = [each for each in facts.feats
             if each.kind == "right_granted" and each.happened_on <= on and (each.valid_until or on) >= on]  # fmt: skip
    return _by_feats(demand, found, lambda held: len(held), demand.threshold)


def _by_feats(
    demand: Demand, feats: Iterable[Feat], total: Callable[[Sequence[Feat]], int], threshold: int,
    earliest: date | None = None,
) -> Finding:  # fmt: skip
    ordered = sorted(feats, key=lambda each: (each.happened_on, each.id))
    held, waiting = [each for each in ordered if each.is_confirmed], [each for each in ordered if not each.is_confirmed]
    figure = total(held)
    if figure >= threshold:
        since = next(held[place].happened_on for place in range(len(held)) if total(held[: place + 1]) >= threshold)
        return Finding(demand, True, figure, evidence=tuple(held), since=since)
    could = total(ordered) >= threshold
    return Finding(demand, None if could else False, figure, threshold - figure, tuple(held), tuple(waiting),
                   earliest=earliest)  # fmt: skip


def _revenue(facts: Facts, demand: Demand, on: date) -> Finding:
    """The best of so many calendar years in succession that are over: 4 million in 2024 and 6 million in 2025 are 10
    million in two years, since 31 December 2025. A year without a confirmed figure is not known, not nothing."""
    years: dict[int, list[Reported]] = {}
    for each in facts.revenue:
        if each.last <= on:
            years.setdefault(each.first.year, []).append(each)
    if not years:
        return Finding(demand, None, None)
    span = demand.years or 1
    best: tuple[int, tuple[Reported, ...]] = (-1, ())
    since, is_whole = None, False
    for last in range(min(years), max(years) + span):
        window = [year for year in range(last - span + 1, last + 1) if year in years]
        rows = tuple(row for year in window for row in years[year])
        total = sum(row.value for row in rows)
        if total > best[0]:
            best = (total, rows)
        is_whole = is_whole or len(window) == span
        if total >= demand.threshold and since is None:
            since = max(row.last for row in rows)
    total, rows = best
    if since is not None:
        return Finding(demand, True, total, evidence=rows, since=since)
    return Finding(demand, False if is_whole else None, total, demand.threshold - total, rows)


def _months(facts: Facts, demand: Demand, on: date) -> Finding:
    """Full months in residence in all: who moved in on 15 January 2026 has twelve on 15 January 2027."""
    stays = _joined(facts.stays)
    begun = [(first, last) for first, last in stays if first <= on]
    if not stays:
        return Finding(demand, None, None)
    counted, since, earliest = 0, None, None
    for first, last in begun:
        reached = add_months(first, demand.threshold - counted)
        whole = months_between(first, min(on, last or on))
        if since is None and whole >= demand.threshold - counted:
            since = reached
        counted += whole
        if since is None and on <= (last or on) and (last is None or reached <= last + A_DAY):
            earliest = add_months(first, demand.threshold - (counted - whole))
    if since is not None:
        return Finding(demand, True, counted, since=since)
    return Finding(demand, False, counted, demand.threshold - counted, earliest=earliest)


def _people(facts: Facts, demand: Demand, on: date) -> Finding:
    """By the latest confirmed figure: a level, which can fall again."""
    known = sorted((each for each in facts.people if each.last <= on), key=lambda each: each.last)
    if not known:
        return Finding(demand, None, None)
    latest = known[-1]
    if latest.value < demand.threshold:
        return Finding(demand, False, latest.value, demand.threshold - latest.value, (latest,))
    since = latest.last
    for each in reversed(known):
        if each.value < demand.threshold:
            break
        since = each.last
    return Finding(demand, True, latest.value, evidence=(latest,), since=since)


def _joined(stays: Iterable[tuple[date, date | None]]) -> list[tuple[date, date | None]]:
    """Stays that touch or overlap as one."""
    found: list[tuple[date, date | None]] = []
    for first, last in sorted(stays, key=lambda stay: (stay[0], stay[1] or date.max)):
        if found and (found[-1][1] is None or first <= found[-1][1] + A_DAY):
            before = found[-1]
            ends = None if before[1] is None or last is None else max(before[1], last)
            found[-1] = (before[0], ends)
        else:
            found.append((first, last))
    return found


MEASURED: Mapping[str, Callable[[Facts, Demand, date], Finding]] = {
    "qualification": _qualification, "financing": _financing, "revenue": _revenue, "sold_or_listed": _sold_or_listed,
    "months": _months, "rights": _rights, "people": _people,
}  # fmt: skip
