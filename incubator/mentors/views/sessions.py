"""Sessions: lists, booking one in a mentor's free time, its page, moving it and calling it off."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from msgspec import Struct

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter, person_key
from incubator.bookings.operations.cancel import cancellation_fee
from incubator.bookings.wording import span_text
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.money import round_half_up
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.formats import duration, money, named
from incubator.documents.refusing import refuse, tell
from incubator.i18n import reader_locale
from incubator.mentors import wording
from incubator.mentors.figure_workbook import hours_of
from incubator.mentors.forms.sessions import CancelForm, SessionForm, WhereForm, start_of
from incubator.mentors.models import Mentor
from incubator.mentors.operations import sessions as operations
from incubator.mentors.operations.sides import MENTOR, side_of
from incubator.mentors.queries import sessions as reads
from incubator.mentors.queries.feedback import answers_about_mentor
from incubator.mentors.queries.needs import get_need
from incubator.mentors.queries.profiles import get_mentor
from incubator.mentors.queries.sessions import MeetingRow
from incubator.mentors.queries.times import DAYS_SHOWN, list_free_days, list_free_rooms
from incubator.mentors.rules.feedback import Answers
from incubator.mentors.rules.sessions import AHEAD, LENGTHS
from incubator.mentors.views.blueprint import blueprint
from incubator.mentors.wording import SESSION_VIEWS
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup, list_own_startups

BOOKINGS = "60 per hour"


@blueprint.route("/mentoring/sessions")
@requires(Action.SEE_MENTORING, Action.MENTOR, Action.SEEK_MENTORS)
def list_sessions() -> str:
    """The sessions that one has part in, or (staff) all."""
    session, actor, now = db.session(), current_actor(), utc_now()
    view = request.args.get("view", "coming")
    view = view if view in reads.VIEWS else "coming"
    asked = {"mentor_id": request.args.get("mentor_id", type=row_id),
             "startup_id": request.args.get("startup_id", type=row_id)}  # fmt: skip
    page = reads.list_sessions(session, actor, now=now, view=view, page=page_number(request.args.get("page")),
                               mentor_id=asked["mentor_id"], startup_id=asked["startup_id"])  # fmt: skip
    tasks = reads.list_open_tasks(session, actor, actor.startup_ids) if actor.can(Action.SEEK_MENTORS) else []
    return render_template(
        "mentors/list_sessions.html", page=page, view=view, views=SESSION_VIEWS, now=now, tasks=tasks, asked=asked,
        counts=reads.count_views(session, actor, now),
    )  # fmt: skip


@blueprint.route("/mentoring/sessions/new", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS, Action.MENTOR, Action.SEEK_MENTORS)
@limiter.limit(BOOKINGS, key_func=person_key, methods=["POST"])
def new_session() -> Answer:
    """A session in two steps: when the mentor is free, then what about and where."""
    session, actor, now = db.session(), current_actor(), utc_now()
    mentor = get_mentor(session, actor, request.args.get("mentor_id", 0, type=row_id))
    need_id = request.args.get("need_id", type=row_id)
    need = None if need_id is None else get_need(session, actor, need_id)
    startup = _startup_for(mentor, need.startup_id if need else request.args.get("startup_id", type=row_id))
    minutes = request.args.get("minutes", 60, type=int)
    minutes = minutes if minutes in LENGTHS else 60
    chosen = start_of(request.args.get("start"))
    asked = {"mentor_id": mentor.id, "need_id": need_id, "startup_id": startup.id, "minutes": minutes}
    common = {"mentor": mentor, "name": reads.name_of(session, mentor), "startup": startup, "need": need,
              "asked": asked, "minutes": minutes, "lengths": LENGTHS}  # fmt: skip
    if chosen is None:
        return _choose_time(mentor, minutes, now, "mentors.new_session", common)
    end, status = chosen + timedelta(minutes=minutes), 200
    form = SessionForm()
    _offer(form, mentor, startup.id, chosen, end, now)
    if request.method == "GET":
        form.request_key.data, form.title.data = secrets.token_urlsafe(12), need.title if need else ""
        form.place.data, form.link.data = mentor.meeting_place, mentor.meeting_link
    elif not form.validate():
        status = 422
    else:
        try:
            made = operations.book_session(
                session, actor, now=now, mentor_id=mentor.id, startup_id=startup.id, start=chosen, end=end,
                title=form.title.data or "", where=form.where(), need_id=need_id, by_voucher=form.by_voucher.data,
                request_key=form.request_key.data or None,
            )  # fmt: skip
            session.commit()
            flash(_("The session is booked. Both sides get a mail with an entry for their calendars."), "success")
            return redirect(url_for("mentors.show_session", session_id=made.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            mentor = get_mentor(session, actor, asked["mentor_id"] or 0)
            common |= {"mentor": mentor, "startup": _startup_for(mentor, asked["startup_id"])}
            if need_id is not None:
                common["need"] = get_need(session, actor, need_id)
    fee = _price_words(mentor, minutes)
    return render_template("mentors/new_session.html", form=form, start=chosen, end=end, fee=fee, **common), status


@blueprint.route("/mentoring/sessions/<int:session_id>/move", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS, Action.MENTOR, Action.SEEK_MENTORS)
@limiter.limit(BOOKINGS, key_func=person_key, methods=["POST"])
def move_session(session_id: int) -> Answer:
    """Another time or place, in the same two steps."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = reads.get_meeting_row(session, actor, session_id)
    minutes = request.args.get("minutes", int(row.time.duration / timedelta(minutes=1)), type=int)
    lengths = sorted({*LENGTHS, minutes} if 15 <= minutes <= 480 and minutes % 15 == 0 else LENGTHS)
    minutes = minutes if minutes in lengths else 60
    chosen = start_of(request.args.get("start"))
    asked = {"session_id": session_id, "minutes": minutes}
    common = {"mentor": row.mentor, "name": row.person.name, "startup": row.startup, "need": None, "asked": asked,
              "minutes": minutes, "lengths": lengths, "row": row}  # fmt: skip
    if chosen is None:
        return _choose_time(row.mentor, minutes, now, "mentors.move_session", common)
    end, status = chosen + timedelta(minutes=minutes), 200
    form = WhereForm()
    _offer(form, row.mentor, row.startup.id, chosen, end, now)
    if request.method == "GET":
        form.way.data = row.meeting.way if row.meeting.way in dict(form.way.choices) else form.way.data
        form.place.data = row.meeting.place or row.mentor.meeting_place
        form.link.data = row.meeting.link or row.mentor.meeting_link
        form.fee.data = str(fee_of(row, now))
    elif not form.validate():
        status = 422
    else:
        try:
            operations.move_session(session, actor, now=now, session_id=session_id, start=chosen, end=end,
                                    where=form.where(), fee=form.fee_seen())  # fmt: skip
            session.commit()
            flash(_("The session is moved. The other side is told."), "success")
            return redirect(url_for("mentors.show_session", session_id=session_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            row = reads.get_meeting_row(session, actor, session_id)
            common |= {"mentor": row.mentor, "startup": row.startup, "row": row}
            form.fee.data = str(fee_of(row, now))
    return render_template("mentors/move_session.html", form=form, start=chosen, end=end, room_fee=fee_of(row, now),
                           **common), status  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/cancel", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS, Action.MENTOR, Action.SEEK_MENTORS)
def cancel_session(session_id: int) -> Answer:
    """Call it off, with a reason and what giving the room back costs."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row, form, status = reads.get_meeting_row(session, actor, session_id), CancelForm(), 200
    if request.method == "GET":
        form.fee.data = str(fee_of(row, now))
    elif not form.validate():
        status = 422
    else:
        try:
            operations.cancel_session(session, actor, now=now, session_id=session_id, reason=form.reason.data or "",
                                      fee=form.fee_seen())  # fmt: skip
            session.commit()
            flash(_("The session is cancelled. The other side is told."), "success")
            return redirect(url_for("mentors.show_session", session_id=session_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            row = reads.get_meeting_row(session, actor, session_id)
            form.fee.data = str(fee_of(row, now))
    return render_template("mentors/cancel_session.html", row=row, form=form, room_fee=fee_of(row, now)), status


@blueprint.route("/mentoring/sessions/<int:session_id>/missed", methods=["POST"])
@requires(Action.MANAGE_MENTORS, Action.MENTOR, Action.SEEK_MENTORS)
def miss_session(session_id: int) -> Answer:
    """Somebody did not come; or (staff) they did after all."""
    session, actor, now = db.session(), current_actor(), utc_now()
    who = request.form.get("missed_by", "")
    try:
        if who == "nobody":
            operations.restore_session(session, actor, now=now, session_id=session_id)
        else:
            operations.miss_session(session, actor, now=now, session_id=session_id, missed_by=who)
        session.commit()
        flash(_("Noted. The other side is told."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("mentors.show_session", session_id=session_id), 303)


def fee_of(row: MeetingRow, now: datetime) -> int:
    """What giving the room back costs whoever asks for it now: nothing for staff and mentors, else by its rules."""
    actor, booking = current_actor(), row.booking
    if booking is None or booking.cancelled_at is not None or actor.can(Action.BOOK_FOR_OTHERS):
        return 0
    if side_of(actor, row.mentor, row.meeting.startup_id) == MENTOR:
        return 0
    return cancellation_fee(booking, now)[0]


def _startup_for(mentor: Mentor, startup_id: int | None) -> Startup:
    """For whom it is booked: the one that was asked for, or one's own; NotFound where there is none."""
    session, actor = db.session(), current_actor()
    if startup_id is not None:
        return operations.get_startup_to_meet(session, actor, startup_id, mentor.id)
    own = [each for each in list_own_startups(session, actor) if each.id in actor.startups_for(Action.SEEK_MENTORS)]
    if not own:
        raise NotFound
    return get_startup(session, actor, own[0].id)


def _choose_time(mentor: Mentor, minutes: int, now: datetime, endpoint: str, common: dict[str, Any]) -> str:
    zone = ZoneInfo(mentor.zone)
    today = now.astimezone(zone).date()
    first = min(max(_day(request.args.get("from"), today), today), today + AHEAD)
    days = list_free_days(db.session(), mentor, first=first, minutes=minutes, now=now)
    step = timedelta(days=DAYS_SHOWN)
    return render_template(
        "mentors/choose_time.html", days=days, endpoint=endpoint, first=first, last=days[-1].on,
        before=max(first - step, today) if first > today else None,
        after=first + step if first + step <= today + AHEAD else None, **common,
    )  # fmt: skip


def _day(text: str | None, usual: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return usual


def _offer(form: WhereForm, mentor: Mentor, startup_id: int, start: datetime, end: datetime, now: datetime) -> None:
    """The rooms that are free at that time; for who can book none, no room is offered."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    books = actor.can(Action.BOOK_FOR_OTHERS) or startup_id in actor.startups_for(Action.BOOK)
    rooms = list_free_rooms(session, actor, start=start, end=end, startup_id=startup_id, site_id=mentor.site_id,
                            now=now) if books else []  # fmt: skip
    form.offer(
        [(each.resource.id, each.slots[0].quote.gross_minor, _room_words(each, locale)) for each in rooms],
        with_rooms=bool(rooms),
    )


def _room_words(found: Any, locale: str) -> str:
    quote = found.slots[0].quote
    price = _("Free of charge") if not quote.gross_minor else money(quote.gross_minor, quote.currency, locale)
    return " · ".join((named(found.resource, locale), named(found.site, locale), price))


def _price_words(mentor: Mentor, minutes: int) -> str:
    """500.00 an hour for 90 minutes is 750.00."""
    if mentor.rate_minor is None:
        return ""
    return money(round_half_up(Fraction(mentor.rate_minor * minutes, 60)), mentor.currency, reader_locale())


@blueprint.app_template_filter("meeting_time")
def meeting_time(row: MeetingRow) -> str:
    """2026年10月10日 10:00–11:30."""
    return span_text(row.meeting.start, row.meeting.end, row.zone, reader_locale())


@blueprint.app_template_filter("span")
def span(start: datetime, end: datetime, zone: str) -> str:
    """The same of two instants."""
    return span_text(start, end, zone, reader_locale())


@blueprint.app_template_filter("minutes_text")
def minutes_text(minutes: int) -> str:
    """1 h 30 min."""
    return duration(timedelta(minutes=minutes), reader_locale(), in_days=False)


class Met(Struct, frozen=True):
    """What a mentor's page shows of sessions: the reader's own with them (staff: all), and what startups say."""

    page: Page[MeetingRow]
    said: Answers | None
    now: datetime


@blueprint.app_context_processor
def session_words() -> dict[str, object]:
    """Lists of sessions stand on pages of other packages, too."""
    return {"mentor_words": wording, "hours_of": hours_of}


@blueprint.context_processor
def mentor_page() -> dict[str, object]:
    """What a mentor's page asks of sessions, where it shows them."""
    return {"sessions_of": sessions_of, "may_book_mentor": may_book_mentor}


def sessions_of(mentor: Mentor) -> Met:
    """The latest sessions with a mentor that the reader may know of; three statements."""
    session, actor, now = db.session(), current_actor(), utc_now()
    page = reads.list_sessions(session, actor, now=now, view="all", mentor_id=mentor.id)
    return Met(page, answers_about_mentor(session, actor, mentor.id), now)


def may_book_mentor(mentor: Mentor) -> bool:
    """Whether the reader may book this mentor for a startup of theirs, as far as the mentor takes sessions."""
    takes = mentor.approved_at is not None and mentor.ended_at is None and mentor.paused_at is None
    return takes and current_actor().can(Action.SEEK_MENTORS)
