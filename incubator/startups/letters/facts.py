"""Letters about documents and figures: what a notice says, in its reader's language, if it is still so."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.core.clock import CHINA
from incubator.core.errors import N_
from incubator.documents.formats import day, named
from incubator.documents.queries import get_document
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.figure_words import period_words
from incubator.startups.queries import get_startup
from incubator.startups.queries.figures import WITH_STARTUP, get_sheet, last_version, period_of_sheet


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


STEPS = {
    1: (N_("Figures asked for: %(what)s"), N_("the figures of this period are asked for, until %(day)s:")),
    2: (N_("Figures due soon: %(what)s"), N_("the figures of this period are due on %(day)s:")),
    3: (N_("Figures overdue: %(what)s"), N_("the figures of this period were due on %(day)s and are still missing:")),
}
RETURNED = (N_("Figures returned: %(what)s"), N_("the operator has returned these figures: %(remark)s"))
CORRECTION = (N_("Figures to correct: %(what)s"), N_("the operator has opened these figures for a correction:"))


def write_figures(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a sheet of figures; None where it is not the startup's turn any more."""
    sheet = get_sheet(session, reader.actor, notice.subject_id)
    version = last_version(session, sheet.id)
    state = "none" if version is None else version.state
    if state not in WITH_STARTUP:
        return None
    facts, remark = notice.facts, "" if version is None else version.remark
    if "returned" in facts:
        if version is None or version.number != facts["returned"]:
            return None
        subject, said = RETURNED
    elif "correction" in facts:
        subject, said = CORRECTION
    else:
        subject, said = STEPS[min(3, facts["step"])]
    startup = get_startup(session, reader.actor, sheet.startup_id)
    what = f"{period_words(period_of_sheet(sheet), reader.say)} · {named(startup, reader.locale)}"
    values = {"day": day(sheet.due_on, reader.locale), "remark": remark}
    lines = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(said, **{name: value for name, value in values.items() if f"%({name})s" in said}),
        what,
    ]
    button = (reader.say(N_("Fill in the figures")), reader.link(f"/figures/{sheet.id}"))
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, reader.say(subject, what=what), lines, button, [small])
