"""Reads of appointments: who is appointed on a day, a mentor's letters, and what a letter says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.formats import day
from incubator.mentors.models import Mentor, MentorAppointment
from incubator.spaces.models import Site

SOON = timedelta(days=30)
"""How long before its end an appointment is told of."""


def state_of(appointment: MentorAppointment, today: date) -> str:
    """`coming`, `current`, `past`, or `ended`: cut short, and over."""
    if appointment.ended_at is not None and today > appointment.last:
        return "ended"
    if today < appointment.first:
        return "coming"
    return "current" if today <= appointment.last else "past"


class AppointmentRow(Struct, frozen=True):
    """An appointment with whose it is."""

    appointment: MentorAppointment
    mentor: Mentor
    person: Person

    def state(self, today: date) -> str:
        """`coming`, `current`, `past`, or `ended`: cut short."""
        return state_of(self.appointment, today)

    def is_near(self, today: date) -> bool:
        """Whether its end is told of: within 30 days."""
        return self.appointment.last - today <= SOON


def appointed_on(
    session: Session, on: date, mentor_ids: Collection[int] | None = None
) -> dict[int, MentorAppointment]:
    """Who is appointed on a day, with the appointment, by mentor; None: whoever it is. One statement."""
    query = select(MentorAppointment).where(MentorAppointment.days.op("@>")(on))
    if mentor_ids is not None:
        query = query.where(MentorAppointment.mentor_id.in_(mentor_ids))
    return {each.mentor_id: each for each in session.execute(query).scalars()}


def get_appointment(session: Session, actor: Actor, appointment_id: int) -> AppointmentRow:
    """An appointment, for staff and for whose it is; NotFound otherwise."""
    actor.require(Action.SEE_MENTORS)
    query = _rows().where(MentorAppointment.id == appointment_id)
    if not actor.is_staff:
        query = query.where(Mentor.person_id == actor.person_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such appointment."))
    return AppointmentRow(*row)


def list_appointments_of(session: Session, mentor_id: int) -> Sequence[MentorAppointment]:
    """All of a mentor that the caller has loaded through the actor, the latest first."""
    query = select(MentorAppointment).where(MentorAppointment.mentor_id == mentor_id)
    return session.execute(query.order_by(func.lower(MentorAppointment.term).desc())).scalars().all()


def list_appointments(
    session: Session, actor: Actor, *, today: date, page: int = 1, which: str = "current"
) -> Page[AppointmentRow]:
    """A page of the operator's appointments: `current` by their last day, so that the one to renew is first; `all` the
    latest letter first."""
    actor.require(Action.SEE_MENTORING)
    wanted = [MentorAppointment.days.op("@>")(today)] if which == "current" else []
    total = session.execute(select(func.count()).select_from(MentorAppointment).where(*wanted)).scalar_one()
    order = (
        (func.upper(MentorAppointment.days), MentorAppointment.id)
        if which == "current"
        else (MentorAppointment.year.desc(), MentorAppointment.number.desc())
    )
    rows = session.execute(
        _rows().where(*wanted).order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([AppointmentRow(*row) for row in rows], page, total)


def last_day_of(session: Session, mentor_id: int) -> date | None:
    """The last day for which the mentor is appointed, now or later; None: never was."""
    upper = session.execute(
        select(func.max(func.upper(MentorAppointment.days))).where(MentorAppointment.mentor_id == mentor_id)
    ).scalar()
    return None if upper is None else date.fromordinal(upper.toordinal() - 1)


def get_letter(session: Session, row: AppointmentRow) -> dict[str, Any]:
    """The words of the letter of an appointment that the caller has loaded through the actor."""
    operator, appointment = get_operator(session), row.appointment
    site = session.execute(select(Site).where(Site.id == row.mentor.site_id)).scalar_one()
    return {
        "number": appointment.label, "operator": operator.name, "name": row.person.name, "title": appointment.title,
        "site": site.name, "first": day(appointment.first, "zh_Hans"), "last": day(appointment.last_of_term, "zh_Hans"),
        "on": day(_made_on(appointment.made_at, site.zone), "zh_Hans"),
    }  # fmt: skip


def _made_on(made_at: datetime, zone: str) -> date:
    return made_at.astimezone(ZoneInfo(zone)).date()


def _rows() -> Select[MentorAppointment, Mentor, Person]:
    return (
        select(MentorAppointment, Mentor, Person)
        .join(Mentor, Mentor.id == MentorAppointment.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
    )
