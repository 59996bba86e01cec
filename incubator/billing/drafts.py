"""The draft of a month: computed from what is true now, never stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge
from incubator.billing.rules import (
    ChargeDraft,
    InvoiceDraft,
    VersionRule,
    assemble,
    charge_bookings,
    charge_terms,
    facts_of,
)
from incubator.bookings.queries import list_charged_bookings
from incubator.core.periods import Month
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.models import Residency, Startup
from incubator.startups.queries import list_residency_terms
from incubator.subsidies.queries import ActiveVersion, list_active_versions, used_minor


@dataclass(frozen=True)
class Draft:
    """What posting the month would write now."""

    site: Site
    month: Month
    invoices: list[InvoiceDraft]
    startups: dict[int, Startup]
    currency: str = "CNY"

    @property
    def gross_minor(self) -> int:
        return sum(invoice.gross_minor for invoice in self.invoices)

    @property
    def subsidy_minor(self) -> int:
        return sum(invoice.subsidy_minor for invoice in self.invoices)

    @property
    def net_minor(self) -> int:
        return sum(invoice.net_minor for invoice in self.invoices)

    def is_over(self, now: datetime) -> bool:
        """Whether the month has ended at the site: it can be posted."""
        return now >= self.month.interval(ZoneInfo(self.site.zone)).end


def draft_month(session: Session, actor: Actor, site_id: int, month: Month) -> Draft:
    """The invoices that posting would write: what is charged already is left out. About ten statements in all."""
    actor.require(Action.SEE_BILLING)
    site = get_site(session, actor, site_id)
    charges = charge_terms(list_residency_terms(session, site.id, month), month)
    charges += charge_bookings(list_charged_bookings(session, site.id, month), ZoneInfo(site.zone))
    posted = _charged_already(session, site.id, month)
    by_startup: dict[int, list[ChargeDraft]] = defaultdict(list)
    for charge in charges:
        if charge.source not in posted:
            by_startup[charge.startup_id].append(charge)
    found = session.execute(select(Startup).where(Startup.id.in_(by_startup))).scalars()
    startups = {startup.id: startup for startup in found}
    first_days = _first_days(session, list(by_startup))
    active = list_active_versions(session, site.id, month)
    used = {each.version.id: used_minor(session, each, list(by_startup), month) for each in active}
    versions = [_version_rule(each) for each in active]
    invoices = [
        assemble(
            startup_id,
            lines,
            versions,
            facts_of(startups[startup_id].kind, startups[startup_id].registered_on, first_days.get(startup_id), month),
            {version_id: by_id.get(startup_id, {}) for version_id, by_id in used.items()},
        )
        for startup_id, lines in sorted(by_startup.items(), key=lambda item: startups[item[0]].code)
    ]
    return Draft(site, month, invoices, startups)


def _charged_already(session: Session, site_id: int, month: Month) -> set[tuple[str, int]]:
    rows = session.execute(
        select(Charge.source_kind, Charge.source_id).where(Charge.site_id == site_id, Charge.month == month.first)
    ).all()
    return {(kind, source_id) for kind, source_id in rows}


def _first_days(session: Session, startup_ids: list[int]) -> dict[int, date]:
    rows = session.execute(
        select(Residency.startup_id, func.min(Residency.starts_on))
        .where(Residency.startup_id.in_(startup_ids))
        .group_by(Residency.startup_id)
    ).all()
    return {row[0]: row[1] for row in rows}


def _version_rule(active: ActiveVersion) -> VersionRule:
    scheme, version = active.scheme, active.version
    return VersionRule(version.id, scheme.code, scheme.name, scheme.name_en, version.version, version.source,
                       active.rule)  # fmt: skip
