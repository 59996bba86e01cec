"""The demo's vouchers at work in the house: instruments booked by voucher, a session with a mentor, what was paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.operations import book
from incubator.core.clock import CHINA
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.documents.pdf import render
from incubator.mentors.models import Mentor
from incubator.mentors.operations.sessions import Where, book_session
from incubator.mentors.operations.vouchers import order_session
from incubator.spaces.models import Resource
from incubator.startups.models import Residency
from incubator.subsidies.models import Voucher, VoucherEntry, VoucherOrder, VoucherSeries, VoucherSettlement
from incubator.subsidies.operations.voucher_orders import Evidence, return_redemption
from incubator.subsidies.operations.voucher_payments import pay_settlement

A_DAY = timedelta(days=1)


def use_vouchers(session: Session, actor: Actor, now: datetime) -> None:
    """By voucher: an instrument in a month that is posted, in the one that is left to the visitor, and next week; a
    session with a mentor that is still to come."""
    today = now.astimezone(CHINA).date()
    this = Month.of(today)
    days = [(this - 1).first - 5 * A_DAY, this.first - 8 * A_DAY, today + 6 * A_DAY]
    for voucher, instruments in _at_hand(session):
        for day in list(days):
            then = datetime.combine(day, datetime.min.time(), CHINA)
            if voucher.valid_from < day and _book(session, actor, voucher, instruments, then, now):
                days.remove(day)
    _see_a_mentor(session, actor, now)


def _at_hand(session: Session) -> list[tuple[Voucher, list[Resource]]]:
    """Vouchers for instruments whose startups are at a site that has some."""
    found = []
    for voucher in session.execute(
        select(Voucher).join(VoucherSeries, VoucherSeries.id == Voucher.series_id)
        .where(VoucherSeries.code == "CX-DEMO").order_by(Voucher.valid_from, Voucher.id)
    ).scalars().all():  # fmt: skip
        sites = select(Residency.site_id).where(Residency.startup_id == voucher.startup_id)
        query = select(Resource).where(Resource.kind == "instrument", Resource.site_id.in_(sites)).order_by(Resource.id)
        if instruments := list(session.execute(query).scalars()):
            found.append((voucher, instruments))
    return found


def _book(
    session: Session, actor: Actor, voucher: Voucher, instruments: Sequence[Resource], then: datetime, now: datetime
) -> bool:
    """Two hours of the first instrument that is free in the five days from then on, ordered the day before."""
    for start in _hours(then):
        for each in instruments:
            try:
                book(session, actor, now=min(start - A_DAY, now), resource_id=each.id, start=start,
                     end=start + timedelta(hours=2), startup_id=voucher.startup_id, title="样件测试",
                     voucher_id=voucher.id)  # fmt: skip
            except Refusal:  # taken, closed on that day, or the voucher has ended
                continue
            return True
    return False


def _hours(first: datetime) -> Iterator[datetime]:
    for day in range(5):
        for hour in (10, 13, 15):
            yield first + timedelta(days=day, hours=hour)


def _see_a_mentor(session: Session, actor: Actor, now: datetime) -> None:
    """A session in the coming fortnight with a mentor who takes vouchers, for a startup that has one for that."""
    takers = select(Mentor).where(Mentor.takes_vouchers, Mentor.ended_at.is_(None)).order_by(Mentor.id)
    mentors = session.execute(takers).scalars().all()
    vouchers = session.execute(
        select(Voucher).join(VoucherSeries, VoucherSeries.id == Voucher.series_id)
        .where(VoucherSeries.code == "CY-DEMO").order_by(Voucher.id)
    ).scalars().all()  # fmt: skip
    midnight = datetime.combine(now.astimezone(CHINA).date(), datetime.min.time(), CHINA)
    starts = [midnight + timedelta(days=day, hours=hour) for day in range(2, 14) for hour in (10, 14, 16, 19)]
    for mentor, voucher, start in product(mentors, vouchers, starts):
        try:
            with session.begin_nested():
                meeting = book_session(
                    session, actor, now=now, mentor_id=mentor.id, startup_id=voucher.startup_id, start=start,
                    end=start + timedelta(minutes=90), title="出海合规与股权设计",
                    where=Where("online", link="https://meet.example.com/demo"), by_voucher=True,
                )  # fmt: skip
                order_session(session, actor, now=now, session_id=meeting.id, voucher_id=voucher.id)
        except Refusal:  # not free then, or nothing is left
            continue
        return


def pay_and_recover(session: Session, actor: Actor, settlement: VoucherSettlement, now: datetime) -> None:
    """The provider was paid by transfer; since then it has given a part back, which its next list deducts."""
    proof = render("startups/demo_paper.typ", {"title": "银行回单", "startup": settlement.content["provider"]})
    pay_settlement(
        session, actor, now=now - timedelta(hours=30), settlement_id=settlement.id,
        paid_on=(now - timedelta(hours=30)).astimezone(CHINA).date(), way="transfer", reference="2026-ICBC-004417",
        proof=Evidence(f"{settlement.label} 银行回单", f"{settlement.label}-paid.pdf", proof),
    )  # fmt: skip
    entry = session.execute(
        select(VoucherEntry).join(VoucherOrder, VoucherOrder.id == VoucherEntry.order_id)
        .where(VoucherEntry.kind == "redeem", VoucherOrder.provider_id == settlement.provider_id)
        .order_by(VoucherEntry.amount_minor).limit(1)
    ).scalar_one()  # fmt: skip
    assert entry.order_id is not None  # a redemption is of an order
    return_redemption(session, actor, now=now - timedelta(hours=5), order_id=entry.order_id, entry_id=entry.id,
                      amount_minor=min(30_000, entry.amount_minor), reason="少监测一个类别，机构退回差额")  # fmt: skip
