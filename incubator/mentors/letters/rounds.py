"""Letters about who mentors whom: to both sides, when a round is published and when a mentorship ends early."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.core.clock import CHINA
from incubator.core.errors import N_
from incubator.documents.formats import day, named
from incubator.mentors.queries.mentorships import MentorshipRow, get_mentorship, list_own_of_round
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader


def write_round(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """All that a published round gives its reader, as a mentor or for their startup; None where none of it runs now."""
    today = now.astimezone(CHINA).date()
    rows = [
        row for row in list_own_of_round(session, reader.actor, notice.subject_id)
        if row.state(today) != "ended" and row.mentorship.ended_at is None
    ]  # fmt: skip
    if not rows or rows[0].round is None:
        return None
    first = min(row.mentorship.first for row in rows)
    last = max(row.mentorship.last for row in rows)
    what = named(rows[0].round, reader.locale)
    lines = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(N_("mentors and startups have been matched for %(first)s to %(last)s. Yours are:"),
                   first=day(first, reader.locale), last=day(last, reader.locale)),
        *(_line(row, reader) for row in rows),
        reader.say(N_("Get in touch, and agree on a first session.")),
    ]  # fmt: skip
    return _letter(reader, reader.say(N_("Who mentors whom: %(what)s"), what=what), lines)


def write_mentorship(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """That a mentorship ends before its time, and why."""
    row = get_mentorship(session, reader.actor, notice.subject_id)
    if row.mentorship.ended_at is None:
        return None
    lines = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(N_("this mentorship ends earlier than was planned, on %(day)s:"),
                   day=day(row.mentorship.last, reader.locale)),
        _line(row, reader),
        row.mentorship.end_reason,
    ]  # fmt: skip
    return _letter(reader, reader.say(N_("A mentorship ends: %(what)s"), what=_line(row, reader)), lines)


def _line(row: MentorshipRow, reader: Reader) -> str:
    return f"{named(row.startup, reader.locale)} · {row.person.name}"


def _letter(reader: Reader, subject: str, lines: list[str]) -> Letter:
    button = (reader.say(N_("Look at your mentorships")), reader.link("/mentorships"))
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, subject, lines, button, [small])
