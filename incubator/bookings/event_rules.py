"""What events are, what their states mean, and when one may be said to have been held. Pure."""

from __future__ import annotations

from datetime import datetime

EVENT_KINDS = ("competition", "roadshow", "forum", "training", "salon", "visit", "other")
"""创业大赛, 项目路演, 论坛, 培训, 沙龙与对接, 参观考察, 其他."""

AUDIENCES = ("tenants", "public")
"""For the startups in residence and their people; or for anybody who comes."""

STATES = ("planned", "held", "cancelled")

MOST_PARTICIPANTS = 100_000


def stands(*, cancelled: bool, results: int, ends: datetime, now: datetime) -> str:
    """Where an event stands: `planned`, `due` (it is over, and nobody has said who came), `held`, `cancelled`.

    One that ended on Friday at 17:00 without a count is due from then on; it counts as held with its first count.
    """
    if cancelled:
        return "cancelled"
    if results:
        return "held"
    return "due" if ends <= now else "planned"
