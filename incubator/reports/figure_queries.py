"""Reads for reports of figures: what is confirmed now, and the frozen versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.reports.content import Report, exact
from incubator.reports.figures import make_figures
from incubator.reports.models import FrozenReport
from incubator.reports.queries import Frozen, frozen_rows
from incubator.spaces.queries import get_site
from incubator.startups.models import Achievement, Residency, Startup
from incubator.startups.queries.achievements import list_achievements
from incubator.startups.queries.figure_lists import SheetRow, list_period_figures
from incubator.startups.queries.figures import computed_of, list_indicators
from incubator.startups.rules.periods import Period


def kind_of(period: Period) -> str:
    """The kind of frozen report of a period's rhythm."""
    return f"figures_{period.rhythm}"


def startups_at(session: Session, site_id: int, period: Period) -> list[Startup]:
    """Those with an agreement at the site on one day of the period at the least."""
    inside = (
        select(Residency.startup_id)
        .where(Residency.site_id == site_id, Residency.starts_on <= period.last,
               func.coalesce(Residency.ends_on, period.last) >= period.first)
    )  # fmt: skip
    return list(session.execute(select(Startup).where(Startup.id.in_(inside)).order_by(Startup.code)).scalars())


def measure_figures(session: Session, actor: Actor, site_id: int, period: Period) -> Report:
    """What the startups in residence at the site have confirmed for the period, as it stands now.

    Seven statements, however many startups there are.
    """
    actor.require(Action.SEE_REPORTS)
    site = get_site(session, actor, site_id)
    operator = session.execute(select(Operator.name, Operator.name_en)).one()
    startups = {each.id: each for each in startups_at(session, site_id, period)}
    indicators = list_indicators(session, rhythm=period.rhythm, ends_on=period.last)
    confirmed = list_period_figures(session, actor, period, startup_ids=list(startups), only_confirmed=True)
    by_startup: dict[int, list[Achievement]] = {}
    for each in list_achievements(session, list(startups), last=period.last):
        by_startup.setdefault(each.startup_id, []).append(each)
    rows = []
    for row, figures in confirmed:
        values = {each.code: exact(found.value) for each in indicators
                  if (found := figures.get(each.id)) is not None and found.value is not None}  # fmt: skip
        rows.append(_row(row, values, by_startup.get(row.startup.id, []), period))
    there = {row.startup.id for row, _ in confirmed}
    missing = [{"startup": _startup(each), "state": "not_confirmed"} for each in startups.values()
               if each.id not in there]  # fmt: skip
    return make_figures(
        operator={"name": operator.name, "name_en": operator.name_en},
        site={"id": site.id, "code": site.code, "name": site.name, "name_en": site.name_en, "zone": site.zone},
        period={"rhythm": period.rhythm, "key": period.key, "first": period.first, "last": period.last},
        indicators=[{"code": each.code, "name": each.name, "name_en": each.name_en, "kind": each.kind,
                     "unit": each.unit, "unit_en": each.unit_en, "in_thousands": each.in_thousands}
                    for each in indicators],
        rows=rows, missing=missing,
    )  # fmt: skip


def _row(row: SheetRow, values: dict[str, str], achievements: Sequence[Achievement], period: Period) -> dict[str, Any]:
    applied, granted, raised, qualified = computed_of(achievements, period)
    assert row.version is not None  # only confirmed ones are asked for
    return {
        "startup": _startup(row.startup), "sheet": row.sheet.id, "version": row.version.id,
        "number": row.version.number, "confirmed_at": row.version.confirmed_at, "values": values,
        "computed": {
            "right_applied": len(applied.rows), "right_granted": len(granted.rows), "financing": len(raised.rows),
            "financing_minor": raised.amount_minor, "qualification": len(qualified.rows),
        },
        "achievements": sorted(each.id for part in (applied, granted, raised, qualified) for each in part.rows),
    }  # fmt: skip


def _startup(startup: Startup) -> dict[str, Any]:
    return {"id": startup.id, "code": startup.code, "name": startup.name, "name_en": startup.name_en,
            "kind": startup.kind}  # fmt: skip


def list_figure_versions(session: Session, actor: Actor, site_id: int, period: Period) -> list[Frozen]:
    """The frozen versions of a period at a site, oldest first."""
    actor.require(Action.SEE_REPORTS)
    query = frozen_rows(kind_of(period)).where(FrozenReport.site_id == site_id, FrozenReport.month == period.first)
    return [Frozen(*row) for row in session.execute(query.order_by(FrozenReport.version))]


def list_frozen_figures(session: Session, actor: Actor, rhythm: str) -> dict[tuple[int, str], int]:
    """The newest frozen version by site and period."""
    actor.require(Action.SEE_REPORTS)
    rows = session.execute(
        select(FrozenReport.site_id, FrozenReport.month, func.max(FrozenReport.version))
        .where(FrozenReport.kind == f"figures_{rhythm}")
        .group_by(FrozenReport.site_id, FrozenReport.month)
    )
    return {(site_id, Period(rhythm, first).key): version for site_id, first, version in rows if site_id is not None}


def get_frozen_figures(
    session: Session, actor: Actor, site_id: int, period: Period, version: int | None
) -> FrozenReport:
    """One frozen version with its content, the newest where none is named; NotFound where there is none."""
    actor.require(Action.SEE_REPORTS)
    query = select(FrozenReport).where(
        FrozenReport.kind == kind_of(period), FrozenReport.site_id == site_id, FrozenReport.month == period.first
    )
    if version is not None:
        query = query.where(FrozenReport.version == version)
    found = session.execute(query.order_by(FrozenReport.version.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("This period has no such frozen report."))
    return found
