"""Lines that people type: what nobody can see has no place in them. Pure."""

from __future__ import annotations

from unicodedata import category

from incubator.core.errors import N_, Refusal

BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Printed as nothing, though Unicode calls them letters, marks or symbols."""


def is_visible(char: str) -> bool:
    """Whether one sees the character, or the blank that it makes."""
    return char.isprintable() and char not in BLANK_LETTERS


def visible(text: str) -> str:
    """One line of what can be seen: blanks of every kind are single ones, and none stands at an end.

    "\\ufeff深圳\\u200b智联\\n有限公司 " is "深圳智联 有限公司". What would be a mark on nothing is nothing.
    """
    seen = "".join(char if is_visible(char) else " " if char.isspace() else "" for char in text)
    line = " ".join(seen.split())
    return "" if all(category(char)[0] in "MZ" for char in line) else line


def one_line(text: str, field: str, longest: int) -> str:
    """`text` without blanks around it or in rows; refused where it is longer, or holds what nobody can see."""
    line = " ".join(text.split())
    if len(line) > longest:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field=field, longest=longest)
    if line != visible(line):
        raise Refusal(N_("This holds characters that can't be printed."), field=field)
    return line
