"""Shares as shades: how dark a cell of a heatmap is, and what the legend says of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

SHADES = 5
SCALES = (5, 10, 20, 50, 100)
"""In percent: what the darkest shade ends at; the smallest that holds everything is taken."""


class Scale(Struct, frozen=True):
    """Five shades from nothing to `top` percent."""

    top: int

    @classmethod
    def of(cls, shares: Iterable[Fraction | None]) -> Scale:
        """The smallest scale that holds all of them: with 3.4 % at most it is 5 %."""
        most = max((share for share in shares if share is not None), default=Fraction(0))
        return cls(next((top for top in SCALES if most * 100 <= top), SCALES[-1]))

    def shade(self, share: Fraction | None) -> int | None:
        """1 to 5; 0 is nothing at all, None is nothing to measure. Beyond the scale is the darkest."""
        if share is None:
            return None
        if share <= 0:
            return 0
        return min(SHADES, int(share * 100 * SHADES / self.top) + 1)

    @property
    def legend(self) -> list[tuple[int, int, int]]:
        """Each shade with from how many to how many percent it stands for."""
        step = self.top // SHADES
        return [(number + 1, number * step, (number + 1) * step) for number in range(SHADES)]
