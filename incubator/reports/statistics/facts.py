"""What a year's statistics look at, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct, field

from incubator.reports.gauge.world import World

FOUNDER_CATEGORIES: dict[str, tuple[str, ...]] = {
    "founders_students": ("student", "graduate", "fresh_graduate"),
    "founders_returnees": ("returnee",),
    "founders_researchers": ("researcher",),
    "founders_serial": ("serial",),
    "founders_executives": ("executive",),
}
"""What the form counts apart, by the categories that people have evidence of."""


class Founder(Struct, frozen=True):
    """A human who founds a startup of the year: once, wherever they found."""

    individual_id: int
    startup_id: int
    """The first of theirs, by its number."""
    categories: frozenset[str]


class Head(Struct, frozen=True):
    """What a startup has confirmed of its people, for the last period of the year that it has confirmed."""

    startup_id: int
    code: str
    value: Decimal
    ends_on: date


class Deed(Struct, frozen=True):
    """A confirmed achievement: a right applied for or granted, a round of financing."""

    startup_id: int
    kind: str
    sort: str
    on: date
    valid_until: date | None
    title: str
    amount_minor: int | None


class Took(Struct, frozen=True):
    """An event of the year that was held."""

    on: date
    kind: str
    title: str
    title_en: str
    participants: int


class Booked(Struct, frozen=True):
    """What the books have of a source in a month, in fen and without VAT; what is taken back is negative."""

    source: str
    month: date
    amount_minor: int


class SubsidyEntry(Struct, frozen=True):
    """An entry of the books about subsidies: what the authority paid or was paid back (`received`), what policies gave
    the operator itself (`own`). In fen; what is taken back is negative."""

    source: str
    on: date
    entry_id: int
    number: str
    """Of the entry in its year: 2026-00042."""
    claim: str
    """The number of the claim that it is of."""
    amount_minor: int
    is_here: bool = True
    """False: of no site, so that it counts for the operator as a whole only."""


class StatedValue(Struct, frozen=True):
    """A value that staff state, with its evidence."""

    id: int
    code: str
    figure: Decimal
    evidence: str
    parts: tuple[tuple[str, Decimal, str], ...] = ()
    """Of the operator as a whole, where it is the sum of what its sites state: each site's code, value and evidence."""


class YearFacts(Struct, frozen=True):
    """All that the indicators of a year at a site look at."""

    first: date
    last: date
    """31 December."""
    world: World
    team_people: Mapping[int, int] = field(default_factory=dict)
    """How many people each team has had in the year."""
    founders: Sequence[Founder] = ()
    heads: Sequence[Head] = ()
    deeds: Sequence[Deed] = ()
    mentor_kinds: Mapping[int, str] = field(default_factory=dict)
    took: Sequence[Took] = ()
    booked: Sequence[Booked] = ()
    subsidies: Sequence[SubsidyEntry] = ()
    stated: Mapping[str, StatedValue] = field(default_factory=dict)
