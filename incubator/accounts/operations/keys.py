"""Secret addresses: what they open needs no sign-in, so that a calendar program or a tablet at a door can read it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import AccessKey
from incubator.accounts.operations.sessions import token_hash
from incubator.audit.operations import record
from incubator.core.errors import NotFound
from incubator.core.paging import LARGEST_ID
from incubator.database import set_operator

LONGEST_TOKEN = 80


class Opened(Struct, frozen=True):
    """What a token opens."""

    operator_id: int
    opens_id: int


def issue_key(session: Session, actor: Actor, *, now: datetime, kind: str, opens_id: int) -> str:
    """A new token for the thing; an earlier one opens it no longer. Only its SHA-256 is kept, so it is shown once.

    Whoever calls has asked for the permission to what it opens. The token names the operator, since nobody who uses
    it is signed in: `a3-…` is of operator 163.
    """
    revoke_key(session, actor, now=now, kind=kind, opens_id=opens_id)
    token = f"{actor.operator_id:x}-{secrets.token_urlsafe(24)}"
    key = AccessKey(kind=kind, opens_id=opens_id, token_hash=token_hash(token), created_by=actor.person_id,
                    created_at=now)  # fmt: skip
    session.add(key)
    session.flush()
    after = {"kind": kind, "opens_id": opens_id}
    record(session, actor, "issue_key", ("access_keys", key.id), now=now, after=after)
    return token


def revoke_key(session: Session, actor: Actor, *, now: datetime, kind: str, opens_id: int) -> bool:
    """Let the present token open the thing no longer; whether there was one."""
    revoked = session.execute(
        update(AccessKey)
        .where(AccessKey.kind == kind, AccessKey.opens_id == opens_id, AccessKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(AccessKey.id)
    ).scalar_one_or_none()
    if revoked is None:
        return False
    record(session, actor, "revoke_key", ("access_keys", revoked), now=now, after={"kind": kind})
    return True


def revoke_keys(session: Session, *, now: datetime, kind: str, opens_ids: Collection[int]) -> None:
    """Let the tokens of many things open them no longer; whoever calls tells the trail."""
    session.execute(
        update(AccessKey)
        .where(AccessKey.kind == kind, AccessKey.opens_id.in_(opens_ids), AccessKey.revoked_at.is_(None))
        .values(revoked_at=now),
        execution_options={"synchronize_session": False},
    )


def open_key(session: Session, token: str, *, kind: str) -> Opened:
    """What the token opens; the transaction belongs to its operator from here on. NotFound for any other text."""
    operator, dash, _secret = token.partition("-")
    if not dash or len(token) > LONGEST_TOKEN:
        raise NotFound
    operator_id = read_operator(operator)
    set_operator(session, operator_id)
    opens_id = session.execute(
        select(AccessKey.opens_id).where(
            AccessKey.token_hash == token_hash(token), AccessKey.kind == kind, AccessKey.revoked_at.is_(None)
        )
    ).scalar_one_or_none()
    if opens_id is None:
        set_operator(session, None)
        raise NotFound
    return Opened(operator_id, opens_id)


def read_operator(text: str) -> int:
    """The operator that a public address names: `a3` is 163. NotFound for what can be none's."""
    if not (text.isascii() and text.isalnum() and text == text.lower()):
        raise NotFound
    try:
        operator_id = int(text, 16)
    except ValueError:
        raise NotFound from None
    if not 0 < operator_id <= LARGEST_ID:
        raise NotFound
    return operator_id


def has_key(session: Session, *, kind: str, opens_id: int) -> bool:
    """Whether there is a token that opens the thing."""
    found = session.execute(
        select(AccessKey.id).where(
            AccessKey.kind == kind, AccessKey.opens_id == opens_id, AccessKey.revoked_at.is_(None)
        )
    ).first()
    return found is not None
