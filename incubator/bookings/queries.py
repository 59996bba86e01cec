"""Reads of bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, ScalarSelect, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.allowances import covered_minor, list_paid
from incubator.bookings.attendance import Attendance
from incubator.bookings.models import Booking, BookingSeries
from incubator.bookings.rules import Ending, Standing, State
from incubator.bookings.terms import Terms
from incubator.core.errors import N_, Conflict, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Interval, Month, local_day
from incubator.database import among, current_operator
from incubator.pricing.allowances import Paid
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Allocation, Resource, Site, Unit
from incubator.startups.models import Startup
from incubator.subsidies.queries.voucher_sources import borne_minor, list_borne
from incubator.subsidies.rules.vouchers import Borne

STANDS = and_(Booking.cancelled_at.is_(None), or_(Booking.awaiting_until.is_(None), Booking.approved_at.is_not(None)))
"""Not cancelled, and approved where it needs that."""
AWAITS = and_(Booking.awaiting_until.is_not(None), Booking.approved_at.is_(None), Booking.cancelled_at.is_(None))
STATES = {"confirmed": STANDS, "awaiting": AWAITS, "cancelled": Booking.cancelled_at.is_not(None)}
"""What a list of bookings can be cut down to."""
IS_CHARGED = or_(STANDS, Booking.fee_minor > 0)
BORNE_MINOR = borne_minor("booking", Booking.operator_id, Booking.id)
CHARGED_MINOR = case(
    (Booking.cancelled_at.is_(None), func.greatest(Booking.price_minor - covered_minor() - BORNE_MINOR, 0)),
    else_=Booking.fee_minor,
)
"""The price less what allowances and vouchers pay of it, or the fee of a cancelled one, which neither pays."""


def get_booking(session: Session, actor: Actor, booking_id: int, *, for_update: bool = False) -> Booking:
    """The booking, for staff who see all and for its startup's people; NotFound for others."""
    query = select(Booking).where(Booking.id == booking_id)
    if for_update:  # what another has just changed is read anew
        query = query.with_for_update().execution_options(populate_existing=True)
    booking = session.execute(query).scalar_one_or_none()
    if booking is None:
        raise NotFound(N_("There is no such booking."))
    if not actor.can(Action.SEE_ALL_BOOKINGS):
        actor.require_startup(booking.startup_id)
    return booking


class BookingRow(Struct, frozen=True):
    """A booking with the names that a list shows."""

    booking: Booking
    resource: Resource
    site: Site
    startup: Startup | None
    held_until: datetime | None
    """Until when the ledger holds its unit; earlier than its end where it was ended early."""
    charged_minor: int
    """What is to pay of its price, allowances and vouchers counted; the fee of a cancelled one."""
    given: str | None = None
    """Of a pool the code of the one that the ledger holds for it."""
    borne_minor: int = 0
    """What a voucher bears of its price."""

    @property
    def covered_minor(self) -> int:
        """What allowances pay of its price."""
        if self.booking.cancelled_at:
            return 0
        return self.booking.price_minor - self.charged_minor - self.borne_minor

    @property
    def standing(self) -> Standing:
        return _standing(self.booking, self.held_until)

    def state(self, now: datetime) -> State:
        """Where it stands at `now`."""
        return self.standing.state(now)

    def ending(self, actor: Actor, now: datetime) -> Ending | None:
        """How this actor may end it now, as `cancel` would; None: not at all."""
        if not actor.can(Action.BOOK):
            return None
        try:
            return self.standing.ending(now)
        except Conflict:
            return None


def get_standing(session: Session, booking: Booking) -> Standing:
    """Where the booking stands by the ledger."""
    held_until = session.execute(select(_held_until()).where(Booking.id == booking.id)).scalar_one()
    return _standing(booking, held_until)


def _standing(booking: Booking, held_until: datetime | None) -> Standing:
    start, end = booking.period.lower, booking.period.upper
    assert start is not None and end is not None  # a named CHECK of the table
    return Standing(start, end, held_until, booking.cancelled_at is not None, booking.is_awaiting)


def _held_until() -> ScalarSelect[datetime]:
    return (
        select(func.max(func.upper(Allocation.period)))
        .where(
            Allocation.operator_id == Booking.operator_id,
            Allocation.holder_kind == "booking",
            Allocation.holder_id == Booking.id,
            Allocation.voided_at.is_(None),
        )
        .correlate(Booking)
        .scalar_subquery()
    )


def _given() -> ScalarSelect[str]:
    return (
        select(func.min(Unit.code))
        .join(Allocation, and_(Allocation.operator_id == Unit.operator_id, Allocation.unit_id == Unit.id))
        .where(
            Allocation.operator_id == Booking.operator_id,
            Allocation.holder_kind == "booking",
            Allocation.holder_id == Booking.id,
            Allocation.voided_at.is_(None),
            Resource.takes == "any",
        )
        .correlate(Booking, Resource)
        .scalar_subquery()
    )


def list_bookings(
    session: Session,
    actor: Actor,
    *,
    page: int = 1,
    site_id: int | None = None,
    startup_id: int | None = None,
    on: date | None = None,
    state: str = "",
    latest_first: bool = True,
) -> Page[BookingRow]:
    """A page of bookings: all of them for staff, their own for a startup's people; of one of STATES, or of all.

    Past the last page: the last.
    """
    actor.require(Action.BOOK if not actor.can(Action.SEE_ALL_BOOKINGS) else Action.SEE_ALL_BOOKINGS)
    wanted: list[ColumnElement[bool]] = []
    if not actor.can(Action.SEE_ALL_BOOKINGS):
        wanted.append(Booking.startup_id.in_(actor.startup_ids))
    if site_id is not None:
        wanted.append(Booking.site_id == site_id)
    if startup_id is not None:
        wanted.append(Booking.startup_id == startup_id)
    if on is not None:
        wanted.append(_touches(session, on))
    if state in STATES:
        wanted.append(STATES[state])
    start = Booking.starts_at
    total = session.execute(select(func.count()).select_from(Booking).where(*wanted)).scalar_one()
    page = min(page, Page([], 1, total).pages)
    rows = session.execute(
        _with_names()
        .where(*wanted)
        .order_by(start.desc() if latest_first else start, Booking.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([BookingRow(*row) for row in rows], page, total)


def _touches(session: Session, on: date) -> ColumnElement[bool]:
    """Whether a booking touches the day `on` of its own site."""
    zones: dict[str, list[int]] = {}
    for site_id, zone in session.execute(select(Site.id, Site.zone)):
        zones.setdefault(zone, []).append(site_id)
    days = [(ids, local_day(on, ZoneInfo(zone))) for zone, ids in zones.items()]
    return or_(false(), *(
        and_(Booking.site_id.in_(ids), overlapping(day.start, day.end, Booking)) for ids, day in days
    ))  # fmt: skip


def list_booking_rows(
    session: Session, wanted: Sequence[ColumnElement[bool]], *, most: int | None = None
) -> list[BookingRow]:
    """The bookings for which all of `wanted` holds, with their names, by their start. Whoever calls bounds them, by
    what they are or by `most`."""
    by_start = _with_names().where(*wanted).order_by(Booking.starts_at, Booking.id)
    rows = session.execute(by_start.limit(most)).all()
    return [BookingRow(*row) for row in rows]


def get_booking_row(session: Session, actor: Actor, booking_id: int) -> BookingRow:
    """One booking with its names, as `get_booking` allows."""
    get_booking(session, actor, booking_id)
    return BookingRow(*session.execute(_with_names().where(Booking.id == booking_id)).one())


def _with_names() -> Any:
    return (
        select(Booking, Resource, Site, Startup, _held_until(), CHARGED_MINOR, _given(), BORNE_MINOR)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(Site, Site.id == Booking.site_id)
        .join(Startup, Startup.id == Booking.startup_id, isouter=True)
    )


class ChargedBooking(Struct, frozen=True):
    """A booking that billing charges, with all that its line says."""

    booking_id: int
    startup_id: int
    resource_id: int
    resource_name: str
    resource_name_en: str
    start: datetime
    end: datetime
    price_minor: int
    """What is charged: the price less what allowances and a voucher pay of it, or the fee of a cancelled one."""
    currency: str
    quote: dict[str, Any]
    fee: dict[str, Any] | None = None
    """Of a cancelled one: the share of the price, and the rule that says so."""
    paid: tuple[Paid, ...] = ()
    """What allowances pay of the price."""
    borne: Borne | None = None
    """What a voucher bears of it."""


def list_charged_bookings(session: Session, site_id: int, month: Month) -> list[ChargedBooking]:
    """The site's bookings of startups that start in the local month and cost something: those that stand their price,
    cancelled ones their fee. Three statements, and one for a site that was not read yet."""
    site = session.get_one(Site, (current_operator(session), site_id))
    window = month.interval(ZoneInfo(site.zone))
    start = Booking.starts_at.label("start")
    rows: Sequence[Any] = session.execute(
        select(
            Booking.id, Booking.startup_id, Booking.resource_id, Resource.name, Resource.name_en, start,
            func.upper(Booking.period).label("end"), CHARGED_MINOR.label("charged_minor"), Booking.currency,
            Booking.quote,
            Booking.cancelled_at, Booking.price_minor.label("full_minor"), Booking.terms,
        )
        .join(Resource, Resource.id == Booking.resource_id)
        .where(
            Booking.site_id == site_id,
            Booking.startup_id.is_not(None),
            IS_CHARGED,
            start >= window.start,
            start < window.end,
        )
        .order_by(Booking.startup_id, start, Booking.id)
    ).all()  # fmt: skip
    ids = [row.id for row in rows]
    paid, borne = list_paid(session, ids), list_borne(session, "booking", ids)
    return [
        ChargedBooking(
            row.id, row.startup_id, row.resource_id, row.name, row.name_en, row.start, row.end, row.charged_minor,
            row.currency, row.quote, _fee(row), tuple(paid[row.id]), borne.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def _fee(row: Any) -> dict[str, Any] | None:
    if row.cancelled_at is None:
        return None
    rule = Terms.from_data(row.terms).fee(row.start - row.cancelled_at)
    assert rule is not None  # a fee is only charged by a rule that the booking keeps
    return {"percent": rule.fee_percent, "of_minor": row.full_minor, "within_minutes": rule.fee_within_minutes,
            "rule": rule.name, "rule_en": rule.name_en}  # fmt: skip


class Holder(Struct, frozen=True):
    """A startup for which one may book."""

    id: int
    name: str
    name_en: str


_STARTUPS = select(Startup.id, Startup.name, Startup.name_en).order_by(Startup.name)
_STARTUPS_OF = _STARTUPS.where(Startup.id == among("ids"))


def list_holders(session: Session, actor: Actor) -> list[Holder]:
    """For whom the actor may book, as `book` allows: staff for any startup, its people for their own."""
    if not actor.can(Action.BOOK):
        return []
    if actor.can(Action.BOOK_FOR_OTHERS):
        rows = session.execute(_STARTUPS)
    else:
        rows = session.execute(_STARTUPS_OF, {"ids": list(actor.startups_for(Action.BOOK))})
    return [Holder(*row) for row in rows]


def check_holder(session: Session, actor: Actor, startup_id: int | None) -> None:
    """For whom the actor may book: staff for anybody, a startup's people for their own startup."""
    actor.require(Action.BOOK)
    if actor.can(Action.BOOK_FOR_OTHERS):
        if startup_id is not None and not session.execute(select(Startup.id).where(Startup.id == startup_id)).first():
            raise NotFound(N_("There is no such startup."))
        return
    actor.require_for(Action.BOOK, startup_id)


def get_series(session: Session, actor: Actor, series_id: int, *, for_update: bool = False) -> BookingSeries:
    """The series, for staff who see all and for its startup's people; NotFound for others."""
    query = select(BookingSeries).where(BookingSeries.id == series_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    series = session.execute(query).scalar_one_or_none()
    if series is None:
        raise NotFound(N_("There is no such series."))
    if not actor.can(Action.SEE_ALL_BOOKINGS):
        actor.require_startup(series.startup_id)
    return series


def list_series_rows(session: Session, actor: Actor, series_id: int) -> list[BookingRow]:
    """Every booking of a series with its names, by day; as `get_series` allows."""
    get_series(session, actor, series_id)
    query = _with_names().where(Booking.series_id == series_id).order_by(Booking.occurrence_on, Booking.id)
    return [BookingRow(*row) for row in session.execute(query)]


def attendance_of(booking: Booking) -> Attendance:
    """Who came to the booking, as far as it knows."""
    return Attendance(
        Interval(booking.start, booking.end), booking.check_in_until, booking.arrived_at, booking.arrival_source,
        booking.left_at, booking.no_show_at, booking.cancelled_at is None and not booking.is_awaiting,
    )  # fmt: skip
