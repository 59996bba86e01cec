"""Founding an operator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Identity, Operator, Person, Tenant
from incubator.accounts.operations.people import add_person, affiliate, grant_role
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.core.identifiers import normalise_credit_code
from incubator.core.texts import one_line
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


LONGEST_ADDRESS = 200


def edit_operator(session: Session, actor: Actor, *, now: datetime, credit_code: str, address: str) -> Operator:
    """The operator's credit code and address, as agreements, invoices and letters print them from now on."""
    actor.require(Action.MANAGE_OPERATOR)
    code = normalise_credit_code(credit_code) if credit_code.strip() else None
    if credit_code.strip() and code is None:
        raise Refusal(N_("This is no unified social credit code: its check character does not fit."),
                      field="credit_code")  # fmt: skip
    operator = session.execute(select(Operator).with_for_update()).scalar_one()
    before = {"credit_code": operator.credit_code, "address": operator.address}
    place = one_line(address, "address", LONGEST_ADDRESS)
    after = {"credit_code": code, "address": place}
    if before != after:
        operator.credit_code, operator.address = code, place
        session.flush()
        record(session, actor, "edit_operator", ("operators", operator.operator_id), now=now, before=before,
               after=after)  # fmt: skip
    return operator
