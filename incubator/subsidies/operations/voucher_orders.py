"""Orders by voucher: reserved, redeemed in parts with evidence, given back."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.documents.operations import file_document
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT
from incubator.subsidies.models import ServiceProvider, Voucher, VoucherEntry, VoucherOrder, VoucherSeries, VoucherYear
from incubator.subsidies.operations.voucher_ledger import lock_vouchers, lock_year, next_number, use_year, write_entry
from incubator.subsidies.queries.voucher_ledger import OrderRow, get_order, list_redemptions
from incubator.subsidies.queries.voucher_people import list_users
from incubator.subsidies.queries.voucher_sources import get_standing
from incubator.subsidies.queries.vouchers import get_voucher_row
from incubator.subsidies.rules.vouchers import SOURCES, bear, redeemable


class Wanted(Struct, frozen=True):
    """What is ordered: of a provider, who for a session is its mentor; or (`source` alone) a booking of the operator's
    own, by its kind and number."""

    use: str
    title: str
    gross_minor: int
    provider_id: int | None = None
    source: tuple[str, int] | None = None


def order_by_voucher(session: Session, actor: Actor, *, now: datetime, voucher_id: int, wanted: Wanted) -> VoucherOrder:
    """Reserve of a voucher what it bears of a price; the startup pays the rest itself.

    Of 8,000.00 at 60 %, 4,800.00; of what is left of the voucher, or of the startup's limit for the year, no more than
    that. Where two ask for the last of it at once, one is refused.
    """
    row = get_voucher_row(session, actor, voucher_id)
    if not actor.can(Action.MANAGE_SCHEMES):
        actor.require_for(Action.USE_VOUCHERS, row.startup.id)
    return reserve(session, actor, now=now, voucher=row.voucher, series=row.series, wanted=wanted)


def reserve(
    session: Session, actor: Actor, *, now: datetime, voucher: Voucher, series: VoucherSeries, wanted: Wanted
) -> VoucherOrder:
    """The same by whoever has asked for permission: under the locks of the startup's year and the voucher, what it
    bears is worked out anew."""
    today = now.astimezone(CHINA).date()
    title = _check_wanted(session, series, wanted)
    year = lock_year(session, series, voucher.startup_id, today.year)
    voucher = lock_vouchers(session, [voucher.id])[voucher.id]
    covered = bear(get_standing(session, voucher, series, today), wanted.use, wanted.gross_minor, today)
    use_year(session, year, covered.minor)
    kind, source_id = wanted.source or (None, None)
    order = VoucherOrder(
        year=today.year, number=next_number(session, VoucherOrder, today.year), voucher_id=voucher.id,
        startup_id=voucher.startup_id, provider_id=wanted.provider_id, source_kind=kind, source_id=source_id,
        use=wanted.use, title=title, gross_minor=wanted.gross_minor, share_percent=series.share_percent,
        covered_minor=covered.minor, ordered_at=now, ordered_by=actor.person_id,
    )  # fmt: skip
    session.add(order)
    session.flush()
    write_entry(session, actor, voucher, "reserve", covered.minor, now=now, order_id=order.id)
    after = {"number": order.label, "voucher": voucher.label, "startup_id": voucher.startup_id, "title": title,
             "gross_minor": wanted.gross_minor, "covered_minor": covered.minor}  # fmt: skip
    record(session, actor, "order_by_voucher", ("voucher_orders", order.id), now=now, after=after)
    return order


def release_order(session: Session, actor: Actor, *, now: datetime, order_id: int, reason: str = "") -> VoucherOrder:
    """What is still reserved for it goes back to the voucher and the startup's year: a founder, before anything of it
    is redeemed; staff at any time, with a reason."""
    row = get_order(session, actor, order_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    _refuse_booking(row)
    if not actor.can(Action.MANAGE_SCHEMES):
        actor.require_for(Action.USE_VOUCHERS, row.startup.id)
        if row.redeemed_minor:
            raise Conflict(N_("A part of it is used already; ask the operator."))
    elif not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    year, voucher = _lock(session, row)
    row = get_order(session, actor, order_id)
    if row.reserved_minor == 0:
        raise Conflict(N_("Nothing is reserved for this order any more."))
    _release(session, actor, row, year, voucher, now, words)
    after = {"number": row.order.label, "released_minor": row.reserved_minor, "reason": words}
    record(session, actor, "release_order", ("voucher_orders", order_id), now=now, after=after)
    return row.order


class Evidence(Struct, frozen=True):
    """What proves that it was delivered: an invoice, a contract, a report."""

    title: str
    name: str
    content: bytes | IO[bytes]


def redeem(
    session: Session, actor: Actor, *, now: datetime, order_id: int, gross_minor: int, evidence: Evidence,
    happened_on: date | None = None, is_all: bool = False,
) -> VoucherEntry:  # fmt: skip
    """The provider has delivered for so much, and here is the evidence: the voucher's part of it is redeemed.

    Of an order of 8,000.00 with 4,800.00 reserved, an invoice of 5,000.00 redeems 3,000.00. With `is_all` what is still
    reserved goes back: there will be no more of it.
    """
    actor.require(Action.TAKE_VOUCHERS)
    row = get_order(session, actor, order_id)
    _refuse_booking(row)
    today = now.astimezone(CHINA).date()
    on = happened_on or today
    check_day(on, "happened_on")
    if on > today:
        raise Refusal(N_("This day is still to come."), field="happened_on")
    if on < row.order.ordered_at.astimezone(CHINA).date():
        raise Refusal(N_("It was ordered on %(day)s; it can't be delivered before."), field="happened_on",
                      day=row.order.ordered_at.astimezone(CHINA).date())  # fmt: skip
    year, voucher = _lock(session, row)
    row = get_order(session, actor, order_id)
    if row.reserved_minor == 0:
        raise Conflict(N_("Nothing is reserved for this order any more."))
    if not 0 < gross_minor <= row.to_deliver_minor:
        raise Refusal(N_("Give an amount above zero, at most what is not delivered yet."), field="gross")
    amount = redeemable(
        gross_minor=gross_minor, covered_minor=row.order.covered_minor, share=row.order.share_percent,
        gross_before=row.delivered_minor, redeemed_before=row.redeemed_minor,
    )  # fmt: skip
    if amount == 0:
        raise Refusal(N_("This is too little for the voucher to bear a part of."), field="gross")
    title = one_line(evidence.title, "title", LONGEST_NAME)
    document = file_document(
        session, actor, now=now, kind="other", title=title or f"{row.order.label} {row.order.title}"[:LONGEST_NAME],
        startup_id=row.startup.id, audience="founders", name=evidence.name, content=evidence.content,
    )  # fmt: skip
    entry = write_entry(session, actor, voucher, "redeem", amount, now=now, order_id=order_id, gross_minor=gross_minor,
                        document_id=document.id, happened_on=on)  # fmt: skip
    rest = row.reserved_minor - amount
    if rest and (is_all or gross_minor == row.to_deliver_minor):
        _release(session, actor, get_order(session, actor, order_id), year, voucher, now, "")
    notify(session, now=now, kind="voucher", about=("voucher_orders", order_id),
           people=list_users(session, row.startup.id), facts={"what": "redeemed", "amount_minor": amount})  # fmt: skip
    after = {"number": row.order.label, "voucher": voucher.label, "startup_id": row.startup.id,
             "gross_minor": gross_minor, "redeemed_minor": amount, "document_id": document.id, "on": on}  # fmt: skip
    record(session, actor, "redeem_voucher", ("voucher_orders", order_id), now=now, after=after)
    return entry


def return_redemption(
    session: Session, actor: Actor, *, now: datetime, order_id: int, entry_id: int, amount_minor: int, reason: str
) -> VoucherEntry:
    """The provider takes something back: it is left of the voucher and of the year again. What is settled already is
    recovered: the next settlement with the provider deducts it, and says of which list and redemption it is.

    After the last day it expires with the next look at the clock, as all that is left does. What stands on an invoice
    of the operator's own is not taken back here: an invoice is not changed.
    """
    actor.require(Action.MANAGE_SCHEMES)
    row = get_order(session, actor, order_id)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if row.order.source_kind == "booking":
        raise Conflict(N_("It stands on an invoice, which is not changed: what the voucher bears of it stays."))
    year, voucher = _lock(session, row)
    redemptions = {entry.id: (net, settled) for entry, net, settled in list_redemptions(session, order_id)}
    if entry_id not in redemptions:
        raise NotFound(N_("There is no such redemption."))
    net, settled = redemptions[entry_id]
    if not 0 < amount_minor <= net:
        raise Refusal(N_("Give an amount above zero, at most what was redeemed."), field="amount")
    kind, action = ("recover", "recover_redemption") if settled else ("return", "return_redemption")
    entry = write_entry(session, actor, voucher, kind, amount_minor, now=now, order_id=order_id, of_id=entry_id,
                        reason=words)  # fmt: skip
    use_year(session, year, -amount_minor)
    after = {"number": row.order.label, "startup_id": row.startup.id, "returned_minor": amount_minor, "reason": words}
    record(session, actor, action, ("voucher_orders", order_id), now=now, after=after)
    return entry


def _refuse_booking(row: OrderRow) -> None:
    """A booking's order follows the booking, and is redeemed by the invoice that it stands on."""
    if row.order.source_kind == "booking":
        raise Conflict(N_("This belongs to a booking: change or cancel the booking. It is redeemed by its invoice."))


def _lock(session: Session, row: OrderRow) -> tuple[VoucherYear, Voucher]:
    year = lock_year(session, row.series, row.startup.id, row.order.year)
    return year, lock_vouchers(session, [row.voucher.id])[row.voucher.id]


def _release(
    session: Session, actor: Actor, row: OrderRow, year: VoucherYear, voucher: Voucher, now: datetime, reason: str
) -> None:
    write_entry(session, actor, voucher, "release", row.reserved_minor, now=now, order_id=row.order.id, reason=reason)
    use_year(session, year, -row.reserved_minor)


def _check_wanted(session: Session, series: VoucherSeries, wanted: Wanted) -> str:
    title = one_line(wanted.title, "title", LONGEST_NAME)
    if not title:
        raise Refusal(N_("Say what is ordered."), field="title")
    if wanted.use not in series.uses:
        raise Refusal(N_("This voucher can't be used for that."), field="use")
    if wanted.source is not None and wanted.source[0] not in SOURCES:
        raise Refusal(N_("This voucher can't be used for that."), field="use")
    is_own = wanted.source is not None and wanted.source[0] == "booking"
    if (wanted.provider_id is None) != is_own:
        raise Refusal(N_("Choose a provider."), field="provider_id")
    if wanted.provider_id is not None:
        query = select(ServiceProvider).where(ServiceProvider.id == wanted.provider_id)
        provider = session.execute(query).scalar_one_or_none()
        if provider is None:
            raise NotFound(N_("There is no such provider."))
        if provider.ended_at is not None:
            raise Refusal(N_("Nothing can be ordered from this provider any more."), field="provider_id")
        if wanted.use not in provider.uses:
            raise Refusal(N_("This provider does not offer that."), field="use")
    return title
