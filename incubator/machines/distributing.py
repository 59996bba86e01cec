"""`flask db distribute`: asks the catalogue, says what stands against it, and shares the tables out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint

from incubator.database import Base
from incubator.machines import programs
from incubator.machines.catalogue import Table, read_tables
from incubator.machines.distribution import COLUMN_RIGHTS, losses, objections, plan
from incubator.machines.refusing import Refused


def make_plan(url: str) -> list[str]:
    """The statements, on any PostgreSQL; Refused with what Citus would refuse."""
    with programs.connect(url) as connection:
        return _plan(connection)


def distribute(url: str, *, gives_up_triggers: bool, say: Callable[[str], None]) -> int:
    """Share out what is not yet; how many tables. Each statement stands by itself: after a failure, run it again."""
    with programs.connect(url) as connection:
        connection.autocommit = True
        if _version(connection) is None:
            raise Refused("This database has no Citus: CREATE EXTENSION citus, on each machine, and name the workers "
                          "(citus_add_node). `flask db distribute --plan` shows what would be done.")  # fmt: skip
        lost = losses(read_tables(connection))
        if lost and not gives_up_triggers:
            raise Refused("Triggers that ask other tables can't do so on a shard:\n" + "\n".join(lost) +
                          "\nThe operations ask the same before, under the books' lock; "
                          "to do without the second guard, say --give-up-triggers.")  # fmt: skip
        statements = _plan(connection)
        connection.execute("SET lock_timeout = '30s'")
        for statement in statements:
            say(statement)
            connection.execute(statement)
    return sum("create_distributed_table" in statement for statement in statements)


def _plan(connection: psycopg.Connection[Any]) -> list[str]:
    version = _version(connection)
    tables = read_tables(connection)
    found = objections(tables, version or COLUMN_RIGHTS)
    if found:
        raise Refused("Citus would refuse:\n" + "\n".join(found))
    distributed: set[str] = set()
    if version is not None:
        rows = connection.execute("SELECT logicalrel::text FROM pg_dist_partition WHERE partmethod = 'h'").fetchall()
        distributed = {name for (name,) in rows}
    return [*plan(tables, connection.info.dbname, distributed), *_lost_keys(tables)]


def _lost_keys(tables: Sequence[Table]) -> list[str]:
    """References of the models that the tables don't have: those that a try before this one took away and left so."""
    there = {(table.name, key.name) for table in tables for key in table.keys}
    names = {table.name for table in tables}
    return [
        str(AddConstraint(each).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # of the library
        for table in Base.metadata.sorted_tables if table.name in names
        for each in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
        if isinstance(each, ForeignKeyConstraint) and (table.name, str(each.name)) not in there
    ]  # fmt: skip


def _version(connection: psycopg.Connection[Any]) -> tuple[int, int] | None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'citus'").fetchone()
    if row is None:
        return None
    major, _, minor = row[0].partition("-")[0].partition(".")
    return int(major), int(minor or 0)
