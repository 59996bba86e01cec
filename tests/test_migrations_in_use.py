"""Migrations while the site is used: none waits long for a lock, and none does what the previous release can't bear."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from incubator.app import create_app
from incubator.machines import commands
from incubator.settings import ROOT
from tests.database import TestDatabase
from tests.migration_lint import dangers_of, unreleased

MIGRATIONS = ROOT / "migrations"


@pytest.fixture
def app(own_database: TestDatabase) -> Flask:
    """On a migrated database."""
    app = create_app(own_database.settings())
    commands.init_app(app)
    return app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations, for one more."""
    shutil.copytree(MIGRATIONS, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "migrations"


def write(folder: Path, body: str, allows: str = "") -> str:
    """A migration after the last one, with this `upgrade`."""
    head = ScriptDirectory(str(folder)).get_current_head()
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    (folder / "versions" / "9999_next.py").write_text(
        f'"""Next"""\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = "9999"\ndown_revision = "{head}"\n{allows}\n'
        f"def upgrade():\n{lines}\ndef downgrade():\n    pass\n"
    )
    return "9999"


def test_no_migration_since_the_first_release_is_dangerous(app: Flask) -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    revisions = unreleased(scripts)
    if revisions:
        with app.app_context():
            downgrade(directory=str(MIGRATIONS), revision=str(scripts.get_revision(revisions[0]).down_revision))
    assert [line for revision in revisions for line in dangers_of(app, MIGRATIONS, revision)] == []


DANGEROUS = {
    "adding-required-field": 'op.add_column("sites", sa.Column("x", sa.Text(), nullable=False))',
    "adding-field-with-default": """op.execute("ALTER TABLE sites ADD COLUMN x timestamptz DEFAULT clock_timestamp()")""",
    "adding-not-nullable-field": 'op.alter_column("sites", "address", nullable=True)\nop.alter_column("sites", "address", nullable=False)',
    "changing-column-type": 'op.alter_column("sites", "address", type_=sa.VARCHAR(2000))',
    "renaming-column": 'op.alter_column("sites", "address", new_column_name="place")',
    "renaming-table": 'op.rename_table("sites", "places")',
    "ban-drop-column": 'op.drop_column("sites", "address")',
    "ban-drop-table": 'op.drop_table("job_sweeps")',
    "ban-drop-constraint": 'op.drop_constraint(op.f("sites_coordinates_check"), "sites", type_="check")',
    "constraint-missing-not-valid": """op.create_check_constraint(op.f("sites_x_check"), "sites", "name <> 'x'")""",
    "adding-foreign-key-constraint": 'op.create_foreign_key("sites_x_fkey", "sites", "operators", ["operator_id"], ["operator_id"])',
    "disallowed-unique-constraint": 'op.create_unique_constraint("sites_x_key", "sites", ["operator_id", "id", "name"])',
    "require-concurrent-index-creation": 'op.create_index("sites_x_idx", "sites", ["operator_id", "name"])',
    "require-concurrent-index-deletion": 'op.drop_index("documents_expiring_idx")',
    "ban-drop-policy": 'op.execute("DROP POLICY of_operator ON sites")',
}  # fmt: skip


def test_what_is_dangerous_is_named(app: Flask, folder: Path) -> None:
    """Each in a savepoint of one migration: its rule is found, with the statement and the file."""
    body = "\n".join(
        f'op.execute("SAVEPOINT before")\n{statement}\nop.execute("ROLLBACK TO before")' for statement in DANGEROUS.values()
    )
    found = dangers_of(app, folder, write(folder, body))
    assert all(line.startswith("9999_next.py: ") for line in found)
    assert {line.split(": ")[1] for line in found} >= set(DANGEROUS)
    assert "9999_next.py: renaming-column: ALTER TABLE sites RENAME address TO place" in found


def test_what_is_safe_is_not(app: Flask, folder: Path) -> None:
    """The ways that docs/operations.md describes."""
    assert dangers_of(app, folder, write(folder, """
op.create_table("fresh", sa.Column("operator_id", sa.BigInteger(), nullable=False), sa.Column("id", sa.BigInteger(), sa.Identity()),
                sa.Column("name", sa.Text(), nullable=False), sa.CheckConstraint("name <> ''", name="fresh_name_check"),
                sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"]), sa.PrimaryKeyConstraint("operator_id", "id"))
op.create_index("fresh_idx", "fresh", ["operator_id", "name"])
op.execute("ALTER TABLE fresh ENABLE ROW LEVEL SECURITY")
op.execute("ALTER TABLE fresh FORCE ROW LEVEL SECURITY")
op.execute("CREATE POLICY of_operator ON fresh USING (operator_id = 1)")
op.execute("GRANT SELECT ON fresh TO incubator_app")
op.add_column("sites", sa.Column("x", sa.Text()))
op.add_column("sites", sa.Column("y", sa.Text(), nullable=False, server_default=""))
op.create_check_constraint(op.f("sites_x_check"), "sites", "x <> ''", postgresql_not_valid=True)
with op.get_context().autocommit_block():
    op.execute("ALTER TABLE sites VALIDATE CONSTRAINT sites_x_check")
    op.create_index("sites_x_idx", "sites", ["operator_id", "x"], postgresql_concurrently=True)
""")) == []  # fmt: skip


def test_a_danger_is_allowed_with_its_reason_and_not_in_vain(app: Flask, folder: Path) -> None:
    allows = 'allows = {"ban-drop-column": "unused since 0.3", "ban-drop-table": "also"}'
    found = dangers_of(app, folder, write(folder, 'op.drop_column("sites", "address")', allows))
    assert found == ["9999_next.py: allows ban-drop-table, which it does not do"]


def test_readers_are_not_held_up_and_the_migration_comes_through(
    app: Flask, own_database: TestDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long reading transaction is in the way: the migration steps aside after 0.3 s, again and again, until it ends."""
    monkeypatch.setenv("MIGRATION_LOCK_SECONDS", "0.3")
    write(folder, 'op.add_column("sites", sa.Column("x", sa.Text()))')
    waits: list[float] = []
    over = threading.Event()

    def read() -> None:
        """What pages do meanwhile."""
        with psycopg.connect(own_database.owner_url, autocommit=True) as connection:
            while not over.is_set():
                started = time.monotonic()
                connection.execute("SELECT count(*) FROM sites")
                waits.append(time.monotonic() - started)
                time.sleep(0.02)

    reader = threading.Thread(target=read)
    with psycopg.connect(own_database.owner_url) as long:
        long.execute("SELECT count(*) FROM sites")
        ending = threading.Timer(1.5, long.rollback)
        ending.start()
        reader.start()
        try:
            with app.app_context():
                upgrade(directory=str(folder))
        finally:
            over.set()
            ending.join()
            reader.join()
    assert max(waits) < 1.2, "a reader stood behind the migration"
    with psycopg.connect(own_database.owner_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_a_table_that_is_never_free_is_said(
    app: Flask, own_database: TestDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MIGRATION_LOCK_SECONDS", "0.1")
    monkeypatch.setenv("MIGRATION_TRIES", "2")
    write(folder, 'op.add_column("sites", sa.Column("x", sa.Text()))')
    with psycopg.connect(own_database.owner_url) as long, app.app_context():
        long.execute("SELECT count(*) FROM sites")
        with pytest.raises(SystemExit):
            upgrade(directory=str(folder))
    assert "A table was in use at each of 2 tries" in caplog.text


def test_two_that_migrate_at_once_take_turns(app: Flask, own_database: TestDatabase, folder: Path) -> None:
    write(folder, 'op.add_column("sites", sa.Column("x", sa.Text()))\nop.execute("SELECT pg_sleep(0.5)")')
    failed: list[BaseException] = []

    def migrate() -> None:
        try:
            with app.app_context():
                upgrade(directory=str(folder))
        except BaseException as error:
            failed.append(error)

    with psycopg.connect(own_database.owner_url, autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({0x696E6375})")
        first = threading.Thread(target=migrate)
        first.start()
        first.join(1.5)
        assert first.is_alive(), "it waits for its turn"
        other.execute("SELECT pg_advisory_unlock_all()")
        first.join(60)
    assert failed == [] and not first.is_alive()
