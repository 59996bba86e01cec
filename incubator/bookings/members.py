"""Who books as a member and who as an outsider: by whether an agreement of the startup runs on the day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    asked = {} if startup_id is None else {startup_id: days}
    return frozenset(day for _, day in list_outside(session, items, asked))


def list_outside(
    session: Session, items: Sequence[PriceItem], days: Mapping[int, Collection[date]]
) -> frozenset[tuple[int, date]]:  # fmt: skip
    """The same of many startups, each with the days that are asked about; one statement."""
    if not days or not any(item.outside for item in items):
        return frozenset()
    terms: dict[int, list[tuple[date, date]]] = {startup_id: [] for startup_id in days}
    rows = session.execute(
        select(Residency.startup_id, Residency.starts_on, Residency.ends_on).where(Residency.startup_id.in_(days))
    ).all()
    for startup_id, first, last in rows:
        terms[startup_id].append((first, last or date.max))
    return frozenset(
        (startup_id, day) for startup_id, asked in days.items() for day in asked
        if not any(first <= day <= last for first, last in terms[startup_id])
    )  # fmt: skip
