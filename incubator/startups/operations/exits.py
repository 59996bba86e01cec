"""Startups leave: what ends with it, and what of it can be taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.startups.models import Enrolment, Exit, ExitItem, RegisteredAddress, Residency, Startup
from incubator.startups.operations.exit_access import make_founders_again, told_people
from incubator.startups.operations.exit_items import follow_deposit, open_exit
from incubator.startups.operations.programmes import end_enrolment
from incubator.startups.operations.residencies import end_residency
from incubator.startups.queries.exits import last_exit
from incubator.startups.queries.graduation import latest_measured, measure_startup
from incubator.startups.queries.startups import get_startup
from incubator.startups.rules.exits import ADDRESS_DAYS, EXIT_KINDS, tasks_of
from incubator.startups.rules.graduation import Outcome

A_DAY = timedelta(days=1)
A_YEAR = timedelta(days=366)
LONGEST_REASON = 500
MOST_NOTICE = 730


def leave_incubation(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, kind: str, on: date, reason: str,
    destination: str = "", override_reason: str = "", notice_days: int | None = None,
    licence_cancelled_on: date | None = None, keeps_access: bool = False, address_days: int = ADDRESS_DAYS,
) -> Exit:  # fmt: skip
    """A startup is here for the last time on a day: its agreements and programmes end then, its people's access on the
    day after, and a list is made of what is to be settled.

    Who graduates meets the rule of its programme on that day, or graduates by a stated exception. Who is removed is
    told why, and how many days before. What was over earlier stays as it was; an agreement that begins later is to be
    seen to first.
    """
    actor.require(Action.MANAGE_EXITS)
    startup = get_startup(session, actor, startup_id)
    session.execute(select(Startup.id).where(Startup.id == startup_id).with_for_update())
    words = _words(kind, reason, destination, override_reason)
    _check_terms(session, startup, kind, on, now, notice_days, licence_cancelled_on)
    _refuse_gone(session, startup, on)
    rule_id, outcome = _graduation(session, actor, startup, on) if kind == "graduated" else (None, None)
    if kind == "graduated" and (outcome is None or not outcome.is_met) and not words["override_reason"]:
        raise Refusal(
            N_("The rule of its programme is not met on this day. Say why it graduates all the same."),
            field="override_reason",
        )
    if outcome is not None and outcome.is_met:
        words["override_reason"] = ""
    session.execute(
        select(Residency.id).where(Residency.startup_id == startup_id).order_by(Residency.id).with_for_update()
    ).all()  # a movement of its deposit comes before, or after
    had_agreement, has_address = _look(session, startup_id, on)
    made = Exit(
        startup_id=startup_id, kind=kind, happened_on=on, rule_id=rule_id, findings=_snapshot(outcome),
        notice_days=notice_days, licence_cancelled_on=licence_cancelled_on,
        keeps_access=keeps_access and kind == "graduated", decided_at=now, decided_by=actor.person_id, **words,
    )  # fmt: skip
    session.add(made)
    session.flush()
    tasks = tasks_of(kind, on, had_agreement=had_agreement, has_address=has_address, address_days=address_days)
    session.add_all(
        ExitItem(exit_id=made.id, position=place, task=task, due_on=due_on)
        for place, (task, due_on) in enumerate(tasks, start=1)
    )
    session.flush()
    follow_deposit(session, actor, now=now, startup_id=startup_id)
    ended = _end_stays(session, actor, now, startup_id, on, made.reason)
    after = {"startup_id": startup_id, "kind": kind, "on": on, "reason": made.reason, "ended": ended,
             "override_reason": made.override_reason, "notice_days": notice_days}  # fmt: skip
    record(session, actor, "leave_incubation", ("exits", made.id), now=now, after=after)
    notify(session, now=now, kind="exit", about=("exits", made.id), people=told_people(session, startup_id),
           facts={"what": "exit"})  # fmt: skip
    return made


def revoke_exit(session: Session, actor: Actor, *, now: datetime, exit_id: int, reason: str) -> Exit:
    """It was decided by mistake: it counts nowhere, nobody's access ends by it any more, alumni are founders again.

    Agreements and programmes that it ended stay ended, and access that was taken stays so: units may be somebody
    else's by now. They are signed, joined and given anew.
    """
    actor.require(Action.MANAGE_EXITS)
    exit_ = open_exit(session, actor, exit_id)
    reason = one_line(reason, "reason", LONGEST_REASON)
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    exit_.revoked_at, exit_.revoked_by, exit_.revoked_reason = now, actor.person_id, reason
    session.flush()
    again = make_founders_again(session, actor, now=now, startup_id=exit_.startup_id) if exit_.keeps_access else 0
    record(session, actor, "revoke_exit", ("exits", exit_.id), now=now, after={"reason": reason, "founders": again})
    return exit_


def _words(kind: str, reason: str, destination: str, override_reason: str) -> dict[str, str]:
    if kind not in EXIT_KINDS:
        raise Refusal(N_("Choose how it leaves."), field="kind")
    words = {"reason": one_line(reason, "reason", LONGEST_REASON),
             "destination": one_line(destination, "destination", LONGEST_REASON),
             "override_reason": one_line(override_reason, "override_reason", LONGEST_REASON)}  # fmt: skip
    if not words["reason"]:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if kind != "graduated":
        words["override_reason"] = ""
    return words


def _check_terms(
    session: Session, startup: Startup, kind: str, on: date, now: datetime, notice_days: int | None,
    licence_cancelled_on: date | None,
) -> None:  # fmt: skip
    check_day(on, "on")
    check_day(licence_cancelled_on, "licence_cancelled_on")
    today = now.astimezone(CHINA).date()
    if on > today + A_YEAR:
        raise Refusal(N_("Its last day lies at most a year ahead."), field="on")
    entered = session.execute(
        select(func.min(Residency.starts_on)).where(Residency.startup_id == startup.id)
    ).scalar()
    if entered is not None and on < entered:
        raise Refusal(N_("It came on %(day)s; it can't leave before."), field="on", day=entered)
    if kind == "removed" and (notice_days is None or not 0 <= notice_days <= MOST_NOTICE):
        raise Refusal(N_("Say how many days before it was told."), field="notice_days")
    if kind != "removed" and notice_days is not None:
        raise Refusal(N_("Only who is removed is given notice."), field="notice_days")
    if kind == "dissolved" and startup.kind == "company" and licence_cancelled_on is None:
        raise Refusal(N_("Give the day on which its licence was cancelled."), field="licence_cancelled_on")
    if licence_cancelled_on is not None and (kind != "dissolved" or licence_cancelled_on > today):
        raise Refusal(N_("Only a dissolved company's licence is cancelled, on a day that has come."),
                      field="licence_cancelled_on")  # fmt: skip


def _refuse_gone(session: Session, startup: Startup, on: date) -> None:
    last = last_exit(session, startup.id)
    if last is None:
        return
    back = session.execute(
        select(Residency.id).where(
            Residency.startup_id == startup.id, Residency.starts_on > last.happened_on, Residency.starts_on <= on
        )
    ).first() or session.execute(
        select(Enrolment.id).where(Enrolment.startup_id == startup.id, func.lower(Enrolment.days) > last.happened_on,
                                   func.lower(Enrolment.days) <= on)
    ).first()  # fmt: skip
    if back is None:
        raise Conflict(N_("It has an exit on %(day)s already; revoke that one first."), day=last.happened_on)


def _graduation(session: Session, actor: Actor, startup: Startup, on: date) -> tuple[int | None, Outcome | None]:
    found = latest_measured(measure_startup(session, actor, startup.id, on))
    return (found.rule.id, found.outcome) if found is not None and found.rule is not None else (None, None)


def _snapshot(outcome: Outcome | None) -> list[dict[str, Any]]:
    if outcome is None:
        return []
    return [
        {"measure": each.demand.measure, "sort": each.demand.sort, "years": each.demand.years,
         "threshold": each.demand.threshold, "state": each.state, "figure": each.figure,
         "since": each.since.isoformat() if each.since else None}
        for each in outcome.findings
    ]  # fmt: skip


def _look(session: Session, startup_id: int, on: date) -> tuple[bool, bool]:
    had = session.execute(select(Residency.id).where(Residency.startup_id == startup_id).limit(1)).first()
    here = session.execute(
        select(RegisteredAddress.id).where(RegisteredAddress.startup_id == startup_id,
                                           RegisteredAddress.site_id.is_not(None), RegisteredAddress.days.contains(on))
    ).first()  # fmt: skip
    return had is not None, here is not None


def _end_stays(session: Session, actor: Actor, now: datetime, startup_id: int, on: date, reason: str) -> list[str]:
    """The numbers of the agreements and the names of the programmes that end with it."""
    ended = []
    residencies = session.execute(
        select(Residency)
        .where(Residency.startup_id == startup_id, or_(Residency.ends_on.is_(None), Residency.ends_on > on))
        .order_by(Residency.id)
    ).scalars().all()  # fmt: skip
    for residency in residencies:
        if residency.starts_on > on:
            raise Conflict(N_("Agreement %(number)s begins on %(day)s, after its last day; see to it first."),
                           field="on", number=residency.number, day=residency.starts_on)  # fmt: skip
        end_residency(session, actor, now=now, residency=residency, ends_on=on, reason=reason)
        ended.append(residency.number)
    enrolments = session.execute(
        select(Enrolment)
        .where(Enrolment.startup_id == startup_id,
               or_(func.upper_inf(Enrolment.days), func.upper(Enrolment.days) > on + A_DAY))
        .order_by(Enrolment.id)
    ).scalars().all()  # fmt: skip
    for enrolment in enrolments:
        first = enrolment.days.lower
        assert first is not None  # the days of a stay have a beginning
        if first > on:
            raise Conflict(N_("It joins a programme on %(day)s, after its last day; see to it first."), field="on",
                           day=first)  # fmt: skip
        end_enrolment(session, actor, now=now, enrolment_id=enrolment.id, ends_on=on)
    return ended
