"""Shapes on a floor plan, as the drawing page sends them: pure, over plain values."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from incubator.core.errors import N_, Refusal

SIDE = 1000
"""The longer side of a plan's canvas."""
SHORTEST = 50
"""Of the other side: what is narrower is no floor."""
FEWEST_CORNERS, MOST_CORNERS = 3, 40
MOST_SHAPES = 500
LONGEST_TEXT = 400_000
"""Of what the page sends: 500 shapes of 40 corners are less."""
SMALLEST = 9
"""Area of a shape in units of the canvas: 3 by 3 can still be seen."""
UNREADABLE = N_("The drawing was damaged on its way. Nothing was saved; try once more.")


class Shape(Struct, frozen=True):
    """A unit's polygon: x and y of each corner in turn."""

    unit_id: int
    points: tuple[int, ...]

    @property
    def corners(self) -> list[tuple[int, int]]:
        """The points as pairs."""
        return list(zip(self.points[::2], self.points[1::2], strict=True))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height."""
        xs, ys = self.points[::2], self.points[1::2]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)

    @property
    def middle(self) -> tuple[float, float]:
        """Where its name stands: its centre of gravity."""
        twice, x, y = 0, 0, 0
        corners = self.corners
        for (left, top), (right, bottom) in zip(corners, [*corners[1:], corners[0]], strict=True):
            cross = left * bottom - right * top
            twice, x, y = twice + cross, x + (left + right) * cross, y + (top + bottom) * cross
        if not twice:
            left, top, width, height = self.box
            return left + width / 2, top + height / 2
        return round(x / (3 * twice), 1), round(y / (3 * twice), 1)


def rectangle(unit_id: int, left: int, top: int, width: int, height: int) -> Shape:
    """The shape that most units have."""
    right, bottom = left + width, top + height
    return Shape(unit_id, (left, top, right, top, right, bottom, left, bottom))


def canvas(width: float, height: float, field: str = "file") -> tuple[int, int]:
    """A picture's size as a canvas: 1200 by 800 is 1000 by 667. Refused where it is a strip."""
    longer = max(width, height)
    sides = max(1, round(SIDE * width / longer)), max(1, round(SIDE * height / longer))
    if min(sides) < SHORTEST:
        raise Refusal(N_("This picture is a strip, not a plan: one side is more than 20 times the other."), field=field)
    return sides


def area_of(points: Sequence[int]) -> float:
    """The area of a polygon: a square of 10 has 100."""
    xs, ys = points[::2], points[1::2]
    following = [*range(1, len(xs)), 0]
    return abs(sum(xs[i] * ys[j] - xs[j] * ys[i] for i, j in enumerate(following))) / 2


def read_shapes(text: str, width: int, height: int, unit_ids: Collection[int]) -> list[Shape]:
    """What the page sends: `[{"unit": 17, "points": [10, 10, 60, 10, 60, 40]}, …]`.

    Refused, all of it, where a corner is no number or lies off the canvas, a unit is unknown or comes twice, or a shape
    has too few or too many corners, or no area.
    """
    try:
        rows = json.loads(text) if len(text) <= LONGEST_TEXT else None
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise Refusal(UNREADABLE)
    if len(rows) > MOST_SHAPES:
        raise Refusal(N_("A plan has %(most)s shapes at most."), most=MOST_SHAPES)
    shapes = [_read(row, width, height) for row in rows]
    drawn: set[int] = set()
    for shape in shapes:
        if shape.unit_id not in unit_ids:
            raise Refusal(N_("One of the units is not of this site, or no longer in service."))
        if shape.unit_id in drawn:
            raise Refusal(N_("A unit has two shapes; it can stand on a plan once."))
        drawn.add(shape.unit_id)
    return shapes


def _read(row: Any, width: int, height: int) -> Shape:
    unit_id, points = (row.get("unit"), row.get("points")) if isinstance(row, dict) else (None, None)
    if type(unit_id) is not int or not isinstance(points, list) or len(points) % 2:
        raise Refusal(UNREADABLE)
    if not all(type(each) in (int, float) and math.isfinite(each) for each in points):
        raise Refusal(N_("A corner is not a number."))
    if not FEWEST_CORNERS <= len(points) // 2 <= MOST_CORNERS:
        raise Refusal(N_("A shape has from %(fewest)s to %(most)s corners."), fewest=FEWEST_CORNERS, most=MOST_CORNERS)
    if not all(0 <= each <= (height if at % 2 else width) for at, each in enumerate(points)):
        raise Refusal(N_("A shape reaches beyond the plan."))
    corners = tuple(round(each) for each in points)
    if area_of(corners) < SMALLEST:
        raise Refusal(N_("A shape is too small to be seen."))
    return Shape(unit_id, corners)


def write_shapes(shapes: Sequence[Shape]) -> str:
    """Shapes as the page reads and sends them."""
    return json.dumps([{"unit": shape.unit_id, "points": shape.points} for shape in shapes], separators=(",", ":"))
