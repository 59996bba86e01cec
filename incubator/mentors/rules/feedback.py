"""What of the feedback may be shown to whom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from incubator.mentors.rules.sessions import SHOWN_FROM

LONGEST_REMARK = 500
RATINGS = range(1, 6)


class Answers(Struct, frozen=True):
    """Ratings of 1 to 5 and their remarks, without names."""

    ratings: Sequence[int]
    remarks: Sequence[str]

    @property
    def count(self) -> int:
        return len(self.ratings)

    @property
    def mean(self) -> Decimal | None:
        """With one decimal, half up: 4, 5, 5, 5, 4 are 4.6; None of none."""
        return mean_of(self.count, sum(self.ratings))

    def shown(self) -> Answers | None:
        """What others than those who said it may see: nothing below five answers; remarks in the order of their
        letters, so that their place does not tell whose they are."""
        if self.count < SHOWN_FROM:
            return None
        return Answers(sorted(self.ratings), sorted(remark for remark in self.remarks if remark))


def mean_of(count: int, total: int) -> Decimal | None:
    """The mean of so many ratings, with one decimal, half up: 23 over 5 is 4.6; None of none."""
    return (Decimal(total) / count).quantize(Decimal("0.1"), ROUND_HALF_UP) if count else None


def shown_mean(count: int, total: int) -> Decimal | None:
    """The same, where there are answers enough to show it."""
    return mean_of(count, total) if count >= SHOWN_FROM else None
