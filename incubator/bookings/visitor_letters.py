"""Letters about visits: to visitors, in the language that they were invited in, and to whoever receives them.

The pass is made here, when its letter is written: nobody but the reader of the mail has it.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import issue_key
from incubator.bookings.visitor_queries import VisitorRow, get_visitor_days, get_visitor_row
from incubator.bookings.wording import span_text
from incubator.core.errors import N_
from incubator.documents.formats import clock, day, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader

SUBJECTS = {
    "invited": N_("Your visit: %(what)s"),
    "moved": N_("Your visit has another time or place: %(what)s"),
    "cancelled": N_("Your visit is cancelled: %(what)s"),
}
SENTENCES = {
    "invited": N_("%(host)s is expecting you:"),
    "moved": N_("your visit was changed. It was %(before)s; it is now:"),
    "cancelled": N_("your visit is cancelled. You are not expected any more:"),
}


def write_visitor(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The letter about a visit; None where what it would say is no longer so."""
    row = get_visitor_row(session, reader.actor, notice.subject_id)
    if row.visitor.erased_at is not None:
        return None
    if notice.kind == "arrival":
        return _arrival(row, reader)
    what = _which(str(notice.facts.get("what", "")), row, now)
    return None if what is None else _to_visitor(session, notice, row, what, reader, now)


def _which(what: str, row: VisitorRow, now: datetime) -> str | None:
    """What is to be said by now: who was told of the visit hears of its end, whoever was not, of nothing."""
    if row.visitor.end <= now or row.visitor.arrived_at is not None:
        return None
    if row.visitor.cancelled_at is not None:
        return None if what == "invited" else "cancelled"
    return what if what in ("invited", "moved") else None


def _to_visitor(
    session: Session, notice: Notice, row: VisitorRow, what: str, reader: Reader, now: datetime
) -> Letter:
    visitor, zone, locale = row.visitor, row.site.zone, reader.locale
    when = span_text(visitor.start, visitor.end, zone, locale)
    host = _of(reader, row.host.name, named(row.startup, locale) if row.startup else "")
    was = [datetime.fromisoformat(notice.facts[each]) for each in ("start", "end") if each in notice.facts]
    before = span_text(was[0], was[1], zone, locale) if len(was) == 2 else ""
    paragraphs = [
        reader.say(N_("Hello %(name)s,"), name=visitor.name),
        reader.say(SENTENCES[what], host=host, before=before),
        when, _place(row, reader),
        "" if what == "invited" else reader.say(N_("You are received by %(host)s."), host=host),
    ]  # fmt: skip
    button, small = None, []
    if what == "invited":
        token = issue_key(session, reader.actor, now=now, kind="pass", opens_id=visitor.id)
        button = (reader.say(N_("Open your pass")), reader.link(f"/pass/{token}"))
        paragraphs.append(reader.say(N_("Show the code on it at the front desk.")))
    elif what == "moved":
        paragraphs.append(reader.say(N_("The pass that you have stays the same.")))
    if what != "cancelled":
        small.append(reader.say(RETENTION, days=get_visitor_days(session)))
    return Letter(locale, reader.say(SUBJECTS[what], what=when), [line for line in paragraphs if line], button, small)


RETENTION = N_(
    "Your name, e-mail address and company are kept so that you can be received, and are erased %(days)s days after "
    "the visit."
)


def _of(reader: Reader, name: str, company: str) -> str:
    return reader.say(N_("%(name)s (%(company)s)"), name=name, company=company) if company else name


def _place(row: VisitorRow, reader: Reader) -> str:
    between = "，" if reader.locale == "zh_Hans" else ", "
    room = named(row.resource, reader.locale) if row.resource else ""
    return between.join(part for part in (named(row.site, reader.locale), row.site.address, room) if part)


def _arrival(row: VisitorRow, reader: Reader) -> Letter | None:
    """To the host: somebody waits at the front desk."""
    visitor, zone = row.visitor, row.site.zone
    if visitor.arrived_at is None:
        return None
    who = _of(reader, visitor.name, visitor.company)
    at = f"{day(visitor.arrived_at.astimezone(ZoneInfo(zone)).date(), reader.locale)} {clock(visitor.arrived_at, zone)}"
    paragraphs = [
        reader.say(N_("Hello %(name)s,"), name=reader.actor.name),
        reader.say(N_("your visitor %(who)s has arrived at the front desk of %(site)s."), who=who,
                   site=named(row.site, reader.locale)),
        at,
    ]  # fmt: skip
    small = reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
    button = (reader.say(N_("Open the visit")), reader.link(f"/visitors/{visitor.id}"))
    return Letter(reader.locale, reader.say(N_("Arrived: %(who)s"), who=who), paragraphs, button, [small])
