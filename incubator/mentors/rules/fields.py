"""Finding fields of help in what somebody types, by their names and synonyms in any language. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from msgspec import Struct

LONGEST_READ = 8_000
"""Characters of a text that are looked at."""
MOST_SYNONYMS, LONGEST_WORD = 40, 40
_BLANKS = re.compile(r"\s+")


class Words(Struct, frozen=True):
    """A field of help with all the words for it."""

    field_id: int
    words: tuple[str, ...]


def fold(text: str) -> str:
    """As words are compared: without regard to case, width and rows of blanks. ＡＩ  Chips is ai chips."""
    return _BLANKS.sub(" ", normalize("NFKC", text[:LONGEST_READ]).casefold()).strip()


def find_fields(text: str, vocabulary: Iterable[Words]) -> tuple[int, ...]:
    """The fields that a text speaks of, in the order in which it does.

    The longest word wins: in 医疗器械注册 only 医疗器械注册 is found, not 器械 within it. A word of Latin letters
    stands by itself: AI is in "an AI model" and 做AI芯片, not in "maintain". A word of two fields finds both.
    """
    read = fold(text)
    meant: dict[str, list[int]] = {}
    for each in vocabulary:
        for word in {fold(word) for word in each.words} - {""}:
            meant.setdefault(word, []).append(each.field_id)
    taken = bytearray(len(read))
    found: list[tuple[int, int]] = []
    for word in sorted(meant, key=lambda word: (-len(word), word)):
        for start in _places(read, word):
            if not any(taken[start : start + len(word)]):
                taken[start : start + len(word)] = b"\1" * len(word)
                found += [(start, field_id) for field_id in meant[word]]
    return tuple(dict.fromkeys(field_id for _, field_id in sorted(found)))


def _places(read: str, word: str) -> list[int]:
    """Where a folded word stands in a folded text."""
    places, start = [], read.find(word)
    while start >= 0:
        end = start + len(word)
        before, after = read[start - 1 : start], read[end : end + 1]
        if not (_is_latin(before) and _is_latin(word[0])) and not (_is_latin(after) and _is_latin(word[-1])):
            places.append(start)
        start = read.find(word, start + 1)
    return places


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
