"""Secrets that must be read again, kept so that the database alone gives none away."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class _Instance:
    """What this process seals by: said once, when the application or the worker is made."""

    keys: Sequence[str] = ()


class Unreadable(Exception):
    """What was sealed can't be opened by any of the keys: it was sealed by an instance with another SECRET_KEY."""


def seal(text: str, secrets: Sequence[str], purpose: str) -> str:
    """`text`, encrypted and signed (Fernet) by a key of the first of `secrets` for this purpose alone."""
    return _box(secrets, purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, secrets: Sequence[str], purpose: str) -> str:
    """The text again; any of `secrets` may have sealed it, so that SECRET_KEY can be changed."""
    try:
        return _box(secrets, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def use(keys: Sequence[str]) -> None:
    """`seal_here` and `unseal_here` go by these from here on, today's first."""
    _Instance.keys = tuple(keys)


def seal_here(text: str, purpose: str) -> str:
    """`seal` by what this process seals by."""
    return seal(text, _Instance.keys, purpose)


def unseal_here(sealed: str, purpose: str) -> str:
    """`unseal` by any of what this process seals by."""
    return unseal(sealed, _Instance.keys, purpose)


def last_four(secret: str) -> str:
    """What is shown of a secret: its last four characters."""
    return secret[-4:]


def _box(secrets: Sequence[str], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret, purpose)) for secret in secrets])


def _key(secret: str, purpose: str) -> bytes:
    """HKDF (RFC 5869): SECRET_KEY signs cookies, too; what this key opens, that one doesn't."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
