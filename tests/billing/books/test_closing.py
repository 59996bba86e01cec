"""A month is closed: in order, for good, with what deposits and vouchers did."""

from __future__ import annotations

from datetime import UTC, datetime

from incubator.core.periods import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
DECEMBER = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
