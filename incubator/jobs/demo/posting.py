"""The demo's closed months: posted and frozen on the first of the next, as finance and the worker would."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.operations.posting import post_month
from incubator.core.errors import Conflict
from incubator.core.periods import Month
from incubator.reports.operations import freeze_occupancy
from incubator.spaces.models import Site


def post_the_year(session: Session, actor: Actor, sites: list[Site], first: Month, now: datetime) -> None:
    """Every month that is over is frozen and, but for the last one (that is left to the visitor), posted."""
    month = first
    while True:
        over = [site for site in sites if month.interval(ZoneInfo(site.zone)).end <= now]
        if not over:
            return
        last = all((month + 1).interval(ZoneInfo(site.zone)).end > now for site in over)
        for site in over:
            then = month.interval(ZoneInfo(site.zone)).end + timedelta(hours=9)
            freeze_occupancy(session, actor, now=then, site_id=site.id, month=month)
            if not last:
                _post(session, actor, then, site, month)
        month = month + 1


def _post(session: Session, actor: Actor, now: datetime, site: Site, month: Month) -> None:
    try:
        post_month(session, actor, now=now, site_id=site.id, month=month)
    except Conflict:  # nobody was there yet
        return
