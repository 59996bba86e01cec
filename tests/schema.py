"""Tables, keys and policies as PostgreSQL's catalogue has them: what the database is, whatever the code says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row


@dataclass
class Column:
    name: str
    type: str
    optional: bool
    """May be left out: has a default, is generated, or may be NULL."""


@dataclass
class Key:
    name: str
    kind: str
    """p primary, f foreign, u unique, x exclusion."""
    columns: list[str]
    definition: str
    target: str | None


@dataclass
class Table:
    name: str
    columns: list[Column] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    is_secured: bool = False
    is_forced: bool = False
    policies: list[dict[str, Any]] = field(default_factory=list)
    unique_indexes: list[str] = field(default_factory=list)


def read_schema(connection: psycopg.Connection[Any]) -> dict[str, Table]:
    """Every table of every schema of ours, as the catalogue has it."""
    cursor = connection.cursor(row_factory=dict_row)
    tables: dict[str, Table] = {}
    for row in cursor.execute("""
        SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    """).fetchall():
        table = Table(row["relname"], is_secured=row["relrowsecurity"], is_forced=row["relforcerowsecurity"])
        table.columns = [Column(**each) for each in cursor.execute("""
            SELECT attname AS name, regexp_replace(format_type(atttypid, NULL), '\\(.*', '') AS type,
                   NOT attnotnull OR atthasdef OR attidentity <> '' OR attgenerated <> '' AS optional
            FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """, [row["oid"]]).fetchall()]  # fmt: skip
        table.keys = [Key(**each) for each in cursor.execute("""
            SELECT conname AS name, contype::text AS kind, pg_get_constraintdef(oid) AS definition,
                   confrelid::regclass::text AS target,
                   coalesce((SELECT array_agg(attname::text ORDER BY position) FROM unnest(conkey)
                     WITH ORDINALITY AS part(number, position)
                     JOIN pg_attribute ON attrelid = conrelid AND attnum = part.number), '{}') AS columns
            FROM pg_constraint WHERE conrelid = %s AND contype IN ('p', 'f', 'u', 'x')
        """, [row["oid"]]).fetchall()]  # fmt: skip
        table.policies = cursor.execute("""
            SELECT polname, polcmd::text, polpermissive, polroles::oid[] AS roles,
                   pg_get_expr(polqual, polrelid) AS using_, pg_get_expr(polwithcheck, polrelid) AS check_
            FROM pg_policy WHERE polrelid = %s
        """, [row["oid"]]).fetchall()  # fmt: skip
        table.unique_indexes = [each["definition"] for each in cursor.execute(
            "SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = %s AND indisunique",
            [row["oid"]]).fetchall()]  # fmt: skip
        tables[table.name] = table
    return tables
