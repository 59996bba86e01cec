"""Passwords: argon2id, and the rule by length."""

from __future__ import annotations

import os

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from incubator.core.errors import N_, Refusal

SHORTEST = 12
LONGEST = 200
COMMON = frozenset(
    {
        "123456789012", "1234567890123", "123123123123", "111111111111", "000000000000", "qwertyuiop12",
        "qwertyuiop123", "password1234", "passwordpassword", "iloveyou1234", "administrator", "letmein12345",
        "abcdefghijkl", "abc123abc123", "qwerty123456", "1q2w3e4r5t6y", "woaini1314520", "a123456789012",
        "zhongchuang123", "incubator1234",
    }
)  # fmt: skip
"""Common ones of 12 characters or more; shorter ones fail by length."""

_FAST = os.environ.get("PASSWORD_HASHING") == "fast-for-tests"
_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if _FAST else PasswordHasher()
_NOBODY = (f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
           f"${'A' * 22}${'A' * 43}")  # fmt: skip
"""The hash of no password: to look for one takes as long as with anybody's."""


def check_password_rule(password: str, email: str = "") -> None:
    """Refusal unless the password is 12 to 200 characters, not a common one, and not the address itself."""
    if len(password) < SHORTEST:
        raise Refusal(N_("A password needs at least %(length)s characters."), field="password", length=SHORTEST)
    if len(password) > LONGEST:
        raise Refusal(N_("A password has at most %(length)s characters."), field="password", length=LONGEST)
    simple = password.casefold()
    if simple in COMMON or len(set(simple)) < 4 or (email and simple == email.casefold()):
        raise Refusal(N_("This password is easy to guess. Three or four random words make a good one."),
                      field="password")  # fmt: skip


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether they fit; takes the same time where there is no such account (`password_hash` None)."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
