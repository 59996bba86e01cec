"""Letters about needs, in their readers' languages, if they are still so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.documents.formats import named
from incubator.mentors.queries.needs import get_need_row
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader

EXCERPT = 600
SAID = {
    "urgent": (N_("Urgent: %(startup)s needs help"), N_("%(startup)s needs help within a week:"),
               N_("See who fits")),
    "added": (N_("A need of yours: %(title)s"), N_("after a review a need was added for %(startup)s:"),
              N_("See who can help")),
}  # fmt: skip
"""By what happened: the subject, the sentence, and the button's words."""


def write_need(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about a need; None where it is ended, or urgent no more, before it was written."""
    row, what = get_need_row(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    need = row.need
    if what not in SAID or need.ended_at is not None or (what == "urgent" and need.urgency != "high"):
        return None
    subject, said, button = SAID[what]
    values = {"startup": named(row.startup, reader.locale), "title": need.title}
    words = need.description if len(need.description) <= EXCERPT else need.description[:EXCERPT].rstrip() + " …"
    paragraphs = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(said, **values), need.title,
        *(line for line in words.splitlines() if line.strip()),
    ]  # fmt: skip
    return Letter(
        reader.locale, reader.say(subject, **values), paragraphs,
        (reader.say(button), reader.link(f"/needs/{need.id}")),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
    )  # fmt: skip
