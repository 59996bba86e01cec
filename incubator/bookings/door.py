"""The code at a door: it changes every minute, so that it can't be read from afar. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

LIFE_SECONDS = 180
"""How long a code is good for: reading it, unlocking a telephone, signing in."""
STEP_SECONDS = 60
DIGITS = 16


def door_code(secret: bytes, operator_id: int, resource_id: int, now: datetime) -> str:
    """The code that the door of a resource shows during this minute."""
    return _code(secret, operator_id, resource_id, int(now.timestamp()) // STEP_SECONDS)


def is_at_door(secret: bytes, operator_id: int, resource_id: int, code: str, now: datetime) -> bool:
    """Whether the code was on that door within the last three minutes."""
    step = int(now.timestamp()) // STEP_SECONDS
    shown = [_code(secret, operator_id, resource_id, step - back) for back in range(LIFE_SECONDS // STEP_SECONDS + 1)]
    return any(hmac.compare_digest(each.encode(), code.encode()) for each in shown)


def _code(secret: bytes, operator_id: int, resource_id: int, step: int) -> str:
    said = f"door:{operator_id}:{resource_id}:{step}".encode()
    return hmac.new(secret, said, hashlib.sha256).hexdigest()[:DIGITS]
