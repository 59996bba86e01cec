"""Inviting people: the person is known at once, the mailed link lets somebody act as them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Identity, Person
from incubator.accounts.operations.links import SPENT, Link, ask_for_link, use_link, withdraw_links
from incubator.accounts.operations.people import OWNERS_ONLY, add_person, affiliate, grant_role
from incubator.accounts.permissions import Action, Role
from incubator.accounts.queries import get_actor, get_person, list_roles, startup_exists
from incubator.accounts.rules import may_touch
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, NotFound, Refusal
from incubator.database import INSTALLATION, as_operator, current_operator, set_operator

TAKEN_UP = N_("%(name)s has taken the invitation up already.")


def invite(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    name: str,
    email: str,
    role: Role,
    startup_id: int | None = None,
    locale: str = "zh_Hans",
) -> Person:
    """Invite somebody by e-mail with a role; they are in the team's list at once, and in when they take it up.

    Somebody whose access ended, and who is invited again, is the same person as before.
    """
    actor.require(Action.MANAGE_TEAM)
    if startup_id is not None and not startup_exists(session, startup_id):
        raise NotFound(N_("There is no such startup."))
    person = session.execute(
        select(Person).where(func.lower(Person.email) == email.strip().lower()).with_for_update()
    ).scalar_one_or_none()
    if person is not None and person.left_at is not None:
        person.left_at, person.name, person.locale = None, name.strip(), locale
    else:
        person = add_person(session, actor, now=now, name=name, email=email, locale=locale)
    grant_role(session, actor, now=now, person=person, role=role, startup_id=startup_id)
    ask_in(session, actor, now=now, person=person)
    after = {"email": person.email, "role": role.value, "startup_id": startup_id}
    record(session, actor, "invite", ("people", person.id), now=now, after=after)
    return person


def resend_invitation(session: Session, actor: Actor, *, now: datetime, person_id: int) -> Person:
    """Mail the invitation again, with another link; the earlier one stops working. Also the first one to
    somebody who is known, and was never invited."""
    person = _get_waiting(session, actor, person_id)
    ask_in(session, actor, now=now, person=person)
    record(session, actor, "resend_invitation", ("people", person.id), now=now, after={"email": person.email})
    return person


def withdraw_invitation(session: Session, actor: Actor, *, now: datetime, person_id: int) -> Person:
    """Take an invitation back before it is taken up: the link stops working, the roles go."""
    person = _get_waiting(session, actor, person_id)
    grants = list_roles(session, person_id)
    before = {"email": person.email, "roles": sorted(grant.role for grant in grants)}
    for grant in grants:
        session.delete(grant)
    person.left_at = now
    withdraw_links(session, now=now, purpose="invitation", person=(current_operator(session), person_id))
    record(session, actor, "withdraw_invitation", ("people", person.id), now=now, before=before)
    return person


def accept_invitation(session: Session, *, now: datetime, token: str, identity_id: int, name: str = "") -> Link:
    """Let an identity that has proved itself take an invitation up, once.

    The transaction belongs afterwards to the operator that invited.
    """
    link = use_link(session, now=now, purpose="invitation", token=token)
    with as_operator(session, INSTALLATION):
        identity = session.get_one(Identity, (INSTALLATION, identity_id))
        if identity.email.lower() == link.email.lower():
            identity.email_confirmed_at = identity.email_confirmed_at or now
        session.flush()
    set_operator(session, link.tenant_id)
    person = session.execute(select(Person).where(Person.id == link.person_id).with_for_update()).scalar_one()
    if person.left_at is not None:
        raise Refusal(SPENT)
    if person.identity_id is not None:
        raise Conflict(TAKEN_UP, name=person.name)
    already = session.execute(select(Person.name).where(Person.identity_id == identity_id)).scalar()
    if already:
        raise Conflict(N_("You belong to this operator already, as %(name)s."), name=already)
    if name.strip():
        person.name = name.strip()
    affiliate(session, person, identity_id)
    actor = get_actor(session, person.id)
    assert actor is not None
    record(session, actor, "accept_invitation", ("people", person.id), now=now, after={"name": person.name})
    return link


def ask_in(session: Session, actor: Actor, *, now: datetime, person: Person) -> None:
    """Have the letter with the link written to them."""
    ask_for_link(
        session, now=now, purpose="invitation", email=person.email, locale=person.locale,
        tenant_id=current_operator(session), person_id=person.id,
        payload={"name": person.name, "inviter": "" if actor.is_system else actor.name},
    )  # fmt: skip


def _get_waiting(session: Session, actor: Actor, person_id: int) -> Person:
    actor.require(Action.MANAGE_TEAM)
    get_person(session, actor, person_id)
    person = session.execute(
        select(Person).where(Person.id == person_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    if person.identity_id is not None:
        raise Conflict(TAKEN_UP, name=person.name)
    if not may_touch(actor, person.id, [Role(grant.role) for grant in list_roles(session, person_id)]):
        raise Forbidden(OWNERS_ONLY)
    return person
