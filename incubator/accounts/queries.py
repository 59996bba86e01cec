"""Who is who: actors, people, invitations, signed-in browsers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Identity, Operator, Person, RoleGrant, SignInSession, SingleUseLink
from incubator.accounts.permissions import STARTUP_ROLES, Action, Role, allowed_in_startup, roles_with
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.database import INSTALLATION, as_operator, read

STARTUPS = table(
    "startups", column("id", BigInteger), column("code", Text), column("name", Text), column("name_en", Text)
)
"""What accounts know of startups: the table that a founder's role points at. The package stands above this one."""

_GRANTS = (
    select(func.coalesce(func.jsonb_agg(func.jsonb_build_object(
        "role", RoleGrant.role, "startup_id", RoleGrant.startup_id, "may_book", RoleGrant.may_book,
        "sees_invoices", RoleGrant.sees_invoices)), text("'[]'")))
    .where(RoleGrant.person_id == Person.id)
    .correlate(Person)
    .scalar_subquery()
)  # fmt: skip
_PERSON = select(
    Person.operator_id, Person.id, Person.name, Person.locale, Person.theme, _GRANTS.label("grants")
).where(Person.id == bindparam("person_id"), Person.left_at.is_(None))


def get_operator(session: Session) -> Operator:
    """The transaction's operator: its name, code, address, language and settings."""
    return session.execute(select(Operator)).scalar_one()


def people_with(action: Action) -> Select[int]:
    """The ids of people of the operator who may do it now: who have a sign-in, a role for it, and have not left."""
    roles = [role.value for role in roles_with(action)]
    return (
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role.in_(roles), Person.left_at.is_(None), Person.identity_id.is_not(None))
        .distinct()
    )


def get_actor(session: Session, person_id: int) -> Actor | None:
    """The actor of a person of the transaction's operator; None where there is none or their access ended."""
    found = get_actor_and_theme(session, person_id)
    return found[0] if found else None


def get_actor_and_theme(session: Session, person_id: int) -> tuple[Actor, str] | None:
    """The actor, and the theme that the person keeps; one statement, for it comes before every page's own."""
    rows = read(session, _PERSON, {"person_id": person_id})
    if not rows:
        return None
    (row,) = rows
    grants = [RoleGrant(**grant) for grant in row.grants]
    actor = Actor(
        operator_id=row.operator_id,
        person_id=row.id,
        name=row.name,
        roles=frozenset(Role(grant.role) for grant in grants),
        startup_ids=frozenset(grant.startup_id for grant in grants if grant.startup_id is not None),
        locale=row.locale,
        startup_actions=frozenset(
            (grant.startup_id, action)
            for grant in grants
            if grant.startup_id is not None
            for action in rights_of(grant)
        ),
    )
    return actor, row.theme


def rights_of(grant: RoleGrant) -> frozenset[Action]:
    """What a role lets its person do for its startup."""
    return allowed_in_startup(Role(grant.role), may_book=grant.may_book, sees_invoices=grant.sees_invoices)


def get_person(session: Session, actor: Actor, person_id: int) -> Person:
    """A person whose access has not ended, for whoever may see the team; NotFound otherwise."""
    actor.require(Action.SEE_TEAM)
    person = session.execute(
        select(Person).where(Person.id == person_id, Person.left_at.is_(None))
    ).scalar_one_or_none()
    if person is None:
        raise NotFound(N_("There is no such person in your team."))
    return person


def list_roles(session: Session, person_id: int) -> list[RoleGrant]:
    """A person's roles, the oldest first."""
    return list(
        session.execute(
            select(RoleGrant).where(RoleGrant.person_id == person_id).order_by(RoleGrant.id)
        ).scalars()
    )


class StartupName(Struct, frozen=True):
    """A startup, for a list to choose from and beside a role."""

    id: int
    code: str
    name: str
    name_en: str


class HeldRole(Struct, frozen=True):
    """One role of a person, and for which startup."""

    grant_id: int
    role: Role
    startup: StartupName | None


class Invitation(Struct, frozen=True):
    """Where an invitation stands: when it was asked for, and until when its link works."""

    asked_at: datetime
    expires_at: datetime

    def is_over(self, now: datetime) -> bool:
        return self.expires_at <= now


class TeamMember(Struct, frozen=True):
    """A person with their roles; `invitation` of those who have not come in yet, None: never invited."""

    person: Person
    roles: tuple[HeldRole, ...]
    invitation: Invitation | None

    @property
    def is_in(self) -> bool:
        return self.person.identity_id is not None


def list_team(
    session: Session, actor: Actor, *, group: str = "team", search: str = "", page: int = 1
) -> Page[TeamMember]:
    """A page of people by name, four statements: `team` (staff and mentors), `startups` or `waiting` (invited)."""
    actor.require(Action.SEE_TEAM)
    wanted = [Person.left_at.is_(None), *_of_group(group)]
    if search.strip():
        words = search.strip()
        wanted.append(or_(*(column.icontains(words, autoescape=True) for column in (Person.name, Person.email))))
    total = session.execute(select(func.count()).select_from(Person).where(*wanted)).scalar_one()
    people = session.execute(
        select(Person).where(*wanted).order_by(Person.name, Person.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).scalars()
    return Page(_with_roles(session, actor, people.all()), page, total)


def count_waiting(session: Session, actor: Actor) -> int:
    """How many are invited, or known, and not in yet."""
    actor.require(Action.SEE_TEAM)
    wanted = [Person.left_at.is_(None), *_of_group("waiting")]
    return session.execute(select(func.count()).select_from(Person).where(*wanted)).scalar_one()


def get_member(session: Session, actor: Actor, person_id: int) -> TeamMember:
    """One person with their roles; NotFound where there is none."""
    return _with_roles(session, actor, [get_person(session, actor, person_id)])[0]


def get_member_self(session: Session, actor: Actor) -> TeamMember:
    """Oneself with one's roles, whatever they are."""
    person = session.execute(select(Person).where(Person.id == actor.person_id)).scalar_one()
    return _with_roles(session, actor, [person])[0]


def list_startup_names(session: Session, actor: Actor) -> list[StartupName]:
    """All startups by code, to choose from when a founder is invited."""
    actor.require(Action.SEE_TEAM)
    return [StartupName(*row) for row in session.execute(select(*STARTUPS.c).order_by(STARTUPS.c.code))]


def startup_exists(session: Session, startup_id: int) -> bool:
    return session.execute(select(STARTUPS.c.id).where(STARTUPS.c.id == startup_id)).first() is not None


class OwnMember(Struct, frozen=True):
    """Somebody of a startup with their role in it; `invitation` of those who have not come in yet."""

    person: Person
    grant: RoleGrant
    invitation: Invitation | None

    @property
    def is_in(self) -> bool:
        return self.person.identity_id is not None

    @property
    def is_founder(self) -> bool:
        return self.grant.role == Role.FOUNDER


def list_own_team(session: Session, actor: Actor, startup_id: int) -> list[OwnMember]:
    """Who may sign in for one's startup, founders first; two statements. NotFound for others'."""
    actor.require(Action.SEE_OWN_STARTUP)
    actor.require_startup(startup_id)
    rows = session.execute(
        select(Person, RoleGrant)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.startup_id == startup_id, Person.left_at.is_(None))
        .order_by(RoleGrant.role, Person.name, Person.id)
    ).all()
    asked = _invitations(session, actor.operator_id, [person.id for person, _ in rows if person.identity_id is None])
    return [OwnMember(person, grant, asked.get(person.id)) for person, grant in rows]


def get_own_member(session: Session, actor: Actor, startup_id: int, person_id: int) -> OwnMember:
    """One of them; NotFound otherwise."""
    found = [each for each in list_own_team(session, actor, startup_id) if each.person.id == person_id]
    if not found:
        raise NotFound(N_("There is no such person in your team."))
    return found[0]


def list_own_startup_names(session: Session, actor: Actor) -> list[StartupName]:
    """The startups whose founder or member the actor is, by code."""
    actor.require(Action.SEE_OWN_STARTUP)
    mine = select(*STARTUPS.c).where(STARTUPS.c.id.in_(actor.startup_ids)).order_by(STARTUPS.c.code)
    return [StartupName(*row) for row in session.execute(mine)]


class SignedInBrowser(Struct, frozen=True):
    """A browser in which somebody is signed in."""

    id: int
    browser: str
    started_at: datetime
    seen_at: datetime


def list_browsers(
    session: Session, *, identity_id: int, now: datetime, idle_limit: timedelta
) -> Sequence[SignedInBrowser]:
    """The identity's live sessions, the latest seen first."""
    with as_operator(session, INSTALLATION):
        rows = session.execute(
            select(SignInSession.id, SignInSession.browser, SignInSession.started_at, SignInSession.seen_at)
            .where(
                SignInSession.identity_id == identity_id,
                SignInSession.ended_at.is_(None),
                SignInSession.seen_at > now - idle_limit,
            )
            .order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())
            .limit(PAGE_SIZE)
        ).all()
    return [SignedInBrowser(*row) for row in rows]


class SignInAddress(Struct, frozen=True):
    """The address that an identity signs in with, and whether it was shown to be theirs."""

    id: int
    email: str
    is_confirmed: bool


def get_sign_in_address(session: Session, identity_id: int) -> SignInAddress:
    """The address of one's own identity."""
    with as_operator(session, INSTALLATION):
        row = session.execute(
            select(Identity.id, Identity.email, Identity.email_confirmed_at.is_not(None)).where(
                Identity.id == identity_id
            )
        ).one()
    return SignInAddress(*row)


def address_is_known(session: Session, email: str) -> bool:
    """Whether somebody signs in with this address; for whoever proved that it is theirs."""
    with as_operator(session, INSTALLATION):
        found = session.execute(select(Identity.id).where(func.lower(Identity.email) == email.strip().lower())).first()
    return found is not None


def _of_group(group: str) -> list[ColumnElement[bool]]:
    of_startup = exists().where(
        RoleGrant.person_id == Person.id, RoleGrant.role.in_([role.value for role in STARTUP_ROLES])
    )
    of_operator = exists().where(
        RoleGrant.person_id == Person.id, RoleGrant.role.not_in([role.value for role in STARTUP_ROLES])
    )
    if group == "waiting":
        return [Person.identity_id.is_(None)]
    if group == "startups":
        return [and_(of_startup, ~of_operator)]
    return [or_(of_operator, ~of_startup)]


def _with_roles(session: Session, actor: Actor, people: Sequence[Person]) -> list[TeamMember]:
    ids = [person.id for person in people]
    held: dict[int, list[HeldRole]] = {person_id: [] for person_id in ids}
    for row in session.execute(
        select(RoleGrant.person_id, RoleGrant.id, RoleGrant.role, *STARTUPS.c)
        .outerjoin(STARTUPS, STARTUPS.c.id == RoleGrant.startup_id)
        .where(RoleGrant.person_id.in_(ids))
        .order_by(RoleGrant.id)
    ):
        startup = StartupName(*row[3:]) if row[3] is not None else None
        held[row[0]].append(HeldRole(row[1], Role(row[2]), startup))
    asked = _invitations(session, actor.operator_id, [person.id for person in people if person.identity_id is None])
    return [TeamMember(person, tuple(held[person.id]), asked.get(person.id)) for person in people]


def _invitations(session: Session, tenant_id: int, person_ids: Sequence[int]) -> dict[int, Invitation]:
    if not person_ids:
        return {}
    with as_operator(session, INSTALLATION):
        rows = session.execute(
            select(SingleUseLink.person_id, SingleUseLink.created_at, SingleUseLink.expires_at).where(
                SingleUseLink.purpose == "invitation",
                SingleUseLink.tenant_id == tenant_id,
                SingleUseLink.person_id.in_(person_ids),
                SingleUseLink.used_at.is_(None),
                SingleUseLink.withdrawn_at.is_(None),
            )
        ).all()
    return {row.person_id: Invitation(row.created_at, row.expires_at) for row in rows}
