"""structlog, without Rich: it loads that for the colours of a terminal (50 ms), and our lines are JSON."""

from __future__ import annotations

from incubator.core.alone import without

with without("rich"):
    import structlog

__all__ = ["structlog"]
