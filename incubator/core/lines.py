"""Lines that people type."""

from __future__ import annotations

from incubator.core.errors import N_, Refusal


def one_line(text: str, field: str, longest: int) -> str:
    """`text` without blanks around it or in rows; refused where it is longer, or holds what can't be printed."""
    line = " ".join(text.split())
    if len(line) > longest:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field=field, longest=longest)
    if not line.isprintable():
        raise Refusal(N_("This holds characters that can't be printed."), field=field)
    return line
