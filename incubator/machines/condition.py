"""What a database holds, short enough to be kept beside its backup: so that a restored one can be compared with it.

Of each table its rows and one number, the sum of a hash of each row: whatever their order, however often it is asked,
of another release of PostgreSQL too. It finds what a restore lost; against whoever forges, the archive has SHA-256.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import sql

Connection = psycopg.Connection[Any]


class Condition(Struct, frozen=True):
    """A database at one moment."""

    tables: dict[str, list[str]]
    """By name: how many rows, and the sum of their hashes."""
    sequences: dict[str, str]
    """By name: the number that it gave last, or "" where it gave none."""
    shape: dict[str, str]
    """By table, a hash of its columns, keys, checks, indexes, policies, triggers and rights; functions beside them."""

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(int(counted) for counted, _ in self.tables.values())


def condition_of(connection: Connection) -> Condition:
    """How the database is in this transaction, which must be allowed to see every row."""
    for name, value in (("timezone", "UTC"), ("datestyle", "ISO, YMD"), ("intervalstyle", "postgres"),
                        ("bytea_output", "hex"), ("extra_float_digits", "1"), ("statement_timeout", "0"),
                        ("idle_in_transaction_session_timeout", "0"), ("search_path", "public")):  # fmt: skip
        connection.execute(sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    tables = [name for (name,) in connection.execute(_TABLES).fetchall()]
    return Condition(
        {name: _fingerprint(connection, name) for name in tables},
        dict(connection.execute(_SEQUENCES).fetchall()),
        {name: sha256(lines.encode()).hexdigest() for name, lines in connection.execute(_SHAPE).fetchall()},
    )


def differences(before: Condition, after: Condition, *, same_server: bool) -> list[str]:
    """What is not as it was, a sentence each. Another version of PostgreSQL may say the same shape in other words."""
    found = _differing("table", before.tables, after.tables)
    for name, value in before.sequences.items():
        # sequences are in no snapshot: they may have gone on between this and the dump
        if int(after.sequences.get(name) or 0) < int(value or 0):
            found.append(f"sequence {name}: {value} before, {after.sequences.get(name) or 'none'} now")
    return found + (_differing("shape of", before.shape, after.shape) if same_server else [])


def _differing(what: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"{what} {name}: {_said(before.get(name))} before, {_said(after.get(name))} now"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _said(value: object) -> str:
    if value is None:
        return "none"
    return f"{value[0]} rows ({value[1]})" if isinstance(value, list) else str(value)


def _fingerprint(connection: Connection, table: str) -> list[str]:
    row = connection.execute(sql.SQL(
        "SELECT count(*)::text, coalesce(sum(('x' || left(encode(sha256(convert_to(t::text, 'UTF8')), 'hex'), 16))"
        "::bit(64)::bigint), 0)::text FROM ONLY public.{} t"
    ).format(sql.Identifier(table))).fetchone()  # fmt: skip
    assert row is not None
    return list(row)


_TABLES = """
    SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
"""
_SEQUENCES = """
    SELECT sequencename::text, coalesce(last_value::text, '') FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1
"""
_SHAPE = """
    WITH ours AS (SELECT oid, relname::text AS name, relrowsecurity, relforcerowsecurity, relowner, relacl FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')),
    lines (name, line) AS (
        SELECT name, format('security %s %s', relrowsecurity, relforcerowsecurity) FROM ours
        UNION ALL
        SELECT name, format('column %s %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
                            (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
                             WHERE adrelid = attrelid AND adnum = attnum))
        FROM ours JOIN pg_attribute a ON attrelid = ours.oid WHERE attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT name, format('constraint %s %s', conname, pg_get_constraintdef(k.oid))
        FROM ours JOIN pg_constraint k ON conrelid = ours.oid WHERE contype <> 'n'
        UNION ALL
        SELECT name, 'index ' || pg_get_indexdef(indexrelid) FROM ours JOIN pg_index ON indrelid = ours.oid
        UNION ALL
        SELECT name, format('policy %s %s %s %s %s', polname, polcmd, polroles::regrole[],
                            pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
        FROM ours JOIN pg_policy ON polrelid = ours.oid
        UNION ALL
        SELECT name, 'trigger ' || pg_get_triggerdef(g.oid) FROM ours JOIN pg_trigger g ON tgrelid = ours.oid
        WHERE NOT tgisinternal
        UNION ALL
        SELECT name, format('right %s %s %s', grantee::regrole, privilege_type, is_grantable)
        FROM ours, aclexplode(relacl) WHERE grantee <> relowner
        UNION ALL
        SELECT name, format('right %s %s %s', grantee::regrole, privilege_type, attname)
        FROM ours JOIN pg_attribute a ON attrelid = ours.oid, aclexplode(attacl)
        WHERE grantee <> relowner AND NOT attisdropped
        UNION ALL
        SELECT s.relname::text, format('right %s %s', grantee::regrole, privilege_type)
        FROM pg_class s, aclexplode(relacl)
        WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace AND grantee <> relowner
        UNION ALL
        SELECT proname::text, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    )
    -- without brackets: PostgreSQL sets them anew when it reads a check that it wrote itself
    SELECT name, translate(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), '()', '') FROM lines
    GROUP BY name ORDER BY name
"""
