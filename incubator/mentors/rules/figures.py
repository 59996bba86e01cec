"""Sums over evidence: by mentor, startup, field and month, each minute once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date

from msgspec import Struct

from incubator.mentors.rules.sessions import split_minutes


class Held(Struct, frozen=True):
    """A session as its latest evidence has it."""

    session_id: int
    mentor_id: int
    startup_id: int
    site_id: int
    on: date
    minutes: int
    field_ids: tuple[int, ...]


class Total(Struct, frozen=True):
    """Minutes and sessions of one mentor, startup, field or month."""

    key: Hashable
    minutes: int
    sessions: int


def total_by(held: Iterable[Held], key: Callable[[Held], Hashable]) -> list[Total]:
    """Sums by what `key` gives, the longest first."""
    minutes: dict[Hashable, int] = {}
    sessions: dict[Hashable, int] = {}
    for each in held:
        minutes[key(each)] = minutes.get(key(each), 0) + each.minutes
        sessions[key(each)] = sessions.get(key(each), 0) + 1
    return [Total(each, minutes[each], sessions[each]) for each in sorted(minutes, key=lambda each: -minutes[each])]


def total_by_field(held: Iterable[Held]) -> list[Total]:
    """Sums by field; a session of several is shared out evenly, so that the fields add up to all: 50 minutes on three
    fields are 17, 17 and 16. A session counts in each of its fields."""
    minutes: dict[int, int] = {}
    sessions: dict[int, int] = {}
    for each in held:
        ids = sorted(each.field_ids)
        for field_id, part in zip(ids, split_minutes(each.minutes, len(ids)), strict=True):
            minutes[field_id] = minutes.get(field_id, 0) + part
            sessions[field_id] = sessions.get(field_id, 0) + 1
    return [Total(each, minutes[each], sessions[each]) for each in sorted(minutes, key=lambda each: -minutes[each])]


def mentors_needed(companies: int, companies_per_mentor: int) -> int:
    """One mentor for each so many companies, or part of them: 21 companies at one for 10 need 3."""
    return -(-companies // companies_per_mentor)


def below(appointed: Sequence[int], counts: dict[int, int], least: int) -> list[tuple[int, int]]:
    """The mentors with fewer sessions than they are to hold, and how many they have held: the fewest first."""
    found = [(mentor_id, counts.get(mentor_id, 0)) for mentor_id in appointed if counts.get(mentor_id, 0) < least]
    return sorted(found, key=lambda each: (each[1], each[0]))
