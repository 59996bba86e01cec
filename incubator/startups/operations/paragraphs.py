"""Text of several lines, as people type it."""

from __future__ import annotations

from incubator.core.errors import N_, Refusal


def paragraphs(text: str, field: str, longest: int) -> str:
    """`text` without blanks at the ends of its lines and empty lines around it; refused where it is longer, or holds
    what can't be printed."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\t", " ").split("\n")]
    whole = "\n".join(lines).strip()
    if len(whole) > longest:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field=field, longest=longest)
    if not all(line.isprintable() for line in lines):
        raise Refusal(N_("This holds characters that can't be printed."), field=field)
    return whole
