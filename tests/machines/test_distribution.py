"""Every table can be shared out by operator on Citus: asked of the catalogue, constraint by constraint."""

from __future__ import annotations

import re

import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import ForeignKeyConstraint

from incubator.app import create_app
from incubator.database import Base
from incubator.machines import commands
from incubator.machines.catalogue import Key, Table, read_tables
from incubator.machines.distributing import make_plan
from incubator.machines.distribution import losses, objections, plan
from incubator.machines.refusing import Refused
from tests.database import Databases, TestDatabase

NOW = (13, 2)


def read(database: TestDatabase) -> tuple[list[Table], bool]:
    """The tables, and whether the server has btree_gist: without it, overlaps are refused in a form that Citus doesn't take."""
    with psycopg.connect(database.owner_url) as connection:
        found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gist'").fetchone()
        return read_tables(connection), found is not None


@pytest.fixture
def tables(shared_database: TestDatabase) -> list[Table]:
    """As they are where btree_gist is."""
    found, _ = read(shared_database)
    return [replace(table, keys=tuple(map(in_equal_form, table.keys))) for table in found]


def in_equal_form(key: Key) -> Key:
    if key.kind != "x" or "operator_id" in key.columns:
        return key
    return replace(key, columns=("operator_id", *key.columns[1:]), operators=("=", *key.operators[1:]))


def test_what_citus_would_refuse_of_this_database(shared_database: TestDatabase) -> None:
    """Nothing, on a server with btree_gist; on one without, the constraints against overlaps and nothing else."""
    found, has_equality = read(shared_database)
    wanted = {table.name for table in Base.metadata.sorted_tables if table.info.get("no_overlap")}
    objected = objections(found, NOW)
    assert {line.split(":")[0] for line in objected} == (set() if has_equality else wanted)
    assert all("no_overlap does not have operator_id" in line for line in objected)


def test_the_only_loss_is_a_second_guard(tables: list[Table]) -> None:
    """`post_entries` refuses a closed month under the books' lock; the trigger refuses it again."""
    assert losses(tables) == ["journal_entries: trigger refuse_closed_month"]


def test_the_catalogue_is_read_whole(tables: list[Table]) -> None:
    assert {table.name for table in tables} == {table.name for table in Base.metadata.sorted_tables}
    known = {(table.name, key.name) for table in tables for key in table.keys if key.kind == "f"}
    assert known == {(table.name, str(each.name)) for table in Base.metadata.sorted_tables
                     for each in table.constraints if isinstance(each, ForeignKeyConstraint)}  # fmt: skip
    indexes = {(table.name, str(index.name)) for table in Base.metadata.sorted_tables for index in table.indexes if index.unique}
    assert {(table.name, key.name) for table in tables for key in table.keys if key.kind == "i"} == indexes


def test_each_table_once_and_what_it_points_at_before_it(tables: list[Table]) -> None:
    statements = plan(tables, "house")
    order = [found[1] for each in statements if (found := re.search(r"create_distributed_table\('(\w+)'", each))]
    assert sorted(order) == sorted(table.name for table in tables)
    assert statements[0] == "ALTER DATABASE house SET citus.propagate_set_commands = 'local'"
    assert "SELECT create_distributed_table('operators', 'operator_id', colocate_with => 'none')" in statements
    assert order[0] == "operators", "the others lie beside it"
    dropped = {found.groups() for each in statements if (found := re.search(r"TABLE (\S+) DROP CONSTRAINT (\S+)", each))}
    added = {found.groups() for each in statements if (found := re.search(r"TABLE (\S+) ADD CONSTRAINT (\S+)", each))}
    assert dropped == added and len(dropped) < 12, "circles of tables, few"
    for table in tables:
        for key in table.keys:
            if key.kind == "f" and key.target != table.name and (table.name, key.name) not in dropped:
                assert order.index(key.target) < order.index(table.name), f"{table.name}.{key.name}"


def test_what_is_distributed_already_is_left_alone(tables: list[Table]) -> None:
    """After a migration that makes a table: that table alone."""
    others = {table.name for table in tables} - {"job_sweeps"}
    assert plan(tables, "house", others)[1:] == [
        "SELECT create_distributed_table('job_sweeps', 'operator_id', colocate_with => 'operators')"
    ]


OPERATORS = Table("operators", {"operator_id": "bigint"}, {"operator_id": "bigint"}, (Key("pk", "p", ("operator_id",)),))
SOUND = Table("rooms", {"operator_id": "bigint", "id": "bigint"}, {"id": "bigint"}, (
    Key("pk", "p", ("operator_id", "id")),
    Key("fk", "f", ("operator_id",), (), "operators", ("operator_id",)),
    Key("x", "x", ("operator_id", "unit_id", "period"), ("=", "=", "&&")),
))  # fmt: skip

BAD = [
    (replace(SOUND, columns={"id": "bigint"}), "has no operator_id"),
    (replace(SOUND, columns={"operator_id": "integer"}), "would lie apart"),
    (replace(SOUND, numbered={"id": "integer"}), "must be bigint"),
    (replace(SOUND, kind="p"), "has partitions already"),
    (replace(SOUND, rights_on_columns=True), "from 13.1 on"),
    (replace(SOUND, keys=(Key("u", "u", ("id",)),)), "u does not have operator_id in it"),
    (replace(SOUND, keys=(Key("i", "i", ("", "id")),)), "i does not have operator_id in it"),
    (replace(SOUND, keys=(Key("x", "x", ("", "period"), ("&&", "&&")),)), "x does not have operator_id in it"),
    (replace(SOUND, keys=(Key("x", "x", ("operator_id", "period"), ("<>", "&&")),)), "something else than to be equal"),
    (replace(SOUND, keys=(Key("f", "f", ("id",), (), "alembic_version", ("id",)),)), "not shared out"),
    (replace(SOUND, keys=(Key("f", "f", ("id",), (), "operators", ("operator_id",)),)), "of the same operator_id"),
    (replace(SOUND, keys=(Key("f", "f", ("operator_id",), (), "operators", ("operator_id",), "n"),)), "would change operator_id"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "reason"), BAD)
def test_each_thing_that_citus_refuses_is_said(table: Table, reason: str) -> None:
    assert objections([OPERATORS, SOUND], (13, 0)) == []
    (said,) = objections([OPERATORS, table], (13, 0))
    assert reason in said and said.startswith("rooms")


def test_a_circle_is_opened_and_closed_again() -> None:
    def points_at(name: str, target: str) -> Table:
        key = Key(f"{name}_fkey", "f", ("operator_id", "other"), (), target, ("operator_id", "id"), "a", f"FOREIGN KEY … {target}")
        return replace(SOUND, name=name, keys=(*SOUND.keys, key))

    statements = plan([OPERATORS, points_at("a", "b"), points_at("b", "a"), points_at("c", "c")], "house")
    assert statements[1:] == [
        "ALTER TABLE a DROP CONSTRAINT a_fkey",
        "SELECT create_distributed_table('operators', 'operator_id', colocate_with => 'none')",
        "SELECT create_distributed_table('c', 'operator_id', colocate_with => 'operators')",
        "SELECT create_distributed_table('a', 'operator_id', colocate_with => 'operators')",
        "SELECT create_distributed_table('b', 'operator_id', colocate_with => 'operators')",
        "ALTER TABLE a ADD CONSTRAINT a_fkey FOREIGN KEY … b",
    ]


def test_the_plan_is_sound_sql_but_for_citus_and_leaves_every_key(databases: Databases) -> None:
    """On a database with a stand-in for Citus's function: every statement runs, and every key is there again."""
    with databases.copy() as database:
        before, has_equality = read(database)
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            connection.execute("CREATE FUNCTION create_distributed_table(regclass, text, colocate_with text) RETURNS void "
                               "LANGUAGE sql AS ''")  # fmt: skip
            for statement in plan(before, database.name):
                if not statement.startswith("ALTER DATABASE"):  # a setting of an extension that is not there
                    connection.execute(statement)
        after, _ = read(database)
        assert after == [replace(table, triggers=()) for table in before]
        if has_equality:  # a try that was cut off in the middle has left a reference away: the next one finds it
            with psycopg.connect(database.owner_url) as connection:
                connection.execute("ALTER TABLE units DROP CONSTRAINT units_operator_id_fkey")
            assert make_plan(database.owner_url)[-1].startswith("ALTER TABLE units ADD CONSTRAINT units_operator_id_fkey FOREIGN KEY")


def test_the_command_says_what_it_needs(databases: Databases) -> None:
    with databases.copy() as database:
        _, has_equality = read(database)
        app = create_app(database.settings())
        commands.init_app(app)
        runner = app.test_cli_runner()
        done = runner.invoke(args=["db", "distribute"])
        assert done.exit_code == 1 and "has no Citus" in done.output
        done = runner.invoke(args=["db", "distribute", "--plan"])
        if has_equality:
            assert done.exit_code == 0 and done.output.count("create_distributed_table") == len(Base.metadata.tables)
        else:
            assert done.exit_code == 1 and "allocations_no_overlap does not have operator_id in it" in done.output
            with pytest.raises(Refused):
                make_plan(database.owner_url)
