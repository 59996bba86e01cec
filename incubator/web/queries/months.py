"""The months of an operator as finance and the auditor look at them: what is posted, what is frozen."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice
from incubator.core.periods import Month
from incubator.reports.models import FrozenReport
from incubator.web.today import SitePlace, ZoneDay, is_due

MONTHS_SHOWN = 3


class Posted(Struct, frozen=True):
    """The invoices of one site and month, summed."""

    invoices: int = 0
    gross_minor: int = 0
    subsidy_minor: int = 0
    net_minor: int = 0
    currency: str = "CNY"


class SiteMonth(Struct, frozen=True):
    """One site's month: `expected` says whether the site existed in it."""

    site: SitePlace
    month: Month
    posted: Posted | None
    frozen_version: int | None
    expected: bool


class MonthOfSites(Struct, frozen=True):
    """One month over all sites, the latest first on the page."""

    month: Month
    rows: tuple[SiteMonth, ...]
    total: Posted


def list_months(
    session: Session, actor: Actor, sites: Sequence[SitePlace], days: Sequence[ZoneDay]
) -> list[MonthOfSites]:
    """The last three closed months, in two statements. With sites in several zones, closed where it is latest."""
    actor.require(Action.SEE_BILLING)
    if not sites:
        return []
    last = max(day.last_month for day in days)
    months = [last - back for back in range(MONTHS_SHOWN)]
    firsts = [month.first for month in months]
    sums = session.execute(
        select(
            Invoice.site_id, Invoice.month, func.count(), func.sum(Invoice.gross_minor),
            func.sum(Invoice.subsidy_minor), func.sum(Invoice.net_minor), func.min(Invoice.currency),
        )
        .where(Invoice.month.in_(firsts))
        .group_by(Invoice.site_id, Invoice.month)
    )  # fmt: skip
    posted = {
        (site_id, Month.of(month)): Posted(count, int(gross), int(subsidy), int(net), currency)
        for site_id, month, count, gross, subsidy, net, currency in sums
    }
    versions = session.execute(
        select(FrozenReport.site_id, FrozenReport.month, func.max(FrozenReport.version))
        .where(FrozenReport.kind == "occupancy", FrozenReport.month.in_(firsts))
        .group_by(FrozenReport.site_id, FrozenReport.month)
    )
    frozen = {(site_id, Month.of(month)): version for site_id, month, version in versions if site_id is not None}
    return [_month(month, sites, posted, frozen) for month in months]


def _month(
    month: Month,
    sites: Sequence[SitePlace],
    posted: dict[tuple[int, Month], Posted],
    frozen: dict[tuple[int, Month], int],
) -> MonthOfSites:
    rows = tuple(
        SiteMonth(site, month, posted.get((site.id, month)), frozen.get((site.id, month)), is_due(site, month))
        for site in sites
    )
    sums = [row.posted for row in rows if row.posted]
    total = Posted(
        sum(each.invoices for each in sums), sum(each.gross_minor for each in sums),
        sum(each.subsidy_minor for each in sums), sum(each.net_minor for each in sums),
        sums[0].currency if sums else "CNY",
    )  # fmt: skip
    return MonthOfSites(month, rows, total)
