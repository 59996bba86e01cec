"""How often one may try: Flask-Limiter, counting in PostgreSQL so that all web processes count together."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from typing import Any

from flask import Response, after_this_request, current_app, request
from flask_limiter import Limiter, RequestLimit
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer
from limits.storage import Storage
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from incubator.database import db

# each grows: a burst is forgiven in minutes, persistence is not forgiven until tomorrow
TRIES_BY_ADDRESS = "30 per minute;300 per hour;1500 per day"
TRIES_BY_ACCOUNT = "8 per 5 minutes;30 per hour;100 per day"
LETTER_BY_ADDRESS = "6 per 10 minutes;20 per hour"
LETTER_BY_ACCOUNT = "3 per 15 minutes;10 per day"
SIGN_UP_BY_ADDRESS = "20 per hour;60 per day"
LINK_BY_ADDRESS = "20 per 5 minutes;100 per hour"
INVITATIONS = "60 per hour;300 per day"

KNOWN_BROWSER = "known_browser"
KNOWN_FOR_SECONDS = 365 * 24 * 3600


class PostgresStorage(Storage):
    """Counters of fixed windows in `rate_windows`, each write in a transaction of its own.

    What a request counts stands, whether or not its own transaction does. The clock is the database's. Each
    write clears a few rows that are over, so the table stays as small as the traffic of a day.
    """

    STORAGE_SCHEME = ["incubator"]  # noqa: RUF012  the base class declares it so

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with db.engine.begin() as connection:
            _of_installation(connection)
            connection.execute(_PURGE)
            values = {"key": key, "seconds": expiry, "amount": amount}
            return int(connection.execute(_COUNT, values).scalar_one())

    def get(self, key: str) -> int:
        return int(self._read("hits", key) or 0)

    def get_expiry(self, key: str) -> float:
        return float(self._read("extract(epoch FROM expires_at)", key) or time.time())

    def check(self) -> bool:
        with db.engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1

    def reset(self) -> int | None:
        with db.engine.begin() as connection:
            _of_installation(connection)
            return connection.execute(text("DELETE FROM rate_windows")).rowcount

    def clear(self, key: str) -> None:
        with db.engine.begin() as connection:
            _of_installation(connection)
            connection.execute(text("DELETE FROM rate_windows WHERE key = :key"), {"key": key})

    def _read(self, what: str, key: str) -> Any:
        with db.engine.begin() as connection:
            _of_installation(connection)
            found = text(f"SELECT {what} FROM rate_windows WHERE key = :key AND expires_at > clock_timestamp()")  # noqa: S608  two constants
            return connection.execute(found, {"key": key}).scalar()


_COUNT = text("""
    INSERT INTO rate_windows AS kept (operator_id, key, hits, expires_at)
    VALUES (0, :key, :amount, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (operator_id, key) DO UPDATE SET
        hits = CASE WHEN kept.expires_at > clock_timestamp() THEN kept.hits ELSE 0 END + :amount,
        expires_at = CASE WHEN kept.expires_at > clock_timestamp() THEN kept.expires_at ELSE excluded.expires_at END
    RETURNING hits
""")
_PURGE = text("""
    DELETE FROM rate_windows WHERE (operator_id, key) IN (
        SELECT operator_id, key FROM rate_windows WHERE expires_at < clock_timestamp() - interval '1 minute'
        ORDER BY expires_at LIMIT 20 FOR UPDATE SKIP LOCKED
    )
""")


def _of_installation(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL app.operator_id = '0'")


def client_address() -> str:
    """Whom to count: the IPv4 address, or the /64 network that one IPv6 subscriber has to itself."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def account_key() -> str:
    """Counts the attempts at the account of the form's `email`: those of a browser known to it by themselves.

    So whoever keeps trying from elsewhere exhausts the strangers' count, and not the owner's.
    """
    email = request.form.get("email", "").strip().lower()
    if not email:
        return f"nobody {client_address()}"
    known = _known_as(email)
    return f"browser {known}" if known else f"account {_digest(email)}"


def person_key() -> str:
    """Counts what one signed-in identity does."""
    return f"identity {current_user.identity_id}"


def remember_browser(email: str) -> None:
    """Let this browser be known for an address that just proved itself in it."""
    value = _signer().dumps({"for": _digest(email.strip().lower()), "id": secrets.token_urlsafe(12)})

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            KNOWN_BROWSER, value, max_age=KNOWN_FOR_SECONDS, httponly=True, samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )  # fmt: skip
        return response


def _known_as(email: str) -> str | None:
    try:
        found = _signer().loads(request.cookies.get(KNOWN_BROWSER, ""))
    except BadSignature:
        return None
    return str(found["id"]) if found.get("for") == _digest(email) else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=KNOWN_BROWSER)


def _digest(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def _say_when(limit: RequestLimit) -> Response:
    """How long to wait, for the 429 page."""
    return Response(status=429, headers={"Retry-After": str(max(1, int(limit.reset_at - time.time())))})


limiter = Limiter(client_address, storage_uri="incubator://", strategy="fixed-window", on_breach=_say_when)


@limiter.request_filter
def _not_throttled() -> bool:
    """The tests sign in more often than people do; one app of theirs is throttled."""
    return not current_app.config["THROTTLING"]
