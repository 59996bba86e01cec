"""Signed-in browsers: rows of the installation, so that signing out is real on the server."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation, Person, SignInSession, Tenant
from incubator.accounts.queries import get_actor
from incubator.core.errors import NotFound
from incubator.database import INSTALLATION, as_operator, set_operator

IDLE_LIMIT = timedelta(days=14)
TOTAL_LIMIT = timedelta(days=60)
SEEN_STEP = timedelta(minutes=5)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def start_session(session: Session, *, now: datetime, identity_id: int, tenant_id: int | None = None) -> str:
    """Sign an identity in, looking at `tenant_id` or else the first operator it belongs to. Returns the token."""
    token = secrets.token_urlsafe(32)
    with as_operator(session, INSTALLATION):
        if tenant_id is None:
            tenant_id = session.execute(
                select(Affiliation.tenant_id)
                .where(Affiliation.identity_id == identity_id)
                .order_by(Affiliation.tenant_id)
                .limit(1)
            ).scalar()
        session.add(
            SignInSession(
                operator_id=INSTALLATION, token_hash=token_hash(token), identity_id=identity_id,
                tenant_id=tenant_id, started_at=now, seen_at=now, confirmed_at=now,
            )
        )  # fmt: skip
    return token


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session found alive: the actor in the operator that the browser looks at."""

    session_id: int
    identity_id: int
    confirmed_at: datetime
    actor: Actor
    operator_name: str
    operator_name_en: str
    theme: str


def resume_session(session: Session, *, now: datetime, token: str) -> Resumed | None:
    """The signed-in actor behind `token`; the transaction belongs to their operator afterwards.

    None where the session has ended, idled out, or its person's access is over.
    """
    with as_operator(session, INSTALLATION):
        row = session.execute(
            select(SignInSession, Affiliation.person_id, Tenant.name, Tenant.name_en)
            .join(Affiliation, (Affiliation.identity_id == SignInSession.identity_id)
                  & (Affiliation.tenant_id == SignInSession.tenant_id))
            .join(Tenant, Tenant.tenant_id == SignInSession.tenant_id)
            .where(
                SignInSession.token_hash == token_hash(token),
                SignInSession.ended_at.is_(None),
                SignInSession.seen_at > now - IDLE_LIMIT,
                SignInSession.started_at > now - TOTAL_LIMIT,
            )
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        signed_in, person_id, name, name_en = row
        if now - signed_in.seen_at > SEEN_STEP:
            signed_in.seen_at = now
        session_id, identity_id = signed_in.id, signed_in.identity_id
        tenant_id, confirmed_at = signed_in.tenant_id, signed_in.confirmed_at
    set_operator(session, tenant_id)
    actor = get_actor(session, person_id)
    if actor is None:
        set_operator(session, None)
        return None
    theme = session.execute(select(Person.theme).where(Person.id == person_id)).scalar_one()
    return Resumed(session_id, identity_id, confirmed_at, actor, name, name_en, theme)


def end_sessions(session: Session, *, now: datetime, identity_id: int, only_id: int | None = None) -> None:
    """Sign an identity out: of one browser, or of all."""
    with as_operator(session, INSTALLATION):
        wanted = [SignInSession.identity_id == identity_id, SignInSession.ended_at.is_(None)]
        if only_id is not None:
            wanted.append(SignInSession.id == only_id)
        session.execute(update(SignInSession).where(*wanted).values(ended_at=now))


def switch_tenant(session: Session, *, session_id: int, identity_id: int, tenant_id: int) -> None:
    """Let a signed-in browser look at another of the identity's operators; NotFound where it is none of them."""
    with as_operator(session, INSTALLATION):
        known = session.execute(
            select(Affiliation.person_id).where(
                Affiliation.identity_id == identity_id, Affiliation.tenant_id == tenant_id
            )
        ).first()
        if known is None:
            raise NotFound
        session.execute(update(SignInSession).where(SignInSession.id == session_id).values(tenant_id=tenant_id))
