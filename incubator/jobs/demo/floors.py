"""The demo's floor plans: rooms along the outer walls, desks between them, drawn with a few plain shapes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

WIDTH, EDGE = 1000, 24
DEPTH = 176
"""Of a row of rooms."""
DESK, FACING, AISLE, MOST_IN_ROW = (58, 36), 8, 60, 13
BAY, LANE = (64, 120), 90
PAPER, ROOM, WALL, GLASS, LINE = "#fdfcf9", "#f5f2ea", "#7d8f8c", "#a9cbd3", "#c9c2b4"
WOOD, SEAT, LEAF = "#e6dac6", "#cfd8d5", "#a8c9b4"

Box = tuple[int, int, int, int]
"""Left, top, width, height."""


class DrawnUnit(Struct, frozen=True):
    """A unit of the demo, as far as a plan knows it."""

    code: str
    kind: str
    area: float


class DrawnFloor(Struct):
    """The drawing, and where each unit is on it."""

    boxes: dict[str, Box] = field(default_factory=dict)
    height: int = 0
    marks: list[str] = field(default_factory=list)

    @property
    def svg(self) -> bytes:
        """A plain SVG of WIDTH by `height`."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}">'
        return "\n".join([head, *self.marks, "</svg>"]).encode()


def draw_floor(units: Sequence[DrawnUnit]) -> DrawnFloor:
    """A floor with these units: up to six rooms in a row above, the others below, desks or bays between."""
    rooms = [unit for unit in units if unit.kind in ("office", "room", "hall", "instrument")]
    desks, bays = ([unit for unit in units if unit.kind == kind] for kind in ("desk", "parking"))
    above = rooms if len(rooms) <= 6 else rooms[: (len(rooms) + 1) // 2]
    below = rooms[len(above) :]
    floor, inside = DrawnFloor(), _Inside(EDGE + (DEPTH if above else 0))
    middle = (_place_desks(inside, desks) if desks else {}) | (_place_bays(inside, bays) if bays else {})
    bottom = inside.top + (AISLE if middle else AISLE + 30)
    floor.height = bottom + (DEPTH if below else 0) + EDGE
    _draw_ground(floor)
    _draw_rooms(floor, above, EDGE, door_below=True)
    _draw_rooms(floor, below, bottom, door_below=False)
    _draw_walls(floor)
    for unit in desks:
        _draw_desk(floor, *middle[unit.code], faces_down=middle[unit.code][1] in inside.upper_rows)
    for unit in bays:
        _draw_bay(floor, *middle[unit.code])
    floor.boxes |= middle
    return floor


class _Inside(Struct):
    """The middle of the floor, filled from above."""

    top: int
    upper_rows: set[int] = field(default_factory=set)


def _place_desks(inside: _Inside, desks: Sequence[DrawnUnit]) -> dict[str, Box]:
    """Two rows that face each other, and an aisle; again until all have a place."""
    found: dict[str, Box] = {}
    in_row = min(MOST_IN_ROW, max(4, -(-len(desks) // 2)))
    width, height = DESK
    gap = 6
    left = (WIDTH - in_row * (width + gap)) // 2
    for at, unit in enumerate(desks):
        row, column = divmod(at, in_row)
        if column == 0:
            inside.top += AISLE if row % 2 == 0 else FACING
            if row % 2 == 0:
                inside.upper_rows.add(inside.top)
            inside.top += height
        found[unit.code] = (left + column * (width + gap), inside.top - height, width, height)
    inside.top += AISLE // 2
    return found


def _place_bays(inside: _Inside, bays: Sequence[DrawnUnit]) -> dict[str, Box]:
    width, height = BAY
    left = WIDTH - EDGE - len(bays) * (width + 10) - 30
    found = {unit.code: (left + at * (width + 10), inside.top + LANE, width, height) for at, unit in enumerate(bays)}
    inside.top += LANE + height
    return found


def _draw_ground(floor: DrawnFloor) -> None:
    floor.marks.append(_shell(floor, f'fill="{PAPER}"'))
    for x, y in ((EDGE + 34, floor.height // 2), (WIDTH - EDGE - 34, floor.height // 2)):
        for size, fill in ((15, LEAF), (5, WALL)):
            floor.marks.append(f'<circle cx="{x}" cy="{y}" r="{size}" fill="{fill}"/>')


def _draw_walls(floor: DrawnFloor) -> None:
    """The outer walls with their windows, over what stands at them."""
    floor.marks.append(_shell(floor, f'fill="none" stroke="{WALL}" stroke-width="8"'))
    for top in (EDGE, floor.height - EDGE):
        for left in range(EDGE + 50, WIDTH - EDGE - 100, 150):
            floor.marks.append(_line(left, top, left + 90, top, GLASS, 4))


def _shell(floor: DrawnFloor, look: str) -> str:
    return f'<rect x="{EDGE}" y="{EDGE}" width="{WIDTH - 2 * EDGE}" height="{floor.height - 2 * EDGE}" rx="4" {look}/>'


def _draw_rooms(floor: DrawnFloor, rooms: Sequence[DrawnUnit], top: int, *, door_below: bool) -> None:
    """Side by side, as wide as their areas are; each with its door to the middle."""
    if not rooms:
        return
    inner, whole = WIDTH - 2 * EDGE, sum(room.area for room in rooms)
    left = EDGE
    for at, room in enumerate(rooms):
        last = at == len(rooms) - 1
        width = WIDTH - EDGE - left if last else round(inner * (0.4 / len(rooms) + 0.6 * room.area / whole))
        wall = top + DEPTH if door_below else top
        floor.marks.append(f'<rect x="{left}" y="{top}" width="{width}" height="{DEPTH}" fill="{ROOM}"/>')
        _furnish(floor, room, (left, top, width, DEPTH), by_the_top=door_below)
        floor.marks.append(_line(left, wall, left + width, wall, WALL, 5))
        if not last:
            floor.marks.append(_line(left + width, top, left + width, top + DEPTH, WALL, 5))
        _draw_door(floor, left + width - 50, wall, opens_up=door_below)
        floor.boxes[room.code] = (left + 8, top + 8, width - 16, DEPTH - 16)
        left += width


def _draw_door(floor: DrawnFloor, x: int, y: int, *, opens_up: bool) -> None:
    tip = y - 34 if opens_up else y + 34
    floor.marks.append(_line(x, y, x + 34, y, PAPER, 7))
    floor.marks.append(f'<path d="M{x} {y}V{tip}A34 34 0 0 {1 if opens_up else 0} {x + 34} {y}" fill="none" '
                       f'stroke="{LINE}" stroke-width="2"/>')  # fmt: skip


def _furnish(floor: DrawnFloor, room: DrawnUnit, box: Box, *, by_the_top: bool) -> None:
    """Its furniture, away from the door."""
    left, top, width, height = box
    middle, centre = left + width // 2, top + height // 2
    if room.kind == "hall":
        for row in range(3):
            for seat in range(max(3, (width - 120) // 34)):
                floor.marks.append(_round(left + 90 + seat * 34, top + 46 + row * 34, 22, 16, SEAT))
        floor.marks.append(_round(left + 30, centre - 44, 26, 88, WOOD))
    elif room.kind == "room":
        long = max(50, min(width - 90, 150))
        for seat in range(max(2, long // 34)):
            for y in (centre - 44, centre + 28):
                floor.marks.append(_round(middle - long // 2 + 6 + seat * 34, y, 22, 16, SEAT))
        floor.marks.append(_round(middle - long // 2, centre - 24, long, 48, WOOD))
    elif room.kind == "instrument":
        y, half = (top + 22 if by_the_top else top + height - 66), min(44, width // 2 - 16)
        floor.marks.append(_round(middle - half, y, 2 * half, 44, WOOD))
        floor.marks.append(_round(middle - half // 2, y + 8, half, 28, SEAT))
    else:
        for at in range(max(1, min(4, (width - 30) // 62))):
            x, y = left + 20 + at * 62, top + 24 if by_the_top else top + height - 54
            floor.marks.append(_round(x, y, 50, 30, WOOD))
            floor.marks.append(_round(x + 14, y + 34 if by_the_top else y - 20, 22, 16, SEAT))


def _draw_desk(floor: DrawnFloor, x: int, y: int, width: int, height: int, *, faces_down: bool) -> None:
    chair = y - 18 if faces_down else y + height + 2
    floor.marks.append(_round(x + width // 2 - 11, chair, 22, 16, SEAT))
    floor.marks.append(_round(x, y, width, height, WOOD, 3))


def _draw_bay(floor: DrawnFloor, x: int, y: int, width: int, height: int) -> None:
    floor.marks += [_line(side, y, side, y + height, LINE, 3) for side in (x, x + width)]
    floor.marks.append(_round(x + 12, y + 18, width - 24, height - 36, SEAT, 12))


def _round(x: int, y: int, width: int, height: int, fill: str, radius: int = 5) -> str:
    return (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{fill}" stroke="{LINE}" '
            'stroke-width="1"/>')  # fmt: skip


def _line(x1: int, y1: int, x2: int, y2: int, stroke: str, width: int) -> str:
    return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{stroke}" stroke-width="{width}" stroke-linecap="square"/>'
