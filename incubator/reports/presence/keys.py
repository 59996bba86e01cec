"""What a source signs by: sealed on its way into the database, opened only to check a post."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence

from incubator.core.sealing import Unreadable, seal, unseal
from incubator.reports.presence.models import PresenceSource

log = logging.getLogger("incubator.presence")

PURPOSE = "presence sources"


def new_token(operator_id: int) -> str:
    """A source's part of its address; it names the operator, since nobody who posts is signed in."""
    return f"{operator_id:x}-{secrets.token_urlsafe(12)}"


def new_secret() -> str:
    """32 random bytes: what a source signs by."""
    return f"ps_{secrets.token_urlsafe(32)}"


def seal_secret(secret: str, sealing_keys: Sequence[str]) -> str:
    """As it is kept."""
    return seal(secret, sealing_keys, PURPOSE)


def open_secret(source: PresenceSource, sealing_keys: Sequence[str]) -> str | None:
    """What the source signs by; None where it was sealed by another SECRET_KEY."""
    try:
        return unseal(source.secret, sealing_keys, PURPOSE)
    except Unreadable:
        log.warning("the secret of presence source %s was sealed by another SECRET_KEY", source.id)
        return None
