"""What people write in several lines, tidied: pure."""

from __future__ import annotations

import re

from incubator.core.errors import N_, Refusal

_TAG_MARKS = re.compile(r"[,，、;；\n]+")


def paragraphs_of(text: str, field: str, longest: int) -> str:
    """Lines without what can't be printed and without blanks at their ends; at most one empty line in a row."""
    lines = ["".join(each for each in line if each.isprintable()).rstrip() for line in text.strip().splitlines()]
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(tidy) > longest:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field=field, longest=longest)
    return tidy


def tags_of(text: str, field: str, *, most: int, longest: int) -> list[str]:
    """Short words separated by commas of either script, each once: "AI，模具, ai" → AI, 模具."""
    found: dict[str, str] = {}
    for part in _TAG_MARKS.split(text):
        tag = " ".join("".join(each if each.isprintable() else " " for each in part).split())
        if tag:
            found.setdefault(tag.casefold(), tag)
    if len(found) > most:
        raise Refusal(N_("At most %(most)s of them."), field=field, most=most)
    if any(len(tag) > longest for tag in found.values()):
        raise Refusal(N_("Each at most %(longest)s characters long."), field=field, longest=longest)
    return list(found.values())
