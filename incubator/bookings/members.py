"""Who books as a member and who as an outsider: by whether an agreement of the startup runs on the day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.pricing.rules import PriceItem
from incubator.startups.models import Residency


def outside_days(
    session: Session, items: Sequence[PriceItem], startup_id: int | None, days: Collection[date]
) -> frozenset[date]:  # fmt: skip
    """On which of some local days the startup has no agreement that runs, at any site; one statement, and none where
    no tariff has a price for outsiders. An agreement until 31 October: 1 November is outside."""
    if startup_id is None or not any(item.outside for item in items):
        return frozenset()
    terms = session.execute(
        select(Residency.starts_on, Residency.ends_on).where(Residency.startup_id == startup_id)
    ).all()
    return frozenset(
        day for day in days if not any(first <= day and (last is None or day <= last) for first, last in terms)
    )
