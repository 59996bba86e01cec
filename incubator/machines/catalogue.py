"""Tables, keys and triggers as PostgreSQL's catalogue has them, as far as their distribution over machines asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from msgspec import Struct, field
from psycopg.rows import dict_row

KEPT_HERE = frozenset({"alembic_version"})
"""Tables that are of the coordinator alone."""


class Key(Struct, frozen=True):
    """A primary (p), foreign (f), unique (u) or exclusion (x) constraint, or a unique index of its own (i)."""

    name: str
    kind: str
    columns: tuple[str, ...]
    """An expression is ''."""
    operators: tuple[str, ...] = ()
    """Of an exclusion, one for each column."""
    target: str = ""
    target_columns: tuple[str, ...] = ()
    on_delete: str = "a"
    definition: str = ""


class Table(Struct, frozen=True):
    """A table of ours."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    """Types by name."""
    numbered: dict[str, str] = field(default_factory=dict)
    """Types of the columns that the database numbers."""
    keys: tuple[Key, ...] = ()
    triggers: tuple[str, ...] = ()
    rights_on_columns: bool = False
    is_secured: bool = False
    kind: str = "r"


def read_tables(connection: psycopg.Connection[Any]) -> list[Table]:
    """Every table of ours that is to be shared out, by name."""
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(_TABLES).fetchall()
    keys = _by_table(cursor.execute(_KEYS).fetchall())
    return [
        Table(
            row["name"], row["columns"], row["numbered"], tuple(_key(each) for each in keys.get(row["oid"], [])),
            tuple(row["triggers"]), row["rights_on_columns"], row["is_secured"], row["kind"],
        )
        for row in rows if row["name"] not in KEPT_HERE
    ]  # fmt: skip


def _by_table(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop("table_oid"), []).append(row)
    return found


def _key(row: dict[str, Any]) -> Key:
    several = {name: tuple(row[name] or ()) for name in ("columns", "operators", "target_columns")}
    return Key(**{**row, **several, "target": row["target"] or ""})


_TABLES = """
    SELECT c.oid::int8, c.relname::text AS name, c.relkind::text AS kind, c.relrowsecurity AS is_secured,
           coalesce(jsonb_object_agg(attname, format_type(atttypid, NULL)), '{}') AS columns,
           coalesce(jsonb_object_agg(attname, format_type(atttypid, NULL)) FILTER (
               WHERE attidentity <> '' OR pg_get_serial_sequence(c.oid::regclass::text, attname) IS NOT NULL
           ), '{}') AS numbered,
           bool_or(attacl IS NOT NULL) AS rights_on_columns,
           ARRAY(SELECT tgname::text FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal ORDER BY 1) AS triggers
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    GROUP BY c.oid ORDER BY c.relname
"""
_KEYS = """
    SELECT conrelid::int8 AS table_oid, conname::text AS name, contype::text AS kind,
           ARRAY(SELECT coalesce(attname::text, '') FROM unnest(conkey) WITH ORDINALITY AS part (number, place)
                 LEFT JOIN pg_attribute ON attrelid = conrelid AND attnum = part.number ORDER BY place) AS columns,
           ARRAY(SELECT oprname::text FROM unnest(conexclop) WITH ORDINALITY AS part (number, place)
                 JOIN pg_operator ON pg_operator.oid = part.number ORDER BY place) AS operators,
           (SELECT relname::text FROM pg_class WHERE oid = confrelid) AS target,
           ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS part (number, place)
                 JOIN pg_attribute ON attrelid = confrelid AND attnum = part.number ORDER BY place) AS target_columns,
           confdeltype::text AS on_delete, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'u', 'x')
    UNION ALL
    SELECT indrelid::int8, indexrelid::regclass::text, 'i',
           ARRAY(SELECT coalesce(attname::text, '') FROM unnest(indkey::int2[]) WITH ORDINALITY AS part (number, place)
                 LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = part.number ORDER BY place),
           '{}', NULL, '{}', 'a', pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class c ON c.oid = indrelid
    WHERE indisunique AND c.relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY 1, 2
"""
