"""A refusal's values, kept as JSON and read again by whoever shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def written_values(values: dict[str, object]) -> dict[str, Any]:
    """Whole numbers as they are; a wall time as `2026-10-12 09:00`; everything else as text."""
    return {key: _written(value) for key, value in values.items()}


def _written(value: object) -> int | str:
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)
