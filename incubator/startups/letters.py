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
from incubator.startups.figure_words import period_words
from incubator.startups.queries import get_startup
from incubator.startups.queries.exits import get_exit, list_items
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


SAID_OF_EXITS = {
    "exit": (N_("Leaving the incubator: %(what)s"), N_("your startup is here for the last time on %(day)s:")),
    "item": (N_("Still to be settled: %(what)s"), N_("this startup was here until %(day)s, and something is open:")),
    "alumni": (N_("How are you doing, %(what)s?"),
               N_("your startup graduated on %(day)s. Once a year we ask our alumni how they do:")),
}  # fmt: skip
ASKED_OF_ALUMNI = N_("Please fill in the figures of the year, and tell us of a listing, an acquisition or a new round.")
SETTLED_WHERE = N_("What is to be settled, and until when, stands on the page.")


def write_exit(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter that a startup leaves, that something is still open, or that asks alumni; None once it is not so."""
    row, what = get_exit(session, reader.actor, notice.subject_id), notice.facts["what"]
    if row.exit.revoked_at is not None:
        return None
    if what == "item":
        items = [each.item for each in list_items(session, row.exit.id) if each.item.id == notice.facts["item_id"]]
        if not items or items[0].outcome is not None:
            return None
    subject, said = SAID_OF_EXITS[what]
    name = named(row.startup, reader.locale)
    lines = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(said, day=day(row.exit.happened_on, reader.locale)), name,
        reader.say(ASKED_OF_ALUMNI if what == "alumni" else SETTLED_WHERE),
    ]  # fmt: skip
    path = f"/startups/{row.startup.id}/achievements" if what == "alumni" else f"/exits/{row.exit.id}"
    button = (reader.say(N_("Open the page")), reader.link(path))
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, reader.say(subject, what=name), lines, button, [small])


WRITERS: dict[str, Writer] = {"documents": write_document, "figure_sheets": write_figures, "exits": write_exit}
"""What a notice of startups can be about, and who words it."""
