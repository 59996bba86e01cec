"""The migrations make exactly what the models say, and can be undone and made again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Connection, create_engine, text

import incubator.models  # noqa: F401  the metadata must be whole
from incubator.app import create_app
from incubator.database import APP_ROLE, Base
from incubator.machines import commands
from incubator.settings import ROOT
from tests.database import TestDatabase

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


@pytest.fixture
def migrated(own_database: TestDatabase) -> Iterator[Connection]:
    """The migrated database, as its owner."""
    engine = create_engine(own_database.settings().owner_database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True,
               "include_name": lambda name, kind, parents: name != "alembic_version"}  # fmt: skip
    return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def test_what_is_migrated_is_what_the_models_say(migrated: Connection) -> None:
    assert differences(migrated) == []


def test_a_model_without_its_migration_is_noticed(migrated: Connection) -> None:
    migrated.execute(text("ALTER TABLE sites DROP COLUMN address"))
    migrated.execute(text("ALTER TABLE units ALTER COLUMN code TYPE char(40)"))
    found = [each[0] if isinstance(each, list) else each for each in differences(migrated)]
    assert {each[0] for each in found} == {"add_column", "modify_type"}  # type: ignore[index]


def checks(connection: Connection) -> set[tuple[str, str]]:
    rows = connection.execute(text(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    ))  # fmt: skip
    return {(table, name) for table, name in rows}


def test_every_check_is_there(migrated: Connection) -> None:
    """Alembic does not compare them."""
    wanted = {
        (table.name, str(constraint.name))
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert len(wanted) > 50
    assert checks(migrated) == wanted


@pytest.mark.parametrize("right", EVERYTHING.split(", "))
def test_the_application_role_may_do_what_the_models_grant(migrated: Connection, right: str) -> None:
    wanted = {table.name: right in table.info.get("grant", EVERYTHING) for table in Base.metadata.sorted_tables}
    found = {
        name: migrated.execute(
            text("SELECT has_table_privilege(:role, :name, :right)"), {"role": APP_ROLE, "name": name, "right": right}
        ).scalar()
        for name in wanted
    }
    assert found == wanted


def test_of_some_tables_the_application_may_change_some_columns_only(migrated: Connection) -> None:
    wanted = {(table.name, column) for table in Base.metadata.sorted_tables for column in table.info.get("changes", ())}
    rows = migrated.execute(
        text("SELECT attrelid::regclass::text, attname::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
             "WHERE c.relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND attacl IS NOT NULL "
             "AND has_column_privilege(:role, attrelid, attname, 'UPDATE')"),
        {"role": APP_ROLE},
    )  # fmt: skip
    assert {(table, column) for table, column in rows} == wanted


def test_what_must_not_overlap_has_its_constraint(migrated: Connection) -> None:
    wanted = {table.name for table in Base.metadata.sorted_tables if table.info.get("no_overlap")}
    rows = migrated.execute(text("SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'x'")).scalars()
    assert {"allocations", "tariffs"} <= wanted == set(rows)


def test_down_and_up_again(own_database: TestDatabase, migrated: Connection) -> None:
    app = create_app(own_database.settings())
    commands.init_app(app)
    with app.app_context():
        downgrade(directory=str(ROOT / "migrations"), revision="base")
        left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename != 'alembic_version'"
        assert migrated.execute(text(left)).scalar() == 0
        migrated.rollback()
        upgrade(directory=str(ROOT / "migrations"))
    assert differences(migrated) == []
