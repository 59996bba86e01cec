"""People of an operator and their roles."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation, Operator, Person, RoleGrant
from incubator.accounts.operations.links import withdraw_links
from incubator.accounts.operations.sessions import end_sessions
from incubator.accounts.permissions import Action, Role
from incubator.accounts.queries import get_person, list_roles
from incubator.accounts.rules import is_of_startup, may_touch
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, NotFound, Refusal
from incubator.database import INSTALLATION, as_operator, current_operator

NOT_YOUR_OWN = N_("Nobody changes their own rights. Ask a colleague who manages the team.")
OWNERS_ONLY = N_("Only an owner changes an owner's rights.")
LAST_OWNER = N_("%(name)s is the only owner. Make somebody else an owner first.")


def add_person(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    name: str,
    email: str,
    locale: str = "zh_Hans",
    phone: str = "",
) -> Person:
    """A new person of the operator, with no role yet. Conflict where the address is known already."""
    actor.require(Action.MANAGE_TEAM)
    known = session.execute(select(Person.id).where(func.lower(Person.email) == email.strip().lower())).first()
    if known:
        raise Conflict(N_("%(email)s belongs to somebody in your team already."), field="email", email=email)
    person = Person(name=name.strip(), email=email.strip(), locale=locale, phone=phone, created_at=now)
    session.add(person)
    session.flush()
    record(session, actor, "add_person", ("people", person.id), now=now, after={"name": name, "email": email})
    return person


def grant_role(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    person: Person,
    role: Role,
    startup_id: int | None = None,
) -> RoleGrant:
    """Give `person` a role; `founder` and `member` hold for one startup, the others for the operator.

    Only an owner makes an owner, and nobody gives themselves anything.
    """
    actor.require(Action.MANAGE_TEAM)
    if role is Role.OWNER:
        actor.require(Action.MANAGE_OPERATOR)
    if person.id == actor.person_id:
        raise Forbidden(NOT_YOUR_OWN)
    if is_of_startup(role) != (startup_id is not None):
        raise Refusal(N_("Founders and members belong to a startup; other roles do not."), field="role")
    same = select(RoleGrant.id).where(
        RoleGrant.person_id == person.id,
        RoleGrant.role == role.value,
        RoleGrant.startup_id.is_not_distinct_from(startup_id),
    )
    if session.execute(same).first():
        raise Conflict(N_("%(name)s has this role already."), field="role", name=person.name)
    grant = RoleGrant(person_id=person.id, role=role.value, startup_id=startup_id, granted_at=now)
    session.add(grant)
    session.flush()
    after = {"role": role.value, "startup_id": startup_id}
    record(session, actor, "grant_role", ("people", person.id), now=now, after=after)
    return grant


def take_role(session: Session, actor: Actor, *, now: datetime, person_id: int, grant_id: int) -> None:
    """Take one role from a person; never the last owner's, and not their only one (end their access instead)."""
    actor.require(Action.MANAGE_TEAM)
    lock_team(session)
    person = get_person(session, actor, person_id)
    roles = list_roles(session, person_id)
    grant = next((role for role in roles if role.id == grant_id), None)
    if grant is None:
        raise NotFound
    _check_may_touch(actor, person, roles)
    if grant.role == Role.OWNER:
        _check_not_last_owner(session, person)
    if len(roles) == 1:
        raise Conflict(N_("This is %(name)s's only role; end their access instead."), name=person.name)
    before = {"role": grant.role, "startup_id": grant.startup_id}
    session.delete(grant)
    record(session, actor, "take_role", ("people", person.id), now=now, before=before)


def end_access(session: Session, actor: Actor, *, now: datetime, person_id: int) -> Person:
    """Let a person in no more: their roles go, their browsers are signed out; what they did stays theirs."""
    actor.require(Action.MANAGE_TEAM)
    lock_team(session)
    person = get_person(session, actor, person_id)
    roles = list_roles(session, person_id)
    _check_may_touch(actor, person, roles)
    if any(grant.role == Role.OWNER for grant in roles):
        _check_not_last_owner(session, person)
    before = {"roles": sorted(grant.role for grant in roles)}
    let_go(session, now=now, person=person)
    record(session, actor, "end_access", ("people", person.id), now=now, before=before)
    return person


def affiliate(session: Session, person: Person, identity_id: int) -> None:
    """Let an identity of the installation act as `person`."""
    person.identity_id = identity_id
    session.flush()
    tenant_id, person_id = person.operator_id, person.id
    with as_operator(session, INSTALLATION):
        session.add(
            Affiliation(
                operator_id=INSTALLATION, identity_id=identity_id, tenant_id=tenant_id, person_id=person_id
            )
        )  # fmt: skip


def let_go(session: Session, *, now: datetime, person: Person) -> None:
    """End a person's access: roles, invitation, sign-ins, and the identity's way to this operator."""
    identity_id, tenant_id, person_id = person.identity_id, current_operator(session), person.id
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == person_id))
    person.left_at, person.identity_id = now, None
    withdraw_links(session, now=now, purpose="invitation", person=(tenant_id, person_id))
    if identity_id is None:
        return
    end_sessions(session, now=now, identity_id=identity_id, tenant_id=tenant_id)
    with as_operator(session, INSTALLATION):
        session.execute(
            delete(Affiliation).where(Affiliation.identity_id == identity_id, Affiliation.tenant_id == tenant_id)
        )


def lock_team(session: Session) -> None:
    """One change of rights at a time, so that two owners can't end each other's access at once."""
    session.execute(
        select(Operator.operator_id).where(Operator.operator_id == current_operator(session)).with_for_update()
    )


def _check_may_touch(actor: Actor, person: Person, roles: list[RoleGrant]) -> None:
    if may_touch(actor, person.id, [Role(grant.role) for grant in roles]):
        return
    raise Forbidden(NOT_YOUR_OWN if actor.person_id == person.id else OWNERS_ONLY)


def _check_not_last_owner(session: Session, person: Person) -> None:
    others = session.execute(
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == Role.OWNER.value,
            Person.id != person.id,
            Person.left_at.is_(None),
            Person.identity_id.is_not(None),
        )
        .limit(1)
    ).first()
    if others is None:
        raise Conflict(LAST_OWNER, name=person.name)
