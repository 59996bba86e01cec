"""Alembic's environment: migrations run as the owner of the tables, on OWNER_DATABASE_URL, while the site is used.

Each migration is a transaction of its own. None waits long for a lock, because everybody who comes later waits behind
it: it gives up, lets them pass, and tries again. Two that are started at once take turns.
"""

from __future__ import annotations

import logging
import os
import time

from alembic import context
from alembic.util import CommandError
from flask import current_app
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import OperationalError

import incubator.models  # noqa: F401  the metadata must be whole
from incubator.database import Base

LOCK_SECONDS = float(os.environ.get("MIGRATION_LOCK_SECONDS", "3"))
TRIES = int(os.environ.get("MIGRATION_TRIES", "20"))
LONGEST_REST = 15.0
TURN = 0x696E6375
"""The advisory lock of whoever migrates."""

log = logging.getLogger("alembic.env")


def run() -> None:
    """Apply the migrations that are asked for; CommandError where a table was never free for one of them."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    engine = create_engine(current_app.config["SETTINGS"].owner_database_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{int(LOCK_SECONDS * 1000)}ms'")
        connection.commit()
        _take_turn(connection)
        _try_again(connection)


def _try_again(connection: Connection) -> None:
    """What is migrated stays; the next try goes on from there."""
    for nth in range(1, TRIES + 1):
        try:
            _run_on(connection)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            connection.rollback()
            log.warning("a table was in use for %s s; try %s of %s", LOCK_SECONDS, nth, TRIES)
            time.sleep(min(LOCK_SECONDS * nth, LONGEST_REST))
        else:
            return
    raise CommandError(f"A table was in use at each of {TRIES} tries, by a transaction that does not end "
                       "(see pg_stat_activity). What was migrated before stays; run it again.")  # fmt: skip


def _take_turn(connection: Connection) -> None:
    # asked again and again: who waits inside a statement would be waited for by CREATE INDEX CONCURRENTLY
    while not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({TURN})").scalar():
        connection.commit()
        time.sleep(0.5)
    connection.commit()


def _run_on(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True,
                      transaction_per_migration=True)  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()


run()
