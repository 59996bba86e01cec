"""Reads of allowances: what a startup has, and what is and would be covered of a booking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Row,
    ScalarSelect,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Interval, Month
from incubator.database import read
from incubator.pricing.allowances import (
    Paid,
    Payable,
    Share,
    Terms,
    Window,
    cover,
    list_grants,
    paid_of,
    reach,
)
from incubator.pricing.models import Allowance, AllowanceEntry
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Enrolment, Residency

A_DAY = timedelta(days=1)


def covered_minor() -> ScalarSelect[int]:
    """What the ledger covers of each booking, in a statement about bookings."""
    return (
        select(cast(-func.coalesce(func.sum(AllowanceEntry.value_minor), 0), BigInteger))
        .where(AllowanceEntry.operator_id == Booking.operator_id, AllowanceEntry.booking_id == Booking.id)
        .correlate(Booking)
        .scalar_subquery()
    )


def terms_of_allowance(allowance: Allowance | Row[Any], starts_on: date | None, ends_on: date | None) -> Terms:
    """What it gives by now: no longer than until it was ended, and than the agreement (its days) that includes it."""
    first, after = allowance.valid.lower, allowance.valid.upper
    assert first is not None  # a named CHECK of the table
    lasts = [each + A_DAY for each in (allowance.ended_on, ends_on) if each] + ([after] if after else [])
    return Terms(
        allowance.id, allowance.minutes, allowance.repeats == "month", max(first, starts_on or first),
        min(lasts, default=None), allowance.resource_kind, allowance.site_id,
    )  # fmt: skip


def source_first() -> ColumnElement[date | None]:
    """The first day of the agreement or stay that includes an allowance, in a statement that has joined them."""
    return func.coalesce(Residency.starts_on, func.lower(Enrolment.days), type_=Date)


def source_last() -> ColumnElement[date | None]:
    """Its last day; None: it has no end, or nothing includes the allowance."""
    return func.coalesce(Residency.ends_on, func.upper(Enrolment.days) - 1, type_=Date)


class Allowances(NamedTuple):
    """All allowances that a startup ever had, and what they are called."""

    terms: list[Terms]
    names: dict[int, str]


def allowances_of(session: Session, startup_id: int | None) -> Allowances:
    """Those of a startup, in one statement; the operator itself (None) has none."""
    return Allowances([], {}) if startup_id is None else list_terms(session, startup_id)


_TERMS = (
    select(
        Allowance.id, Allowance.name, Allowance.minutes, Allowance.repeats, Allowance.valid, Allowance.ended_on,
        Allowance.resource_kind, Allowance.site_id, source_first().label("starts_on"), source_last().label("ends_on"),
    )
    .outerjoin(Residency, Residency.id == Allowance.residency_id)
    .outerjoin(Enrolment, Enrolment.id == Allowance.enrolment_id)
    .where(Allowance.startup_id == bindparam("startup_id"))
    .order_by(Allowance.id)
)  # fmt: skip


def list_terms(session: Session, startup_id: int) -> Allowances:
    """All allowances that a startup ever had, with their names; one statement."""
    rows = read(session, _TERMS, {"startup_id": startup_id})
    terms = [terms_of_allowance(row, row.starts_on, row.ends_on) for row in rows]
    return Allowances(terms, {row.id: row.name for row in rows})


def list_uses(session: Session, startup_id: int, window: Window, leave_out: Collection[int] = ()) -> list[Payable]:
    """The startup's bookings of these days that stand or wait for approval, and have a price; one statement.

    One that waits holds its minutes as it holds its time: the price that was shown is the one that it will have.
    """
    start = Booking.starts_at
    rows = session.execute(
        select(
            Booking.id, func.coalesce(Booking.moved_at, Booking.created_at).label("since"), start.label("start"),
            func.upper(Booking.period).label("end"), Booking.price_minor, Booking.currency, Resource.kind,
            Booking.site_id, Site.zone,
        )
        .join(Resource, Resource.id == Booking.resource_id)
        .join(Site, Site.id == Booking.site_id)
        .where(
            Booking.startup_id == startup_id, Booking.cancelled_at.is_(None), Booking.price_minor > 0,
            *near(window),
        )
    ).all()  # fmt: skip
    found = [
        Payable(row.id, row.since, local_date(row.start, row.zone), Interval(row.start, row.end).minutes,
                row.price_minor, row.kind, row.site_id, row.currency)
        for row in rows if row.id not in leave_out
    ]  # fmt: skip
    return [use for use in found if window.holds(use.on)]


def near(window: Window) -> list[ColumnElement[bool]]:
    """Bookings that may start within the window, wherever they are: the index first, then each site's own days."""
    start = Booking.starts_at
    wanted = [start >= window.first - A_DAY]
    if window.until is not None:
        wanted.append(start < window.until + A_DAY)
    return wanted


def local_date(at: datetime, zone: str) -> date:
    """The site's day."""
    return at.astimezone(ZoneInfo(zone)).date()


def foresee(
    session: Session, startup_id: int | None, wanted: Sequence[Payable], leave_out: Collection[int] = (),
    allowances: Allowances | None = None,
) -> dict[int, tuple[Paid, ...]]:
    """What would be covered of bookings that are not made yet, by their ids; at most two statements.

    `leave_out` are those whose place they take; `allowances` the startup's, where they have been read already.
    """
    wanted = [use for use in wanted if use.price_minor > 0]
    if startup_id is None or not wanted:
        return {}
    terms, names = allowances or list_terms(session, startup_id)
    if not terms:
        return {}
    uses = list_uses(session, startup_id, reach(terms, [use.on for use in wanted]), leave_out) + list(wanted)
    by_booking: dict[int, list[Share]] = defaultdict(list)
    for share in cover(list_grants(terms, [Month.of(use.on) for use in uses]), uses):
        by_booking[share.booking_id].append(share)
    return {use.booking_id: paid_of(by_booking[use.booking_id], names) for use in wanted}


def list_paid(session: Session, booking_ids: Collection[int]) -> dict[int, list[Paid]]:
    """What the ledger covers of some bookings, by allowance, the earliest first; one statement."""
    found: dict[int, list[Paid]] = {booking_id: [] for booking_id in booking_ids}
    if not found:
        return found
    minutes, value = func.sum(AllowanceEntry.minutes), func.sum(AllowanceEntry.value_minor)
    rows: Sequence[Any] = session.execute(
        select(AllowanceEntry.booking_id, Allowance.id, Allowance.name, -minutes, -value)
        .join(Allowance, Allowance.id == AllowanceEntry.allowance_id)
        .where(AllowanceEntry.booking_id.in_(booking_ids))
        .group_by(AllowanceEntry.booking_id, Allowance.id, Allowance.name)
        .having(minutes < 0)
        .order_by(AllowanceEntry.booking_id, func.min(AllowanceEntry.id))
    ).all()
    for booking_id, allowance_id, name, used, worth in rows:
        found[booking_id].append(Paid(allowance_id, name, int(used), int(worth)))
    return found


def get_allowance(session: Session, actor: Actor, allowance_id: int, *, for_update: bool = False) -> Allowance:
    """The allowance, for staff who see prices and for its startup's people; NotFound for others."""
    query = select(Allowance).where(Allowance.id == allowance_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    allowance = session.execute(query).scalar_one_or_none()
    if allowance is None:
        raise NotFound(N_("There is no such allowance."))
    if not actor.can(Action.SEE_PRICES):
        actor.require(Action.SEE_OWN_STARTUP)
        actor.require_startup(allowance.startup_id)
    return allowance


def list_due_startups(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """Startups whose ledger is to be looked at though nobody books: a month's grant has not been written yet, or an
    agreement (or a stay in a plan) was ended before the day of something that it covers. One statement."""
    today = now.astimezone(CHINA).date()
    month = Month.of(today).first
    last_of_source = func.coalesce(source_last(), date.max)
    is_current = and_(
        Allowance.valid.op("@>")(today),
        func.coalesce(Allowance.ended_on, date.max) >= today,
        last_of_source >= today,
        func.coalesce(source_first(), date.min) <= today,
    )
    is_written = (
        select(AllowanceEntry.id)
        .where(
            AllowanceEntry.allowance_id == Allowance.id,
            AllowanceEntry.kind == "grant",
            or_(Allowance.repeats == "once", AllowanceEntry.month == month),
        )
        .correlate(Allowance)
        .exists()
    )
    start_on = type_coerce(func.date(func.timezone(Site.zone, Booking.starts_at)), Residency.ends_on.type)
    uses_after = (
        select(AllowanceEntry.booking_id)
        .join(Booking, Booking.id == AllowanceEntry.booking_id)
        .join(Site, Site.id == Booking.site_id)
        .where(AllowanceEntry.allowance_id == Allowance.id, start_on > source_last())
        .group_by(AllowanceEntry.booking_id)
        .having(func.sum(AllowanceEntry.minutes) < 0)
        .correlate(Allowance, Residency, Enrolment)
        .exists()
    )
    return (
        session.execute(
            select(Allowance.startup_id)
            .outerjoin(Residency, Residency.id == Allowance.residency_id)
            .outerjoin(Enrolment, Enrolment.id == Allowance.enrolment_id)
            .where(or_(and_(is_current, ~is_written), uses_after))
            .distinct()
            .order_by(Allowance.startup_id)
            .limit(most)
        )
        .scalars()
        .all()
    )
