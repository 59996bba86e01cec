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
from incubator.startups.queries.agreements import get_text, list_acceptances
from incubator.startups.queries.handovers import get_handover
from incubator.startups.rules.agreements import SIDES


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


def write_agreement_text(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a text that waits for the startup, for the operator, or is accepted by both; None where it does
    not stand any more, or has been accepted meanwhile."""
    text, residency = get_text(session, reader.actor, notice.subject_id)
    accepted = {each.side for each in list_acceptances(session, [text.id])}
    what, startup = notice.facts["what"], get_startup(session, reader.actor, residency.startup_id)
    wanted = {"ready": set(), "waits": {"startup"}, "accepted": set(SIDES)}[what]
    if text.void_at is not None or accepted != wanted:
        return None
    subject, said = {
        "ready": (N_("Agreement to be accepted: %(what)s"),
                  N_("the text of this agreement is ready. Please read it, and accept it in the page:")),
        "waits": (N_("Agreement to be countersigned: %(what)s"),
                  N_("the startup has accepted the text of this agreement. It waits for you to countersign it:")),
        "accepted": (N_("Agreement accepted: %(what)s"), N_("both sides have accepted the text of this agreement:")),
    }[what]  # fmt: skip
    name = f"{text.content['number']} · {named(startup, reader.locale)}"
    return _letter(reader, subject, said, name, N_("Open the agreement"), f"/agreement-texts/{text.id}")


def write_handover(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a list that waits to be confirmed; None where somebody has."""
    handover, residency = get_handover(session, reader.actor, notice.subject_id)
    if handover.confirmed_at is not None:
        return None
    startup = get_startup(session, reader.actor, residency.startup_id)
    name = f"{residency.number} · {named(startup, reader.locale)}"
    return _letter(reader, N_("Handover list to be confirmed: %(what)s"),
                   N_("the operator has signed a handover or return list. Please look at it, and confirm it:"),
                   name, N_("Open the list"), f"/handovers/{handover.id}")  # fmt: skip


def _letter(reader: Reader, subject: str, said: str, what: str, button: str, path: str) -> Letter:
    lines = [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(said), what]
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    place = (reader.say(button), reader.link(path))
    return Letter(reader.locale, reader.say(subject, what=what), lines, place, [small])


WRITERS: dict[str, Writer] = {
    "documents": write_document, "agreement_texts": write_agreement_text, "handovers": write_handover,
}  # fmt: skip
"""What a notice of startups can be about, and who words it."""
