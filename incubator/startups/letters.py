"""Letters about startups: what a notice says, in its reader's language, if it is still so."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.core.clock import CHINA
from incubator.core.errors import N_
from incubator.documents.formats import day, named
from incubator.documents.queries import get_document
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer
from incubator.startups.queries import get_startup


def write_document(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a document that expires or has expired; None where it has another last day by now."""
    document = get_document(session, reader.actor, notice.subject_id)
    expires_on = date.fromisoformat(notice.facts["expires_on"])
    is_over = now.astimezone(CHINA).date() > expires_on
    if document.withdrawn_at is not None or document.expires_on != expires_on:
        return None
    if is_over != (notice.facts["what"] == "expired"):
        return None
    startup = get_startup(session, reader.actor, document.startup_id) if document.startup_id else None
    what = " · ".join([document.title] + ([named(startup, reader.locale)] if startup else []))
    subject, said = (
        (N_("Expired: %(what)s"), N_("this document was valid until %(day)s and has expired:"))
        if is_over
        else (N_("Expires soon: %(what)s"), N_("this document is valid until %(day)s:"))
    )
    lines = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(said, day=day(expires_on, reader.locale)),
        what,
        reader.say(N_("When the new one is there, add it as a new version; the old one stays on the record.")),
    ]
    button = (reader.say(N_("Open the document")), reader.link(f"/documents/{document.id}"))
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, reader.say(subject, what=what), lines, button, [small])


WRITERS: dict[str, Writer] = {"documents": write_document}
"""What a notice of startups can be about, and who words it."""
