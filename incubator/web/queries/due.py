"""What is due for a startup's people: one list, of what each subject has to say.

To add to it: write a function `(Asking) -> list[Due]` of one bounded statement and put it into `PROVIDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice, OpenItem
from incubator.billing.queries.instalments import open_parts
from incubator.bookings.models import Booking, Wait
from incubator.bookings.visitor_models import Visitor
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Phrase
from incubator.core.money import Money
from incubator.core.periods import local_day
from incubator.documents.models import Document
from incubator.documents.queries import seen_by
from incubator.documents.rules import SOON
from incubator.mentors.models import MentorSession
from incubator.mentors.queries.sessions import in_view, list_with_sides, mentors_of
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Resource, Site
from incubator.startups.models import Exit, ExitItem, FigureSheet, FigureVersion, Request, Residency
from incubator.startups.queries.agreements import list_waiting_texts
from incubator.startups.queries.handovers import list_waiting_handovers
from incubator.subsidies.queries.voucher_sources import list_ending
from incubator.web.today import ENDING_DAYS

MOST_OF_ONE = 5
"""How many rows one subject may fill; its list has the rest."""
VOUCHER_DAYS = 60
"""How long before its last day a voucher is spoken of."""
TONES = ("red", "yellow", "azure", "secondary")
"""Late; wants something of the reader; is on today; good to know. The list is in this order, and then by time."""


class Due(Struct, frozen=True):
    """One line: what, by when, where to do it, how pressing; `count` of how many, where it stands for several."""

    label: Phrase
    when: datetime | date | None
    endpoint: str
    ids: Mapping[str, int] = field(default_factory=dict)
    """What the page's address takes: `{"invoice_id": 7}`."""
    tone: str = "yellow"
    count: int = 1
    zone: str = "Asia/Shanghai"


class Asking(Struct, frozen=True):
    """Who asks, when, and which day that is."""

    session: Session
    actor: Actor
    now: datetime
    today: date


Provider = Callable[[Asking], Sequence[Due]]


def invoices_to_pay(asking: Asking) -> list[Due]:
    """What is open of invoices whose day of payment is not over, for who may see them: the next, with the day's sum."""
    startups = asking.actor.startups_for(Action.SEE_OWN_INVOICES)
    if not startups:
        return []
    parts = open_parts(OpenItem.startup_id.in_(startups))
    rows = asking.session.execute(
        select(parts.c.due_on, func.count(), func.sum(parts.c.open_minor), func.min(Invoice.currency),
               func.min(Invoice.id))
        .join(Invoice, Invoice.id == parts.c.invoice_id)
        .where(parts.c.due_on >= asking.today)
        .group_by(parts.c.due_on).order_by(parts.c.due_on).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(N_("Pay %(amount)s"), {"amount": Money(int(net), currency)}), due_on,
            "billing.show_invoice" if count == 1 else "billing.list_invoices",
            {"invoice_id": first} if count == 1 else {}, "yellow", count)
        for due_on, count, net, currency, first in rows
    ]  # fmt: skip


def payments_overdue(asking: Asking) -> list[Due]:
    """What of one's own is overdue, for who may see invoices: all in one line, by the day that is longest over."""
    startups = asking.actor.startups_for(Action.SEE_OWN_INVOICES)
    if not startups:
        return []
    parts = open_parts(OpenItem.startup_id.in_(startups))
    since, owed, count = asking.session.execute(
        select(func.min(parts.c.due_on), func.sum(parts.c.open_minor), func.count())
        .where(parts.c.due_on < asking.today)
    ).one()  # fmt: skip
    if not count:
        return []
    return [Due(Phrase(N_("Overdue: %(amount)s"), {"amount": Money(int(owed))}), since, "billing.my_overdue", {}, "red",
                count)]  # fmt: skip


def agreements_ending(asking: Asking) -> list[Due]:
    """Agreements that end within thirty days; of one that ends because the startup graduates, the day of graduation."""
    graduation = and_(Exit.startup_id == Residency.startup_id, Exit.happened_on == Residency.ends_on,
                      Exit.kind == "graduated", Exit.revoked_at.is_(None))  # fmt: skip
    rows = asking.session.execute(
        select(Residency.id, Residency.number, Residency.ends_on, Exit.id)
        .outerjoin(Exit, graduation)
        .where(
            Residency.startup_id.in_(asking.actor.startup_ids), Residency.ends_on >= asking.today,
            Residency.ends_on <= asking.today + timedelta(days=ENDING_DAYS),
        )
        .order_by(Residency.ends_on).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(N_("Agreement %(number)s ends") if exit_id is None else
                   N_("Day of graduation, and the last of agreement %(number)s"), {"number": number}),
            ends_on, "startups.show_residency", {"residency_id": residency_id},
            "yellow" if exit_id is None else "secondary")
        for residency_id, number, ends_on, exit_id in rows
        if ends_on is not None
    ]  # fmt: skip


TO_DO = {
    "address": N_("Register your company at another address"), "equipment": N_("Return keys, cards and equipment"),
    "bookings": N_("Cancel the bookings after your last day"), "other": N_("To be settled: %(title)s"),
}  # fmt: skip
"""What of an exit a startup has to see to itself, by a day. The deposit and the access are the operator's."""


def exits_to_settle(asking: Asking) -> list[Due]:
    """What is still open at the exit of a startup, and by when, for its founders and alumni."""
    startups = asking.actor.startups_for(Action.EDIT_OWN_STARTUP)
    if not startups:
        return []
    rows = asking.session.execute(
        select(ExitItem, Exit.id).join(Exit, Exit.id == ExitItem.exit_id)
        .where(
            Exit.startup_id.in_(startups), Exit.revoked_at.is_(None), ExitItem.outcome.is_(None),
            ExitItem.task.in_(TO_DO), ExitItem.due_on.is_not(None),
        )
        .order_by(ExitItem.due_on, ExitItem.id).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(TO_DO[item.task], {"title": item.title}), item.due_on, "startups.show_exit", {"exit_id": exit_id},
            "red" if item.due_on < asking.today else "yellow")
        for item, exit_id in rows
        if item.due_on is not None
    ]  # fmt: skip


def texts_to_accept(asking: Asking) -> list[Due]:
    """Texts of agreements that wait for a founder of the startup."""
    startups = asking.actor.startups_for(Action.EDIT_OWN_STARTUP)
    rows = list_waiting_texts(asking.session, startups, MOST_OF_ONE) if startups else []
    return [
        Due(Phrase(N_("Read and accept the agreement %(number)s"), {"number": text.content["number"]}), text.made_at,
            "startups.show_agreement_text", {"text_id": text.id})
        for text, _residency in rows
    ]  # fmt: skip


def lists_to_confirm(asking: Asking) -> list[Due]:
    """Handover and return lists that staff have signed and no founder has confirmed."""
    startups = asking.actor.startups_for(Action.EDIT_OWN_STARTUP)
    rows = list_waiting_handovers(asking.session, startups, MOST_OF_ONE) if startups else []
    return [
        Due(Phrase(N_("Confirm the list of %(day)s"), {"day": handover.happened_on}), handover.signed_at,
            "startups.show_handover", {"handover_id": handover.id})
        for handover, _residency in rows
    ]  # fmt: skip


def documents_expiring(asking: Asking) -> list[Due]:
    """Documents of the startup that expire within thirty days, or have expired and stand there as they are."""
    rows = asking.session.execute(
        select(Document.id, Document.title, Document.expires_on)
        .where(
            Document.startup_id.in_(asking.actor.startup_ids), seen_by(asking.actor), Document.withdrawn_at.is_(None),
            Document.expires_on <= asking.today + SOON,
        )
        .order_by(Document.expires_on).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(N_("%(title)s has expired") if is_over else N_("%(title)s expires"), {"title": title}), expires_on,
            "startups.show_document", {"document_id": document_id}, "red" if is_over else "yellow")
        for document_id, title, expires_on in rows
        if expires_on is not None
        for is_over in (expires_on < asking.today,)
    ]  # fmt: skip


def figures_to_report(asking: Asking) -> list[Due]:
    """Figures that are asked for and that it is the startup's turn to submit, for who may fill them in."""
    startups = asking.actor.startups_for(Action.EDIT_OWN_STARTUP)
    if not startups:
        return []
    is_submitted = (
        select(and_(FigureVersion.submitted_at.is_not(None), FigureVersion.returned_at.is_(None)))
        .where(FigureVersion.sheet_id == FigureSheet.id)
        .order_by(FigureVersion.number.desc()).limit(1).correlate(FigureSheet).scalar_subquery()
    )  # fmt: skip
    rows = asking.session.execute(
        select(FigureSheet)
        .where(FigureSheet.startup_id.in_(startups), ~func.coalesce(is_submitted, False))
        .order_by(FigureSheet.due_on, FigureSheet.id).limit(MOST_OF_ONE)
    ).scalars()  # fmt: skip
    return [
        Due(Phrase(N_("Report the figures of %(first)s to %(last)s"), {"first": row.starts_on, "last": row.ends_on}),
            row.due_on, "startups.show_figures", {"sheet_id": row.id},
            "red" if row.due_on < asking.today else "yellow")
        for row in rows
    ]  # fmt: skip


def requests_waiting(asking: Asking) -> list[Due]:
    """Requests to which the operator has a question, or that are to be confirmed as solved."""
    rows = asking.session.execute(
        select(Request, Site.zone).join(Site, Site.id == Request.site_id)
        .where(
            Request.startup_id.in_(asking.actor.startups_for(Action.ASK)), Request.closed_at.is_(None),
            or_(Request.waiting_since.is_not(None), Request.resolved_at.is_not(None)),
        )
        .order_by(Request.last_message_at).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(N_("Answer: %(title)s") if row.resolved_at is None else N_("Is it solved? %(title)s"),
                   {"title": row.title}),
            row.last_message_at, "startups.show_request", {"request_id": row.id},
            "yellow" if row.resolved_at is None else "secondary", zone=zone)
        for row, zone in rows
    ]  # fmt: skip


def waitlist_offers(asking: Asking) -> list[Due]:
    """Times that have become free and are held for the reader until they answer."""
    if not asking.actor.can(Action.BOOK):
        return []
    rows = asking.session.execute(
        select(Wait.id, Wait.offer_until, Resource, Site.zone)
        .join(Resource, Resource.id == Wait.resource_id).join(Site, Site.id == Resource.site_id)
        .where(Wait.person_id == asking.actor.person_id, Wait.ended_at.is_(None), Wait.offer_until > asking.now)
        .order_by(Wait.offer_until).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(N_("%(room)s is free: take it?"), {"room": resource}), until, "bookings.show_wait",
            {"wait_id": wait_id}, zone=zone)
        for wait_id, until, resource, zone in rows
    ]  # fmt: skip


def bookings_today(asking: Asking) -> list[Due]:
    """Bookings of the startup that are still to come, or on, today."""
    rows = asking.session.execute(
        select(Booking, Resource, Site.zone)
        .join(Resource, Resource.id == Booking.resource_id).join(Site, Site.id == Booking.site_id)
        .where(
            Booking.startup_id.in_(asking.actor.startup_ids), Booking.cancelled_at.is_(None),
            overlapping(asking.now, _tonight(asking), Booking),
        )
        .order_by(Booking.starts_at).limit(MOST_OF_ONE)
    ).all()  # fmt: skip
    return [
        Due(Phrase(N_("%(room)s is booked"), {"room": resource}), booking.start, "bookings.show",
            {"booking_id": booking.id}, "azure", zone=zone)
        for booking, resource, zone in rows
    ]  # fmt: skip


def visitors_today(asking: Asking) -> list[Due]:
    """Who is expected today and has not come yet; one line for all of them."""
    if not asking.actor.can(Action.BOOK):
        return []
    row = asking.session.execute(
        select(func.count(), func.min(func.lower(Visitor.expected)), func.min(Site.zone))
        .join(Site, Site.id == Visitor.site_id)
        .where(
            or_(Visitor.startup_id.in_(asking.actor.startup_ids), Visitor.host_id == asking.actor.person_id),
            Visitor.cancelled_at.is_(None), Visitor.arrived_at.is_(None), Visitor.erased_at.is_(None),
            func.upper(Visitor.expected) > asking.now, func.lower(Visitor.expected) < _tonight(asking),
        )
    ).one()  # fmt: skip
    count, first, zone = row
    if not count:
        return []
    label = N_("A visitor is expected") if count == 1 else N_("%(count)s visitors are expected")
    return [Due(Phrase(label, {"count": count}), first, "bookings.visitors", {}, "azure", count, zone)]


def sessions_of_mentoring(asking: Asking) -> list[Due]:
    """Sessions of today, and those whose log the reader's side has still to write or to confirm."""
    actor, now = asking.actor, asking.now
    if not (actor.can(Action.SEEK_MENTORS) or actor.can(Action.MENTOR)):
        return []
    theirs = or_(
        MentorSession.startup_id.in_(actor.startups_for(Action.SEEK_MENTORS)),
        MentorSession.mentor_id.in_(mentors_of(actor.person_id)),
    )
    begins = func.lower(MentorSession.period)
    today = and_(in_view("coming", now), begins < _tonight(asking))
    waiting = [theirs, or_(today, in_view("to_log", now), in_view("to_confirm", now))]
    found = []
    for row, said in list_with_sides(asking.session, waiting, 3 * MOST_OF_ONE):
        if ("mentor" if row.person.id == actor.person_id else "startup") in said:
            continue
        words, tone = (
            (N_("Confirm the log of %(title)s"), "yellow") if row.is_logged
            else (N_("Write the log of %(title)s"), "yellow") if row.meeting.end <= now
            else (N_("Mentoring session: %(title)s"), "azure")
        )  # fmt: skip
        found.append(Due(Phrase(words, {"title": row.meeting.title}), row.meeting.start, "mentors.show_session",
                         {"session_id": row.meeting.id}, tone, zone=row.zone))  # fmt: skip
    return found[:MOST_OF_ONE]


def vouchers_ending(asking: Asking) -> list[Due]:
    """Vouchers that end within sixty days with something left, for who uses them."""
    startups = asking.actor.startups_for(Action.USE_VOUCHERS)
    if not startups:
        return []
    return [
        Due(Phrase(N_("Voucher %(number)s: use the %(left)s left"),
                   {"number": row.voucher.label, "left": Money(row.balance.left)}),
            row.voucher.valid_until, "subsidies.show_voucher", {"voucher_id": row.voucher.id},
            "yellow" if row.voucher.valid_until <= asking.today + timedelta(days=ENDING_DAYS) else "secondary")
        for row in list_ending(asking.session, startups, asking.today, VOUCHER_DAYS)[:MOST_OF_ONE]
    ]  # fmt: skip


PROVIDERS: tuple[Provider, ...] = (
    payments_overdue, invoices_to_pay, agreements_ending, texts_to_accept, lists_to_confirm, documents_expiring,
    figures_to_report, exits_to_settle, requests_waiting, waitlist_offers, bookings_today, visitors_today,
    sessions_of_mentoring, vouchers_ending,
)  # fmt: skip
"""Who has something to say; each asks one bounded statement."""


def list_due(session: Session, actor: Actor, now: datetime) -> list[Due]:
    """All of it, the most pressing first, and of the same weight the earliest first."""
    asking = Asking(session, actor, now, now.astimezone(CHINA).date())
    return in_order([due for provider in PROVIDERS for due in provider(asking)])


def in_order(dues: Sequence[Due]) -> list[Due]:
    """By tone, then by time; what has no time stands last among its like."""
    return sorted(dues, key=lambda due: (TONES.index(due.tone), due.when is None, _moment(due)))


def _moment(due: Due) -> float:
    if due.when is None:
        return 0.0
    if isinstance(due.when, datetime):
        return due.when.timestamp()
    return local_day(due.when, ZoneInfo(due.zone)).end.timestamp()


def _tonight(asking: Asking) -> datetime:
    return local_day(asking.today, CHINA).end
