"""Signed-in browsers: rows of the installation, so that signing out is real on the server."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import CursorResult, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation, SignInSession, Tenant
from incubator.accounts.queries import get_actor_and_theme
from incubator.core.errors import NotFound
from incubator.database import INSTALLATION, as_operator, read, set_operator

IDLE_LIMIT = timedelta(days=14)
TOTAL_LIMIT = timedelta(days=60)
SEEN_STEP = timedelta(minutes=5)
KEPT = timedelta(days=90)
"""How long the row of a session is kept, ended or not, counted from its start."""


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def start_session(
    session: Session, *, now: datetime, identity_id: int, tenant_id: int | None = None, browser: str = ""
) -> str:
    """Sign an identity in, looking at `tenant_id` or else at the operator it looked at last. Returns the token."""
    token = secrets.token_urlsafe(32)
    with as_operator(session, INSTALLATION):
        if tenant_id is None:
            tenant_id = _tenant_of(session, identity_id)
        session.execute(
            delete(SignInSession)
            .where(SignInSession.identity_id == identity_id, SignInSession.started_at < now - KEPT)
            .execution_options(synchronize_session=False)
        )
        session.add(
            SignInSession(
                operator_id=INSTALLATION, token_hash=token_hash(token), identity_id=identity_id,
                tenant_id=tenant_id, started_at=now, seen_at=now, confirmed_at=now, browser=browser,
            )
        )  # fmt: skip
    return token


def _tenant_of(session: Session, identity_id: int) -> int | None:
    """The operator that the identity's browsers looked at last and it still belongs to, else its first one."""
    found: int | None = session.execute(
        select(Affiliation.tenant_id)
        .outerjoin(
            SignInSession,
            (SignInSession.identity_id == Affiliation.identity_id)
            & (SignInSession.tenant_id == Affiliation.tenant_id),
        )
        .where(Affiliation.identity_id == identity_id)
        .order_by(SignInSession.seen_at.desc().nulls_last(), Affiliation.tenant_id)
        .limit(1)
    ).scalar()
    return found


_OTHER = aliased(Affiliation)
_ALIVE = (
    select(
        SignInSession.id, SignInSession.identity_id, SignInSession.tenant_id, SignInSession.confirmed_at,
        SignInSession.seen_at, Affiliation.person_id, Tenant.name, Tenant.name_en,
        exists().where(_OTHER.identity_id == SignInSession.identity_id, _OTHER.tenant_id != SignInSession.tenant_id)
        .label("has_others"),
    )
    .join(Affiliation, (Affiliation.identity_id == SignInSession.identity_id)
          & (Affiliation.tenant_id == SignInSession.tenant_id))
    .join(Tenant, Tenant.tenant_id == SignInSession.tenant_id)
    .where(
        SignInSession.token_hash == bindparam("hash"),
        SignInSession.ended_at.is_(None),
        SignInSession.seen_at > bindparam("seen_after"),
        SignInSession.started_at > bindparam("started_after"),
    )
)  # fmt: skip


class Resumed(Struct, frozen=True):
    """A session found alive: the actor in the operator that the browser looks at."""

    session_id: int
    identity_id: int
    confirmed_at: datetime
    actor: Actor
    operator_name: str
    operator_name_en: str
    theme: str
    has_others: bool
    """Whether the identity is somebody of another operator, too."""
    touched: bool
    """Whether it was written down that the session was seen: commit it, though the request changes nothing."""


def resume_session(session: Session, *, now: datetime, token: str) -> Resumed | None:
    """The signed-in actor behind `token`; the transaction belongs to their operator afterwards.

    None where the session has ended, idled out, or its person's access is over.
    """
    values = {"hash": token_hash(token), "seen_after": now - IDLE_LIMIT, "started_after": now - TOTAL_LIMIT}
    with as_operator(session, INSTALLATION):
        alive = read(session, _ALIVE, values)
        if not alive:
            return None
        (found,) = alive
        touched = now - found.seen_at > SEEN_STEP
        if touched:
            session.execute(update(SignInSession).where(SignInSession.id == found.id).values(seen_at=now))
        set_operator(session, found.tenant_id)
    person = get_actor_and_theme(session, found.person_id)
    if person is None:
        set_operator(session, None)
        return None
    actor, theme = person
    return Resumed(found.id, found.identity_id, found.confirmed_at, actor, found.name, found.name_en, theme,
                   found.has_others, touched)  # fmt: skip


def renew_session(session: Session, *, session_id: int, confirmed_at: datetime | None = None) -> str:
    """A new token for a session whose rights change; the old one stops working. Returns the token.

    With `confirmed_at` the session's password was given again just then.
    """
    token = secrets.token_urlsafe(32)
    values: dict[str, object] = {"token_hash": token_hash(token)}
    if confirmed_at is not None:
        values["confirmed_at"] = confirmed_at
    with as_operator(session, INSTALLATION):
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    return token


def end_sessions(
    session: Session,
    *,
    now: datetime,
    identity_id: int,
    only_id: int | None = None,
    except_id: int | None = None,
    tenant_id: int | None = None,
) -> int:
    """Sign an identity out: of one browser, of all but one, of those that look at one operator, or of all.

    Returns of how many.
    """
    wanted = [SignInSession.identity_id == identity_id, SignInSession.ended_at.is_(None)]
    if only_id is not None:
        wanted.append(SignInSession.id == only_id)
    if except_id is not None:
        wanted.append(SignInSession.id != except_id)
    if tenant_id is not None:
        wanted.append(SignInSession.tenant_id == tenant_id)
    with as_operator(session, INSTALLATION):
        ended = session.execute(
            update(SignInSession)
            .where(*wanted)
            .values(ended_at=now)
            .execution_options(synchronize_session=False)
        )
    assert isinstance(ended, CursorResult)
    return ended.rowcount


def end_session_of(session: Session, *, now: datetime, token: str) -> None:
    """End the session behind a token, whoever's it is: a browser that signs in anew leaves none behind."""
    with as_operator(session, INSTALLATION):
        session.execute(
            update(SignInSession)
            .where(SignInSession.token_hash == token_hash(token), SignInSession.ended_at.is_(None))
            .values(ended_at=now)
            .execution_options(synchronize_session=False)
        )


def switch_tenant(session: Session, *, session_id: int, identity_id: int, tenant_id: int) -> str:
    """Let a signed-in browser look at another of the identity's operators; NotFound where it is none of them.

    Other rights, so another token: it is returned.
    """
    with as_operator(session, INSTALLATION):
        known = session.execute(
            select(Affiliation.person_id).where(
                Affiliation.identity_id == identity_id, Affiliation.tenant_id == tenant_id
            )
        ).first()
        if known is None:
            raise NotFound
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id)
            .values(tenant_id=tenant_id)
            .execution_options(synchronize_session=False)
        )
    return renew_session(session, session_id=session_id)
