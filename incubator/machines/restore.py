"""`flask restore`: an archive into an empty database and the file store, compared with what the archive says.

Whole or not at all: everything that can be refused is refused before anything is written, the dump is restored in one
transaction, and the files come before the rows that name them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from alembic.script import ScriptDirectory
from msgspec import Struct
from psycopg import sql

from incubator.core import sealing
from incubator.database import APP_ROLE
from incubator.documents.stores import Guarded, StoreAway, store_at
from incubator.machines import programs
from incubator.machines.archive import DUMP, FILES, Archive, opened
from incubator.machines.backup import NEWER, SEALED_PURPOSE, may_see_all
from incubator.machines.condition import Condition, condition_of, differences
from incubator.machines.refusing import Refused
from incubator.postgres import ensure_role
from incubator.settings import ROOT, Settings

Say = Callable[[str], None]


class Restored(Struct, frozen=True):
    """What came back, and what is left to do."""

    tables: int
    rows: int
    files: int
    advice: tuple[str, ...]


def restore_backup(settings: Settings, path: Path, *, say: Say) -> Restored:
    """Into the database at OWNER_DATABASE_URL, which must be empty, and the store at FILE_STORE."""
    with opened(path) as archive:
        say("The archive is read through …")
        archive.check()
        _check_release(archive)
        store = _store(settings, archive)
        url = settings.owner_database_url
        _check_target(archive, url)
        _role(url)
        say(f"{len(archive.files)} files are put into the store …")
        for key in archive.files:
            assert store is not None
            _put(store, archive, key)
        condition = _load(archive, url, say)
        say("The database looks at what it holds, to find things quickly from the first page on …")
        with programs.connect(url) as connection:
            connection.execute("ANALYZE")
        return Restored(len(condition.tables), condition.rows, len(archive.files), tuple(_advice(archive, settings)))


def check_backup(settings: Settings, path: Path, *, say: Say) -> Restored:
    """Into a database made for it and dropped again, files read through: whether this archive can be restored."""
    with opened(path) as archive:
        say("The archive is read through …")
        archive.check()
        _check_release(archive)
        with _scratch(settings.owner_database_url) as url:
            _check_target(archive, url)
            _role(url)
            condition = _load(archive, url, say)
        return Restored(len(condition.tables), condition.rows, len(archive.files), tuple(_advice(archive, settings)))


def _check_release(archive: Archive) -> None:
    migration = archive.manifest["migration"]
    known = {script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()}
    if migration not in known:
        raise Refused(f"The backup's schema is {migration}, which this release does not know: a newer one made it. "
                      "Install that release, and restore by it.")  # fmt: skip


def _store(settings: Settings, archive: Archive) -> Guarded | None:
    store = store_at(settings.file_store)
    if archive.files and store is None:
        raise Refused(f"The backup has {len(archive.files)} files that lay in a store. "
                      "Let FILE_STORE name an (empty) one for them.")  # fmt: skip
    return store


def _check_target(archive: Archive, url: str) -> None:
    with programs.connect(url) as connection:
        there = connection.execute(_OWN_RELATIONS).fetchall()
        if there:
            names = ", ".join(str(name) for (name,) in there[:3])
            raise Refused(f"The database {connection.info.dbname} is not empty (it has {names} …). "
                          "Make an empty one, and let DATABASE_URL and OWNER_DATABASE_URL name it.")  # fmt: skip
        before, here = archive.manifest["postgresql"] // 10_000, connection.info.server_version // 10_000
        if here < before:
            raise Refused(f"The backup is of PostgreSQL {before}; this server is {here}, which is older.")
        available = connection.execute("SELECT name::text FROM pg_available_extensions").fetchall()
        lacking = sorted(set(archive.manifest["extensions"]) - {name for (name,) in available})
        if lacking:
            raise Refused(f"The backup needs PostgreSQL's extension {', '.join(lacking)}, which this server lacks.")


def _role(url: str) -> None:
    """Roles are the server's, not the database's: the application's may have to be made."""
    with programs.connect(url) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone() is not None:
            return
        user = connection.info.user
    try:
        ensure_role(programs.plain(url))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(f"The server has no role {APP_ROLE}, and {user} may not make one: "
                      f"CREATE ROLE {APP_ROLE} LOGIN;") from error  # fmt: skip


def _put(store: Guarded, archive: Archive, key: str) -> None:
    try:
        with archive.open(FILES + key) as stream:
            store.put(key, stream, archive.size(FILES + key))
    except StoreAway as error:
        raise Refused(str(error)) from error


def _load(archive: Archive, url: str, say: Say) -> Condition:
    """Restore the dump, and compare: Refused with what differs."""
    before = Condition(**archive.manifest["condition"])
    with programs.connect(url) as connection:
        here = connection.info.server_version // 10_000
    # what writes for servers that know `transaction_timeout` can't restore into those that don't
    newest = NEWER if here >= programs.TRANSACTION_TIMEOUT else programs.TRANSACTION_TIMEOUT
    program = programs.find("pg_restore", range(archive.manifest["postgresql"] // 10_000, newest))
    with TemporaryDirectory(prefix="restore-", dir=_spacious()) as folder:
        dump = Path(folder, DUMP)
        archive.extract(DUMP, dump)
        say("The database is restored …")
        programs.run(program, ["--single-transaction", "--no-owner", "--no-password",
                               f"--dbname={_name(url)}", str(dump)], url)  # fmt: skip
    say("What it holds is compared with what the backup says …")
    with programs.connect(url) as connection:
        after = _condition(connection)
    found = differences(before, after, same_server=here == archive.manifest["postgresql"] // 10_000)
    if found:
        raise Refused("What was restored is not what was backed up:\n" + "\n".join(found[:20]))
    return after


def _condition(connection: psycopg.Connection[Any]) -> Condition:
    """Of a database that nobody uses yet: an owner without BYPASSRLS lifts the rule for itself, and takes that back."""
    shape = condition_of(connection).shape
    if may_see_all(connection):
        return condition_of(connection)
    for name in shape:
        found = connection.execute("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", [name]).fetchone()
        if found and found[0] == "r":
            lifting = sql.SQL("ALTER TABLE public.{} NO FORCE ROW LEVEL SECURITY")
            connection.execute(lifting.format(sql.Identifier(name)))
    seen = condition_of(connection)
    connection.rollback()
    return Condition(seen.tables, seen.sequences, shape)


def _advice(archive: Archive, settings: Settings) -> Iterator[str]:
    directory = ScriptDirectory(str(ROOT / "migrations"))
    if archive.manifest["migration"] != directory.get_current_head():
        yield "It was made by an earlier release: run `flask --app wsgi db upgrade`."
    try:
        sealing.unseal(archive.manifest["sealed"], settings.sealing_keys, SEALED_PURPOSE)
    except sealing.Unreadable:
        yield ("SECRET_KEY is not the one that it was made with: keys of Stripe's and signing keys in it can't be read "
               "until FORMER_SECRET_KEYS names that one.")  # fmt: skip


@contextmanager
def _scratch(url: str) -> Iterator[str]:
    name = f"incubator_check_{os.getpid()}"
    with programs.connect(url) as connection:
        connection.autocommit = True
        try:
            making = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
            connection.execute(making.format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused(f"The role {connection.info.user} may not make a database to restore into; "
                          "give it CREATEDB, or check with another OWNER_DATABASE_URL.") from error  # fmt: skip
        try:
            yield programs.with_database(url, name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _name(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(programs.plain(url)).get("dbname", ""))


def _spacious() -> str | None:
    """Where a dump may lie for a while: TMPDIR, which an operator points at a large disk."""
    return os.environ.get("TMPDIR")


_OWN_RELATIONS = """
    SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    ORDER BY 1
"""
