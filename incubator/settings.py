"""What the environment says: read once, when the application is made."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = Path(os.environ.get("INSTANCE_FOLDER", ROOT / "instance"))
"""INSTANCE_FOLDER: the embedded database, the kept secret and undelivered mail."""


@dataclass(frozen=True)
class Settings:
    """All settings, each with its environment variable.

    `database_url` (DATABASE_URL) is where the application role works; `owner_database_url`
    (OWNER_DATABASE_URL, else the same) is where migrations run. Where the two are the same, connections of
    the application take the role `incubator_app` themselves.
    """

    database_url: str
    owner_database_url: str
    secret_key: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    """BASE_URL: the address that mailed links begin with."""
    smtp_url: str = field(default="", repr=False)
    """SMTP_URL: smtp://user:password@host:port, smtps:// for implicit TLS; empty: mails go to `mail_folder`."""
    mail_from: str = "no-reply@localhost"
    mail_folder: Path = INSTANCE / "mail"
    """MAIL_FOLDER."""
    file_store: str = ""
    """FILE_STORE: where larger files lie; empty: in the database. See `incubator.documents.stores`."""
    secure_cookies: bool = False
    """On when BASE_URL is https: cookies are then Secure, and HSTS is sent."""
    trusted_proxies: int = 0
    """TRUSTED_PROXIES: how many proxies in front append to X-Forwarded-For."""
    backup_database_url: str = field(default="", repr=False)
    """BACKUP_DATABASE_URL, else OWNER_DATABASE_URL: a role that sees the rows of all operators, for `flask backup`."""
    stripe_api: str = ""
    """STRIPE_API: another address than Stripe's own for calls to it, for a stand-in; empty: Stripe."""
    former_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    """FORMER_SECRET_KEYS: by commas; what was encrypted by an earlier SECRET_KEY is read by them."""
    testing: bool = False

    @property
    def sealing_keys(self) -> tuple[str, ...]:
        """What secrets in the database are encrypted by, today's first."""
        return (self.secret_key, *self.former_secret_keys)

    @classmethod
    def from_environment(cls) -> Settings:
        """Settings of this process; RuntimeError where DATABASE_URL is not set (`make run` sets it)."""
        url = os.environ.get("DATABASE_URL")
        if not url:
            raise RuntimeError("DATABASE_URL is not set; `make run` starts the embedded PostgreSQL and sets it")
        base_url = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
        owner_url = os.environ.get("OWNER_DATABASE_URL", url)
        return cls(
            database_url=for_psycopg(url),
            owner_database_url=for_psycopg(owner_url),
            backup_database_url=for_psycopg(os.environ.get("BACKUP_DATABASE_URL", owner_url)),
            secret_key=os.environ.get("SECRET_KEY") or _kept_secret(),
            base_url=base_url,
            smtp_url=os.environ.get("SMTP_URL", ""),
            mail_from=os.environ.get("MAIL_FROM", "no-reply@localhost"),
            mail_folder=Path(os.environ.get("MAIL_FOLDER", INSTANCE / "mail")),
            file_store=os.environ.get("FILE_STORE", ""),
            secure_cookies=base_url.startswith("https://"),
            trusted_proxies=int(os.environ.get("TRUSTED_PROXIES", "0")),
            stripe_api=os.environ.get("STRIPE_API", "").rstrip("/"),
            former_secret_keys=tuple(each for each in os.environ.get("FORMER_SECRET_KEYS", "").split(",") if each),
        )


def for_psycopg(url: str) -> str:
    """A PostgreSQL URL in the form that SQLAlchemy gives to psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _kept_secret() -> str:
    """The instance's own secret, made once and readable by its owner only; a host sets SECRET_KEY instead."""
    INSTANCE.mkdir(exist_ok=True)
    path = INSTANCE / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secret := secrets.token_urlsafe(48))
    return secret
