"""The one place that reads the clock. Views, jobs and commands ask it and pass `now` on."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
"""Where the day is told by for whoever has no site yet, and for what policies date."""


def utc_now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)
