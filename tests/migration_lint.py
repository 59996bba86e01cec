"""Whether a migration can run while the previous release serves: asked of the statements that it really sends.

The migration is applied to a database of the test's own, what it sends is written down, and `squawk` (the linter of
PostgreSQL migrations) names what locks a table for long, or takes away what the previous release still asks for. A
migration that does so with reason says it in the file: `allows = {"ban-drop-column": "no release after 0.3 reads it"}`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from alembic.script import Script, ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, Engine, event

BEFORE_FIRST_RELEASE = frozenset(f"{number:04}" for number in range(1, 62))
"""Not asked: no release is older than they, so that they have only ever run where nobody works."""

OLDEST_POSTGRESQL = "15"
NOT_ASKED = (
    "require-lock-timeout", "require-statement-timeout",  # migrations/env.py sets the first; an index may take its time
    "prefer-bigint-over-int", "prefer-robust-stmts",  # our own choice; a transaction is run again whole
)  # fmt: skip
ASKED_TOO = "adding-not-nullable-field", "ban-truncate-cascade", "ban-drop-policy"


@dataclass
class Sent:
    """What a migration sent, in its order."""

    in_transaction: list[str] = field(default_factory=list)
    by_itself: list[str] = field(default_factory=list)
    """In `autocommit_block()`, where CONCURRENTLY is allowed."""


def unreleased(scripts: ScriptDirectory) -> list[str]:
    """The revisions that are asked, first one first."""
    return [each.revision for each in scripts.walk_revisions() if each.revision not in BEFORE_FIRST_RELEASE][::-1]


def dangers_of(app: Flask, directory: Path, revision: str) -> list[str]:
    """Apply `revision` to the app's database, which is one revision before it; what is dangerous, a line each."""
    script = ScriptDirectory(str(directory)).get_revision(revision)
    with app.app_context(), listening() as sent:
        upgrade(directory=str(directory), revision=revision)
    return judge(script, sent)


def judge(script: Script, sent: Sent) -> list[str]:
    """The dangers that the migration does not allow itself with a reason, and what it allows in vain."""
    allowed: dict[str, str] = getattr(script.module, "allows", {})
    found = [*squawk(sent.in_transaction, True), *squawk(sent.by_itself, False)]
    lines = [f"{Path(script.path).name}: {rule}: {statement}" for rule, statement in found if not allowed.get(rule)]
    unused = set(allowed) - {rule for rule, _ in found}
    return lines + [f"{Path(script.path).name}: allows {rule}, which it does not do" for rule in sorted(unused)]


def squawk(statements: list[str], in_transaction: bool) -> list[tuple[str, str]]:
    """Rule and statement of each danger."""
    if not statements:
        return []
    program = shutil.which("squawk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert program, "squawk is missing: make setup"
    lines = [" ".join(statement.split()) for statement in statements]
    done = subprocess.run(
        [program, "--reporter", "json", "--pg-version", OLDEST_POSTGRESQL, "--stdin-filepath", "migration.sql",
         f"--{'' if in_transaction else 'no-'}assume-in-transaction", f"--exclude={','.join(NOT_ASKED)}",
         f"--include={','.join(ASKED_TOO)}"],
        input=";\n".join(lines) + ";\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return [(each["rule_name"], lines[each["line"]]) for each in json.loads(done.stdout)]


@contextmanager
def listening() -> Iterator[Sent]:
    """Everything that is sent inside the block, the bookkeeping of migrations and questions left out."""
    sent = Sent()

    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        raw = cursor.connection
        whole = psycopg.ClientCursor(raw).mogrify(statement, parameters) if parameters else statement
        if "alembic_version" in whole or whole.lstrip().upper().startswith(("SELECT", "SHOW", "SET ")):
            return
        (sent.by_itself if raw.autocommit else sent.in_transaction).append(whole)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
