"""An operator's keys, and what is signed by them: Ed25519 (RFC 8032), so that an outsider can check it without us."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.sealing import Unreadable, seal_here, unseal_here
from incubator.database import current_operator
from incubator.documents.models import SigningKey

log = logging.getLogger("incubator.signing")

PURPOSE = "signing keys"
MAX_REASON = 500
FINGERPRINT = 16
"""How many hexadecimal digits of a public key's SHA-256 stand for it on paper."""
UNREADABLE = N_(
    "The key that signs was encrypted under another SECRET_KEY. Name that one in FORMER_SECRET_KEYS, or let an owner "
    "retire the key: a new one is made then, and what was signed before stays valid."
)


class Signature(Struct, frozen=True):
    """64 bytes, and the id of the key that made them."""

    key_id: int
    value: bytes


def sign(session: Session, actor: Actor, *, now: datetime, message: bytes) -> Signature:
    """`message`, signed by the operator's key in use, which is made now where there is none.

    Whoever calls it has asked whether `actor` may do what is signed.
    """
    key_id, sealed = _in_use(session) or _make(session, actor, now)
    return Signature(key_id, _open(sealed).sign(message))


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of this key signed exactly this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: bytes) -> str:
    """What a person compares: the first 16 digits of the key's SHA-256, in fours: `21fe 31df a154 a261`."""
    digits = hashlib.sha256(public_key).hexdigest()[:FINGERPRINT]
    return " ".join(digits[start : start + 4] for start in range(0, FINGERPRINT, 4))


def public_keys(session: Session) -> list[SigningKey]:
    """The operator's keys, the newest first; their secret halves are not read. For everybody: they are public."""
    return list(session.execute(select(SigningKey).order_by(SigningKey.id.desc())).scalars())


def get_public_key(session: Session, key_id: int) -> bytes:
    """The public half of one of the operator's keys."""
    found = session.execute(select(SigningKey.public_key).where(SigningKey.id == key_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def retire_key(session: Session, actor: Actor, *, now: datetime, key_id: int, reason: str) -> SigningKey:
    """The key signs nothing from here on, and a new one takes its place; an owner says why.

    What it signed stays valid: its public half stays on the operator's page, with the day on which it ended.
    """
    actor.require(Action.MANAGE_OPERATOR)
    query = select(SigningKey).where(SigningKey.id == key_id).with_for_update()
    key = session.execute(query, execution_options={"populate_existing": True}).scalar_one_or_none()
    if key is None:
        raise NotFound
    if key.retired_at is not None:
        raise Refusal(N_("This key was retired before."))
    reason = reason.strip()
    if not reason:
        raise Refusal(N_("Say why the key is retired."), field="reason")
    if len(reason) > MAX_REASON:
        raise Refusal(N_("At most %(count)s characters."), field="reason", count=MAX_REASON)
    key.retired_at, key.retired_by, key.retired_reason = now, actor.person_id, reason
    session.flush()
    record(session, actor, "retire_signing_key", ("signing_keys", key.id), now=now,
           after={"fingerprint": fingerprint(key.public_key), "reason": reason})  # fmt: skip
    new_id, _ = _make(session, actor, now)
    return session.get_one(SigningKey, (current_operator(session), new_id))


def _in_use(session: Session) -> tuple[int, str] | None:
    found = session.execute(
        select(SigningKey.id, SigningKey.sealed_secret).where(SigningKey.retired_at.is_(None))
    ).one_or_none()
    return (found.id, found.sealed_secret) if found else None


def _make(session: Session, actor: Actor, now: datetime) -> tuple[int, str]:
    """A new key in use; where another transaction makes one at the same moment, its key, once it is committed."""
    secret = Ed25519PrivateKey.generate()
    public_key = secret.public_key().public_bytes_raw()
    values = {
        "operator_id": current_operator(session), "public_key": public_key, "made_at": now, "made_by": actor.person_id,
        "sealed_secret": seal_here(secret.private_bytes_raw().hex(), PURPOSE),
    }  # fmt: skip
    made = session.execute(
        insert(SigningKey).values(values).on_conflict_do_nothing().returning(SigningKey.id)
    ).scalar_one_or_none()
    found = _in_use(session)
    assert found is not None  # ours, or the one that was in the way
    if made is not None:
        after = {"fingerprint": fingerprint(public_key)}
        record(session, actor, "make_signing_key", ("signing_keys", made), now=now, after=after)
    return found


def _open(sealed: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(unseal_here(sealed, PURPOSE)))
    except Unreadable:
        log.warning("a signing key was sealed by another SECRET_KEY; FORMER_SECRET_KEYS can name it")
        raise Refusal(UNREADABLE) from None
