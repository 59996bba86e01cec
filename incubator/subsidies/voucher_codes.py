"""A voucher's code: made anew from the secret of the installation whenever it is shown, and nowhere kept.

Who reads the database, or a copy of it, can present no voucher; another salt (`renew_code`) is another code.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from incubator.core.errors import N_, NotFound
from incubator.core.paging import LARGEST_ID
from incubator.subsidies.models import Voucher

SIGNS = 32
"""Of 6 bits each: 192 bits that nobody guesses."""


def code_of(secret: str, voucher: Voucher) -> str:
    """The code that a voucher has now: its number in the tables and 32 signs."""
    said = f"voucher|{voucher.operator_id}|{voucher.id}|".encode() + voucher.code_salt
    digest = hmac.new(secret.encode(), said, hashlib.sha256).digest()
    return f"{voucher.id:x}-{urlsafe_b64encode(digest).decode()[:SIGNS]}"


def id_in(code: str) -> int:
    """Which voucher a code is for; NotFound for what is no code."""
    name, dash, signs = code.partition("-")
    if not dash or len(signs) != SIGNS or not name.isascii() or not name.isalnum() or len(name) > 16:
        raise NotFound(N_("There is no such voucher."))
    try:
        voucher_id = int(name, 16)
    except ValueError:
        raise NotFound(N_("There is no such voucher.")) from None
    if voucher_id > LARGEST_ID:
        raise NotFound(N_("There is no such voucher."))
    return voucher_id


def check_code(secret: str, voucher: Voucher, code: str) -> None:
    """NotFound unless it is the voucher's code; takes as long for every other one."""
    if not hmac.compare_digest(code_of(secret, voucher).encode(), code.encode()):
        raise NotFound(N_("There is no such voucher."))
