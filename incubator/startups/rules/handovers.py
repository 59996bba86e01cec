"""What a list of things has on it by the kind of unit, and what a return shows against the handover. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from incubator.core.errors import N_

KINDS = ("handover", "return")
CONDITIONS = ("good", "worn", "damaged", "missing")
"""From best to worst. Worn is what use does in time: nothing is withheld for it."""
MOST_ITEMS = 200
MOST_PHOTOS = 8
"""Of one thing."""

THINGS: dict[str, tuple[str, int]] = {
    "key": (N_("Key"), 5000), "card": (N_("Access card"), 3000), "desk": (N_("Desk"), 80000),
    "chair": (N_("Chair"), 40000), "drawer": (N_("Drawer unit"), 30000),
    "sockets": (N_("Sockets and network port"), 20000),
    "walls": (N_("Walls and paint"), 100000), "floor": (N_("Floor"), 150000),
    "windows": (N_("Windows and blinds"), 80000),
    "door": (N_("Door and lock"), 100000), "lamps": (N_("Lamps"), 30000),
    "air": (N_("Air conditioner and its remote control"), 300000),
    "fire": (N_("Fire extinguisher and detector"), 20000),
    "whiteboard": (N_("Whiteboard"), 30000), "screen": (N_("Screen or projector"), 300000),
    "instrument": (N_("Instrument with accessories"), 500000), "surface": (N_("Ground and markings"), 20000),
}  # fmt: skip
"""Each thing with its name, and what it usually costs to replace, in fen: a proposal, to be changed on the list."""

_ROOM = ("key", "card", "desk", "chair", "walls", "floor", "windows", "door", "lamps", "sockets", "air", "fire")
OF_A_UNIT: dict[str, tuple[str, ...]] = {
    "desk": ("card", "desk", "chair", "drawer", "sockets"), "office": _ROOM, "room": (*_ROOM, "whiteboard"),
    "hall": ("key", "walls", "floor", "lamps", "screen", "air", "fire"), "instrument": ("key", "instrument"),
    "parking": ("card", "surface"),
}  # fmt: skip


class Seen(Struct, frozen=True):
    """A thing as a list has it."""

    unit_id: int | None
    name: str
    condition: str | None
    value_minor: int | None


class Compared(Struct, frozen=True):
    """A thing as it was handed over (None: it was not on the list) and as it is returned."""

    before: Seen | None
    after: Seen | None
    withhold_minor: int

    @property
    def is_worse(self) -> bool:
        """Whether it was returned in a worse condition than it was handed over in."""
        return _rank(self.after) > _rank(self.before)


def compare(handed_over: Sequence[Seen], returned: Iterable[Seen]) -> list[Compared]:
    """Thing by thing, told apart by unit and name; what is on one list only stands last.

    A chair of 400.00, good when it was handed over: damaged, 200.00 is proposed to be withheld; missing, 400.00; worn,
    nothing. One that was damaged already costs nothing for being damaged, and 200.00 for being missing. What is not on
    the list of the return is not proposed for: nobody has looked.
    """
    waiting = list(handed_over)
    found = []
    for after in returned:
        before = next((each for each in waiting if (each.unit_id, each.name) == (after.unit_id, after.name)), None)
        if before is not None:
            waiting.remove(before)
        found.append(Compared(before, after, _withhold(before, after)))
    return [*found, *(Compared(each, None, 0) for each in waiting)]


def propose_withheld(rows: Iterable[Compared]) -> int:
    """In all, in fen."""
    return sum(row.withhold_minor for row in rows)


_HALVES = {"good": 0, "worn": 0, "damaged": 1, "missing": 2}
"""How many halves of its value a thing has lost by its condition."""


def _withhold(before: Seen | None, after: Seen) -> int:
    if before is None or after.condition is None:
        return 0
    value = before.value_minor if before.value_minor is not None else after.value_minor
    lost = _HALVES[after.condition] - _HALVES[before.condition or "good"]
    return 0 if value is None or lost <= 0 else value * lost // 2


def _rank(seen: Seen | None) -> int:
    return CONDITIONS.index(seen.condition) if seen is not None and seen.condition is not None else 0
