"""What a version of a log is, as data: its hash is what both sides confirm. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from incubator.core.canonical import canonical_json
from incubator.core.periods import Interval

LONGEST_TOPICS, LONGEST_ADVICE, LONGEST_STEPS, LONGEST_NOTE = 2_000, 8_000, 4_000, 8_000
MOST_FIELDS = 8


class LogContent(Struct, frozen=True):
    """The words and figures of a version."""

    session_id: int
    mentor: str
    """By its number, M-007, and the startup by its code: names change."""
    startup: str
    version: int
    held: Interval
    field_ids: tuple[int, ...]
    topics: str
    advice: str
    next_steps: str
    reason: str = ""

    def as_data(self) -> dict[str, Any]:
        """In the order in which a reader asks: who, when, about what, what was said."""
        return {
            "session_id": self.session_id, "version": self.version, "mentor": self.mentor, "startup": self.startup,
            "held_from": self.held.start, "held_until": self.held.end, "field_ids": sorted(self.field_ids),
            "topics": self.topics, "advice": self.advice, "next_steps": self.next_steps, "reason": self.reason,
        }  # fmt: skip

    def sha256(self) -> bytes:
        """Of the content as canonical JSON (RFC 8785)."""
        return hashlib.sha256(canonical_json(self.as_data())).digest()


def is_evident(sides: Iterable[str]) -> bool:
    """Whether both sides have confirmed."""
    return {"mentor", "startup"} <= set(sides)
