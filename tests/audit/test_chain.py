"""The chain: append-only by grant, gapless under a race, and it tells where somebody meddled."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent, AuditHead
from incubator.audit.operations import event_content, link_hash, record
from incubator.audit.queries import ChainCheck, Fault, verify_chain
from incubator.database import set_operator
from tests.accounts.conftest import assembled
from tests.cast import NOW, Cast
from tests.database import TestDatabase


@pytest.fixture
def written(own_database: TestDatabase) -> Iterator[tuple[Engine, Cast, TestDatabase]]:
    """A committed chain of the cast's assembly and 40 events more."""
    cast = assembled(own_database)
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        for number in range(40):
            record(session, cast.owner, "edit_site", ("sites", number), now=NOW, before={"name": "甲"},
                   after={"name": "乙", "n": number})  # fmt: skip
        session.commit()
    yield engine, cast, own_database
    engine.dispose()


def check(engine: Engine, operator_id: int, batch: int = 7) -> ChainCheck:
    with Session(engine) as session:
        set_operator(session, operator_id)
        return verify_chain(session, batch=batch)


def meddle(database: TestDatabase, statement: str, *values: object) -> None:
    """As whoever owns the server, past every grant and policy."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        changed = connection.execute(statement, values)
        assert changed.rowcount > 0


def test_untouched_it_is_whole_in_batches_of_any_size(written: tuple[Engine, Cast, TestDatabase]) -> None:
    engine, cast, _ = written
    whole = [check(engine, cast.operator_id, batch) for batch in (1, 7, 1000)]
    assert all(one.is_whole for one in whole)
    assert len({one.count for one in whole}) == 1 and whole[0].count > 50
    assert check(engine, cast.other_operator_id).is_whole


def test_an_operator_without_events_has_a_whole_chain(session: Session, cast: Cast) -> None:
    set_operator(session, 987654)
    assert verify_chain(session) == ChainCheck(0)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events",
                  "DELETE FROM audit_heads", "TRUNCATE audit_heads", "DROP TABLE audit_events",
                  "ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY", "DROP POLICY of_operator ON audit_events",
                  "GRANT DELETE ON audit_events TO incubator_app"]
)  # fmt: skip
def test_the_application_can_not_change_what_is_written(
    written: tuple[Engine, Cast, TestDatabase], statement: str
) -> None:
    engine, cast, _ = written
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "incubator_app"
        connection.execute(text(f"SET LOCAL app.operator_id = '{cast.operator_id}'"))
        with pytest.raises(ProgrammingError) as refused:
            connection.execute(text(statement))
            # a GRANT of what one does not have only warns: then try what it would have given
            connection.execute(text("DELETE FROM audit_events"))
    assert refused.value.orig.sqlstate == "42501"  # insufficient_privilege
    assert check(engine, cast.operator_id).is_whole


@pytest.mark.parametrize(
    ("change", "value"),
    [("person_name", "somebody else"), ("action", "book"), ("subject_id", 999), ("after", '{"name": "丙", "n": 5}'),
     ("at", "2026-10-01T01:00:00.000001+00:00"), ("before", None), ("person_id", None)],
)  # fmt: skip
def test_a_changed_event_is_named(written: tuple[Engine, Cast, TestDatabase], change: str, value: object) -> None:
    engine, cast, database = written
    meddle(database, f"UPDATE audit_events SET {change} = %s WHERE operator_id = %s AND number = 30", value,
           cast.operator_id)  # fmt: skip
    found = check(engine, cast.operator_id)
    assert (found.broken_number, found.fault, found.count) == (30, Fault.CHANGED, 29)
    assert check(engine, cast.other_operator_id).is_whole


@pytest.mark.parametrize("name", ['"number":0', '","number":0,"operator_id":1,"x":"', "number\\", "会议室 % %s", "a\u2028b"])
def test_it_is_linked_by_its_number_whatever_it_says(written: tuple[Engine, Cast, TestDatabase], name: str) -> None:
    """The database writes the number where the content leaves room for it: nothing else is taken for that place."""
    engine, cast, _ = written
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        before = {"number": 0, "operator_id": 1, "name": name, "in": {"number": 0}}
        record(session, replace(cast.owner, name=name), name, (name, 0), now=NOW, before=before, after={name: [before]})
        session.commit()
    found = check(engine, cast.operator_id)
    assert found.is_whole


def test_a_removed_event_is_missing(written: tuple[Engine, Cast, TestDatabase]) -> None:
    engine, cast, database = written
    meddle(database, "DELETE FROM audit_events WHERE operator_id = %s AND number = 30", cast.operator_id)
    found = check(engine, cast.operator_id)
    assert (found.broken_number, found.fault) == (30, Fault.MISSING)


def test_removed_last_events_are_missed_too(written: tuple[Engine, Cast, TestDatabase]) -> None:
    engine, cast, database = written
    last = check(engine, cast.operator_id).count
    meddle(database, "DELETE FROM audit_events WHERE operator_id = %s AND number > %s", cast.operator_id, last - 3)
    found = check(engine, cast.operator_id)
    assert (found.broken_number, found.fault) == (last - 2, Fault.MISSING)


def test_an_event_sealed_anew_breaks_the_one_after(written: tuple[Engine, Cast, TestDatabase]) -> None:
    """Who also recomputes the changed event's own hash is betrayed by its successor."""
    engine, cast, database = written
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        event = session.execute(select(AuditEvent).where(AuditEvent.number == 30)).scalar_one()
        event.after = {"name": "丙"}
        forged = link_hash(event.previous_hash, event_content(event))
        session.rollback()
    meddle(database, "UPDATE audit_events SET after = %s, hash = %s WHERE operator_id = %s AND number = 30",
           '{"name": "丙"}', forged, cast.operator_id)  # fmt: skip
    found = check(engine, cast.operator_id)
    assert (found.broken_number, found.fault) == (31, Fault.LINK)


def test_a_forged_head_is_found(written: tuple[Engine, Cast, TestDatabase]) -> None:
    engine, cast, database = written
    meddle(database, "UPDATE audit_heads SET hash = %s WHERE operator_id = %s", bytes(32), cast.operator_id)
    assert check(engine, cast.operator_id).fault is Fault.HEAD
    meddle(database, "DELETE FROM audit_heads WHERE operator_id = %s", cast.operator_id)
    assert check(engine, cast.operator_id).fault is Fault.HEAD


def test_writers_at_once_keep_it_gapless(written: tuple[Engine, Cast, TestDatabase]) -> None:
    engine, cast, _ = written
    before = check(engine, cast.operator_id).count

    def write(writer: int) -> None:
        with Session(engine) as session:
            for step in range(25):
                set_operator(session, cast.operator_id)
                record(session, cast.owner, "edit_unit", ("units", writer), now=NOW, after={"step": step})
                session.rollback() if step % 5 == 4 else session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    after = check(engine, cast.operator_id)
    assert after.is_whole and after.count == before + 4 * 20
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        low, high, count = session.execute(
            select(func.min(AuditEvent.number), func.max(AuditEvent.number), func.count())
        ).one()
        assert (low, high, count) == (1, after.count, after.count)
        assert session.execute(select(AuditHead.number)).scalar_one() == after.count


def test_what_is_rolled_back_leaves_no_event(session: Session, cast: Cast) -> None:
    before = verify_chain(session)
    with session.begin_nested() as savepoint:
        record(session, cast.owner, "edit_unit", ("units", 1), now=NOW)
        savepoint.rollback()
    session.expire_all()
    assert verify_chain(session) == before
