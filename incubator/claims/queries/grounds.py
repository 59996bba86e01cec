"""What a line rests on: the agreement, the taken units, the booking with its check-in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.claims.queries.claims import LineRow
from incubator.spaces.models import Allocation, Unit
from incubator.startups.models import Residency, ResidencyPrice
from incubator.subsidies.models import Scheme, SchemeVersion, SiteCost
from incubator.subsidies.rules.items import COST_KINDS

MOST_ALLOCATIONS = 100


class Grounds(Struct, frozen=True):
    """What stands behind a line; each part None or empty where it has none."""

    scheme: Scheme
    version: SchemeVersion
    residency: Residency | None
    booking: Booking | None
    cost: SiteCost | None
    allocations: Sequence[tuple[Allocation, Unit]]


def grounds_of(session: Session, line: LineRow) -> Grounds:
    """All of it in a handful of statements."""
    source = line.decision or line.grant
    assert source is not None, "a named CHECK of the table"
    version, scheme = session.execute(
        select(SchemeVersion, Scheme).join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(SchemeVersion.id == source.scheme_version_id)
    ).one()  # fmt: skip
    residency, booking, cost = _residency(session, line), None, None
    if line.charge is not None and line.charge.source_kind == "booking":
        booking = session.execute(select(Booking).where(Booking.id == line.charge.source_id)).scalar_one_or_none()
    if line.grant is not None and line.grant.item_kind in COST_KINDS:
        cost = session.execute(select(SiteCost).where(SiteCost.id == line.grant.item_id)).scalar_one_or_none()
    return Grounds(scheme, version, residency, booking, cost, _allocations(session, line, residency, booking))


def _residency(session: Session, line: LineRow) -> Residency | None:
    if line.charge is None or line.charge.source_kind != "residency_price":
        return None
    return session.execute(
        select(Residency).join(ResidencyPrice, ResidencyPrice.residency_id == Residency.id)
        .where(ResidencyPrice.id == line.charge.source_id)
    ).scalar_one_or_none()  # fmt: skip


def _allocations(
    session: Session, line: LineRow, residency: Residency | None, booking: Booking | None
) -> Sequence[tuple[Allocation, Unit]]:
    """The ledger's rows of the agreement or booking that touch the charge's days."""
    holder = ("residency", residency.id) if residency else ("booking", booking.id) if booking else None
    if holder is None or line.charge is None:
        return []
    zone = ZoneInfo(line.site.zone)
    start = datetime.combine(line.charge.starts_on, time(), zone)
    end = datetime.combine(line.charge.ends_on + timedelta(days=1), time(), zone)
    rows = session.execute(
        select(Allocation, Unit)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(Allocation.holder_kind == holder[0], Allocation.holder_id == holder[1],
               Allocation.period.overlaps(Range(start, end)))
        .order_by(Allocation.id)
        .limit(MOST_ALLOCATIONS)
    ).all()  # fmt: skip
    unit_id = line.charge.unit_id
    return [(taken, unit) for taken, unit in rows if unit_id is None or unit.id == unit_id]
