"""What the gauge looks at: standards, goals, and the world of a goal's sites in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.bookings.event_queries import list_gatherings
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.mentors.models import Mentor, MentorAppointment, SessionEvidence
from incubator.mentors.queries.figures import latest
from incubator.reports.gauge.models import Criterion, Goal, GoalSite, Standard, Statement
from incubator.reports.gauge.rules import Demand
from incubator.reports.gauge.world import Feat, Gathering, Given, Let, Party, Place, Somebody, Stated, World
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.queries import PLACES
from incubator.startups.models import Achievement, Exit, RegisteredAddress, Residency, Startup

COUNTED = ("financing", "right_applied", "right_granted")
SERVES = (Role.OWNER, Role.MANAGER, Role.FRONT_DESK, Role.FINANCE)


def get_standard(session: Session, actor: Actor, standard_id: int) -> Standard:
    """A standard of the operator; NotFound otherwise."""
    actor.require(Action.SEE_REPORTS)
    standard = session.execute(select(Standard).where(Standard.id == standard_id)).scalar_one_or_none()
    if standard is None:
        raise NotFound(N_("There is no such standard."))
    return standard


def list_standards(session: Session, actor: Actor) -> Sequence[Standard]:
    """The standards that the operator has taken over, by code."""
    actor.require(Action.SEE_REPORTS)
    return session.execute(select(Standard).order_by(Standard.code)).scalars().all()


def list_criteria(session: Session, standard_id: int, on: date | None = None) -> Sequence[Criterion]:
    """The criteria of a standard in their order, the earlier of each first; on a day: those that hold on it."""
    query = select(Criterion).where(Criterion.standard_id == standard_id)
    if on is not None:
        query = query.where(Criterion.days.contains(on))
    return session.execute(query.order_by(Criterion.position, func.lower(Criterion.days), Criterion.id)).scalars().all()


def demands_of(criteria: Sequence[Criterion], on: date) -> list[Demand]:
    """What of the criteria is asked on a day."""
    return [
        Demand(each.id, each.measure, each.comparison, each.threshold, each.alternative)
        for each in criteria
        if each.days.lower is not None and each.days.lower <= on
        and (each.days.upper is None or on < each.days.upper)
    ]  # fmt: skip


def get_goal(session: Session, actor: Actor, goal_id: int) -> Goal:
    """A goal of the operator that is not dropped; NotFound otherwise."""
    actor.require(Action.SEE_REPORTS)
    goal = session.execute(
        select(Goal).where(Goal.id == goal_id, Goal.dropped_at.is_(None))
    ).scalar_one_or_none()
    if goal is None:
        raise NotFound(N_("There is no such goal."))
    return goal


class GoalRow(Struct, frozen=True):
    """A goal with its standard and its sites."""

    goal: Goal
    standard: Standard
    sites: tuple[Site, ...]


def list_goals(session: Session, actor: Actor) -> list[GoalRow]:
    """The goals that are not dropped, the oldest first, in two statements."""
    actor.require(Action.SEE_REPORTS)
    goals = session.execute(
        select(Goal, Standard)
        .join(Standard, Standard.id == Goal.standard_id)
        .where(Goal.dropped_at.is_(None))
        .order_by(Goal.id)
    ).all()
    sites = session.execute(
        select(GoalSite.goal_id, Site).join(Site, Site.id == GoalSite.site_id).order_by(Site.code)
    ).all()
    return [GoalRow(goal, standard, tuple(site for goal_id, site in sites if goal_id == goal.id))
            for goal, standard in goals]  # fmt: skip


def get_goal_row(session: Session, actor: Actor, goal_id: int) -> GoalRow:
    """One goal with its standard and its sites."""
    goal = get_goal(session, actor, goal_id)
    sites = session.execute(
        select(Site).join(GoalSite, GoalSite.site_id == Site.id).where(GoalSite.goal_id == goal.id).order_by(Site.code)
    ).scalars()
    return GoalRow(goal, get_standard(session, actor, goal.standard_id), tuple(sites))


def list_statements(session: Session, actor: Actor, goal_id: int) -> Sequence[tuple[Statement, str]]:
    """What is stated of a goal, the newest first, withdrawn ones too, each with who said it."""
    actor.require(Action.SEE_REPORTS)
    rows = session.execute(
        select(Statement, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == Statement.created_by)
        .where(Statement.goal_id == goal_id)
        .order_by(Statement.id.desc())
    ).all()
    return [(statement, name) for statement, name in rows]


def observe(session: Session, actor: Actor, row: GoalRow) -> World:
    """All that the measures of a goal look at, for any day: eleven statements, whatever there is."""
    world = observe_sites(session, actor, [site.id for site in row.sites])
    return replace(world, stated=_stated(session, row.goal.id))


def observe_sites(session: Session, actor: Actor, site_ids: Sequence[int]) -> World:
    """What there is at some sites, without what is stated of a goal: ten statements.

    A unit is let on a day if an agreement holds it for that whole local day.
    """
    actor.require(Action.SEE_REPORTS)
    places = session.execute(
        select(Unit, Site.code).join(Site, Site.id == Unit.site_id).where(Unit.site_id.in_(site_ids), PLACES)
        .order_by(Site.code, Unit.code)
    ).all()  # fmt: skip
    lets = _lets(session, site_ids)
    parties = _parties(session, {let.startup_id for let in lets}, site_ids)
    return World(
        places=[
            Place(unit.id, unit.site_id, unit.code, site, unit.kind, unit.purpose, unit.area_m2, unit.in_service.lower,
                  unit.in_service.upper)
            for unit, site in places
        ],
        lets=lets, parties=parties, feats=_feats(session, list(parties)), people=[*_staff(session), *_mentors(session)],
        given=_given(session), gatherings=[Gathering(*row) for row in list_gatherings(session, site_ids)],
        graduations=_graduations(session, list(parties)),
    )  # fmt: skip


def _lets(session: Session, site_ids: Sequence[int]) -> list[Let]:
    starts = func.timezone(Site.zone, func.lower(Allocation.period))
    # a day that is held from its midnight on, until the last midnight
    first = cast(starts + timedelta(days=1) - timedelta(microseconds=1), Date)
    after = cast(func.timezone(Site.zone, func.upper(Allocation.period)), Date)
    rows = session.execute(
        select(Allocation.unit_id, Residency.startup_id, first, after)
        .join(Site, Site.id == Allocation.site_id)
        .join(Residency, Residency.id == Allocation.holder_id)
        .where(
            Allocation.holder_kind == "residency", Allocation.voided_at.is_(None), Allocation.site_id.in_(site_ids)
        )
        .order_by(Allocation.unit_id, func.lower(Allocation.period))
    ).all()
    return [Let(*row) for row in rows]


def _parties(session: Session, startup_ids: set[int], site_ids: Sequence[int]) -> dict[int, Party]:
    entered = (
        select(func.min(Residency.starts_on)).where(Residency.startup_id == Startup.id).correlate(Startup)
        .scalar_subquery()
    )  # fmt: skip
    rows = session.execute(select(Startup, entered).where(Startup.id.in_(startup_ids))).all()
    here: dict[int, list[tuple[date, date | None]]] = {}
    addresses = session.execute(
        select(RegisteredAddress).where(
            RegisteredAddress.startup_id.in_(startup_ids), RegisteredAddress.site_id.in_(site_ids)
        )
    ).scalars()
    for address in addresses:
        first = address.days.lower
        assert first is not None  # a named CHECK of the table
        here.setdefault(address.startup_id, []).append((first, address.days.upper))
    return {
        startup.id: Party(startup.id, startup.code, startup.name, startup.name_en, startup.kind,
                          startup.registered_on, startup.industry_code, first_day, tuple(here.get(startup.id, ())))
        for startup, first_day in rows
    }  # fmt: skip


def _feats(session: Session, startup_ids: Sequence[int]) -> list[Feat]:
    rows = session.execute(
        select(Achievement.startup_id, Achievement.kind, Achievement.happened_on, Achievement.valid_until,
               Achievement.title)
        .where(
            Achievement.startup_id.in_(startup_ids), Achievement.kind.in_(COUNTED),
            Achievement.confirmed_at.is_not(None), Achievement.withdrawn_at.is_(None),
        )
        .order_by(Achievement.happened_on, Achievement.id)
    ).all()  # fmt: skip
    return [Feat(*row) for row in rows]


def _graduations(session: Session, startup_ids: Sequence[int]) -> list[tuple[int, date]]:
    rows = session.execute(
        select(Exit.startup_id, func.min(Exit.happened_on))
        .where(Exit.startup_id.in_(startup_ids), Exit.kind == "graduated", Exit.revoked_at.is_(None))
        .group_by(Exit.startup_id)
    ).all()
    return [(startup_id, day) for startup_id, day in rows]


def _staff(session: Session) -> list[Somebody]:
    rows = session.execute(
        select(Person.name, RoleGrant.granted_at, Person.left_at)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role.in_([role.value for role in SERVES]))
        .order_by(Person.name)
    ).all()
    return [Somebody(name, "staff", _day(since), _day(left) if left else None) for name, since, left in rows]


def _mentors(session: Session) -> list[Somebody]:
    """Whoever was ever appointed, on the days of each appointment."""
    rows = session.execute(
        select(MentorAppointment, Person.name)
        .join(Mentor, Mentor.id == MentorAppointment.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .where(~func.isempty(MentorAppointment.days))
        .order_by(Person.name)
    ).all()
    return [
        Somebody(name, "mentor", appointment.first, appointment.days.upper, appointment.label,
                 appointment.mentor_id)
        for appointment, name in rows
    ]


def _given(session: Session) -> list[Given]:
    """Every session that counts, by its latest evidence."""
    rows = session.execute(
        select(SessionEvidence.mentor_id, SessionEvidence.on).where(SessionEvidence.id.in_(latest()))
        .order_by(SessionEvidence.on, SessionEvidence.id)
    ).all()  # fmt: skip
    return [Given(mentor_id, on) for mentor_id, on in rows]


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def _stated(session: Session, goal_id: int) -> list[Stated]:
    rows = session.execute(
        select(Statement)
        .where(Statement.goal_id == goal_id, Statement.withdrawn_at.is_(None))
        .order_by(Statement.id.desc())
    ).scalars()
    found = []
    for each in rows:
        first = each.days.lower
        assert first is not None  # a named CHECK of the table
        found.append(Stated(each.measure, each.figure, first, each.days.upper, each.evidence))
    return found
