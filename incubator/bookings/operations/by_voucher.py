"""Vouchers follow the bookings that they bear a part of: reserved with them, made less, given back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.allowances import covered_minor
from incubator.bookings.by_voucher import SOURCE, orders_of, stands
from incubator.bookings.models import Booking
from incubator.core.errors import N_, Forbidden, Refusal
from incubator.spaces.models import Resource
from incubator.subsidies.models import VoucherOrder
from incubator.subsidies.operations.voucher_orders import Wanted, reserve
from incubator.subsidies.operations.voucher_sources import lock_sources, release_sources, trim_sources
from incubator.subsidies.queries.voucher_sources import get_voucher_of
from incubator.subsidies.rules.vouchers import use_of_resource

CANCELLED = N_("the booking is cancelled")
CHANGED = N_("the booking has changed")
NO_SHOW = N_("nobody came to the booking")
ALLOWED = N_("allowances pay more of the booking")


def reserve_for(
    session: Session, actor: Actor, booking: Booking, resource: Resource, voucher_id: int, *, now: datetime
) -> VoucherOrder:
    """Reserve of the startup's voucher its share of what allowances leave of a booking that has just been written."""
    if booking.startup_id is None:
        raise Refusal(N_("Own use is free of charge: it needs no voucher."), field="voucher_id")
    if not actor.can(Action.MANAGE_SCHEMES):
        actor.require_for(Action.USE_VOUCHERS, booking.startup_id)
    return _reserve(session, actor, booking, resource, voucher_id, now)


def follow_change(
    session: Session, actor: Actor, bookings: Collection[Booking], resource: Resource, *, now: datetime
) -> None:
    """Let the vouchers of changed bookings bear what they would bear of them now, by `by_voucher.borne_of`.

    What more is ordered is for whoever uses the startup's vouchers, or books for others.
    """
    orders = orders_of(session, [each.id for each in bookings])
    if not orders:
        return
    to_pay = left_to_bear(session, orders)
    trimmed = {id_: to_pay[id_] for id_, order in orders.items() if stands(order, resource, to_pay[id_])}
    trim_sources(session, actor, now=now, kind=SOURCE, to_pay=trimmed, reason=CHANGED)
    anew = [each for each in bookings if each.id in orders and each.id not in trimmed]
    for booking in anew:
        by_staff = actor.can(Action.BOOK_FOR_OTHERS) or actor.can(Action.MANAGE_SCHEMES)
        if not by_staff and booking.startup_id not in actor.startups_for(Action.USE_VOUCHERS):
            raise Forbidden(N_("A voucher bears a part of this: who uses the startup's vouchers can change it so."))
        release_sources(session, actor, now=now, kind=SOURCE, source_ids=[booking.id], reason=CHANGED)
        _reserve(session, actor, booking, resource, orders[booking.id].voucher.id, now)


def give_back(
    session: Session, actor: Actor, booking_ids: Collection[int], *, now: datetime, reason: str = CANCELLED
) -> None:
    """What vouchers keep for bookings is theirs again: they bear neither a cancelled one nor the fee of cancelling."""
    if booking_ids:
        release_sources(session, actor, now=now, kind=SOURCE, source_ids=booking_ids, reason=reason)


def trim(session: Session, actor: Actor, booking_ids: Collection[int], *, now: datetime) -> None:
    """No more than its share of what is left, where allowances pay more of a booking than when it was made."""
    if booking_ids and orders_of(session, booking_ids):
        to_pay = left_to_bear(session, booking_ids)
        trim_sources(session, actor, now=now, kind=SOURCE, to_pay=to_pay, reason=ALLOWED)


def lock_orders(session: Session, bookings: Collection[Booking]) -> None:
    """Lock what vouchers keep for bookings that are taken back one by one, so that nobody waits in a circle."""
    if bookings:
        lock_sources(session, SOURCE, [each.id for each in bookings])


def left_to_bear(session: Session, booking_ids: Collection[int]) -> dict[int, int]:
    """What allowances leave of the prices of some bookings."""
    rows = session.execute(select(Booking.id, Booking.price_minor - covered_minor()).where(Booking.id.in_(booking_ids)))
    return {booking_id: int(left) for booking_id, left in rows}


def _reserve(
    session: Session, actor: Actor, booking: Booking, resource: Resource, voucher_id: int, now: datetime
) -> VoucherOrder:
    voucher, series = get_voucher_of(session, voucher_id, booking.startup_id)
    wanted = Wanted(use_of_resource(resource.kind), resource.name, left_to_bear(session, [booking.id])[booking.id],
                    source=(SOURCE, booking.id))  # fmt: skip
    return reserve(session, actor, now=now, voucher=voucher, series=series, wanted=wanted)
