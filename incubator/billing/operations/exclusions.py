"""Leaving a startup out of a month's run, and taking it in again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Exclusion
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.models import Site
from incubator.spaces.operations.words import LONGEST_TEXT, unique
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup


def exclude_startup(
    session: Session, actor: Actor, *, now: datetime, site_id: int, startup_id: int, month: Month, reason: str
) -> Exclusion:
    """Leave a startup out of a site's month until that is lifted, with the reason: what it owes waits for a later
    posting of that month."""
    actor.require(Action.POST_INVOICES)
    site, startup = get_site(session, actor, site_id), get_startup(session, actor, startup_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why it is left out."), field="reason")
    exclusion = Exclusion(site_id=site.id, startup_id=startup.id, month=month.first, reason=words, created_at=now,
                          created_by=actor.person_id)  # fmt: skip
    with unique(session, "billing_exclusions_once_key", Conflict(N_("It is left out already."))):
        session.add(exclusion)
    record(session, actor, "exclude_startup", ("billing_exclusions", exclusion.id), now=now,
           after=_said(site, startup, month) | {"reason": words})  # fmt: skip
    return exclusion


def lift_exclusion(session: Session, actor: Actor, *, now: datetime, exclusion_id: int) -> Exclusion:
    """Take it in again: the next posting of the month bills it."""
    actor.require(Action.POST_INVOICES)
    exclusion = session.get(Exclusion, (current_operator(session), exclusion_id), populate_existing=True)
    if exclusion is None:
        raise NotFound(N_("There is no such exclusion."))
    site, startup = get_site(session, actor, exclusion.site_id), get_startup(session, actor, exclusion.startup_id)
    locked = select(Exclusion.lifted_at).where(Exclusion.id == exclusion_id).with_for_update()
    if session.execute(locked).scalar() is not None:
        raise Conflict(N_("This was lifted already."))
    exclusion.lifted_at, exclusion.lifted_by = now, actor.person_id
    session.flush()
    record(session, actor, "lift_exclusion", ("billing_exclusions", exclusion.id), now=now,
           after=_said(site, startup, Month.of(exclusion.month)))  # fmt: skip
    return exclusion


def _said(site: Site, startup: Startup, month: Month) -> dict[str, object]:
    return {"site": site.code, "startup": startup.code, "month": str(month)}
