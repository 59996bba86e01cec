"""Letters about sessions, in their readers' languages, with an entry for their calendars."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.bookings.calendars import calendar_text
from incubator.bookings.wording import span_text
from incubator.core.errors import N_
from incubator.documents.formats import named
from incubator.mentors.calendars import entry_of_meeting
from incubator.mentors.queries.sessions import MeetingRow, get_meeting_row
from incubator.mentors.rules.sessions import State
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader

SUBJECTS = {
    "booked": N_("Mentoring session: %(what)s"),
    "moved": N_("Moved: %(what)s"),
    "cancelled": N_("Cancelled: %(what)s"),
    "missed": N_("Nobody came: %(what)s"),
    "restored": N_("It took place after all: %(what)s"),
    "soon": N_("Coming up: %(what)s"),
    "unlogged": N_("A log is missing: %(what)s"),
    "logged": N_("Please confirm the log: %(what)s"),
    "unconfirmed": N_("Please confirm the log: %(what)s"),
    "confirmed": N_("The log is confirmed: %(what)s"),
    "task": N_("To be done after a session: %(what)s"),
    "done": N_("Done after a session: %(what)s"),
}
SENTENCES = {
    "booked": N_("this session of %(mentor)s with %(startup)s is booked:"),
    "moved": N_("this session of %(mentor)s with %(startup)s has another time or place. It was %(before)s; it is now:"),
    "cancelled": N_("this session of %(mentor)s with %(startup)s is cancelled: %(reason)s"),
    "missed": N_("it was said that somebody did not come to this session of %(mentor)s with %(startup)s. Where that is "
                 "not so, tell your operator."),
    "restored": N_("this session of %(mentor)s with %(startup)s counts as held; its log can be written:"),
    "soon": N_("this session of %(mentor)s with %(startup)s is coming up:"),
    "unlogged": N_("nobody has written down yet what was said in this session of %(mentor)s with %(startup)s. "
                   "It takes two minutes, and without it the session does not count:"),
    "logged": N_("the other side has written down what was said in this session of %(mentor)s with %(startup)s. "
                 "Please read and confirm it; with both sides' word it counts:"),
    "unconfirmed": N_("the log of this session of %(mentor)s with %(startup)s waits for your word. Without it the "
                      "session does not count:"),
    "confirmed": N_("the other side has confirmed the log of this session of %(mentor)s with %(startup)s:"),
    "task": N_("there is something to be done after this session of %(mentor)s with %(startup)s:"),
    "done": N_("%(startup)s has done what was agreed in this session with %(mentor)s:"),
}  # fmt: skip
OVER = ("cancelled", "missed")
WITH_ENTRY = ("booked", "moved", "cancelled")
"""After these the reader's own calendar is to know."""


def write_session(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about one session; None where what it would say is no longer so."""
    row, what = get_meeting_row(session, reader.actor, notice.subject_id), str(notice.facts.get("what", ""))
    if what not in SUBJECTS or not _is_so(row, notice, what, now):
        return None
    when = span_text(row.meeting.start, row.meeting.end, row.zone, reader.locale)
    thing = f"{row.meeting.title} · {when}"
    sentence = reader.say(
        SENTENCES[what], mentor=row.person.name, startup=named(row.startup, reader.locale),
        reason=row.meeting.cancel_reason or "", before=_before(notice, row, reader),
    )  # fmt: skip
    lines = [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), sentence, thing]
    if what not in OVER:
        lines.append(place_words(row, reader))
    calendar = ""
    if what in WITH_ENTRY:
        entry = entry_of_meeting(row, reader.actor.person_id, locale=reader.locale, base_url=reader.base_url)
        calendar = calendar_text([entry], thing).decode()
    button = (reader.say(N_("Open the session")), reader.link(f"/mentoring/sessions/{row.meeting.id}"))
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, reader.say(SUBJECTS[what], what=thing), [line for line in lines if line], button,
                  [small], calendar)  # fmt: skip


def place_words(row: MeetingRow, reader: Reader) -> str:
    """Where they meet."""
    if row.meeting.way == "room" and row.room is not None:
        return f"{named(row.room, reader.locale)} · {named(row.site, reader.locale)}"
    return row.meeting.link or row.meeting.place


def _is_so(row: MeetingRow, notice: Notice, what: str, now: datetime) -> bool:
    state = row.state(now)
    if what in ("booked", "moved", "task", "done"):
        return state not in (State.CANCELLED, State.MISSED)
    return {
        "cancelled": state is State.CANCELLED,
        "missed": state is State.MISSED,
        "restored": state in (State.TO_LOG, State.RUNNING),
        "soon": state is State.COMING and notice.facts.get("revision") == row.meeting.revision,
        "unlogged": state is State.TO_LOG,
        "logged": state is State.TO_CONFIRM,
        "unconfirmed": state is State.TO_CONFIRM,
        "confirmed": state is State.EVIDENT,
    }[what]


def _before(notice: Notice, row: MeetingRow, reader: Reader) -> str:
    if "start" not in notice.facts:
        return ""
    start, end = (datetime.fromisoformat(notice.facts[each]) for each in ("start", "end"))
    return span_text(start.astimezone(ZoneInfo(row.zone)), end.astimezone(ZoneInfo(row.zone)), row.zone, reader.locale)
