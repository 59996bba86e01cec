"""Letters about requests and announcements, in their readers' languages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.documents.formats import named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.models import RequestMessage
from incubator.startups.queries.announcements import get_announcement
from incubator.startups.queries.requests import get_request_row

SUBJECTS = {
    "opened": N_("New request: %(what)s"),
    "replied": N_("Another word on %(what)s"),
    "answered": N_("Answered: %(what)s"),
    "resolved": N_("Resolved: %(what)s"),
    "reopened": N_("Not solved yet: %(what)s"),
    "assigned": N_("Yours to look after: %(what)s"),
    "noted": N_("A note on %(what)s"),
}
SENTENCES = {
    "opened": N_("%(startup)s asks:"),
    "replied": N_("%(startup)s has written:"),
    "answered": N_("%(operator)s has answered your request:"),
    "resolved": N_("%(operator)s has resolved your request:"),
    "reopened": N_("%(startup)s says that it is not solved:"),
    "assigned": N_("a request of %(startup)s was given to you:"),
    "noted": N_("a colleague has noted something on a request of %(startup)s:"),
}
KINDS_TOLD = {"noted": "note", "resolved": "resolution", "reopened": "reopening"}
EXCERPT = 600


def write_request(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about a request, with the words it is about; None where it is over before it was written."""
    row = get_request_row(session, reader.actor, notice.subject_id)
    what = str(notice.facts.get("what", ""))
    if what not in SUBJECTS or (row.request.closed_at is not None and what != "noted"):
        return None
    title = f"{row.request.label} {row.request.title}"
    startup, site = named(row.startup, reader.locale), named(row.site, reader.locale)
    paragraphs = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(SENTENCES[what], startup=startup, operator=site), title,
        *_excerpt(_words(session, notice, KINDS_TOLD.get(what, "message"))),
    ]  # fmt: skip
    if what == "resolved":
        paragraphs.append(reader.say(N_("Is it solved? Say so on its page, or reopen it within seven days.")))
    button = (reader.say(N_("Open the request")), reader.link(f"/requests/{row.request.id}"))
    return Letter(reader.locale, reader.say(SUBJECTS[what], what=title), paragraphs, button, [_small(reader)])


def write_announcement(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """An announcement as a letter; None where it was withdrawn, is over, or is not for them."""
    row = get_announcement(session, reader.actor, notice.subject_id, now=now)
    if not row.is_shown:
        return None
    english = reader.locale == "en" and row.announcement.body_en
    body = row.announcement.body_en if english else row.announcement.body
    title = named(row.announcement, reader.locale)
    paragraphs = [title, *(part for part in body.split("\n\n") if part.strip())]
    button = (reader.say(N_("Open the announcement")), reader.link(f"/announcements/{row.announcement.id}"))
    return Letter(reader.locale, title, paragraphs, button, [_small(reader)])


def _words(session: Session, notice: Notice, kind: str) -> str:
    """What was said last of that kind until the notice was given."""
    found = session.execute(
        select(RequestMessage.text)
        .where(RequestMessage.request_id == notice.subject_id, RequestMessage.kind == kind,
               RequestMessage.at <= notice.created_at)
        .order_by(RequestMessage.id.desc())
        .limit(1)
    ).scalar()  # fmt: skip
    return found or ""


def _excerpt(words: str) -> list[str]:
    shown = words if len(words) <= EXCERPT else words[:EXCERPT].rstrip() + " …"
    return [line for line in shown.splitlines() if line.strip()]


def _small(reader: Reader) -> str:
    return reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
