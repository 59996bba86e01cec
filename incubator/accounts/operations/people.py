"""People of an operator and their roles."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation, Person, RoleGrant
from incubator.accounts.permissions import STARTUP_ROLES, Action, Role
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import INSTALLATION, as_operator


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

    Only an owner makes an owner.
    """
    actor.require(Action.MANAGE_TEAM)
    if role is Role.OWNER:
        actor.require(Action.MANAGE_OPERATOR)
    if (role in STARTUP_ROLES) != (startup_id is not None):
        raise Refusal(N_("Founders and members belong to a startup; other roles do not."), field="role")
    grant = RoleGrant(person_id=person.id, role=role.value, startup_id=startup_id, granted_at=now)
    session.add(grant)
    session.flush()
    after = {"role": role.value, "startup_id": startup_id}
    record(session, actor, "grant_role", ("people", person.id), now=now, after=after)
    return grant


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
        )
