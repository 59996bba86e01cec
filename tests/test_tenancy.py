"""No operator sees or touches another's rows: asked of every table that the database has.

The tables are read from PostgreSQL's catalogue, not from the code: a new one that forgets its policy, its key
or its row here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.database import Databases, TestDatabase
from tests.schema import Key, Table, read_schema
from tests.tenancy_rows import OURS, ROWS, THEIRS

BOOKKEEPING = {"alembic_version"}
"""Of the migrations; the application has no right to it."""

PLAIN: dict[str, Any] = {
    "bigint": 1, "integer": 1, "smallint": 1, "numeric": 1, "text": "x", "boolean": False, "bytea": b"x",
    "jsonb": "{}", "date": "2026-01-01", "timestamp with time zone": "2026-01-01T00:00:00Z",
    "daterange": "[2026-01-01, 2026-02-01)", "tstzrange": "[2026-01-01, 2026-01-02)",
}  # fmt: skip
VALUES: dict[str, Any] = {"locale": "en", "theme": "auto", "currency": "CNY"}


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[TestDatabase]:
    """One database, in each of whose tables the second operator has a row."""
    with databases.copy() as found:
        with psycopg.connect(found.owner_url) as connection:
            fill(connection, read_schema(connection))
        yield found


@pytest.fixture(scope="module")
def schema(database: TestDatabase) -> dict[str, Table]:
    with psycopg.connect(database.owner_url) as connection:
        return {name: table for name, table in read_schema(connection).items() if name not in BOOKKEEPING}


def fill(connection: psycopg.Connection[Any], tables: dict[str, Table]) -> None:
    """A row of the second operator (or of the installation) in each table, parents first, as the owner."""
    connection.execute(f"INSERT INTO operators (operator_id, name, locale, currency) VALUES ({OURS}, 'ours', 'en', 'CNY')")
    waiting = {name: table for name, table in tables.items() if name not in BOOKKEEPING}
    while waiting:
        ready = [
            table for table in waiting.values()
            if not ({key.target for key in _needed_keys(table)} - {table.name}) & set(waiting)
        ]  # fmt: skip
        assert ready, f"tables in a circle: {sorted(waiting)}"
        for table in ready:
            _insert(connection, table)
            del waiting[table.name]


def _needed_keys(table: Table) -> list[Key]:
    """The foreign keys whose columns may not be NULL."""
    optional = {column.name for column in table.columns if column.optional}
    given = set(ROWS.get(table.name, {}))
    return [
        key for key in table.keys
        if key.kind == "f" and any(name not in optional or name in given for name in key.columns if name != "operator_id")
    ] + [key for key in table.keys if key.kind == "f" and key.columns == ["operator_id"]]  # fmt: skip


def _insert(connection: psycopg.Connection[Any], table: Table) -> None:
    row: dict[str, Any] = {"operator_id": THEIRS} | ROWS.get(table.name, {})
    for key in _needed_keys(table):
        for name in key.columns:
            if name == "operator_id" or name in row:
                continue
            other = "tenant_id" if key.target == "tenants" else "id"
            found = connection.execute(
                sql.SQL("SELECT {} FROM {} WHERE operator_id = %s LIMIT 1").format(
                    sql.Identifier(other), sql.Identifier(str(key.target))),
                [row["operator_id"]],
            ).fetchone()  # fmt: skip
            assert found, f"{table.name}.{name}: no row in {key.target}"
            row[name] = found[0]
    for column in table.columns:
        if column.name not in row and not column.optional:
            assert column.type in PLAIN, f"{table.name}.{column.name}: give {column.type} a value in PLAIN"
            row[column.name] = VALUES.get(column.name, PLAIN[column.type])
    statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() for _ in row),
    )
    try:
        connection.execute(statement, list(row.values()))
    except psycopg.errors.IntegrityError as error:
        pytest.fail(f"say in ROWS what a row of {table.name} needs: {error}")


def as_app(database: TestDatabase, operator_id: int | None) -> psycopg.Connection[Any]:
    """A transaction of the application's role that belongs to an operator."""
    connection = psycopg.connect(database.app_url)
    assert connection.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
                              ).fetchone() == ("incubator_app", False, False)  # fmt: skip
    if operator_id is not None:
        connection.execute(sql.SQL("SET LOCAL app.operator_id = {}").format(sql.Literal(str(operator_id))))
    return connection


def home_of(name: str) -> int:
    """The operator whose row a table holds."""
    return int(ROWS.get(name, {}).get("operator_id", THEIRS))


def test_the_schema_is_all_there(schema: dict[str, Table]) -> None:
    assert len(schema) >= 30
    assert {"operators", "identities", "bookings", "invoices", "audit_events"} <= set(schema)
    assert set(ROWS) <= set(schema), "a row for a table that is no more"


def test_every_table_is_behind_forced_row_security(schema: dict[str, Table]) -> None:
    unsecured = [table.name for table in schema.values() if not (table.is_secured and table.is_forced)]
    assert not unsecured


def test_every_policy_asks_for_the_operator_and_for_nothing_less(schema: dict[str, Table]) -> None:
    mine = "(operator_id = (NULLIF(current_setting('app.operator_id'::text, true), ''::text))::bigint)"
    for table in schema.values():
        assert [policy["polname"] for policy in table.policies] == ["of_operator"], table.name
        (policy,) = table.policies
        assert (policy["using_"], policy["check_"]) == (mine, mine), table.name
        assert policy["polcmd"] == "*" and policy["roles"] == [0], f"{table.name}: for all commands and all roles"


def test_every_key_has_the_operator_in_it(schema: dict[str, Table]) -> None:
    for table in schema.values():
        kinds = [key.kind for key in table.keys]
        assert "p" in kinds, f"{table.name} has no primary key"
        for key in table.keys:
            if key.kind == "x":
                assert "operator_id" in key.definition, f"{table.name}: {key.name}"
            else:
                assert key.columns[:1] == ["operator_id"], f"{table.name}: {key.name} is on {key.columns}"
        for definition in table.unique_indexes:
            columns = definition.split("(", 1)[1]
            assert columns.startswith("operator_id"), f"{table.name}: {definition}"


def test_every_foreign_key_points_at_a_row_of_the_same_operator(schema: dict[str, Table]) -> None:
    for table in schema.values():
        for key in table.keys:
            if key.kind == "f":
                assert "REFERENCES" in key.definition
                target = key.definition.split("REFERENCES", 1)[1]
                assert target.split("(", 1)[1].startswith("operator_id"), f"{table.name}: {key.definition}"


def test_the_application_owns_nothing_and_may_not_make_anything(database: TestDatabase) -> None:
    with psycopg.connect(database.owner_url) as connection:
        owned = connection.execute("""
            SELECT 'relation', relname::text FROM pg_class WHERE relowner = 'incubator_app'::regrole
            UNION ALL SELECT 'function', proname::text FROM pg_proc WHERE proowner = 'incubator_app'::regrole
            UNION ALL SELECT 'schema', nspname::text FROM pg_namespace WHERE nspowner = 'incubator_app'::regrole
            UNION ALL SELECT 'type', typname::text FROM pg_type WHERE typowner = 'incubator_app'::regrole
            UNION ALL SELECT 'database', datname::text FROM pg_database WHERE datdba = 'incubator_app'::regrole
            UNION ALL SELECT 'membership', roleid::regrole::text FROM pg_auth_members
                      WHERE member = 'incubator_app'::regrole
        """).fetchall()
        assert owned == []
        granted = connection.execute("""
            SELECT relname::text, privilege_type FROM pg_class, aclexplode(relacl)
            WHERE grantee = 'incubator_app'::regrole AND (is_grantable
                  OR privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE'))
        """).fetchall()
        assert granted == []
        assert not connection.execute("SELECT has_table_privilege('incubator_app', 'alembic_version', 'SELECT')"
                                      ).fetchone()[0]  # fmt: skip
    for statement in ("CREATE TABLE mine (x int)", "ALTER TABLE sites NO FORCE ROW LEVEL SECURITY", "TRUNCATE sites",
                      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"):  # fmt: skip
        with as_app(database, OURS) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_what_is_append_only_can_not_be_changed(database: TestDatabase) -> None:
    for name in ("audit_events", "charges", "invoices", "invoice_lines", "subsidy_decisions", "scheme_versions", "operator_grants",
                 "frozen_reports", "report_signatures", "document_versions"):  # fmt: skip
        for statement in (f"UPDATE {name} SET operator_id = operator_id", f"DELETE FROM {name}"):
            with as_app(database, THEIRS) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_file_can_not_be_changed_and_not_be_taken_from_what_points_at_it(database: TestDatabase) -> None:
    """What nothing points at can be erased: a draft that was never sent."""
    with as_app(database, THEIRS) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE stored_files SET operator_id = operator_id")
    with as_app(database, THEIRS) as connection, pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute("DELETE FROM stored_files")


def test_there_is_a_row_to_be_hidden_in_every_table(database: TestDatabase, schema: dict[str, Table]) -> None:
    """Without this the tests below could pass on empty tables."""
    for name in schema:
        with as_app(database, home_of(name)) as connection:
            count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()[0]
        assert count >= 1, name


@pytest.mark.parametrize("setting", [OURS, None, ""], ids=["another operator", "no setting", "an empty setting"])
def test_a_transaction_of_another_operator_sees_nothing(
    database: TestDatabase, schema: dict[str, Table], setting: int | str | None
) -> None:
    for name in schema:
        with as_app(database, setting) as connection:  # type: ignore[arg-type] # the empty text is the point
            rows = connection.execute(sql.SQL("SELECT operator_id FROM {}").format(sql.Identifier(name))).fetchall()
        assert rows == ([(OURS,)] if name == "operators" and setting == OURS else []), name


def test_it_changes_and_deletes_nothing(database: TestDatabase, schema: dict[str, Table]) -> None:
    for name in schema:
        of_others = "" if name != "operators" else f" WHERE operator_id <> {OURS}"
        for verb in ("UPDATE {} SET operator_id = operator_id", "DELETE FROM {}"):
            with as_app(database, OURS) as connection:
                try:
                    changed = connection.execute(sql.SQL(verb + of_others).format(sql.Identifier(name))).rowcount
                except psycopg.errors.InsufficientPrivilege:
                    changed = 0
            assert changed == 0, f"{verb} {name}"
    with psycopg.connect(database.owner_url) as connection:
        for name in schema:
            count = connection.execute(
                sql.SQL("SELECT count(*) FROM {} WHERE operator_id = %s").format(sql.Identifier(name)), [home_of(name)]
            ).fetchone()[0]
            assert count >= 1, name


def test_it_can_not_write_a_row_for_another(database: TestDatabase, schema: dict[str, Table]) -> None:
    """A copy of the other operator's own row, sent under our setting, is refused by the policy."""
    for name, table in schema.items():
        names = [column.name for column in table.columns]
        with psycopg.connect(database.owner_url) as owner:
            generated = {
                row[0] for row in owner.execute(
                    "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attgenerated <> ''", [name])
            }  # fmt: skip
            names = [each for each in names if each not in generated]
            listed = sql.SQL(", ").join(map(sql.Identifier, names))
            row = owner.execute(
                sql.SQL("SELECT {} FROM {} WHERE operator_id = %s LIMIT 1").format(
                    sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(each)) for each in names),
                    sql.Identifier(name)),
                [home_of(name)],
            ).fetchone()  # fmt: skip
        types = {column.name: column.type for column in table.columns}
        values = sql.SQL(", ").join(
            sql.SQL("{}::" + types[each]).format(sql.Placeholder()) for each in names  # the catalogue's own words
        )
        statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(name), listed, values
        )
        with as_app(database, OURS) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            connection.execute(statement, row)
        assert "row-level security" in str(refused.value), name


def test_a_row_of_ours_can_not_point_at_one_of_theirs(database: TestDatabase) -> None:
    """Even the table's owner, whom no policy holds, can't make a floor of ours on a site of theirs."""
    with psycopg.connect(database.owner_url) as connection:
        site = connection.execute("SELECT id FROM sites WHERE operator_id = %s", [THEIRS]).fetchone()[0]
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "INSERT INTO floors (operator_id, site_id, name, level) VALUES (%s, %s, 'x', 1)", [OURS, site]
            )


@pytest.mark.parametrize(
    ("statement", "test"),
    [
        ("CREATE TABLE forgotten (operator_id bigint, id bigint, PRIMARY KEY (operator_id, id))",
         test_every_table_is_behind_forced_row_security),
        ("CREATE TABLE forgotten (id bigint PRIMARY KEY)", test_every_key_has_the_operator_in_it),
        ("CREATE UNIQUE INDEX too_wide ON sites (code)", test_every_key_has_the_operator_in_it),
        ("ALTER TABLE sites NO FORCE ROW LEVEL SECURITY", test_every_table_is_behind_forced_row_security),
        ("CREATE POLICY back_door ON sites USING (true)",
         test_every_policy_asks_for_the_operator_and_for_nothing_less),
        ("ALTER TABLE allocations DROP CONSTRAINT allocations_no_overlap; ALTER TABLE allocations ADD CONSTRAINT "
         "allocations_no_overlap EXCLUDE USING gist (int8range(unit_id, unit_id, '[]') WITH &&, period WITH &&)",
         test_every_key_has_the_operator_in_it),
    ],
    ids=["no policy", "no operator in the key", "a unique index", "not forced", "a second policy", "an exclusion"],
)  # fmt: skip
def test_these_tests_would_notice(database: TestDatabase, statement: str, test: Any) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(statement)
        changed = {name: table for name, table in read_schema(connection).items() if name not in BOOKKEEPING}
        connection.rollback()
    with pytest.raises(AssertionError):
        test(changed)
