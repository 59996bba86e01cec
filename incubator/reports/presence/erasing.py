"""Events whose time is over are erased, a site's month at once; its sums stay."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.periods import Month
from incubator.reports.presence import kept
from incubator.reports.presence.models import PresenceEvent, PresenceMonth
from incubator.reports.presence.queries import get_presence_settings, sum_site
from incubator.reports.presence.rules import first_kept
from incubator.spaces.models import Site


def erase_presence(session: Session, actor: Actor, *, now: datetime) -> int:
    """Keep the sums of the oldest month of a site whose time is over, and erase its events; how many, 0 when there is
    none. Whoever calls goes on until then.

    Where the sums were kept already, events that came since are erased without a trace in them: a source can't post
    for a month that is over so long.
    """
    actor.require(Action.MANAGE_PRESENCE)
    settings = get_presence_settings(session)
    for site in session.execute(select(Site).order_by(Site.id).with_for_update()).scalars().all():
        limit = first_kept(now.astimezone(ZoneInfo(site.zone)).date(), settings.keep_days)
        oldest = session.execute(
            select(func.min(PresenceEvent.on)).where(PresenceEvent.site_id == site.id, PresenceEvent.on < limit)
        ).scalar()
        if oldest is not None:
            return _erase(session, actor, site, Month.of(oldest), now)
    return 0


def _erase(session: Session, actor: Actor, site: Site, month: Month, now: datetime) -> int:
    is_kept = session.execute(
        select(PresenceMonth.id).where(PresenceMonth.site_id == site.id, PresenceMonth.month == month.first)
    ).first()
    content = None if is_kept else kept.write(sum_site(session, site, month, now=now))
    gone = delete(PresenceEvent).where(
        PresenceEvent.site_id == site.id, PresenceEvent.on.between(month.first, month.last)
    )
    done = session.execute(gone, execution_options={"synchronize_session": False})
    erased: int = done.rowcount  # type: ignore[attr-defined] # a cursor's
    if content is not None:
        session.add(PresenceMonth(site_id=site.id, month=month.first, content=content, erased=erased, created_at=now))
        session.flush()
    record(session, actor, "erase_presence", ("sites", site.id), now=now,
           after={"month": month.first, "count": erased})  # fmt: skip
    return erased
