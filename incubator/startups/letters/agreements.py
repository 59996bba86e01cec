"""Letters about agreements and handover lists, in their readers' languages, if they are still so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.documents.formats import named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.queries import get_startup
from incubator.startups.queries.agreements import get_text, list_acceptances
from incubator.startups.queries.handovers import get_handover
from incubator.startups.rules.agreements import SIDES


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
