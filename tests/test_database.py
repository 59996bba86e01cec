"""The operator of a transaction, when things go wrong inside it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    ARRAY,
    BigInteger,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from incubator import connections, postgres
from incubator.accounts.models import Tenant
from incubator.connections import engine_options
from incubator.database import (
    INSTALLATION,
    Ids,
    among,
    as_operator,
    insert_one,
    plan_by_values,
    read,
    set_operator,
    write,
)
from incubator.startups.models import Startup
from tests.accounts.conftest import assembled
from tests.database import TestDatabase
from tests.scenarios.test_access import counting

PID = text("SELECT pg_backend_pid()")
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


def test_connections_that_were_ended_while_not_in_use_are_made_anew(own_database: TestDatabase) -> None:
    """A server started anew: nobody's next request fails, though none was asked whether it stands."""
    settings = own_database.settings()
    engine = create_engine(settings.database_url, pool_size=3)
    held = [engine.connect() for _ in range(3)]
    before = {each.execute(PID).scalar() for each in held}
    for each in held:
        each.close()
    with create_engine(settings.owner_database_url).connect() as owner:
        owner.execute(text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = ANY (:pids)"),
                      {"pids": list(before)})  # fmt: skip
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: sent.append(statement))
    again = [engine.connect() for _ in range(3)]
    after = {each.execute(PID).scalar() for each in again}
    assert len(after) == 3 and not after & before
    assert sent == [str(PID)] * 3
    for each in again:
        each.close()
    engine.dispose()


def test_the_operator_is_named_in_the_message_that_begins(session: Session) -> None:
    sent: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda _c, _cursor, statement, *_: sent.append(statement))
    assert session.execute(NAMED).scalar() == "7" and sent == [str(NAMED)]
    driver = connection.connection.dbapi_connection
    assert driver is not None and driver.info.transaction_status == TransactionStatus.INTRANS
    session.commit()
    assert driver.info.transaction_status == TransactionStatus.IDLE


def test_what_a_result_consists_of_is_said_as_psycopg_says_it(session: Session) -> None:
    driver = session.connection().connection.dbapi_connection
    assert driver is not None
    ours, theirs = driver.cursor(), psycopg.Cursor(driver)
    for each in (ours, theirs):
        each.execute("SELECT 1 AS one, 'two' AS two, DATE '2026-10-01' AS three")
    said, expected = ours.description, theirs.description
    assert expected is not None and [tuple(each) for each in said] == [tuple(each) for each in expected]
    assert (len(said), tuple(said[-1])) == (3, tuple(expected[-1])) and len(said[1:]) == 2
    with pytest.raises(IndexError):
        said[3]
    assert ours.execute("SELECT").description == [] and ours.execute("SET LOCAL app.x = '1'").description is None


def test_one_row_is_inserted_as_the_unit_of_work_does(own_database: TestDatabase, session: Session) -> None:
    set_operator(session, assembled(own_database).operator_id)
    flushed, inserted = (
        Startup(code=code, name="甲", kind="team") for code in ("S-1", "S-2")
    )
    session.add(flushed)
    session.flush()
    insert_one(session, inserted)
    assert inserted in session and not session.dirty and inserted.id > flushed.id
    with counting(session) as statements:
        assert (inserted.name, inserted.registered_on, inserted.credit_code) == ("甲", None, None)
    assert not statements
    inserted.name = "乙"
    session.flush()
    session.expire_all()
    differ = {name for name, _column in inspect(Startup).columns.items() if getattr(flushed, name) != getattr(inserted, name)}
    assert differ == {"id", "code", "name", "name_key"}


PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%worth planning%'")


def test_what_is_prepared_outlives_a_rollback(session: Session) -> None:
    """Requests that only read end with one: each would plan every statement anew."""
    for n in range(8):
        assert session.execute(text("SELECT :n + 1 AS \"worth planning\""), {"n": n}).scalar() == n + 1
        session.rollback()
    assert session.execute(PREPARED).scalar() == 1


def test_as_many_as_the_pages_of_a_day_send(session: Session) -> None:
    """psycopg would keep a hundred, and of 111 sent in turns plan every one anew."""
    for _ in range(6):
        for n in range(120):
            session.execute(text(f"SELECT CAST(:n AS int) + {n} AS \"worth planning\""), {"n": n})
    assert session.execute(PREPARED).scalar() == 120


def test_the_connection_that_was_used_last_is_used_next(own_database: TestDatabase) -> None:
    """What a server process has in mind for one operator's day is not spread over eight of them."""
    engine = create_engine(own_database.settings().database_url, **engine_options(takes_role=False))
    held = [engine.connect() for _ in range(3)]
    pids = [each.execute(PID).scalar() for each in held]
    for each in held:
        each.close()
    for _ in range(4):
        with engine.connect() as connection:
            assert connection.execute(PID).scalar() == pids[-1]
    engine.dispose()


THEIR_NAME = select(func.current_setting("app.operator_id", True))


def test_what_is_read_past_the_session_belongs_to_its_transaction(session: Session) -> None:
    for ends in (session.commit, session.rollback):
        assert read(session, THEIR_NAME, {}) == [("7",)]
        ends()
    with session.begin_nested():
        assert read(session, THEIR_NAME, {}) == [("7",)]
    set_operator(session, 8)
    assert read(session, THEIR_NAME, {}) == [("8",)]


def test_what_is_written_past_it_is_gone_with_its_savepoint(session: Session) -> None:
    set_operator(session, INSTALLATION)
    register, known = insert(Tenant.__table__), select(Tenant.tenant_id).where(Tenant.tenant_id > 996)  # type: ignore[arg-type]
    write(session, register, {"operator_id": 0, "tenant_id": 997, "name": "before"})
    for number in (998, 999):  # one by the savepoint's first statement, one by the second one's
        with suppress(RuntimeError), session.begin_nested():
            write(session, register, {"operator_id": 0, "tenant_id": number, "name": "inside"})
            assert len(read(session, known, {})) == 2
            raise RuntimeError("refused")
    with pytest.raises(IntegrityError), session.begin_nested():
        write(session, register, {"operator_id": 0, "tenant_id": 997, "name": "twice"})
    with session.begin_nested():
        write(session, register, [{"operator_id": 0, "tenant_id": each, "name": "many"} for each in (1000, 1001)])
    assert sorted(read(session, known, {})) == [(997,), (1000,), (1001,)]


def test_a_savepoint_that_is_over_is_given_up(session: Session) -> None:
    """Thousands of an import would stand in one another."""
    with session.begin_nested():
        read(session, THEIR_NAME, {})
    with pytest.raises(OperationalError, match="sa_savepoint_1"):
        session.connection().exec_driver_sql("ROLLBACK TO SAVEPOINT sa_savepoint_1")


def test_ids_go_there_as_they_are(session: Session) -> None:
    asked = select(func.array_length(cast(bindparam("ids", type_=Ids()), ARRAY(BigInteger)), 1))
    assert [read(session, asked, {"ids": ids})[0][0] for ids in ([], {5}, range(30_000))] == [None, 1, 30_000]
    with pytest.raises(ValueError, match="invalid literal"):
        read(session, select(literal(1)).where(literal(7) == among("ids")), {"ids": ["7}'::bigint[]; --"]})


def test_what_was_written_does_not(session: Session) -> None:
    with pytest.raises(ProgrammingError, match="nonsense"):
        session.execute(text("SELECT nonsense"))
    session.rollback()
    set_operator(session, INSTALLATION)
    written = text("INSERT INTO tenants (operator_id, tenant_id, name) VALUES (0, 999, 'gone')")
    session.execute(written)
    session.rollback()
    assert session.execute(text("SELECT count(*) FROM tenants WHERE tenant_id = 999")).scalar() == 0
    connection = session.connection().connection.dbapi_connection
    assert isinstance(connection, psycopg.Connection)
    session.rollback()
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_report_is_planned_for_what_it_asks_about(session: Session) -> None:
    plan_by_values(session)
    for n in range(12):
        session.execute(text("SELECT :n + 1 AS \"worth planning\""), {"n": n})
    plans = text("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%worth planning%'")
    generic, custom = session.execute(plans).one()
    assert generic == 0 < custom
    session.rollback()
    assert session.execute(text("SHOW plan_cache_mode")).scalar() == "auto"


@pytest.mark.parametrize(("minutes", "asked"), [(0, []), (2, ["SELECT 1"])])
def test_one_that_was_silent_for_long_is_asked_whether_it_is_still_there(
    monkeypatch: pytest.MonkeyPatch, minutes: int, asked: list[str]
) -> None:
    """Lost without a word, as by a firewall: the connection says nothing, and what is sent on it meets an error."""
    sent: list[str] = []
    ours, theirs = socket.socketpair()

    class Connection:
        def __init__(self) -> None:
            self.is_lost = not sent

        def fileno(self) -> int:
            return ours.fileno()

        def execute(self, statement: str) -> None:
            sent.append(statement)
            if self.is_lost:
                raise psycopg.OperationalError("the connection is lost")

        def commit(self) -> None: ...
        def rollback(self) -> None: ...
        def close(self) -> None: ...

    pool = QueuePool(Connection, pool_size=1)  # type: ignore[arg-type] # as much of one as the pool asks for
    first = pool.connect()
    given = first.dbapi_connection
    first.close()
    then = time.monotonic()
    monkeypatch.setattr(connections, "monotonic", lambda: then + 60 * minutes)
    assert (pool.connect().dbapi_connection is given) == (minutes == 0)
    assert sent == asked
    theirs.close()
    ours.close()


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
