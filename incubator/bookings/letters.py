"""Letters about bookings, series and waits: what a notice says, in its reader's language, if it is still so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.calendars import calendar_text, entry_of
from incubator.bookings.queries import BookingRow, get_booking_row, get_series, list_series_rows
from incubator.bookings.visitor_letters import write_visitor
from incubator.bookings.wait_queries import get_wait
from incubator.bookings.wording import span_text
from incubator.core.errors import N_
from incubator.documents.formats import clock, day, money, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer
from incubator.spaces.models import Resource
from incubator.spaces.queries import get_resource, get_site

SUBJECTS = {
    "booked": N_("Booked: %(what)s"),
    "noted": N_("Waits for approval: %(what)s"),
    "change": N_("Changed: %(what)s"),
    "reminder": N_("Coming up: %(what)s"),
    "cancelled": N_("Cancelled: %(what)s"),
    "no_show": N_("Given back: %(what)s"),
    "closure": N_("Closed over your booking: %(what)s"),
    "wanted": N_("To be approved: %(what)s"),
    "approved": N_("Approved: %(what)s"),
    "declined": N_("Declined: %(what)s"),
    "expired": N_("Not approved in time: %(what)s"),
}
SENTENCES = {
    "booked": N_("this booking stands:"),
    "noted": N_("your wish is noted. It is booked once it is approved; until %(until)s its time is kept for you."),
    "change": N_("this booking was changed. It was %(before)s; it is now:"),
    "reminder": N_("this booking is coming up:"),
    "cancelled": N_("this booking is cancelled:"),
    "no_show": N_("nobody had come by %(until)s, so the rest of this booking was given back:"),
    "closure": N_("this booking had to be cancelled, free of charge, because of a closure: %(reason)s. We are sorry."),
    "wanted": N_("this booking waits for approval until %(until)s:"),
    "approved": N_("this booking is approved and stands:"),
    "declined": N_("this booking was declined: %(reason)s"),
    "expired": N_("this booking was not approved in time; its time is free again:"),
}
OVER = ("cancelled", "no_show", "closure", "declined", "expired")
"""After these there is nothing left to open: the button leads to a new booking."""


def write_booking(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about one booking; None where what it would say is no longer so."""
    row = get_booking_row(session, reader.actor, notice.subject_id)
    what = _which(notice, row, now)
    if what is None:
        return None
    booking, zone = row.booking, row.site.zone
    resource = " · ".join(part for part in (named(row.resource, reader.locale), row.given) if part)
    thing = f"{resource} · {span_text(booking.start, booking.end, zone, reader.locale)}"
    values = {
        "until": _moment(booking.check_in_until if what == "no_show" else booking.awaiting_until, zone, reader.locale),
        "before": _before(session, notice, reader, zone),
        "reason": notice.facts.get("reason") or booking.cancel_reason or "",
    }  # fmt: skip
    lines = [reader.say(SENTENCES[what], **values), thing, _place(row, reader)]
    lines += _price_lines(row, what, reader) + _others(session, notice, reader)
    button = _button(what, row, notice, reader)
    calendar = _calendar([row], reader, thing) if what not in ("reminder", "wanted") else ""
    return _letter(reader, reader.say(SUBJECTS[what], what=thing), lines, button, calendar)


def _calendar(rows: Sequence[BookingRow], reader: Reader, name: str) -> str:
    """The bookings as they stand now, for the reader's own calendar."""
    def say(message: str) -> str:
        return reader.say(message)

    entries = [entry_of(row, locale=reader.locale, say=say, base_url=reader.base_url) for row in rows]
    return calendar_text(entries, name).decode()


def _which(notice: Notice, row: BookingRow, now: datetime) -> str | None:
    booking, what = row.booking, str(notice.facts.get("what", ""))
    stands = booking.cancelled_at is None
    if notice.kind == "confirmation":
        return ("noted" if booking.is_awaiting else "booked") if stands else None
    if notice.kind == "reminder":
        still = datetime.fromisoformat(notice.facts["start"]) == booking.start and now < booking.start
        return "reminder" if stands and still and not booking.is_awaiting else None
    if notice.kind == "change":
        return "change" if stands else None
    if notice.kind == "cancellation":
        return "no_show" if what == "no_show" else "cancelled"
    if notice.kind == "closure":
        return "closure"
    if what == "wanted":
        return "wanted" if booking.is_awaiting else None
    return what if what in SUBJECTS else None


def _before(session: Session, notice: Notice, reader: Reader, zone: str) -> str:
    """Room and time as they were before a change."""
    facts: dict[str, Any] = notice.facts
    if "start" not in facts or "resource_id" not in facts:
        return ""
    was = session.execute(select(Resource).where(Resource.id == facts["resource_id"])).scalar_one()
    start, end = datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"])
    return f"{named(was, reader.locale)} · {span_text(start, end, zone, reader.locale)}"


def _place(row: BookingRow, reader: Reader) -> str:
    between = "，" if reader.locale == "zh_Hans" else ", "
    return between.join(part for part in (named(row.site, reader.locale), row.site.address) if part)


def _price_lines(row: BookingRow, what: str, reader: Reader) -> list[str]:
    booking = row.booking

    def amount(minor: int) -> str:
        return money(minor, booking.currency, reader.locale)

    if booking.startup_id is None or what in ("closure", "declined", "expired"):
        return []
    if what == "cancelled":
        fee = booking.fee_minor
        return [reader.say(N_("Cancelling it cost %(fee)s."), fee=amount(fee)) if fee
                else reader.say(N_("Nothing is charged."))]  # fmt: skip
    if booking.price_minor == 0:
        return [reader.say(N_("Free of charge."))]
    price = reader.say(N_("Price: %(price)s."), price=amount(booking.price_minor))
    if row.borne_minor:
        price = " ".join([price, reader.say(N_("A voucher bears %(value)s of it."), value=amount(row.borne_minor))])
    if not row.covered_minor:
        return [price]
    return [price, reader.say(N_("Allowances pay %(covered)s of it; %(left)s is left to pay."),
                              covered=amount(row.covered_minor), left=amount(row.charged_minor))]  # fmt: skip


def _others(session: Session, notice: Notice, reader: Reader) -> list[str]:
    """The rooms that were free at the same time when the booking was cancelled for a closure."""
    ids = notice.facts.get("others") or []
    if not ids:
        return []
    found = session.execute(select(Resource).where(Resource.id.in_(ids)).order_by(Resource.code)).scalars()
    between = "、" if reader.locale == "zh_Hans" else ", "
    names = between.join(named(resource, reader.locale) for resource in found)
    return [reader.say(N_("Free at the same time: %(rooms)s."), rooms=names)]


def _button(what: str, row: BookingRow, notice: Notice, reader: Reader) -> tuple[str, str]:
    booking, zone = row.booking, ZoneInfo(row.site.zone)
    if what not in OVER:
        words = N_("Decide") if what == "wanted" else N_("Open the booking")
        return reader.say(words), reader.link(f"/bookings/{booking.id}")
    start, end = booking.start.astimezone(zone), booking.end.astimezone(zone)
    others = notice.facts.get("others") or [row.resource.id]
    query = f"resource_id={others[0]}&on={start:%Y-%m-%d}&start={start:%H:%M}&end={end:%H:%M}"
    return reader.say(N_("Book another time or room")), reader.link(f"/bookings/new?{query}")


def write_series(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a series: once, for all its days."""
    series = get_series(session, reader.actor, notice.subject_id)
    resource = get_resource(session, reader.actor, series.resource_id)
    start, end = divmod(series.start_minute, 60), divmod(series.end_minute, 60)
    times = f"{start[0]:02}:{start[1]:02}–{end[0]:02}:{end[1]:02}"
    thing = f"{named(resource, reader.locale)} · {times}"
    count = int(notice.facts.get("count", 0))
    sentences = {
        "confirmation": N_("a series of %(count)s bookings stands, from %(day)s on:"),
        "change": N_("%(count)s bookings of this series were added or changed:"),
        "cancellation": N_("%(count)s bookings of this series are cancelled:"),
    }
    subjects = {"confirmation": SUBJECTS["booked"], "change": SUBJECTS["change"], "cancellation": SUBJECTS["cancelled"]}
    if notice.kind not in sentences:
        return None
    said = reader.say(sentences[notice.kind], count=count, day=day(series.first_on, reader.locale))
    button = (reader.say(N_("All days of the series")), reader.link(f"/bookings/series/{series.id}"))
    rows = list_series_rows(session, reader.actor, series.id)
    return _letter(reader, reader.say(subjects[notice.kind], what=thing), [said, thing], button,
                   _calendar(rows, reader, thing))  # fmt: skip


def write_wait(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a wait: something is free, or it is over."""
    wait = get_wait(session, reader.actor, notice.subject_id)
    resource = get_resource(session, reader.actor, wait.resource_id)
    site, what = get_site(session, reader.actor, wait.site_id), notice.facts.get("what")
    name = named(resource, reader.locale)
    if what == "offered":
        if wait.ended_at is not None or wait.offered is None or wait.offer_until is None or wait.offer_until <= now:
            return None
        start, end = wait.offered.lower, wait.offered.upper
        assert start is not None and end is not None
        thing = f"{name} · {span_text(start, end, site.zone, reader.locale)}"
        lines = [
            reader.say(N_("what you wait for has become free:")), thing,
            reader.say(N_("It is kept for you until %(until)s, then it goes to the next in line."),
                       until=_moment(wait.offer_until, site.zone, reader.locale)),
        ]  # fmt: skip
        return _letter(reader, reader.say(N_("Free for you: %(what)s"), what=thing), lines,
                       (reader.say(N_("Look at the offer")), reader.link(f"/waitlist/{wait.id}")))  # fmt: skip
    said = (N_("you did not answer in time, so the offer of %(what)s went to the next in line.") if what == "lapsed"
            else N_("nothing became free of %(what)s while you waited. The time has passed."))  # fmt: skip
    return _letter(reader, reader.say(N_("The wait is over: %(what)s"), what=name), [reader.say(said, what=name)],
                   (reader.say(N_("Find another time")), reader.link("/timeline")))  # fmt: skip


def _letter(
    reader: Reader, subject: str, lines: Sequence[str], button: tuple[str, str], calendar: str = ""
) -> Letter:
    hello = reader.say(N_("Hello %(name)s,"), name=reader.actor.name)
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, subject, [hello, *(line for line in lines if line)], button, [small], calendar)


def _moment(at: datetime | None, zone: str, locale: str) -> str:
    return "" if at is None else f"{day(at.astimezone(ZoneInfo(zone)).date(), locale)} {clock(at, zone)}"


WRITERS: dict[str, Writer] = {"bookings": write_booking, "booking_series": write_series, "waits": write_wait,
                              "visitors": write_visitor}  # fmt: skip
"""What a notice of bookings can be about, and who words it."""
