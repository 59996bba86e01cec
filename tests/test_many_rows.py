"""Many rows at once: what was given is what is there, in its order, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Connection, Date, DateTime, Identity, Numeric, Text, create_engine, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from incubator import database
from incubator.database import insert_numbered, insert_rows
from tests.database import TestDatabase


class Base(DeclarativeBase):
    """Of this test alone."""


class Thing(Base):
    """A column of each kind that rows are written with."""

    __tablename__ = "things"
    __table_args__ = ({"prefixes": ["TEMPORARY"]},)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    whole: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[Decimal | None] = mapped_column(Numeric)
    words: Mapped[str | None] = mapped_column(Text)
    day: Mapped[date | None] = mapped_column(Date)
    instant: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    data: Mapped[Any | None] = mapped_column(JSONB)


NAMES = ("whole", "exact", "words", "day", "instant", "data")
ROWS: list[dict[str, Any]] = [
    dict(zip(NAMES, row, strict=True))
    for row in [
        (2**62 + 1, Decimal("1234567890123.0050"), "", date(2024, 2, 29), datetime(2026, 10, 31, 16, 0, tzinfo=UTC), {}),
        (-1, Decimal("0.005"), 'a "quoted" \\ line\nand\ttwo, {braces}', date(1970, 1, 1),
         datetime(2026, 11, 1, 1, 2, 3, 456789, tzinfo=UTC), {"a": ["\"", "\\", None, 0.1, 2**60], "中": "文🏢"}),
        (None, None, None, None, None, None),
        (0, Decimal("-7E+3"), "NULL", date(9999, 12, 31), datetime(1, 1, 1, tzinfo=UTC), ["x"]),
        (5, Decimal("-0.01"), "' OR 1=1; --", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), "text"),
        (6, Decimal(6), "%s %(x)s :y", date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), True),
        (7, Decimal(7), "nth", date(2026, 1, 3), datetime(2026, 1, 3, tzinfo=UTC), 7),
    ]
]  # fmt: skip


@pytest.fixture
def session(own_database: TestDatabase) -> Iterator[Session]:
    engine = create_engine(own_database.settings().database_url)
    with engine.connect() as connection, Session(connection) as session:
        _make(connection)
        yield session
    engine.dispose()


def _make(connection: Connection) -> None:
    Base.metadata.create_all(connection)


def stand(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(select(Thing).order_by(Thing.id)).scalars()
    return [{name: getattr(row, name) for name in NAMES} for row in rows]


@pytest.mark.parametrize("at_once", [1, 3, 10_000])
def test_each_row_comes_back_as_it_was_given(session: Session, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ROWS_AT_ONCE", at_once)
    insert_rows(session, Thing, ROWS)  # type: ignore[arg-type]  # it has a base of its own
    assert stand(session) == ROWS


def test_the_ids_are_in_the_order_of_the_rows(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ROWS_AT_ONCE", 4)
    ids = insert_numbered(session, Thing, [row | {"whole": nth} for nth, row in enumerate(ROWS * 30)])  # type: ignore[arg-type]
    assert len(ids) == len(set(ids)) == 210
    there = {row.id: row.whole for row in session.execute(select(Thing)).scalars()}
    assert [there[each] for each in ids] == list(range(210))


def test_nothing_is_written_of_nothing(session: Session) -> None:
    insert_rows(session, Thing, [])  # type: ignore[arg-type]
    assert insert_numbered(session, Thing, []) == []  # type: ignore[arg-type]


def test_what_has_no_text_is_refused(session: Session) -> None:
    with pytest.raises(TypeError, match="bytes"):
        insert_rows(session, Thing, [{"words": b"x"}])  # type: ignore[arg-type]
