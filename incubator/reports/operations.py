"""Freezing a month: its figures and rows as canonical JSON with their SHA-256, never changed afterwards."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Month
from incubator.reports.models import FrozenReport
from incubator.reports.occupancy import DEFINITION
from incubator.reports.queries import KIND, measure_occupancy
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site

MAX_REASON = 500


def freeze_occupancy(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month, reason: str = ""
) -> FrozenReport:
    """Version 1 of a month that is over; or its next version, which must say why it was made.

    Where nothing has changed since the last version there is nothing to freeze: Conflict. October 2026 in
    Shanghai can be frozen from 1 November 00:00 there.
    """
    actor.require(Action.FREEZE_REPORTS)
    site = lock_site(session, actor, site_id)
    latest = _latest(session, site_id, month)
    ends = month.interval(ZoneInfo(site.zone)).end
    if now < ends:
        raise Refusal(N_("This month is not over at the site: it can be frozen from %(at)s."), at=ends)
    reason = reason.strip()
    if latest is not None and not reason:
        raise Refusal(N_("Say why a new version is made: what was corrected?"), field="reason")
    if len(reason) > MAX_REASON:
        raise Refusal(N_("At most %(count)s characters."), field="reason", count=MAX_REASON)
    report = measure_occupancy(session, actor, site_id, month)
    if latest is not None and latest.sha256 == report.as_defined(latest.definition).sha256:
        raise Conflict(N_("Nothing has changed since version %(version)s: it stands."), version=latest.version)
    frozen = FrozenReport(
        kind=KIND, site_id=site_id, month=month.first, version=latest.version + 1 if latest else 1,
        definition=DEFINITION, content=report.canonical.decode(), sha256=report.sha256,
        reason=reason if latest else "", frozen_at=now, frozen_by=actor.person_id,
    )  # fmt: skip
    session.add(frozen)
    session.flush()
    after = {"site_id": site_id, "month": str(month), "version": frozen.version, "sha256": frozen.sha256.hex(),
             "reason": frozen.reason}  # fmt: skip
    record(session, actor, "freeze_occupancy", ("frozen_reports", frozen.id), now=now, after=after)
    return frozen


def freeze_once(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month
) -> tuple[FrozenReport, bool]:
    """The month's newest frozen version, made now if it had none, and whether it was made: what the job does.

    However often the job runs for a month, there is one version 1.
    """
    actor.require(Action.FREEZE_REPORTS)
    lock_site(session, actor, site_id)
    latest = _latest(session, site_id, month)
    if latest is not None:
        return latest, False
    return freeze_occupancy(session, actor, now=now, site_id=site_id, month=month), True


def lock_site(session: Session, actor: Actor, site_id: int) -> Site:
    """One at a time freezes at a site; bookings and residencies go on meanwhile."""
    site = get_site(session, actor, site_id)
    session.execute(select(Site.id).where(Site.id == site_id).with_for_update(key_share=True))
    return site


def _latest(session: Session, site_id: int, month: Month) -> FrozenReport | None:
    return session.execute(
        select(FrozenReport)
        .where(FrozenReport.kind == KIND, FrozenReport.site_id == site_id, FrozenReport.month == month.first)
        .order_by(FrozenReport.version.desc())
        .limit(1)
    ).scalar_one_or_none()
