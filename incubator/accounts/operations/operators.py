"""Founding an operator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.accounts.actor import system_actor
from incubator.accounts.models import Identity, Operator, Person, Tenant
from incubator.accounts.operations.people import add_person, affiliate, grant_role
from incubator.accounts.permissions import Role
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.database import INSTALLATION, as_operator, set_operator


def found_operator(
    session: Session,
    *,
    now: datetime,
    name: str,
    owner_name: str,
    owner_identity: Identity,
    name_en: str = "",
    locale: str = "zh_Hans",
) -> tuple[Operator, Person]:
    """A new operator with its owner; the transaction belongs to the new operator afterwards.

    `owner_identity` is the installation's identity (signed in, or just made) that becomes its owner.
    """
    if not name.strip():
        raise Refusal(N_("Give the operator a name."), field="name")
    operator_id = session.execute(text("SELECT nextval('operators_operator_id_seq')")).scalar_one()
    set_operator(session, operator_id)
    operator = Operator(
        operator_id=operator_id, name=name.strip(), name_en=name_en.strip(), locale=locale, created_at=now
    )
    session.add(operator)
    with as_operator(session, INSTALLATION):
        session.add(
            Tenant(operator_id=INSTALLATION, tenant_id=operator_id, name=operator.name, name_en=operator.name_en)
        )
    system = system_actor(operator_id)
    owner = add_person(
        session, system, now=now, name=owner_name, email=owner_identity.email, locale=owner_identity.locale
    )
    grant_role(session, system, now=now, person=owner, role=Role.OWNER)
    affiliate(session, owner, owner_identity.id)
    record(session, system, "found_operator", ("operators", operator_id), now=now, after={"name": operator.name})
    return operator, owner


