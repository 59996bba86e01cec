"""What a voucher bears of a booking, before it is booked or changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.core.clock import CHINA
from incubator.core.errors import N_, Refusal
from incubator.spaces.models import Resource
from incubator.subsidies.queries.voucher_sources import SourceOrder, foresee_borne, list_source_orders
from incubator.subsidies.rules.vouchers import Borne, too_much, use_of_resource

SOURCE = "booking"


def orders_of(session: Session, booking_ids: Collection[int]) -> dict[int, SourceOrder]:
    """The orders by which vouchers bear a part of some bookings, by their ids; one statement, or none."""
    found = list_source_orders(session, SOURCE, booking_ids) if booking_ids else []
    return {each.order.source_id: each for each in found if each.order.source_id is not None}


def stands(order: SourceOrder, resource: Resource, to_bear_minor: int) -> bool:
    """Whether a booking that is changed keeps its order: for the same use, and for no more than was ordered."""
    return order.order.use == use_of_resource(resource.kind) and to_bear_minor <= order.order.gross_minor


def borne_of(
    session: Session, resource: Resource, startup_id: int | None, voucher_id: int, to_bear_minor: int, now: datetime,
    instead: SourceOrder | None = None,
) -> Borne:  # fmt: skip
    """What a voucher would bear of what allowances leave of a price; Refusal where it can bear nothing.

    Of 300.00 at 50 %, 150.00. A booking that is changed (`instead` is its order) to 200.00 keeps 100.00 of that; to
    400.00 it is ordered anew, by the terms of today: refused after the voucher's last day.
    """
    if instead is not None and stands(instead, resource, to_bear_minor):
        borne = instead.borne
        over = too_much(instead.reserved_minor, instead.order.share_percent, to_bear_minor)
        return replace(borne, value_minor=borne.value_minor - over)
    if to_bear_minor == 0:
        raise Refusal(N_("Nothing is left to pay of this: it needs no voucher."), field="voucher_id")
    try:
        return foresee_borne(
            session, voucher_id, startup_id, use=use_of_resource(resource.kind), gross_minor=to_bear_minor,
            today=now.astimezone(CHINA).date(), instead=instead,
        )  # fmt: skip
    except Refusal as refusal:
        refusal.field = "voucher_id"  # what the forms of bookings call it
        raise
