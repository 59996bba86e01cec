"""The operator of a transaction, when things go wrong inside it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from incubator import postgres
from incubator.database import INSTALLATION, as_operator, set_operator
from tests.database import TestDatabase

NAMED = text("SELECT current_setting('app.operator_id', true)")
US = 7


@pytest.fixture
def session(own_database: TestDatabase) -> Iterator[Session]:
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        set_operator(session, US)
        yield session
    engine.dispose()


def test_it_is_named_inside_and_ours_again_afterwards(session: Session) -> None:
    with as_operator(session, INSTALLATION):
        assert session.execute(NAMED).scalar() == "0"
    assert session.execute(NAMED).scalar() == "7"


def test_a_block_that_moves_on_to_another_operator_stays_there(session: Session) -> None:
    with as_operator(session, INSTALLATION):
        set_operator(session, 8)
    assert (session.execute(NAMED).scalar(), session.info["operator_id"]) == ("8", 8)
    with pytest.raises(RuntimeError, match="refused"), as_operator(session, INSTALLATION):
        set_operator(session, US)
        raise RuntimeError("refused")
    assert session.execute(NAMED).scalar() == "8"


def test_and_after_a_refusal_inside(session: Session) -> None:
    with pytest.raises(RuntimeError, match="refused"), as_operator(session, INSTALLATION):
        session.execute(NAMED)
        raise RuntimeError("refused")
    assert session.execute(NAMED).scalar() == "7"


def test_and_after_a_savepoint_that_failed_inside(session: Session) -> None:
    with pytest.raises(IntegrityError), as_operator(session, INSTALLATION), session.begin_nested():
        session.execute(text("INSERT INTO tenants (operator_id, tenant_id, name) VALUES (0, 999, NULL)"))
    assert session.execute(NAMED).scalar() == "7"


def test_a_lost_connection_is_said_to_be_lost(session: Session) -> None:
    """Not hidden by what the way back meets: whoever asks for the database's being away must see it."""
    with pytest.raises(OperationalError), as_operator(session, INSTALLATION):
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    session.rollback()
    assert session.execute(NAMED).scalar() == "7"


def test_a_broken_statement_is_the_fault_that_is_told(session: Session) -> None:
    with pytest.raises(ProgrammingError, match="nonsense"), as_operator(session, INSTALLATION):
        session.execute(text("SELECT nonsense"))
    session.rollback()
    assert session.execute(NAMED).scalar() == "7"


def test_a_server_that_mends_itself_after_a_crash_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "data" / "postmaster.pid"
    told.parent.mkdir()
    begun: list[str] = []

    class Server:
        def start(self) -> None:
            begun.append(told.read_text().split("\n")[-2])

    def impatient(_folder: Path, *, cleanup_mode: str | None) -> Server:
        if not told.exists():
            told.write_text(f"{os.getpid()}\n/data\nstarting\n")
            threading.Timer(0.3, told.write_text, (f"{os.getpid()}\n/data\nready   \n",)).start()
            raise subprocess.TimeoutExpired("pg_ctl", 10)
        return Server()

    monkeypatch.setattr(postgres, "get_server", impatient)
    postgres.start(told.parent)
    assert begun == ["ready   "]
    told.write_text("999999999\n/data\nstarting\n")  # of a machine that lost its power
    since = time.monotonic()
    postgres.wait_while_it_mends(told.parent)
    assert time.monotonic() - since < 5
