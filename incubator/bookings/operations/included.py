"""What programmes and plans include: an allowance for each stay in them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.bookings.included import missing_included
from incubator.bookings.operations.allowances import check_given, lock_startups, settle
from incubator.core.errors import N_, Conflict, NotFound
from incubator.pricing.models import Allowance, PlanAllowance
from incubator.startups.models import Enrolment
from incubator.startups.queries import get_programme

MOST_AT_ONCE = 200
"""How many the worker gives in one go."""


def include_allowance(
    session: Session, actor: Actor, *, now: datetime, programme_id: int, name: str, minutes: int, repeats: str,
    valid_from: date, resource_kind: str | None = None, site_id: int | None = None,
) -> PlanAllowance:  # fmt: skip
    """Let a programme or plan include hours from a day on: every startup that is in it then or later has them at once,
    as long as it is in it, for what is booked already, too."""
    actor.require(Action.MANAGE_PRICES)
    programme = get_programme(session, actor, programme_id)
    name = check_given(session, actor, name, minutes, repeats, valid_from, None, resource_kind, site_id)
    included = PlanAllowance(
        programme_id=programme.id, name=name, minutes=minutes, repeats=repeats, valid_from=valid_from,
        resource_kind=resource_kind, site_id=site_id, created_at=now,
    )  # fmt: skip
    session.add(included)
    session.flush()
    after = {"programme": programme.name, "name": name, "minutes": minutes, "repeats": repeats, "site_id": site_id,
             "resource_kind": resource_kind, "valid_from": valid_from}  # fmt: skip
    record(session, actor, "include_allowance", ("plan_allowances", included.id), now=now, after=after)
    give_included(session, actor, now=now, most=None)
    return included


def end_included(session: Session, actor: Actor, *, now: datetime, included_id: int) -> PlanAllowance:
    """Newcomers get it no more; who has it keeps it until their stay ends."""
    actor.require(Action.MANAGE_PRICES)
    included = session.execute(
        select(PlanAllowance).where(PlanAllowance.id == included_id).with_for_update()
    ).scalar_one_or_none()
    if included is None:
        raise NotFound(N_("There is no such allowance."))
    if included.ended_at is not None:
        raise Conflict(N_("Newcomers get it no more already."))
    included.ended_at = now
    record(session, actor, "end_included", ("plan_allowances", included.id), now=now)
    return included


def give_included(session: Session, actor: Actor, *, now: datetime, most: int | None = MOST_AT_ONCE) -> int:
    """Give what plans include to each stay that has not got it yet; how many that were.

    Two who do so at once do it once: the startups are locked, then looked at again.
    """
    actor.require(Action.MANAGE_PRICES)
    startups = session.execute(
        missing_included().with_only_columns(Enrolment.startup_id).order_by(None).distinct().limit(most)
    ).scalars().all()  # fmt: skip
    if not startups:
        return 0
    lock_startups(session, startups)
    missing = session.execute(missing_included().where(Enrolment.startup_id.in_(startups))).all()
    given = [_of(enrolment, included, actor, now) for enrolment, included in missing]
    session.add_all(given)
    session.flush()
    for startup_id in startups:
        settle(session, actor, now=now, startup_id=startup_id)
    for each in given:
        after = {"startup_id": each.startup_id, "name": each.name, "minutes": each.minutes, "repeats": each.repeats}
        record(session, actor, "grant_allowance", ("allowances", each.id), now=now, after=after)
    return len(given)


def _of(enrolment: Enrolment, included: PlanAllowance, actor: Actor, now: datetime) -> Allowance:
    first = enrolment.days.lower
    assert first is not None  # the days of a stay have a beginning
    return Allowance(
        startup_id=enrolment.startup_id, enrolment_id=enrolment.id, plan_allowance_id=included.id, name=included.name,
        resource_kind=included.resource_kind, site_id=included.site_id, minutes=included.minutes,
        repeats=included.repeats, valid=Range(max(first, included.valid_from), None), created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
