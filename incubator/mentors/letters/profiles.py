"""Letters about profiles and appointments, in their readers' languages, if they are still so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.documents.formats import day
from incubator.mentors.queries.appointments import get_appointment, last_day_of
from incubator.mentors.queries.proposals import get_proposal
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader

PROPOSALS = {
    "sent": (N_("Profile to approve: %(name)s"),
             N_("%(name)s has changed their profile as a mentor. It waits for you."), N_("Compare and decide")),
    "approved": (N_("Your profile is approved"),
                 N_("your profile as a mentor is approved. Startups see it so from now on."), N_("Open your profile")),
    "returned": (N_("Your profile needs a change"), N_("your profile as a mentor was returned to you:"),
                 N_("Change your profile")),
}  # fmt: skip
APPOINTMENTS = {
    "appointed": (N_("You are appointed: %(title)s"),
                  N_("you are appointed from %(first)s to %(last)s (%(number)s). Thank you for your help!")),
    "ends": (N_("Appointment of %(name)s ends on %(last)s"),
             N_("the appointment of %(name)s (%(number)s) ends on %(last)s. After that day no session can be booked.")),
    "ended": (N_("Your appointment ends on %(last)s"),
              N_("your appointment (%(number)s) ends early, on %(last)s: %(reason)s")),
}  # fmt: skip


def write_proposal(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about a profile that waits, or was decided; None where it was withdrawn or replaced since."""
    row, what = get_proposal(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    if what not in PROPOSALS or (row.proposal.outcome or "sent") != what:
        return None
    subject, said, button = PROPOSALS[what]
    lines = [_hello(reader), reader.say(said, name=row.person.name)]
    lines += [line for line in row.proposal.remark.splitlines() if line.strip()] if what == "returned" else []
    path = f"/mentors/proposals/{row.proposal.id}" if what == "sent" else "/my/mentor"
    return Letter(reader.locale, reader.say(subject, name=row.person.name), lines,
                  (reader.say(button), reader.link(path)), [_small(reader)])  # fmt: skip


def write_appointment(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about an appointment made, ended early, or near its end; None where it stands otherwise by now."""
    row, what = get_appointment(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    appointment = row.appointment
    if what not in APPOINTMENTS or (appointment.ended_at is not None) != (what == "ended"):
        return None
    if what == "ends" and last_day_of(session, row.mentor.id) != appointment.last:
        return None  # renewed since
    subject, said = APPOINTMENTS[what]
    values = {
        "name": row.person.name, "number": appointment.label, "title": appointment.title,
        "first": day(appointment.first, reader.locale), "last": day(appointment.last, reader.locale),
        "reason": appointment.end_reason,
    }  # fmt: skip
    own = row.mentor.person_id == reader.actor.person_id
    path = "/my/mentor" if own else f"/mentors/{row.mentor.id}"
    button = reader.say(N_("Open your profile")) if own else reader.say(N_("Open the mentor"))
    return Letter(reader.locale, reader.say(subject, **values), [_hello(reader), reader.say(said, **values)],
                  (button, reader.link(path)), [_small(reader)])  # fmt: skip


def _hello(reader: Reader) -> str:
    return reader.say(N_("Hello %(name)s,"), name=reader.actor.name)


def _small(reader: Reader) -> str:
    return reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))
