"""Databases for the tests: one server per checkout, one migrated template, a copy for whoever needs its own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import make_url

from incubator import postgres
from incubator.app import create_app
from incubator.machines import commands
from incubator.settings import INSTANCE, ROOT, Settings, for_psycopg

SECRET = "for tests only"
MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes of memory that must be free for the databases to lie there; a run takes well under one GB."""


def _folder() -> Path:
    """Where the server's data lie: in memory where the machine has room.

    A database is two thousand files. ext4 does not give out again what was removed a minute ago, and looks through all of
    it for each file that is made: where databases come and go, each one takes a second and a half of it alone.
    """
    in_memory = MEMORY / f"incubator-tests{str(INSTANCE).replace('/', '-')}"
    with suppress(OSError):
        if in_memory.exists() or (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM):
            return in_memory
    return INSTANCE / "test-postgres"


FOLDER = _folder()


@dataclass(frozen=True)
class TestDatabase:
    """A migrated database: where its owner, and where the application, reach it."""

    __test__ = False
    owner_url: str
    app_url: str

    @property
    def name(self) -> str:
        """Its name in the server."""
        name = make_url(self.owner_url).database
        assert name is not None
        return name

    def settings(self) -> Settings:
        return Settings(
            database_url=for_psycopg(self.app_url),
            owner_database_url=for_psycopg(self.owner_url),
            secret_key=SECRET,
            base_url="http://127.0.0.1:5000",
            mail_folder=INSTANCE / "test-mail",
            testing=True,
        )


class Databases:
    """The server of the tests, and its template."""

    def __init__(self, worker: str) -> None:
        external = os.environ.get("TEST_DATABASE_URL")
        self._prefix = f"t_{os.getpid()}_{worker}"
        self._made = 0
        self._copying = sql.SQL("")
        if external:
            self._server_url = external
        else:
            self._server = postgres.start(FOLDER, stop_with_process=False)
            self._server_url = postgres.owner_url(self._server, "postgres")
            _forget_at_a_crash(self._server_url)
            self._copying = sql.SQL(" STRATEGY file_copy")  # a checkpoint costs nothing there, the log of each page does
        postgres.ensure_role(self._server_url)
        self.template = f"template_{_schema_hash()}"
        self._migrate_template()

    def _url(self, database: str) -> str:
        return make_url(self._server_url).set(database=database).render_as_string(hide_password=False)

    def _database(self, name: str) -> TestDatabase:
        url = self._url(name)
        return TestDatabase(url, postgres.as_app_role(url))

    def _migrate_template(self) -> None:
        INSTANCE.mkdir(exist_ok=True)
        with open(INSTANCE / "test-template.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with psycopg.connect(self._server_url, autocommit=True) as connection:
                found = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", (self.template,)
                ).fetchone()
                if found:
                    return
                being_made = f"{self.template}_{os.getpid()}"
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(being_made)))
                app = create_app(self._database(being_made).settings())
                commands.init_app(app)
                with app.app_context():
                    upgrade(directory=str(ROOT / "migrations"))
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(being_made), sql.Identifier(self.template)
                    )
                )

    def served(self) -> TestDatabase:
        """The database of the site that is served: each test that serves one makes it anew under this name."""
        return self._database(f"{self._prefix}_served")

    @contextmanager
    def copy(self, of: str | None = None, name: str | None = None) -> Iterator[TestDatabase]:
        """A database of one's own, dropped afterwards: of the migrated template, or of the database named `of`."""
        self._made += 1
        name = name or f"{self._prefix}_{self._made}"
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(
                    sql.Identifier(name), sql.Identifier(of or self.template), self._copying
                )
            )
        try:
            yield self._database(name)
        finally:
            with psycopg.connect(self._server_url, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _forget_at_a_crash(url: str) -> None:
    """What tests write need not outlive a loss of power: no waiting for the disk, least of all when a database goes."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SHOW fsync").fetchone() != ("off",):
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
            connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
            connection.execute("SELECT pg_reload_conf()")


def _schema_hash() -> str:
    """Changes with anything that makes the schema: models and migrations."""
    files = sorted([*Path(ROOT, "migrations").rglob("*.py"), *Path(ROOT, "incubator").rglob("*models*.py"),
                    *Path(ROOT, "incubator").rglob("models/*.py"), Path(ROOT, "incubator/database.py")])  # fmt: skip
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
