"""Letters about limits of incubation, in their readers' languages, if they are still so."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from incubator.core.clock import CHINA
from incubator.core.errors import N_
from incubator.documents.formats import day, named, number
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.startups.queries.limits import LimitRow, get_limit
from incubator.startups.rules.limits import STEPS, step_on

ENDS = (N_("Time of incubation ends in %(months)s months: %(what)s"),
        N_("this startup may be incubated until %(day)s (%(most)s months since %(entered)s):"))  # fmt: skip
OVER = (N_("Time of incubation is over: %(what)s"),
        N_("the %(most)s months for which this startup may be incubated ended on %(day)s:"))  # fmt: skip
AREA = (N_("Area above the limit: %(what)s"),
        N_("this startup has %(area)s m²; incubated companies may have %(largest)s m² at the most:"))  # fmt: skip
TO_STAFF = {
    "time": N_("Please talk with it about graduation, or about what its agreement is to become by then."),
    "area": N_("Please look at its agreements: area above the limit does not count as incubated."),
}
TO_FOUNDERS = {
    "time": N_("Please talk with your incubator about graduation, or about what is to come after that day."),
    "area": N_("Please talk with your incubator about what is above the limit."),
}


def write_limit(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about the end of a startup's time, or its area; None where it stands otherwise by now."""
    today, facts = now.astimezone(CHINA).date(), notice.facts
    row = get_limit(session, reader.actor, notice.subject_id, today)
    if row is None or not _is_still(row, facts, today):
        return None
    what, checked = named(row.startup, reader.locale), row.checked
    step = facts["what"]
    subject, said = AREA if step == "area" else OVER if step == "over" else ENDS
    values = {
        "day": day(checked.last_day, reader.locale), "most": checked.months_most,
        "entered": day(row.stay.entered_on, reader.locale), "area": number(row.stay.area_m2, reader.locale, 2),
        "largest": number(checked.area_most, reader.locale),
    }  # fmt: skip
    advice = (TO_STAFF if reader.actor.is_staff else TO_FOUNDERS)["area" if step == "area" else "time"]
    lines = [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(said, **values), what,
             reader.say(advice)]  # fmt: skip
    button = (reader.say(N_("Open the startup")), reader.link(f"/startups/{row.startup.id}"))
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    return Letter(reader.locale, reader.say(subject, what=what, months=STEPS.get(step, 0)), lines, button, [small])


def _is_still(row: LimitRow, facts: dict[str, str], today: date) -> bool:
    if facts["what"] == "area":
        return row.checked.is_too_large and row.stay.area_m2 == Decimal(facts["area_m2"])
    last_day = date.fromisoformat(facts["last_day"])
    return row.checked.last_day == last_day and step_on(last_day, today) == facts["what"]
