"""A backup is restored as it was: rows, files, rights and security; what is damaged, newer or in the way is refused."""

from __future__ import annotations

import dataclasses
import io
import os
import random
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from psycopg import sql
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from incubator.app import create_app
from incubator.core.clock import utc_now
from incubator.database import db, set_operator
from incubator.documents import stores
from incubator.documents.models import StoredFile
from incubator.documents.operations import content_of, store_file
from incubator.machines import commands, programs
from incubator.machines.archive import DUMP, FILES, MANIFEST, SUMS, opened
from incubator.machines.condition import Condition, condition_of
from incubator.machines.refusing import Refused
from incubator.settings import Settings
from tests.cast import Peopled
from tests.database import Databases, TestDatabase

LARGE = bytes(range(256)) * 400
"""100 KB: more than what lies in the database in any case."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    yield f"file://{tmp_path}/store"
    stores.use("")


@pytest.fixture
def settings(store: str, peopled: Peopled, peopled_database: TestDatabase) -> Settings:
    """Of a database with the cast, one file in it and one in the store."""
    settings = dataclasses.replace(peopled_database.settings(), file_store=store)
    app = create_app(settings)
    with app.app_context():
        session = db.session()
        set_operator(session, peopled.cast.operator_id)
        for name, content in (("small.txt", b"a few words"), ("large.bin", LARGE)):
            store_file(session, peopled.cast.manager, now=utc_now(), name=name, media_type="text/plain", content=content)
        session.commit()
        db.engine.dispose()
    return settings


@pytest.fixture
def archive(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar"
    done = run(settings, "backup", str(path))
    assert done.exit_code == 0, done.output
    return path


def run(settings: Settings, *arguments: str) -> Result:
    app = create_app(settings)
    commands.init_app(app)
    return app.test_cli_runner().invoke(args=arguments)


@contextmanager
def emptied(databases: Databases, settings: Settings, store: str) -> Iterator[Settings]:
    """The same settings, on an empty database and an empty store."""
    with databases.copy("template0") as database:
        yield dataclasses.replace(
            settings, database_url=database.settings().database_url, file_store=store,
            owner_database_url=database.settings().owner_database_url,
        )  # fmt: skip


def condition(settings: Settings) -> Condition:
    with psycopg.connect(programs.plain(settings.owner_database_url)) as connection:
        return condition_of(connection)


def test_what_was_backed_up_is_restored(databases: Databases, settings: Settings, archive: Path, tmp_path: Path,
                                        peopled: Peopled) -> None:  # fmt: skip
    """Every table's hash, sequences, security, rights; and files can be read through the application."""
    before = condition(settings)
    assert before.rows > 70 and before.tables["stored_files"][0] == "2"
    with emptied(databases, settings, f"file://{tmp_path}/other") as there:
        done = run(there, "restore", str(archive))
        assert done.exit_code == 0, done.output
        assert "as they were" in done.output and "SECRET_KEY" not in done.output
        assert condition(there) == before
        with psycopg.connect(programs.plain(there.owner_database_url)) as connection:
            counted = connection.execute("SELECT reltuples FROM pg_class WHERE relname = 'people'").fetchone()
        assert counted is not None and counted[0] > 1, "the planner knows what there is"
        app = create_app(there)
        with app.app_context():
            session: Session = db.session()
            assert session.execute(select(StoredFile)).first() is None, "no operator, no rows"
            session.rollback()
            set_operator(session, peopled.cast.operator_id)
            files = session.execute(select(StoredFile).order_by(StoredFile.id)).scalars().all()
            assert [content_of(session, file) for file in files] == [b"a few words", LARGE]
            with pytest.raises(Exception, match="permission denied"):
                session.execute(text("UPDATE audit_events SET operator_id = operator_id"))
            session.rollback()
            store_file(session, peopled.cast.manager, now=utc_now(), name="x", media_type="text/plain", content=b"new")
            session.rollback()
            db.session.remove()
            db.engine.dispose()


def test_a_moment_is_a_moment(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while the dump runs is not in it, nor in what it is compared with."""
    before = condition(settings)
    dump = programs.run

    def meanwhile(program: Path, arguments: list[str], url: str) -> None:
        if program.name == "pg_dump":
            with psycopg.connect(programs.plain(url)) as connection:
                connection.execute("DELETE FROM audit_events")
                connection.execute("INSERT INTO operators (operator_id, name, locale, currency) VALUES (909, 'late', 'en', 'CNY')")
        dump(program, arguments, url)

    monkeypatch.setattr(programs, "run", meanwhile)
    done = run(settings, "backup", str(tmp_path / "moment.tar"), "--check")
    assert done.exit_code == 0 and "Checked" in done.output, done.output
    with opened(tmp_path / "moment.tar") as archive:
        assert Condition(**archive.manifest["condition"]).tables == before.tables


def test_the_check_leaves_nothing(settings: Settings, archive: Path) -> None:
    assert run(settings, "restore", str(archive), "--check").output.endswith("as they were.\n")
    with psycopg.connect(programs.plain(settings.owner_database_url)) as connection:
        mine = f"incubator_check_{os.getpid()}"  # tests beside this one check, too
        assert connection.execute("SELECT FROM pg_database WHERE datname = %s", [mine]).fetchall() == []


def test_the_archive_opens_without_us(archive: Path, tmp_path: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    (by_hand := tmp_path / "by_hand").mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", by_hand], check=True)
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert names[:2] == [MANIFEST, DUMP] and names[-1] == SUMS and len(names) == 4
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=by_hand, check=True)
    assert (by_hand / names[2]).read_bytes() == LARGE
    assert (by_hand / DUMP).read_bytes()[:5] == b"PGDMP"


def test_a_byte_that_changed_is_refused(archive: Path) -> None:
    """Wherever it lies: refused, or (in the padding of tar) of no weight at all."""
    whole = archive.read_bytes()
    with opened(archive) as read:
        wanted = {name: read.open(name).read() for name in (MANIFEST, DUMP, *(FILES + key for key in read.files))}
    chosen = random.Random(7)
    places = [*range(0, 512, 40), *(chosen.randrange(len(whole)) for _ in range(60)), len(whole) - 11_000]
    refused = 0
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << chosen.randrange(8)
        archive.write_bytes(changed)
        try:
            with opened(archive) as read:
                read.check()
                assert {name: read.open(name).read() for name in wanted} == wanted, place
        except Refused:
            refused += 1
    assert refused > len(places) / 2


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_what_was_cut_off_is_refused(settings: Settings, archive: Path, share: float) -> None:
    whole = archive.read_bytes()
    with opened(archive) as read:
        end = len(whole) - read.size(SUMS) - 512
    archive.write_bytes(whole[: int(end * share)])
    done = run(settings, "restore", str(archive))
    assert done.exit_code == 1 and "backup" in done.output and "Traceback" not in done.output


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "files/1/ab/short", "database.dump.2"])
def test_a_part_that_no_backup_has_is_refused(settings: Settings, archive: Path, name: str) -> None:
    with tarfile.open(archive, "a") as tar:
        part = tarfile.TarInfo(name)
        part.size = 3
        tar.addfile(part, io.BytesIO(b"bad"))
    assert "a part that no backup has" in run(settings, "restore", str(archive)).output


def test_a_database_that_is_not_empty_is_left_alone(settings: Settings, archive: Path) -> None:
    before = condition(settings)
    done = run(settings, "restore", str(archive))
    assert done.exit_code == 1 and "is not empty" in done.output
    assert condition(settings) == before


def test_a_newer_schema_and_a_newer_server_are_refused(databases: Databases, settings: Settings, tmp_path: Path) -> None:
    with psycopg.connect(programs.plain(settings.owner_database_url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert run(settings, "backup", str(tmp_path / "new.tar")).exit_code == 0
    with emptied(databases, settings, settings.file_store) as there:
        done = run(there, "restore", str(tmp_path / "new.tar"))
        assert done.exit_code == 1 and "9999, which this release does not know" in done.output
        assert condition(there).tables == {}


def test_files_need_a_store(databases: Databases, settings: Settings, archive: Path) -> None:
    with emptied(databases, settings, "") as there:
        assert "Let FILE_STORE name" in run(there, "restore", str(archive)).output
        assert condition(there).tables == {}


def test_a_file_that_the_store_lost_or_damaged_is_named(settings: Settings, tmp_path: Path) -> None:
    (kept,) = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    kept.write_bytes(b"x" + LARGE[1:])
    done = run(settings, "backup", str(tmp_path / "b.tar"))
    assert done.exit_code == 1 and f"{kept.name} in the store is not what was put there" in done.output
    kept.write_bytes(LARGE[:-1])
    assert "is shorter than it was" in run(settings, "backup", str(tmp_path / "b.tar")).output
    kept.unlink()
    assert "The store has no file" in run(settings, "backup", str(tmp_path / "b.tar")).output
    assert [path.name for path in tmp_path.iterdir()] == ["store"], "nothing is left of what failed"


def test_another_secret_key_is_said(databases: Databases, settings: Settings, archive: Path, tmp_path: Path) -> None:
    with emptied(databases, settings, f"file://{tmp_path}/other") as there:
        done = run(dataclasses.replace(there, secret_key="another"), "restore", str(archive))
        assert done.exit_code == 0 and "FORMER_SECRET_KEYS" in done.output


def test_nothing_is_overwritten(settings: Settings, archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    assert "is there already" in run(settings, "backup", str(archive)).output
    assert archive.read_bytes() == before
    (tmp_path / "nightly").mkdir()
    assert run(settings, "backup", str(tmp_path / "nightly")).exit_code == 0
    (found,) = (tmp_path / "nightly").iterdir()
    assert found.name.startswith("incubator-20") and found.name.endswith("Z.tar")


@contextmanager
def plain_owner(settings: Settings) -> Iterator[Settings]:
    """An owner of all tables who is no superuser, as hosts give one."""
    url = make_url(settings.owner_database_url)
    name = f"owner_{os.getpid()}"
    with psycopg.connect(programs.plain(settings.owner_database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(name)))
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(str(url.database)), sql.Identifier(name)))
        connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(name)))
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            connection.execute(sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.Identifier(table), sql.Identifier(name)))
        try:
            yield dataclasses.replace(settings, owner_database_url=url.set(username=name, password="x").render_as_string(False))
        finally:
            connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(name)))
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(str(url.database))))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_an_owner_who_is_kept_from_rows_is_told_so(settings: Settings, tmp_path: Path) -> None:
    with plain_owner(settings) as bound:
        done = run(bound, "backup", str(tmp_path / "b.tar"))
        assert done.exit_code == 1 and "BYPASSRLS" in done.output and not (tmp_path / "b.tar").exists()
        other = dataclasses.replace(bound, backup_database_url=settings.owner_database_url)
        assert run(other, "backup", str(tmp_path / "b.tar")).exit_code == 0


def test_an_owner_who_is_kept_from_rows_restores_and_compares(
    databases: Databases, settings: Settings, archive: Path, tmp_path: Path
) -> None:
    before = condition(settings)
    with emptied(databases, settings, f"file://{tmp_path}/other") as there, plain_owner(there) as bound:
        done = run(bound, "restore", str(archive))
        assert done.exit_code == 0 and "as they were" in done.output, done.output
        assert condition(there) == before


def test_a_program_that_fits_or_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for major in (14, 16, 18):
        folder = tmp_path / str(major) / "bin"
        folder.mkdir(parents=True)
        (folder / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.4'\n")
        (folder / "pg_dump").chmod(0o755)
    monkeypatch.setattr(programs, "FOLDERS", (f"{tmp_path}/*/bin",))
    monkeypatch.setattr(programs, "_embedded", lambda: iter(()))
    monkeypatch.setenv("PATH", "/nowhere")
    assert programs.find("pg_dump", range(15, 1000)) == tmp_path / "16" / "bin" / "pg_dump"
    assert programs.find("pg_dump", range(18, 1000)) == tmp_path / "18" / "bin" / "pg_dump"
    with pytest.raises(Refused, match="pg_dump of PostgreSQL 19 or newer is needed; here is 14, 16, 18"):
        programs.find("pg_dump", range(19, 1000))
    monkeypatch.setenv("PG_BIN", str(tmp_path / "14" / "bin"))
    with pytest.raises(Refused, match="PostgreSQL 15 to 16 is needed; here is 14"):
        programs.find("pg_dump", range(15, 17))


def test_passwords_are_on_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = programs._environment("postgresql+psycopg://me:secret@db.example/house?sslmode=require&host=/run/pg")
    assert {name: seen[name] for name in ("PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGHOST")} == {
        "PGUSER": "me", "PGPASSWORD": "secret", "PGDATABASE": "house", "PGSSLMODE": "require", "PGHOST": "/run/pg",
    }  # fmt: skip
