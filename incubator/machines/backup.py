"""`flask backup`: the database and the files that it names, as they were at one moment, in one archive.

The moment is a snapshot of the database: pg_dump, the list of files and the manifest all read it, while everybody
works on. A file is written before its row, never changed, and never removed from the store: so each that the
snapshot names is there whenever it is read.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

import psycopg
from msgspec import Struct
from msgspec.structs import asdict

from incubator.core import sealing
from incubator.documents.operations.files import object_key
from incubator.documents.stores import StoreAway, store_at
from incubator.machines import programs
from incubator.machines.archive import DUMP, FILES, FORMAT, KIND, MANIFEST, packing
from incubator.machines.condition import Condition, condition_of
from incubator.machines.refusing import Refused
from incubator.settings import Settings

SEALED_PURPOSE = "backup"
SEALED_WORD = "sealed as the secrets in this backup are"
NEWER = 1000
"""More than any version of PostgreSQL will have."""


class Made(Struct, frozen=True):
    """What a backup holds."""

    path: Path
    size: int
    tables: int
    rows: int
    files: int


def make_backup(settings: Settings, target: Path, *, now: datetime, say: Callable[[str], None]) -> Made:
    """Write the archive at `target` (in it, under the moment's name, where it is a folder)."""
    path = _place(target, now)
    url = settings.backup_database_url or settings.owner_database_url
    with programs.connect(url) as connection, TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
        snapshot = _begin(connection)
        major = connection.info.server_version // 10_000
        dump = Path(folder, DUMP)
        say("What the database holds is counted …")
        condition = condition_of(connection)
        files = _files(connection)
        say("It is dumped …")
        programs.run(
            programs.find("pg_dump", range(major, NEWER)),
            ["--format=custom", "--no-password", f"--snapshot={snapshot}", f"--file={dump}"], url,
        )  # fmt: skip
        manifest = _manifest(connection, settings, condition, len(files), now)
        with packing(path) as archive:
            archive.add(MANIFEST, io.BytesIO(manifest), len(manifest))
            with dump.open("rb") as stream:
                archive.add(DUMP, stream, dump.stat().st_size)
            say(f"{len(files)} files of the store are added …")
            store = store_at(settings.file_store)
            if files and store is None:
                raise Refused(f"{len(files)} files lie in a store, and FILE_STORE does not say where it is.")
            for key, size in files:
                assert store is not None
                _add_file(archive.add, key, store.get(key), size)
    return Made(path, path.stat().st_size, len(condition.tables), condition.rows, len(files))


def may_see_all(connection: psycopg.Connection[Any]) -> bool:
    """Whether the role sees rows of all operators, as it must to dump them."""
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return bool(row and row[0])


def _place(target: Path, now: datetime) -> Path:
    path = target / f"incubator-{now:%Y-%m-%dT%H%M%SZ}.tar" if target.is_dir() else target
    if path.exists():
        raise Refused(f"{path} is there already; a backup overwrites nothing.")
    if not path.parent.is_dir():
        raise Refused(f"There is no folder {path.parent}.")
    return path


def _begin(connection: psycopg.Connection[Any]) -> str:
    """Begin to read one moment; its name for pg_dump."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    if not may_see_all(connection):
        raise Refused(
            f"The role {connection.info.user} is kept from the operators' rows by their security, and can't dump them. "
            "Let BACKUP_DATABASE_URL name a role with BYPASSRLS that may read all tables."
        )
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    found = connection.execute("SELECT to_regclass('public.alembic_version')").fetchone()
    if not found or found[0] is None:
        raise Refused("The database holds nothing of this product yet: it was never migrated.")
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


def _files(connection: psycopg.Connection[Any]) -> list[tuple[str, int]]:
    """Key and size of each that lies in the store."""
    rows = connection.execute(
        "SELECT DISTINCT operator_id, sha256, size FROM stored_files WHERE content IS NULL ORDER BY 1, 2"
    ).fetchall()
    return [(object_key(operator_id, sha256), size) for operator_id, sha256, size in rows]


def _add_file(
    add: Callable[[str, IO[bytes], int], str], key: str, pieces: Iterator[bytes], size: int
) -> None:
    """A file of the store, which must be what its key says."""
    try:
        written = add(FILES + key, cast(IO[bytes], _Pieces(pieces)), size)
    except FileNotFoundError as error:
        raise Refused(f"The store has no file {key}, which the database names. The backup was not made.") from error
    except StoreAway as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"The file {key} could not be written or is shorter than it was: {error}") from error
    if not key.endswith(written):
        raise Refused(f"The file {key} in the store is not what was put there. The backup was not made.")


class _Pieces:
    """An iterator of pieces as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def read(self, size: int) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        given, self._left = self._left[:size], self._left[size:]
        return given


def _manifest(
    connection: psycopg.Connection[Any], settings: Settings, condition: Condition, files: int, now: datetime
) -> bytes:
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    extensions = connection.execute("SELECT extname::text FROM pg_extension ORDER BY 1").fetchall()
    manifest = {
        "kind": KIND, "format": FORMAT, "made_at": now.isoformat(timespec="seconds"),
        "migration": revision[0] if revision else None, "postgresql": connection.info.server_version,
        "extensions": [name for (name,) in extensions], "files": files,
        # opened at the restore: whether the SECRET_KEY there reads the secrets that are in the dump
        "sealed": sealing.seal(SEALED_WORD, settings.sealing_keys, SEALED_PURPOSE),
        "condition": asdict(condition),
    }  # fmt: skip
    return json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
