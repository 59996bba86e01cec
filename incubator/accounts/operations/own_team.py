"""A startup's own team: its founders invite, give rights and take them; nobody's own, and never the last founder's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations.invitations import TAKEN_UP, ask_in
from incubator.accounts.operations.links import withdraw_links
from incubator.accounts.operations.people import NOT_YOUR_OWN, let_go, lock_team
from incubator.accounts.permissions import STARTUP_ROLES, Action, Role
from incubator.accounts.queries import get_own_member, list_roles
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.database import current_operator

MOST_MEMBERS = 100
LAST_FOUNDER = N_("%(name)s is the only founder who can sign in. Make somebody else a founder first.")
KNOWN_ELSEWHERE = N_("This address is in use with your operator. Ask them to add this person to your team.")


def invite_member(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, name: str, email: str, role: Role,
    may_book: bool = True, sees_invoices: bool = False, locale: str = "zh_Hans",
) -> Person:  # fmt: skip
    """Invite somebody to one's startup by e-mail; who is known to the operator already is added by the operator."""
    _require(actor, startup_id)
    _check_role(role)
    lock_team(session)
    count = select(func.count()).select_from(RoleGrant).where(RoleGrant.startup_id == startup_id)
    if session.execute(count).scalar_one() >= MOST_MEMBERS:
        raise Conflict(N_("A team has %(most)s people at most. Remove somebody first."), most=MOST_MEMBERS)
    person = session.execute(
        select(Person).where(func.lower(Person.email) == email.strip().lower()).with_for_update()
    ).scalar_one_or_none()
    if person is None:
        person = Person(name=name.strip(), email=email.strip(), locale=locale, created_at=now)
        session.add(person)
    elif person.left_at is not None:
        person.left_at, person.name, person.locale = None, name.strip(), locale
    elif any(grant.startup_id == startup_id for grant in list_roles(session, person.id)):
        raise Conflict(N_("%(email)s belongs to somebody in your team already."), field="email", email=email)
    else:
        raise Conflict(KNOWN_ELSEWHERE, field="email")
    session.flush()
    grant = RoleGrant(person_id=person.id, role=role.value, startup_id=startup_id, granted_at=now)
    _set_rights(grant, may_book, sees_invoices)
    session.add(grant)
    session.flush()
    ask_in(session, actor, now=now, person=person)
    after = {"email": person.email} | _rights(grant)
    record(session, actor, "invite_member", ("people", person.id), now=now, after=after)
    return person


def set_member_rights(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, person_id: int, role: Role,
    may_book: bool = True, sees_invoices: bool = False,
) -> RoleGrant:  # fmt: skip
    """Founder or member, and what a member may: book for the startup, see its invoices."""
    _require(actor, startup_id)
    _check_role(role)
    lock_team(session)
    member = get_own_member(session, actor, startup_id, person_id)
    grant, before = member.grant, _rights(member.grant)
    if person_id == actor.person_id:
        raise Forbidden(NOT_YOUR_OWN)
    if grant.role == Role.FOUNDER and role is not Role.FOUNDER:
        _check_not_last_founder(session, startup_id, member.person)
    grant.role = role.value
    _set_rights(grant, may_book, sees_invoices)
    session.flush()
    if _rights(grant) != before:
        after = _rights(grant)
        record(session, actor, "set_member_rights", ("people", person_id), now=now, before=before, after=after)
    return grant


def remove_member(session: Session, actor: Actor, *, now: datetime, startup_id: int, person_id: int) -> Person:
    """Let somebody out of the team at once; who has no other role here can no longer sign in to this operator.

    What they did stays theirs. An invitation that was not taken up stops working.
    """
    _require(actor, startup_id)
    lock_team(session)
    member = get_own_member(session, actor, startup_id, person_id)
    if person_id == actor.person_id:
        raise Forbidden(NOT_YOUR_OWN)
    if member.grant.role == Role.FOUNDER:
        _check_not_last_founder(session, startup_id, member.person)
    before = _rights(member.grant)
    session.delete(member.grant)
    session.flush()
    if not list_roles(session, person_id):
        let_go(session, now=now, person=member.person)
    elif member.person.identity_id is None:
        withdraw_links(session, now=now, purpose="invitation", person=(current_operator(session), person_id))
    record(session, actor, "remove_member", ("people", person_id), now=now, before=before)
    return member.person


def invite_member_again(session: Session, actor: Actor, *, now: datetime, startup_id: int, person_id: int) -> Person:
    """Mail the invitation again, with another link; the earlier one stops working."""
    _require(actor, startup_id)
    member = get_own_member(session, actor, startup_id, person_id)
    if member.person.identity_id is not None:
        raise Conflict(TAKEN_UP, name=member.person.name)
    ask_in(session, actor, now=now, person=member.person)
    after = {"email": member.person.email}
    record(session, actor, "resend_invitation", ("people", person_id), now=now, after=after)
    return member.person


def _require(actor: Actor, startup_id: int) -> None:
    actor.require(Action.MANAGE_OWN_TEAM)
    actor.require_for(Action.MANAGE_OWN_TEAM, startup_id)


def _check_role(role: Role) -> None:
    if role not in STARTUP_ROLES:
        raise Refusal(N_("Choose founder or member."), field="role")


def _set_rights(grant: RoleGrant, may_book: bool, sees_invoices: bool) -> None:
    is_founder = grant.role == Role.FOUNDER
    grant.may_book, grant.sees_invoices = is_founder or may_book, not is_founder and sees_invoices


def _rights(grant: RoleGrant) -> dict[str, object]:
    rights: dict[str, object] = {"role": grant.role, "startup_id": grant.startup_id}
    if grant.role == Role.MEMBER:
        rights |= {"may_book": grant.may_book, "sees_invoices": grant.sees_invoices}
    return rights


def _check_not_last_founder(session: Session, startup_id: int, person: Person) -> None:
    others = session.execute(
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == Role.FOUNDER.value, RoleGrant.startup_id == startup_id, Person.id != person.id,
            Person.left_at.is_(None), Person.identity_id.is_not(None),
        )
        .limit(1)
    ).first()  # fmt: skip
    if others is None:
        raise Conflict(LAST_FOUNDER, name=person.name)
