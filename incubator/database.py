"""The database under every package: the declarative base, and the operator that a transaction belongs to.

Every table carries `operator_id` first in its primary key and in each foreign key, and row-level security
shows a transaction only the rows of the operator that it names (`set_operator`). A transaction that names
none sees no rows at all. The installation itself is operator 0: sign-in identities, sessions and the register
of operators are its rows, so that there is one rule for all tables and no exception.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Executable,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Insert,
    Integer,
    MetaData,
    Text,
    any_,
    bindparam,
    cast,
    column,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    make_transient_to_detached,
    mapped_column,
)
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import UserDefinedType

from incubator import connections
from incubator.questions import Question

INSTALLATION = 0
"""The operator id of the installation's own rows."""

APP_ROLE = "incubator_app"
"""The database role of the web and the jobs; it owns no table."""

ROWS_AT_ONCE = 10_000
"""Rows that one statement inserts: it stays far below the time that a statement may take."""

APPEND_ONLY = {"grant": "SELECT, INSERT"}
"""`info` of a table whose rows are written once: the application role can neither change nor delete them."""


NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Base(DeclarativeBase):
    """Every mapped class. Instants are `timestamptz`."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), int: BigInteger}


class Owned:
    """A row of one operator: its id is unique only together with the operator's.

    `autoincrement` says which part of the key the database numbers: so many rows are inserted by one statement.

    `operator_id` is filled from the session when the row is flushed; it need not be given.
    """

    operator_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("operators.operator_id"), primary_key=True, sort_order=-20
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, autoincrement=True, sort_order=-10)


def belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """A foreign key that cannot point at another operator's row: (operator_id, column) → (operator_id, id)."""
    return ForeignKeyConstraint(["operator_id", column], [f"{table}.operator_id", f"{table}.id"])


class Ids(UserDefinedType[Iterable[int]]):
    """Ids as the text that PostgreSQL reads as an array, which is written much quicker than psycopg's array is."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        """Its name."""
        return "BIGINT[]"

    def bind_processor(self, dialect: Dialect) -> Any:
        """[1, 2] → {1,2}"""
        return lambda ids: f"{{{','.join(str(int(each)) for each in ids)}}}"


def id_array(ids: Iterable[int]) -> ColumnElement[Any]:
    """Many ids as one value: `column == any_(id_array(ids))` has no limit, where a list of parameters has."""
    return literal(list(ids), Ids())


Instant = datetime | ColumnElement[datetime]
"""One that is known, or the parameter for one in a statement that is made once."""


def among(name: str) -> ColumnElement[Any]:
    """The ids of a parameter, in a statement that is made once: `column == among("ids")`, run with {"ids": [1, 2]}."""
    return any_(bindparam(name, type_=Ids()))


def read(session: Session, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a statement about columns that is a constant of its module, in half the time: past the session, which
    would load objects and go over each row, and past what SQLAlchemy does for each execution."""
    session.flush()
    return _question(statement).ask(_connection_of(session), values)


@lru_cache(maxsize=512)
def _question(statement: Executable) -> Question:
    return Question(statement)


def write(session: Session, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Run a statement about a table for these values, or for each of them, past what the session does for objects."""
    session.flush()
    _connection_of(session).execute(statement, values)


def insert_one(session: Session, row: Owned) -> None:
    """Insert a row and number it, as `add` and `flush` do, without their search for other rows and their order.

    What it leaves out is NULL, or what the column has for it: that is read where somebody asks for it.
    """
    model: Any = type(row)
    row.operator_id = current_operator(session)
    said, columns = vars(row), inspect(model).columns
    given = {column.name: said[name] for name, column in columns.items() if name in said}
    row.id = _connection_of(session).execute(_numbering(model), given).scalar_one()
    said.update({name: None for name, column in columns.items() if name not in said and column.nullable})
    make_transient_to_detached(row)
    session.add(row)


@cache
def _numbering(model: Any) -> ReturningInsert[Any]:
    return insert(model.__table__).returning(model.__table__.c.id)


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one shape, as one JSON text for each 10,000: many times faster than a parameter for each value.

    They hold numbers, texts, days, instants and JSON; no default of the model is filled in, and None is NULL.
    """
    for start in range(0, len(rows), ROWS_AT_ONCE):
        session.execute(_insert_json(model, rows[start : start + ROWS_AT_ONCE]))


def insert_numbered(session: Session, model: type[Owned], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """`insert_rows`, and the ids that the database gave them, in their order: it numbers them as it reads them."""
    ids: list[int] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        inserted = _insert_json(model, rows[start : start + ROWS_AT_ONCE]).returning(model.id)
        ids += sorted(session.execute(inserted).scalars())
    return ids


def _insert_json(model: Any, rows: Sequence[Mapping[str, Any]]) -> Insert:
    columns = [model.__table__.c[name] for name in rows[0]]
    given = (
        func.jsonb_to_recordset(cast(literal(json.dumps(_numbered(rows), default=_as_text), Text), JSONB))
        .table_valued(column("nth", Integer), *(column(each.name, each.type) for each in columns), name="given")
        .render_derived(with_types=True)
    )
    names = [each.name for each in columns]
    read = select(*(given.c[name] for name in names)).order_by(given.c.nth)
    return insert(model).from_select(names, read, include_defaults=False)


def _numbered(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"nth": nth, **row} for nth, row in enumerate(rows)]


def _as_text(value: object) -> str:
    if not isinstance(value, Decimal | date):
        raise TypeError(f"a row can't hold {type(value).__name__}")
    return str(value)


db = SQLAlchemy()
"""Engine and scoped session by Flask-SQLAlchemy; the mapped classes derive from `Base`, which needs no app."""


def set_operator(session: Session, operator_id: int | None) -> None:
    """From here on the session's transactions see and write the rows of `operator_id` only; None: no rows."""
    session.flush()
    session.info["operator_id"] = operator_id
    if session.in_transaction():
        _say_whose(_connection_of(session), operator_id)


def current_operator(session: Session) -> int:
    """The operator of this transaction; RuntimeError where none is set, which no request can bring about."""
    operator_id = session.info.get("operator_id")
    if operator_id is None:
        raise RuntimeError("no operator is set for this transaction")
    return int(operator_id)


@contextmanager
def as_operator(session: Session, operator_id: int) -> Iterator[None]:
    """Inside the block the transaction belongs to `operator_id`, afterwards to the one it belonged to before, or to
    the one that the block itself set."""
    before = session.info.get("operator_id")
    set_operator(session, operator_id)
    try:
        yield
        session.flush()
    except BaseException:
        with suppress(SQLAlchemyError):  # a transaction that is lost has lost the setting with it
            _go_back(session, before)
        raise
    if session.info["operator_id"] == operator_id:
        _go_back(session, before)


def _go_back(session: Session, operator_id: int | None) -> None:
    session.info["operator_id"] = operator_id
    if session.in_transaction() and session.is_active:
        _say_whose(_connection_of(session), operator_id)


def _say_whose(connection: Connection, operator_id: int | None) -> None:
    # a literal, because set_config() does not reach Citus workers; int() makes it harmless
    connections.tell(connection, f"SET LOCAL app.operator_id = '{'' if operator_id is None else int(operator_id)}'")


def plan_by_values(session: Session) -> None:
    """From here on this transaction's statements are planned for the very values that they ask about.

    What is sent often is planned once, for any values: right where rows are found by their keys, slower by half for a
    report, of which the site and the month tell whether it reads ten rows or a million.
    """
    session.connection().exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


@event.listens_for(Session, "after_begin")
def _name_the_operator(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:  # a savepoint has what its transaction set
        return
    _say_whose(connection, session.info.get("operator_id"))


def _connection_of(session: Session) -> Connection:
    """The transaction's connection, which SQLAlchemy would look for anew for each statement."""
    known = session.info.get("connection") if session.is_active else None
    if known is None:
        known = session.info["connection"] = session.connection()
    return known


@event.listens_for(Session, "after_transaction_create")
@event.listens_for(Session, "after_transaction_end")
def _look_anew(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop("connection", None)  # a savepoint, too, begins when its connection is asked for


@event.listens_for(Session, "before_flush")
def _fill_operator(session: Session, _context: object, _instances: object) -> None:
    for row in session.new:
        if isinstance(row, Owned) and row.operator_id is None:
            row.operator_id = current_operator(session)
