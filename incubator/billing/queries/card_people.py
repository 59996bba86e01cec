"""Who is told of payments by Stripe."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role, roles_with


def list_payers(session: Session, startup_id: int) -> list[int]:
    """Who of a startup pays its invoices."""
    return _people(session, roles_with(Action.PAY_OWN_INVOICES), startup_id)


def list_money_people(session: Session) -> list[int]:
    """The operator's finance people, or its owners where it has none."""
    return _people(session, frozenset({Role.FINANCE})) or _people(session, frozenset({Role.OWNER}))


def _people(session: Session, roles: frozenset[Role], startup_id: int | None = None) -> list[int]:
    query = (
        select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role.in_([role.value for role in roles]), Person.left_at.is_(None))
        .distinct()
    )
    if startup_id is not None:
        query = query.where(RoleGrant.startup_id == startup_id)
    return list(session.execute(query.order_by(RoleGrant.person_id)).scalars())
