"""Who is who: actors and sign-ins."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Role


def get_actor(session: Session, person_id: int) -> Actor | None:
    """The actor of a person of the transaction's operator; None where there is none or their access ended."""
    person = session.execute(
        select(Person).where(Person.id == person_id, Person.left_at.is_(None))
    ).scalar_one_or_none()
    if person is None:
        return None
    grants = session.execute(
        select(RoleGrant.role, RoleGrant.startup_id).where(RoleGrant.person_id == person_id)
    ).all()
    return Actor(
        operator_id=person.operator_id,
        person_id=person.id,
        name=person.name,
        roles=frozenset(Role(role) for role, _ in grants),
        startup_ids=frozenset(startup_id for _, startup_id in grants if startup_id is not None),
        locale=person.locale,
    )
