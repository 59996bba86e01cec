"""Cells that a spreadsheet program takes for what they are, never for a formula."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would read a formula: '=1+1."""
    return f"'{text}" if text.startswith(DANGEROUS) else text
