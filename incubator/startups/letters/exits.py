"""Letters about exits: that a startup leaves, that something is still open, how alumni are doing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.documents.formats import day, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.queries.exits import get_exit, list_items

SAID_OF_EXITS = {
    "exit": (N_("Leaving the incubator: %(what)s"), N_("your startup is here for the last time on %(day)s:")),
    "graduation": (N_("Graduation: %(what)s"), N_("your startup graduates; it is here for the last time on %(day)s:")),
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
    graduates = what == "exit" and row.exit.kind == "graduated"
    subject, said = SAID_OF_EXITS["graduation" if graduates else what]
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
