"""Appointments: a numbered letter with a term, renewed before its end, or ended early with a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import local_instant
from incubator.core.texts import one_line
from incubator.documents.operations import file_document
from incubator.documents.pdf import render
from incubator.mentors.models import Mentor, MentorAppointment
from incubator.mentors.operations.keeping import load_kept, refuse_over_sessions
from incubator.mentors.queries.appointments import SOON, get_appointment, get_letter
from incubator.notices.models import Notice
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.spaces.operations.words import LONGEST_TEXT, unique
from incubator.startups.queries.agreements import list_manager_ids

TITLE = "聘书"
"""As the paper has it."""
LONGEST_TITLE = 40
LONGEST_TERM = timedelta(days=5 * 366)
AT_ONCE = 20
MOST_AT_ONCE = 200
_A_DAY = timedelta(days=1)


def appoint_mentor(
    session: Session, actor: Actor, *, now: datetime, mentor_id: int, title: str, first: date, last: date
) -> MentorAppointment:
    """Appoint a mentor from a day to a day, both included: the next number of the year, without gaps.

    A renewal is the next appointment, made before the end of the one before: one at a time. The letter follows as PDF.
    """
    actor.require(Action.MANAGE_MENTORS)
    mentor = load_kept(session, actor, mentor_id)
    title = one_line(title, "title", LONGEST_TITLE)
    if not title:
        raise Refusal(N_("Say as what they are appointed."), field="title")
    _check_term(first, last)
    other = session.execute(
        select(MentorAppointment).where(
            MentorAppointment.mentor_id == mentor.id, MentorAppointment.days.op("&&")(Range(first, last + _A_DAY))
        ).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if other is not None:
        raise Conflict(N_("They are appointed until %(day)s by %(number)s."), field="first", day=other.last,
                       number=other.label)  # fmt: skip
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    zone = session.execute(select(Site.zone).where(Site.id == mentor.site_id)).scalar_one()
    year = now.astimezone(ZoneInfo(zone)).year
    highest = select(func.max(MentorAppointment.number)).where(MentorAppointment.year == year)
    term = Range(first, last + _A_DAY)
    appointment = MentorAppointment(
        mentor_id=mentor.id, year=year, number=(session.execute(highest).scalar() or 0) + 1, title=title, term=term,
        days=term, made_at=now, made_by=actor.person_id,
    )  # fmt: skip
    meanwhile = Conflict(N_("They were appointed for some of these days in the meantime."), field="first")
    with unique(session, "mentor_appointments_no_overlap", meanwhile):
        session.add(appointment)
    _tell(session, mentor, appointment, now, "appointed", [mentor.person_id])
    after = {"number": appointment.label, "mentor": mentor.label, "title": title, "from": first, "last_on": last}
    record(session, actor, "appoint_mentor", ("mentor_appointments", appointment.id), now=now, after=after)
    return appointment


def end_appointment(
    session: Session, actor: Actor, *, now: datetime, appointment_id: int, last: date, reason: str
) -> MentorAppointment:
    """It holds until an earlier day than its letter says; one that has not begun yet, not at all. The letter stays.

    Refused while sessions stand on the days that it would lose.
    """
    actor.require(Action.MANAGE_MENTORS)
    row = get_appointment(session, actor, appointment_id)
    load_kept(session, actor, row.mentor.id)
    appointment = row.appointment
    session.refresh(appointment)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    if appointment.ended_at is not None:
        raise Conflict(N_("This appointment was ended already."))
    if last >= appointment.last:
        raise Refusal(N_("It ends on %(day)s in any case; give an earlier day."), field="last", day=appointment.last)
    ends, would_end = (local_instant(on, 24 * 60, ZoneInfo(row.mentor.zone)) for on in (last, appointment.last))
    if now < would_end:
        refuse_over_sessions(session, row.mentor, max(now, ends), would_end)
    before = {"number": appointment.label, "last_on": appointment.last}
    cut_short(appointment, now=now, last=last, reason=reason)
    _tell(session, row.mentor, appointment, now, "ended", [row.mentor.person_id])
    record(session, actor, "end_appointment", ("mentor_appointments", appointment.id), now=now, before=before,
           after={"last_on": last, "reason": reason})  # fmt: skip
    return appointment


def cut_short(appointment: MentorAppointment, *, now: datetime, last: date, reason: str) -> None:
    """It holds no longer than `last`; where that is before its first day, on no day."""
    first = appointment.first
    appointment.days = Range(first, last + _A_DAY) if last >= first else Range(empty=True)
    appointment.ended_at, appointment.end_reason = now, reason


def file_letter(session: Session, actor: Actor, *, now: datetime, appointment_id: int) -> int:
    """The letter of appointment, kept as a document as it was made: once, however often it is asked for."""
    actor.require(Action.MANAGE_MENTORS)
    row = get_appointment(session, actor, appointment_id)
    appointment = row.appointment
    session.refresh(appointment, with_for_update=True)
    if appointment.document_id is None:
        letter = get_letter(session, row)
        appointment.document_id = file_document(
            session, actor, now=now, kind="letter", title=f"{TITLE} {appointment.label} {row.person.name}",
            startup_id=None, audience="staff", name=f"{appointment.label}.pdf",
            content=render("mentors/appointment.typ", letter), valid_from=appointment.first,
        ).id  # fmt: skip
        session.flush()
    return appointment.document_id


def file_letters(session: Session, actor: Actor, *, now: datetime) -> int:
    """File the letters of appointments that have none yet; how many of at most 20 at a time."""
    waiting = session.execute(
        select(MentorAppointment.id).where(MentorAppointment.document_id.is_(None)).order_by(MentorAppointment.id)
        .limit(AT_ONCE).with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    for appointment_id in waiting:
        file_letter(session, actor, now=now, appointment_id=appointment_id)
    return len(waiting)


def remind_of_appointments(session: Session, actor: Actor, *, now: datetime) -> int:
    """Have mentors and managers told, once, of appointments that end within 30 days with none to follow; how many."""
    actor.require(Action.MANAGE_MENTORS)
    today = now.astimezone(CHINA).date()
    last = func.upper(MentorAppointment.days)
    later = select(func.max(last)).where(MentorAppointment.mentor_id == Mentor.id).correlate(Mentor).scalar_subquery()
    rows = session.execute(
        select(MentorAppointment, Mentor)
        .join(Mentor, Mentor.id == MentorAppointment.mentor_id)
        .where(Mentor.ended_at.is_(None), MentorAppointment.ended_at.is_(None), last == later,
               and_(last > today, last <= today + SOON + _A_DAY))
        .order_by(MentorAppointment.id)
    ).all()  # fmt: skip
    told = set(session.execute(
        select(Notice.subject_id).where(
            Notice.subject_kind == "mentor_appointments", Notice.facts["what"].astext == "ends",
            Notice.subject_id.in_([appointment.id for appointment, _ in rows]),
        )
    ).scalars())  # fmt: skip
    new = [(appointment, mentor) for appointment, mentor in rows if appointment.id not in told][:MOST_AT_ONCE]
    managers = list_manager_ids(session) if new else []
    for appointment, mentor in new:
        _tell(session, mentor, appointment, now, "ends", [*managers, mentor.person_id])
    return len(new)


def _tell(
    session: Session, mentor: Mentor, appointment: MentorAppointment, now: datetime, what: str, people: list[int]
) -> None:
    notify(
        session, now=now, kind="mentoring", about=("mentor_appointments", appointment.id), people=people,
        facts={"what": what}, key=f"appointment:{appointment.id}:{what}",
    )  # fmt: skip


def _check_term(first: date, last: date) -> None:
    check_day(first, "first")
    check_day(last, "last")
    if last < first:
        raise Refusal(N_("The last day comes before the first."), field="last")
    if last - first > LONGEST_TERM:
        raise Refusal(N_("At most five years at a time."), field="last")
