"""Identities: who one is to the installation, proved by a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation, Identity
from incubator.accounts.operations.links import ask_for_link, find_link, use_link, withdraw_links
from incubator.accounts.operations.sessions import end_sessions, renew_session
from incubator.accounts.passwords import check_password_rule, hash_password, needs_rehash, password_matches
from incubator.accounts.queries import get_actor
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import INSTALLATION, as_operator

WRONG = N_("The e-mail address or the password is not right.")
WRONG_PASSWORD = N_("This is not your password.")


def create_identity(
    session: Session, *, now: datetime, email: str, password: str, locale: str, confirmed: bool = False
) -> Identity:
    """A new sign-in with a password of its own. Conflict where the address has one already.

    `confirmed`: the address was shown to be theirs, by a link mailed to it.
    """
    check_password_rule(password, email)
    with as_operator(session, INSTALLATION):
        identity = Identity(
            operator_id=INSTALLATION, email=email.strip(), password_hash=hash_password(password), locale=locale,
            created_at=now, password_changed_at=now, email_confirmed_at=now if confirmed else None,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(identity)
        except IntegrityError as error:
            raise Conflict(N_("This address has a sign-in already. Give its password, or have a new one set."),
                           field="email") from error  # fmt: skip
    return identity


def authenticate(session: Session, *, email: str, password: str) -> int | None:
    """The identity that has this address and password; None otherwise.

    One hash is verified in either case, so the answer takes the same time for a known and an unknown address.
    """
    with as_operator(session, INSTALLATION):
        row = session.execute(
            select(Identity.id, Identity.password_hash).where(func.lower(Identity.email) == email.strip().lower())
        ).one_or_none()
        matches = password_matches(row.password_hash if row else None, password)
        if row is None or not matches:
            return None
        if needs_rehash(row.password_hash):
            session.get_one(Identity, (INSTALLATION, row.id)).password_hash = hash_password(password)
        return int(row.id)


def confirm_password(
    session: Session, *, now: datetime, identity_id: int, session_id: int, password: str
) -> str:
    """The password given again before rights or money change: returns the session's new token, or refuses."""
    if not _is_password(session, identity_id, password):
        raise Refusal(WRONG_PASSWORD, field="confirm_password")
    return renew_session(session, session_id=session_id, confirmed_at=now)


def change_password(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    identity_id: int,
    session_id: int,
    current: str,
    password: str,
) -> str:
    """A new password for oneself; every other browser is signed out. Returns this session's new token."""
    if not _is_password(session, identity_id, current):
        raise Refusal(WRONG_PASSWORD, field="current")
    _set_password(session, now=now, identity_id=identity_id, password=password)
    ended = end_sessions(session, now=now, identity_id=identity_id, except_id=session_id)
    token = renew_session(session, session_id=session_id, confirmed_at=now)
    assert actor.person_id is not None
    record(session, actor, "change_password", ("people", actor.person_id), now=now, after={"signed_out": ended})
    return token


def ask_reset(session: Session, *, now: datetime, email: str, locale: str) -> None:
    """Have a link for a new password mailed to the address, if somebody signs in with it.

    An unknown address takes the same statements and gets the same answer; it gets no letter.
    """
    with as_operator(session, INSTALLATION):
        row = session.execute(
            select(Identity.id, Identity.locale, Identity.email).where(
                func.lower(Identity.email) == email.strip().lower()
            )
        ).one_or_none()
    ask_for_link(
        session, now=now, purpose="reset", email=row.email if row else email, locale=row.locale if row else locale,
        identity_id=row.id if row else None,
    )  # fmt: skip


def reset_password(session: Session, *, now: datetime, token: str, password: str) -> str:
    """Set a new password by a mailed link, once; every browser is signed out. Returns the address."""
    link = find_link(session, now=now, purpose="reset", token=token)
    if link is not None:
        check_password_rule(password, link.email)
    link = use_link(session, now=now, purpose="reset", token=token)
    assert link.identity_id is not None
    _set_password(session, now=now, identity_id=link.identity_id, password=password)
    with as_operator(session, INSTALLATION):
        identity = session.get_one(Identity, (INSTALLATION, link.identity_id))
        identity.email_confirmed_at = identity.email_confirmed_at or now
    ended = end_sessions(session, now=now, identity_id=link.identity_id)
    for actor in _actors_of(session, link.identity_id):
        with as_operator(session, actor.operator_id):
            assert actor.person_id is not None
            record(session, actor, "reset_password", ("people", actor.person_id), now=now,
                   after={"signed_out": ended})  # fmt: skip
    return link.email


def ask_confirmation(
    session: Session, *, now: datetime, identity_id: int, payload: dict[str, str] | None = None
) -> None:
    """Have a link mailed by which the identity shows that its address is its own."""
    with as_operator(session, INSTALLATION):
        email, locale = session.execute(
            select(Identity.email, Identity.locale).where(Identity.id == identity_id)
        ).one()
    ask_for_link(session, now=now, purpose="confirmation", email=email, locale=locale, identity_id=identity_id,
                 payload=payload)  # fmt: skip


def confirm_address(session: Session, *, now: datetime, token: str) -> str:
    """The address is shown to be theirs, by the mailed link. Returns it."""
    link = use_link(session, now=now, purpose="confirmation", token=token)
    with as_operator(session, INSTALLATION):
        session.get_one(Identity, (INSTALLATION, link.identity_id)).email_confirmed_at = now
    return link.email


def _set_password(session: Session, *, now: datetime, identity_id: int, password: str) -> None:
    with as_operator(session, INSTALLATION):
        identity = session.get_one(Identity, (INSTALLATION, identity_id), with_for_update=True)
        check_password_rule(password, identity.email)
        identity.password_hash, identity.password_changed_at = hash_password(password), now
        withdraw_links(session, now=now, purpose="reset", identity_id=identity_id)


def _is_password(session: Session, identity_id: int, password: str) -> bool:
    with as_operator(session, INSTALLATION):
        kept = session.execute(select(Identity.password_hash).where(Identity.id == identity_id)).scalar()
    return password_matches(kept, password)


def _actors_of(session: Session, identity_id: int) -> list[Actor]:
    """Who the identity is in each of its operators, in the order of their ids (the order of their locks)."""
    with as_operator(session, INSTALLATION):
        theirs = session.execute(
            select(Affiliation.tenant_id, Affiliation.person_id)
            .where(Affiliation.identity_id == identity_id)
            .order_by(Affiliation.tenant_id)
        ).all()
    actors = []
    for tenant_id, person_id in theirs:
        with as_operator(session, tenant_id):
            actor = get_actor(session, person_id)
        if actor is not None:
            actors.append(actor)
    return actors
