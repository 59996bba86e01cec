"""Sessions that a voucher bears a part of: orders with the mentor as the provider, proved by the confirmed log.

Sessions stand on no invoice; what a voucher does not bear, the startup pays the mentor.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict
from incubator.core.money import round_half_up
from incubator.documents.pdf import render
from incubator.mentors.models import Mentor, MentorSession
from incubator.mentors.queries.sessions import MeetingRow, get_meeting_row, list_logs
from incubator.mentors.session_paper import session_data
from incubator.spaces.operations.words import LONGEST_NAME
from incubator.subsidies.models import ServiceProvider, VoucherEntry, VoucherOrder
from incubator.subsidies.operations.voucher_orders import Evidence, Wanted, redeem, reserve
from incubator.subsidies.operations.voucher_sources import release_sources, trim_sources
from incubator.subsidies.queries.voucher_sources import get_voucher_of, list_source_orders

SOURCE = "mentor_session"
USE = "mentors"
CANCELLED = N_("the session is cancelled")
MISSED = N_("nobody came to the session")
MOVED = N_("the session has moved")


def price_of(meeting: MentorSession, minutes: int | None = None) -> int:
    """500.00 an hour for 90 minutes are 750.00; 0: it is pro bono."""
    if minutes is None:
        minutes = int((meeting.end - meeting.start).total_seconds() // 60)
    return round_half_up(Fraction((meeting.rate_minor or 0) * minutes, 60))


def can_be_ordered(row: MeetingRow, now: datetime) -> bool:
    """Whether a voucher may bear a part of the session: of one that costs something, whose mentor takes vouchers, and
    that has not begun."""
    meeting = row.meeting
    stands = meeting.cancelled_at is None and meeting.missed_at is None and now < meeting.start
    return stands and bool(meeting.rate_minor) and row.mentor.takes_vouchers and meeting.currency == "CNY"


def order_session(
    session: Session, actor: Actor, *, now: datetime, session_id: int, voucher_id: int
) -> VoucherOrder:  # fmt: skip
    """Reserve of one of the startup's vouchers its share of a session's price, before the session; once."""
    row = get_meeting_row(session, actor, session_id, for_update=True)
    if not actor.can(Action.MANAGE_SCHEMES):
        actor.require_for(Action.USE_VOUCHERS, row.meeting.startup_id)
    if not can_be_ordered(row, now):
        raise Conflict(N_("No voucher can bear a part of this: it has begun, is free or its mentor takes none."))
    if list_source_orders(session, SOURCE, [session_id]):
        raise Conflict(N_("A voucher bears a part of it already."))
    voucher, series = get_voucher_of(session, voucher_id, row.meeting.startup_id)
    provider = _provider_of(session, actor, row, now)
    wanted = Wanted(USE, row.meeting.title, price_of(row.meeting), provider.id, (SOURCE, session_id))
    order = reserve(session, actor, now=now, voucher=voucher, series=series, wanted=wanted)
    row.meeting.payer = "voucher"
    session.flush()
    return order


def give_session_back(session: Session, actor: Actor, meeting: MentorSession, *, now: datetime, reason: str) -> None:
    """What a voucher keeps for a session that does not take place is its own again."""
    release_sources(session, actor, now=now, kind=SOURCE, source_ids=[meeting.id], reason=reason)


def follow_session(session: Session, actor: Actor, meeting: MentorSession, *, now: datetime) -> None:
    """Of a session that is shorter by now a voucher bears no more than its share; of a longer one what it bore."""
    trim_sources(session, actor, now=now, kind=SOURCE, to_pay={meeting.id: price_of(meeting)}, reason=MOVED)


def redeem_session(session: Session, actor: Actor, *, now: datetime, session_id: int) -> VoucherEntry:
    """Redeem a session's order by the log that both sides have confirmed: its paper is the evidence, with the log's
    hash. Paid are the minutes that they met, at most those that were ordered; the rest goes back to the voucher."""
    actor.require(Action.TAKE_VOUCHERS)
    row = get_meeting_row(session, actor, session_id, for_update=True)
    log = next((each for each in list_logs(session, session_id) if each.evidence is not None), None)
    if log is None or log.evidence is None:
        raise Conflict(N_("Both sides have to confirm the log first."))
    order = next(iter(list_source_orders(session, SOURCE, [session_id])), None)
    if order is None or not order.reserved_minor:
        raise Conflict(N_("Nothing is reserved for this session."))
    paper = render("mentors/session.typ", session_data(row, log, order.order, get_operator(session)))
    evidence = Evidence(f"辅导凭证 {order.order.label} {row.meeting.title}"[:LONGEST_NAME],
                        f"{order.order.label}.pdf", paper)  # fmt: skip
    gross = min(price_of(row.meeting, log.evidence.minutes), order.order.gross_minor)
    return redeem(session, actor, now=now, order_id=order.order.id, gross_minor=gross, evidence=evidence,
                  happened_on=log.evidence.on, is_all=True)  # fmt: skip


def _provider_of(session: Session, actor: Actor, row: MeetingRow, now: datetime) -> ServiceProvider:
    """The mentor as a provider, made with the first order; where it is paid, finance enters."""
    query = select(ServiceProvider).where(ServiceProvider.mentor_id == row.mentor.id)
    if (provider := session.execute(query).scalar_one_or_none()) is not None:
        return provider
    # of two first orders at once the second finds the first's
    session.execute(select(Mentor.id).where(Mentor.id == row.mentor.id).with_for_update(key_share=True))
    if (provider := session.execute(query).scalar_one_or_none()) is not None:
        return provider
    taken = session.execute(select(ServiceProvider.id).where(ServiceProvider.name == row.person.name)).first()
    name = f"{row.person.name} ({row.mentor.number})" if taken else row.person.name
    provider = ServiceProvider(name=name, uses=[USE], mentor_id=row.mentor.id, created_at=now)
    session.add(provider)
    session.flush()
    record(session, actor, "add_provider", ("service_providers", provider.id), now=now,
           after={"name": name, "uses": [USE], "mentor_id": row.mentor.id})  # fmt: skip
    return provider
