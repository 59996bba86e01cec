"""Mentors of the house: added with a unit of the ledger, paused, ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator, Person, RoleGrant
from incubator.accounts.operations import invite
from incubator.accounts.permissions import Action, Role
from incubator.accounts.queries import get_person
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.mentors.models import Mentor, MentorAppointment
from incubator.mentors.operations.appointments import cut_short
from incubator.mentors.operations.keeping import load_kept, lock_mentor, refuse_over_sessions
from incubator.mentors.operations.proposals import decide_open
from incubator.mentors.queries.profiles import today_of
from incubator.mentors.rules.vocabulary import MENTOR_KINDS
from incubator.spaces.models import MENTOR, Site, Unit
from incubator.spaces.operations.words import LONGEST_TEXT, one_line, unique
from incubator.spaces.queries import get_site

ALREADY = N_("This person is a mentor already.")


def add_mentor(
    session: Session, actor: Actor, *, now: datetime, site_id: int, kind: str, person_id: int | None = None,
    name: str = "", email: str = "", locale: str = "zh_Hans",
) -> Mentor:  # fmt: skip
    """Make somebody of the team with the role mentor one, or invite somebody by name and address.

    The next number, without gaps, is also the code of the unit that stands for their time. Whoever has been a mentor
    here takes up the same number again.
    """
    actor.require(Action.MANAGE_MENTORS)
    site = get_site(session, actor, site_id)
    if kind not in MENTOR_KINDS:
        raise Refusal(N_("Choose what kind of mentor this is."), field="kind")
    if person_id is not None and (known := _known(session, actor, person_id)) is not None:
        return _back(session, actor, known, now)
    # before the first word in the trail: whoever takes a number waits here, and holds nothing that others wait for
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    if person_id is None:
        person = _invited(session, actor, now, name, email, locale)
    else:
        person = get_person(session, actor, person_id)
    again = session.execute(select(Mentor).where(Mentor.person_id == person.id)).scalar_one_or_none()
    if again is not None:  # somebody whose access had ended, or whom a colleague has just made one
        return _back(session, actor, again, now)
    today = now.astimezone(ZoneInfo(site.zone)).date()
    number = (session.execute(select(func.max(Mentor.number))).scalar() or 0) + 1
    mentor = Mentor(person_id=person.id, number=number, site_id=site.id, kind=kind, languages=["zh"], zone=site.zone,
                    created_at=now)  # fmt: skip
    mentor.unit_id = _make_unit(session, site, mentor.label, today).id
    session.add(mentor)
    session.flush()
    after = {"number": mentor.label, "name": person.name, "kind": kind, "site_id": site.id}
    record(session, actor, "add_mentor", ("mentors", mentor.id), now=now, after=after)
    return mentor


def end_mentor(session: Session, actor: Actor, *, now: datetime, mentor_id: int, reason: str) -> Mentor:
    """They stop being a mentor here: nobody else sees them, their appointment ends today, what waits is withdrawn.

    Refused while sessions are to come. What they did, and their sign-in, stay.
    """
    actor.require(Action.MANAGE_MENTORS)
    mentor = load_kept(session, actor, mentor_id)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    unit = session.execute(select(Unit).where(Unit.id == mentor.unit_id).with_for_update()).scalar_one()
    refuse_over_sessions(session, mentor, now)
    today = today_of(session, mentor, now)
    decide_open(session, mentor, now=now, outcome="withdrawn", actor=actor)
    for appointment in session.execute(
        select(MentorAppointment)
        .where(MentorAppointment.mentor_id == mentor.id, func.upper(MentorAppointment.days) > today + _A_DAY)
    ).scalars():  # fmt: skip
        cut_short(appointment, now=now, last=today, reason=reason)
    assert unit.in_service.lower is not None  # every unit has a first day
    unit.in_service = Range(unit.in_service.lower, max(today, unit.in_service.lower) + _A_DAY)
    mentor.ended_at = now
    session.flush()
    record(session, actor, "end_mentor", ("mentors", mentor.id), now=now,
           after={"number": mentor.label, "reason": reason, "last_on": today})  # fmt: skip
    return mentor


def pause_mentor(session: Session, actor: Actor, *, now: datetime, mentor_id: int) -> Mentor:
    """No new sessions until they are back; those that are booked stand."""
    mentor = load_kept(session, actor, mentor_id)
    if mentor.paused_at is not None:
        raise Conflict(N_("This mentor is paused already."))
    mentor.paused_at = now
    record(session, actor, "pause_mentor", ("mentors", mentor.id), now=now, after={"number": mentor.label})
    return mentor


def resume_mentor(session: Session, actor: Actor, *, now: datetime, mentor_id: int) -> Mentor:
    """They take sessions again."""
    mentor = load_kept(session, actor, mentor_id)
    if mentor.paused_at is None:
        raise Conflict(N_("This mentor is not paused."))
    mentor.paused_at = None
    record(session, actor, "resume_mentor", ("mentors", mentor.id), now=now, after={"number": mentor.label})
    return mentor


_A_DAY = timedelta(days=1)


def _invited(session: Session, actor: Actor, now: datetime, name: str, email: str, locale: str) -> Person:
    name, email = one_line(name, "name", LONGEST_TEXT), one_line(email, "email", LONGEST_TEXT)
    if not name:
        raise Refusal(N_("Give their name."), field="name")
    if not email:
        raise Refusal(N_("Give an address to which the invitation goes."), field="email")
    return invite(session, actor, now=now, name=name, email=email, role=Role.MENTOR, locale=locale)


def _known(session: Session, actor: Actor, person_id: int) -> Mentor | None:
    """The mentor that somebody was before; None: never. Refused without the role."""
    person = get_person(session, actor, person_id)
    granted = exists().where(RoleGrant.person_id == person_id, RoleGrant.role == Role.MENTOR.value)
    if not session.execute(select(granted)).scalar():
        raise Refusal(N_("%(name)s needs the role mentor first: give it in the team."), field="person_id",
                      name=person.name)  # fmt: skip
    return session.execute(select(Mentor).where(Mentor.person_id == person_id)).scalar_one_or_none()


def _make_unit(session: Session, site: Site, code: str, today: date) -> Unit:
    unit = Unit(site_id=site.id, floor_id=None, code=code, kind=MENTOR, purpose="public_service", area_m2=Decimal(0),
                in_service=Range(today, None))  # fmt: skip
    taken = Conflict(N_("A unit of %(site)s is called %(code)s: give it another code first."), field="site_id",
                     site=site.name, code=code)  # fmt: skip
    with unique(session, "units_operator_id_site_id_code_key", taken):
        session.add(unit)
    return unit


def _back(session: Session, actor: Actor, mentor: Mentor, now: datetime) -> Mentor:
    """Somebody who has been a mentor here is one again: with their number, profile and record."""
    lock_mentor(session, mentor)
    if mentor.ended_at is None:
        raise Conflict(ALREADY, field="person_id")
    unit = session.execute(select(Unit).where(Unit.id == mentor.unit_id).with_for_update()).scalar_one()
    unit.in_service = Range(unit.in_service.lower, None)
    mentor.ended_at = mentor.paused_at = None
    session.flush()
    record(session, actor, "add_mentor", ("mentors", mentor.id), now=now, after={"number": mentor.label, "again": True})
    return mentor
