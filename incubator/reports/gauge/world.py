"""What the gauge looks at, as plain values: units, who holds them, startups, people, what is stated. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct, field

from incubator.core.errors import Phrase


class Place(Struct, frozen=True):
    """A unit of the sites, and the days on which it is there (half-open; None: open)."""

    id: int
    site_id: int
    code: str
    site: str
    kind: str
    purpose: str
    area_m2: Decimal
    first: date | None
    after: date | None

    def is_there(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.after is None or on < self.after)


class Let(Struct, frozen=True):
    """A unit that an agreement holds, from a local day to the one before `after` (None: open-ended)."""

    unit_id: int
    startup_id: int
    first: date
    after: date | None

    def runs(self, on: date) -> bool:
        return self.first <= on and (self.after is None or on < self.after)

    def touches(self, first: date, on: date) -> bool:
        """Whether it runs on a day from `first` to `on`."""
        return self.first <= on and (self.after is None or first < self.after)


class Party(Struct, frozen=True):
    """A startup that sat at the sites, or will."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    registered_on: date | None
    industry_code: str
    entered_on: date
    """The first day of its first agreement anywhere at the operator's."""
    registered_here: tuple[tuple[date, date | None], ...] = ()
    """Days (half-open) on which its licence says one of the sites."""


class Feat(Struct, frozen=True):
    """A confirmed achievement of a startup: a round of financing, a right applied for or granted."""

    startup_id: int
    kind: str
    on: date
    valid_until: date | None
    title: str


class Somebody(Struct, frozen=True):
    """One of the operator's people, from a day to a day (half-open)."""

    name: str
    role: str
    first: date
    after: date | None
    letter: str = ""
    """Of a mentor: the number of the letter by which they are appointed on these days."""
    mentor_id: int | None = None


class Given(Struct, frozen=True):
    """A session of mentoring that both sides have confirmed."""

    mentor_id: int
    on: date


class Gathering(Struct, frozen=True):
    """An event of the sites that was held."""

    on: date
    title: str
    title_en: str
    participants: int


class Stated(Struct, frozen=True):
    """What the operator states of a measure, on some days (half-open)."""

    measure: str
    figure: Decimal
    first: date
    after: date | None
    evidence: str


class World(Struct, frozen=True):
    """All that the measures look at."""

    places: Sequence[Place] = ()
    lets: Sequence[Let] = ()
    parties: Mapping[int, Party] = field(default_factory=dict)
    feats: Sequence[Feat] = ()
    people: Sequence[Somebody] = ()
    graduations: Sequence[tuple[int, date]] = ()
    """Startups and the day on which they graduated."""
    stated: Sequence[Stated] = ()
    """The newest first."""
    given: Sequence[Given] = ()
    gatherings: Sequence[Gathering] = ()


class Line(Struct, frozen=True):
    """A row behind a figure: what it is, what it adds, and why it does not count where it doesn't."""

    label: str
    label_en: str
    note: Phrase | str
    amount: Decimal
    counts: bool = True
    startup_id: int | None = None
    place: Place | None = None
    entry_id: int | None = None
    """Of the books."""


class Figure(Struct, frozen=True):
    """A measure on a day; None: it can't be known, or nobody has stated it."""

    value: Decimal | None
    lines: tuple[Line, ...] = ()
