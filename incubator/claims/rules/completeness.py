"""Which evidence each line of a claim needs, and whether it is there and valid on its day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

EVIDENCE = (
    "agreement", "licence", "payment_proof", "fapiao", "photograph", "social_insurance", "mentor_log",
    "tax_certificate", "other",
)  # fmt: skip
"""An incubation agreement, a licence, proof that the startup paid its part, the fapiao of the invoice, photographs, the
social-insurance list, mentors' logs, a tax certificate, whatever else a policy asks for."""

PER = ("claim", "startup", "line")
"""Whose evidence it is: one for the whole claim, one for each startup, one for each line."""

VALID_ON = ("period", "submission")
"""On which day it must be valid: the last of the months that it is for, or the day on which the claim is handed in."""

PRESENT, NOT_VALID, MISSING = "present", "not_valid", "missing"

BROUGHT = ("licence", "payment_proof", "photograph", "social_insurance", "tax_certificate", "other")
"""What a startup can bring itself; the rest the product has, or the operator sees to it."""

DOCUMENTS: Mapping[str, str] = {
    "agreement": "agreement", "licence": "licence", "payment_proof": "payment_proof", "photograph": "photograph",
    "social_insurance": "social_insurance", "tax_certificate": "tax_certificate",
}  # fmt: skip
"""The kind of document that each kind of evidence is; the others are found elsewhere, or attached."""


class Need(Struct, frozen=True):
    """What a scheme asks for."""

    kind: str
    per: str
    is_required: bool
    valid_on: str
    note: str = ""


class Piece(Struct, frozen=True):
    """A piece of evidence: whose it is, on which days it is valid, and where it is read."""

    kind: str
    startup_id: int | None
    """None: of the whole claim."""
    line_id: int | None
    """None: of all lines of its startup."""
    source: tuple[str, int]
    """The row that it is: ("documents", 7)."""
    title: str
    first_on: date | None = None
    last_on: date | None = None
    """None: without an end."""
    sha256: str = ""
    """Of its file, in hex; empty where the row itself is the evidence."""
    document_id: int | None = None
    file_id: int | None = None
    attached_id: int | None = None
    """The row by which somebody attached it; None: it was found."""

    def is_valid_on(self, day: date) -> bool:
        return (self.first_on is None or self.first_on <= day) and (self.last_on is None or day <= self.last_on)


class Item(Struct, frozen=True):
    """A line of the claim, as far as evidence goes."""

    line_id: int
    startup_id: int | None
    last_on: date
    """The last day of the month that it is for."""


class Cell(Struct, frozen=True):
    """How one need of the claim, a startup or a line stands."""

    need: Need
    startup_id: int | None
    line_id: int | None
    state: str
    day: date
    """On which it must be valid."""
    pieces: tuple[Piece, ...]
    """Those that count first."""

    @property
    def stands_in_the_way(self) -> bool:
        return self.need.is_required and self.state != PRESENT


def assess(
    needs: Sequence[Need], items: Sequence[Item], pieces: Iterable[Piece], *, last_on: date, handed_in_on: date
) -> list[Cell]:
    """Each need for the claim, each of its startups or each of its lines.

    A licence that ended on 30 September is `not_valid` for October. What is found line by line (paid invoices, fapiaos)
    is there for a startup when each of its lines has it.
    """
    by_kind: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_kind.setdefault(piece.kind, []).append(piece)
    startups = list(dict.fromkeys(each.startup_id for each in items if each.startup_id is not None))
    cells: list[Cell] = []
    for need in needs:
        found = by_kind.get(need.kind, [])
        day = last_on if need.valid_on == "period" else handed_in_on
        if need.per == "claim":
            of_claim = [each for each in found if each.startup_id is None and each.line_id is None]
            cells.append(_cell(need, None, None, day, of_claim))
        elif need.per == "startup":
            cells += [_of_startup(need, startup_id, day, items, found) for startup_id in startups]
        else:
            cells += [_of_line(need, each, handed_in_on, found) for each in items if each.startup_id is not None]
    return cells


def _of_line(need: Need, item: Item, handed_in_on: date, found: Sequence[Piece]) -> Cell:
    day = item.last_on if need.valid_on == "period" else handed_in_on
    mine = [each for each in found if each.line_id == item.line_id
            or (each.line_id is None and each.startup_id == item.startup_id)]  # fmt: skip
    return _cell(need, item.startup_id, item.line_id, day, mine)


def _of_startup(need: Need, startup_id: int, day: date, items: Sequence[Item], found: Sequence[Piece]) -> Cell:
    mine = [each for each in found if each.startup_id == startup_id]
    whole = [each for each in mine if each.line_id is None]
    cell = _cell(need, startup_id, None, day, whole)
    if cell.state == PRESENT:
        return cell
    by_line = [each for each in mine if each.line_id is not None and each.is_valid_on(day)]
    lines = {each.line_id for each in items if each.startup_id == startup_id}
    if lines and lines <= {each.line_id for each in by_line}:
        return Cell(need, startup_id, None, PRESENT, day, tuple(_unique(by_line)))
    return cell


def _cell(need: Need, startup_id: int | None, line_id: int | None, day: date, found: Sequence[Piece]) -> Cell:
    valid = [each for each in found if each.is_valid_on(day)]
    state = PRESENT if valid else NOT_VALID if found else MISSING
    return Cell(need, startup_id, line_id, state, day, tuple(_unique(valid or found)))


def _unique(pieces: Sequence[Piece]) -> list[Piece]:
    """What was attached first, then the latest; each row once."""
    ordered = sorted(pieces, key=lambda each: (each.attached_id is None, -each.source[1]))
    return list({each.source: each for each in ordered}.values())


def count_gaps(cells: Iterable[Cell]) -> int:
    """How many required pieces are not there, or not valid on their day."""
    return sum(each.stands_in_the_way for each in cells)


class Square(Struct, frozen=True):
    """One need of one startup in the matrix: how many of its cells are there."""

    need: Need
    state: str
    """The worst of its cells'."""
    present: int
    cells: tuple[Cell, ...]

    @property
    def wanted(self) -> int:
        return len(self.cells)


WORST = (MISSING, NOT_VALID, PRESENT)


def matrix(cells: Iterable[Cell]) -> dict[int | None, dict[Need, Square]]:
    """By startup (None: the claim's own) and need."""
    found: dict[int | None, dict[Need, list[Cell]]] = {}
    for each in cells:
        found.setdefault(each.startup_id, {}).setdefault(each.need, []).append(each)
    return {
        startup_id: {need: _square(need, mine) for need, mine in row.items()} for startup_id, row in found.items()
    }


def _square(need: Need, cells: Sequence[Cell]) -> Square:
    state = min((each.state for each in cells), key=WORST.index)
    return Square(need, state, sum(each.state == PRESENT for each in cells), tuple(cells))
