"""Statements that are constants are sent past SQLAlchemy's execution: what comes back is what it would have read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    Boolean,
    Connection,
    Date,
    DateTime,
    Executable,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    bindparam,
    column,
    create_engine,
    event,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE, Range
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from incubator import database
from incubator.accounts.models import Person
from incubator.database import among, read, set_operator
from incubator.questions import Question
from tests.bookings.conftest import Place
from tests.bookings.filling import typed
from tests.cast import Cast
from tests.conftest import Browser
from tests.database import TestDatabase

AT = datetime(2026, 10, 12, 1, 30, 0, 5, tzinfo=UTC)


class Twice:
    """A question that is asked by SQLAlchemy, too."""

    asked: list[Executable]

    def __init__(self, statement: Executable) -> None:
        self.statement = statement

    def ask(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        ours = Question(self.statement).ask(connection, values)
        if "append_event" not in str(self.statement):  # asked twice, it writes twice
            theirs = connection.execute(self.statement, values).all()
            assert [tuple(row) for row in ours] == [tuple(row) for row in theirs]
            assert [list(map(type, row)) for row in ours] == [list(map(type, row)) for row in theirs]
        self.asked.append(self.statement)
        return ours


@pytest.fixture
def twice(monkeypatch: pytest.MonkeyPatch) -> list[Executable]:
    monkeypatch.setattr(Twice, "asked", [], raising=False)
    monkeypatch.setattr(database, "_question", Twice)
    return Twice.asked


@pytest.mark.usefixtures("clock")
def test_what_pages_ask_is_answered_as_by_sqlalchemy(
    client: Browser, cast: Cast, place: Place, twice: list[Executable]
) -> None:
    """The bookings of a founder and the front desk, a search, a day and a room: every constant that they ask."""
    for actor in (cast.founder_a, cast.manager):
        client.sign_in(actor)
        wish = typed(place, cast, on=date(2026, 10, 12 + (actor is cast.manager)))
        assert client.post("/bookings/new", data=wish).status_code == 303
        for path in ("/bookings/find?people=2&minutes=60&when=next_week", f"/timeline?site={place.site.id}&date=2026-10-12",
                     f"/timeline/events?site={place.site.id}&date=2026-10-12", f"/resources/{place.room.id}"):  # fmt: skip
            assert client.get(path).status_code == 200, path
    assert len({id(each) for each in twice}) >= 12, "constants of that many modules"


VALUES: dict[str, tuple[Any, list[Any]]] = {
    "number": (Numeric(14, 4), [Decimal("50.0000"), Decimal(-3), None]),
    "whole": (Integer(), [7, None]),
    "words": (Text(), ["会议室 %s 100 % :x", "", None]),
    "truth": (Boolean(), [True, False, None]),
    "day": (Date(), [date(2026, 10, 12), None]),
    "instant": (DateTime(timezone=True), [AT, None]),
    "bytes": (LargeBinary(), [b"\x00\xff", None]),
    "json": (JSONB(none_as_null=True), [{"甲": [1, None, "x"]}, [], "text", None]),
    "days": (DATERANGE(), [Range(date(2026, 1, 1), date(2026, 2, 1)), Range(date(2026, 1, 1), None), Range(empty=True), None]),
    "time": (TSTZRANGE(), [Range(AT, None), None]),
    "texts": (ARRAY(Text), [["a", '"b,{', ""], [], None]),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_each_type_goes_there_and_comes_back(session: Session, name: str) -> None:
    its, values = VALUES[name]
    asked = select(bindparam("given", type_=its).label("again"), literal(values[0], its).label("constant"), null().label("nothing"))
    connection = session.connection()
    question = Question(asked)
    for value in values * 2:
        ours, theirs = question.ask(connection, {"given": value}), connection.execute(asked, {"given": value}).all()
        assert [tuple(row) for row in ours] == [tuple(row) for row in theirs] == [(value, values[0], None)]
        assert [list(map(type, row)) for row in ours] == [list(map(type, row)) for row in theirs]


def test_columns_are_called_as_they_are_there(session: Session) -> None:
    connection = session.connection()
    united = union_all(select(literal(1).label("of"), literal("a").label("name")), select(literal(2), literal("b")))
    assert [(row.of, row.name) for row in Question(united).ask(connection, {})] == [(1, "a"), (2, "b")]
    assert Question(select(func.abs(-3), literal(4))).ask(connection, {}) == [(3, 4)]
    assert Question(select(literal(1)).where(literal(False))).ask(connection, {}) == []


def test_a_list_of_parameters_is_no_constant() -> None:
    with pytest.raises(TypeError, match="ask `among`"):
        Question(select(literal(1)).where(column("x").in_([1, 2])))
    assert "ANY" in Question(select(literal(1)).where(column("x") == among("ids"))).text


def test_a_value_that_is_not_given_is_missed(session: Session) -> None:
    """Not sent as NULL, of which nothing is true."""
    for its, error in [(Integer(), ProgrammingError), (DATERANGE(), KeyError)]:
        with pytest.raises(error, match="given"), session.begin_nested():
            read(session, select(bindparam("given", type_=its)), {"another": 1})


@pytest.fixture
def alone(own_database: TestDatabase) -> Iterator[Session]:
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        set_operator(session, 7)
        yield session
    engine.dispose()


def test_whoever_listens_is_told_of_it(alone: Session) -> None:
    heard: list[tuple[str, Any]] = []
    event.listen(alone.get_bind(), "before_cursor_execute", lambda _c, _cursor, said, sent, *_: heard.append((said, sent)))
    asked = select(bindparam("given", type_=Integer()).label("x"))
    assert read(alone, asked, {"given": 5}) == [(5,)]
    assert heard == [("SELECT %(given)s::INTEGER AS x", {"given": 5})]


def test_what_the_database_refuses_is_sqlalchemy_s_error(alone: Session) -> None:
    for broken, error in [(select(column("nonsense")), ProgrammingError), (select(literal(1) / 0), DataError)]:
        with pytest.raises(error) as refused:
            read(alone, broken, {})
        assert refused.value.statement == str(Question(broken).text) and not refused.value.connection_invalidated
        alone.rollback()
    assert read(alone, select(literal(1)), {}) == [(1,)]


def test_a_connection_that_is_lost_is_thrown_away(alone: Session) -> None:
    pid = select(func.pg_backend_pid())
    ((before,),) = read(alone, pid, {})
    with pytest.raises(OperationalError) as lost:
        read(alone, select(func.pg_terminate_backend(func.pg_backend_pid())), {})
    assert lost.value.connection_invalidated
    alone.rollback()
    assert read(alone, pid, {}) != [(before,)]
    assert read(alone, select(func.current_setting("app.operator_id", True)), {}) == [("7",)]


def test_a_lock_that_is_not_had_is_said_to_be_one(alone: Session, own_database: TestDatabase) -> None:
    alone.execute(text("SET LOCAL lock_timeout = 50"))
    owner = create_engine(own_database.settings().owner_database_url, poolclass=NullPool)
    with owner.begin() as other:
        other.execute(text("LOCK TABLE people"))
        with pytest.raises(OperationalError) as refused:
            read(alone, select(Person.id).where(Person.id == bindparam("id")).with_for_update(), {"id": 1})
    assert refused.value.orig.sqlstate == "55P03"  # type: ignore[union-attr] # lock_not_available
