"""Freezing the figures of a period: kept with their hash, and locked where they came from."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.reports.figure_queries import kind_of, list_figure_versions, measure_figures, startups_at
from incubator.reports.figures import DEFINITION
from incubator.reports.models import FrozenReport
from incubator.reports.operations import MAX_REASON, lock_site
from incubator.startups.models import FigureSheet
from incubator.startups.operations.figures import lock_figures
from incubator.startups.rules.periods import Period


def freeze_figures(
    session: Session, actor: Actor, *, now: datetime, site_id: int, period: Period, reason: str = ""
) -> FrozenReport:
    """Version 1 of a period that is over; or its next version, which must say why it was made.

    Every version of figures in it is locked by it: after that a correction needs staff, who see which reports have
    used the earlier one. Where nothing has changed, and where nothing is confirmed, there is nothing to freeze.
    """
    actor.require(Action.FREEZE_REPORTS)
    site = lock_site(session, actor, site_id)
    if now.astimezone(ZoneInfo(site.zone)).date() <= period.last:
        raise Refusal(N_("This period is not over yet."))
    versions = list_figure_versions(session, actor, site_id, period)
    reason = reason.strip()
    if versions and not reason:
        raise Refusal(N_("Say why a new version is made: what was corrected?"), field="reason")
    if len(reason) > MAX_REASON:
        raise Refusal(N_("At most %(count)s characters."), field="reason", count=MAX_REASON)
    _lock_sheets(session, site_id, period)
    report = measure_figures(session, actor, site_id, period)
    if not report.content["rows"]:
        raise Refusal(N_("No figures of this period are confirmed: there is nothing to freeze."))
    if versions and versions[-1].sha256 == report.sha256:
        raise Conflict(N_("Nothing has changed since version %(version)s: it stands."), version=versions[-1].version)
    number = versions[-1].version + 1 if versions else 1
    frozen = FrozenReport(
        kind=kind_of(period), site_id=site_id, month=period.first, version=number, definition=DEFINITION,
        content=report.canonical.decode(), sha256=report.sha256, reason=reason if versions else "", frozen_at=now,
        frozen_by=actor.person_id,
    )  # fmt: skip
    session.add(frozen)
    session.flush()
    after = {"site_id": site_id, "period": period.key, "version": number, "sha256": report.sha256.hex(),
             "reason": frozen.reason}  # fmt: skip
    record(session, actor, "freeze_figures", ("frozen_reports", frozen.id), now=now, after=after)
    lock_figures(session, actor, now=now, version_ids=[row["version"] for row in report.content["rows"]],
                 used_kind="frozen_reports", used_id=frozen.id,
                 label=f"{site.name} {period.key} v{number}")  # fmt: skip
    return frozen


def _lock_sheets(session: Session, site_id: int, period: Period) -> None:
    """Nothing of the period is confirmed or opened while it is being frozen."""
    ids = [each.id for each in startups_at(session, site_id, period)]
    session.execute(
        select(FigureSheet.id)
        .where(FigureSheet.startup_id.in_(ids), FigureSheet.rhythm == period.rhythm,
               FigureSheet.starts_on == period.first)
        .order_by(FigureSheet.id)
        .with_for_update()
    )  # fmt: skip
