"""How connections to the database behave: bounded waits, what they keep, and what is asked before one is given out."""

from __future__ import annotations

from collections.abc import Sequence
from select import POLLIN, poll
from time import monotonic
from typing import Any

import psycopg
from psycopg import Column
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

SILENT = 60
"""Seconds after which a connection that was not in use is asked before it is."""

PREPARED = 300
"""Statements that a connection keeps prepared: after all pages of the demo it has 111, and psycopg keeps 100."""
IN_TRANSACTION = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def engine_options(takes_role: bool) -> dict[str, object]:
    """How connections behave: bounded waits, and the application role where the URL is the owner's."""
    # in UTC, so that instants come in Python's own zone for it: those compare by one look
    settings = {"timezone": "UTC", "statement_timeout": 30_000, "lock_timeout": 5_000,
                "idle_in_transaction_session_timeout": 60_000}  # fmt: skip
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    if takes_role:
        options += " -c role=incubator_app"
    # what was in use last is used next: its server process has at hand what it read and planned
    return {"pool_size": 8, "pool_use_lifo": True, "connect_args": {"options": options, "connect_timeout": 5}}


def tell(connection: Connection, setting: str) -> None:
    """Send a statement that answers nothing; at the beginning of a transaction, begin it in the same message.

    By libpq's own call: every request sends two of these, and what is done for a statement costs more than the server's
    part of it.
    """
    driver = connection.connection.dbapi_connection
    begins = driver is not None and driver.pgconn.transaction_status == TransactionStatus.IDLE
    if driver is None or driver.pgconn.exec_(("BEGIN; " * begins + setting).encode()).status != ExecStatus.COMMAND_OK:
        connection.exec_driver_sql(setting)  # it says what is wrong


class Columns(Sequence[Column]):
    """The columns of a cursor's result, each described when somebody asks for it."""

    def __init__(self, cursor: Cursor, count: int) -> None:
        self._cursor, self._count = cursor, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        which = range(self._count)[index]
        if isinstance(which, range):
            return [Column(self._cursor, each) for each in which]
        return Column(self._cursor, which)


class Cursor(psycopg.Cursor[Any]):
    """psycopg's own describes all columns of every result; SQLAlchemy reads them where it sees a statement first."""

    @property
    def description(self) -> Any:
        """What PEP 249 has under this name."""
        result = self.pgresult
        return Columns(self, result.nfields) if result is not None and result.nfields else super().description


@event.listens_for(Pool, "connect")
def _set_up(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.prepared_max = PREPARED
    connection.cursor_factory = Cursor


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's own, but that it begins and ends savepoints, and goes back, past what is done for a statement."""

    supports_statement_cache = True

    def do_rollback(self, dbapi_connection: Any) -> None:
        """End the transaction without what psycopg does besides: have the server forget every prepared statement.

        It does so because a table that a statement reads might have been made in the transaction and be gone. Here no
        transaction makes tables beside its work, and every request that only reads ends with a rollback: it would plan
        each of its statements anew.
        """
        if dbapi_connection.pgconn.transaction_status in IN_TRANSACTION:
            dbapi_connection.pgconn.exec_(b"ROLLBACK")
        dbapi_connection.rollback()  # finds nothing to end then, or a connection that is lost, and says so

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """A part of the transaction that can be gone back on."""
        tell(connection, f"SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """What was done since then stays, as far as the transaction does."""
        tell(connection, f"RELEASE SAVEPOINT {name}")


registry.register("postgresql.psycopg", "incubator.connections", "Dialect")
DIALECT = Dialect(dbapi=psycopg)  # type: ignore[no-untyped-call]
"""For what is rendered before there is a connection."""


@event.listens_for(Pool, "checkin")
def _note_the_time(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["back_at"] = monotonic()


@event.listens_for(Pool, "checkout")
def _see_whether_it_stands(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Give no connection out whose server has gone, and ask no server that has just answered.

    One that ends a connection says so on it: what there is to read on one that is not in use is a farewell. One that is
    lost without a word (a firewall forgets what is silent for long) is found by asking, once it has been silent.
    """
    try:
        heard = poll()
        heard.register(connection, POLLIN)
        stands = not heard.poll(0)
        if stands and monotonic() - record.info.get("back_at", monotonic()) > SILENT:
            connection.execute("SELECT 1")
            connection.commit()
    except psycopg.Error:
        stands = False
    if not stands:
        raise InvalidatePoolError  # the others were made before it, and the pool makes all of them anew
