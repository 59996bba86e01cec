"""A question and its answer: plain values, so that a page, a file, a saved report and a job ask the same.

October's area by site is `Question(("area",), date(2026, 10, 1), date(2026, 10, 31), ("site",))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct, field

from incubator.core.errors import N_, Phrase, Refusal
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES

MOST_DAYS = 3 * 366
MOST_DIMENSIONS = 3
MOST_LINES = 20_000
"""More than that nobody reads, and no page holds."""

Key = str | int | None
"""Where a line stands in one dimension; None: its cells have no value of it (free of anybody, in no zone)."""
Filters = tuple[tuple[str, tuple[Key, ...]], ...]


class Question(Struct, frozen=True):
    """Measures by dimensions over the local days `first` to `last`, of some sites or of all (empty).

    A filter keeps the cells whose key is among the given ones. One that says who holds a cell keeps the denominators of
    measures that count free cells, too: what is left of them is that startup's share of the whole.
    """

    measures: tuple[str, ...]
    first: date
    last: date
    dimensions: tuple[str, ...] = ()
    filters: Filters = ()
    site_ids: tuple[int, ...] = ()

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.last - self.first).days + 1


class Amount(Struct, frozen=True):
    """A measure's two sums, exact. `denominator` is None where the measure is a plain sum."""

    numerator: Decimal = Decimal(0)
    denominator: Decimal | None = None

    @property
    def share(self) -> Fraction | None:
        """The exact fraction; None of nothing, and of a plain sum."""
        return Fraction(self.numerator) / Fraction(self.denominator) if self.denominator else None

    def __add__(self, other: Amount) -> Amount:
        below = None if self.denominator is None and other.denominator is None else (
            (self.denominator or Decimal(0)) + (other.denominator or Decimal(0))
        )  # fmt: skip
        return Amount(self.numerator + other.numerator, below)


class Label(Struct, frozen=True):
    """What a key is called, for the `named` filter; `name` is translatable where `is_word`."""

    name: str
    name_en: str = ""
    is_word: bool = False


class Line(Struct, frozen=True):
    """One part: a key for each dimension in the question's order, and an amount for each measure."""

    key: tuple[Key, ...]
    amounts: Mapping[str, Amount]


class Answer(Struct, frozen=True):
    """The parts in the order of their keys, what they add up to, and what the keys are called."""

    question: Question
    lines: tuple[Line, ...]
    totals: Mapping[str, Amount]
    labels: Mapping[str, Mapping[Key, Label]] = field(default_factory=dict)
    """By dimension and key; of dimensions whose keys are names by themselves (day, month, hour) there are none."""

    def label(self, dimension: str, key: Key) -> Label:
        """A key's name; the key itself where it has none."""
        found = self.labels.get(dimension, {}).get(key)
        if found is not None:
            return found
        return Label(DIMENSIONS[dimension].nobody, is_word=True) if key is None else Label(str(key))


class CubeAnswer(Struct, frozen=True):
    """What a cube says to its part of a question: amounts by key, the totals, and what its keys are called.

    The totals are its own answer, because parts by who holds a cell share one denominator.
    """

    parts: Mapping[tuple[Key, ...], Mapping[str, Amount]]
    totals: Mapping[str, Amount]
    labels: Mapping[str, Mapping[Key, Label]]


def check(question: Question) -> None:
    """Refused, unless every measure can be asked so: by name, by dimension, over these days."""
    if not question.measures:
        raise Refusal(N_("Choose at least one measure."), field="measures")
    for name in question.measures:
        if name not in MEASURES:
            raise Refusal(N_("There is no such measure: %(name)s."), field="measures", name=name)
    if not question.first <= question.last:
        raise Refusal(N_("The last day is before the first."), field="last")
    if question.days > MOST_DAYS:
        raise Refusal(N_("At most %(count)s days at once."), field="last", count=MOST_DAYS)
    if len(question.dimensions) > MOST_DIMENSIONS or len(set(question.dimensions)) != len(question.dimensions):
        raise Refusal(N_("At most %(count)s dimensions, each once."), field="dimensions", count=MOST_DIMENSIONS)
    for dimension in (*question.dimensions, *(name for name, _ in question.filters)):
        if dimension not in DIMENSIONS:
            raise Refusal(N_("There is no such dimension: %(name)s."), field="dimensions", name=dimension)
        for name in question.measures:
            if dimension not in MEASURES[name].dimensions:
                raise Refusal(
                    N_("“%(measure)s” cannot be cut by %(dimension)s."), field="dimensions",
                    measure=Phrase(MEASURES[name].title), dimension=Phrase(DIMENSIONS[dimension].title),
                )  # fmt: skip
