"""Statements that are asked again and again, sent without what SQLAlchemy does anew for each execution."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import BindParameter, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from incubator.connections import DIALECT

Converter = Any
"""What a type does to each value on its way there or back; None: nothing."""


class Question:
    """A statement that is a constant of its module and gives rows, rendered once.

    SQLAlchemy writes it, and its types convert values and rows. For each execution it would find the text in a cache,
    and build a context and a result around it, which takes as long as all that psycopg does.
    """

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=DIALECT)
        self.text = str(compiled)
        if "POSTCOMPILE" in self.text:
            raise TypeError("a list of parameters is another text each time: ask `among`")
        names: Mapping[BindParameter[Any], str] = compiled.bind_names
        self._constants = {name: compiled.params[name] for bind, name in names.items() if not bind.required}
        converters = {name: _impl(bind.type).bind_processor(DIALECT) for bind, name in names.items()}
        self._there = [(name, convert) for name, convert in converters.items() if convert is not None]
        columns = statement.selected_columns
        self._row: Any = namedtuple("Row", columns.keys(), rename=True)  # type: ignore[misc]
        self._types: list[TypeEngine[Any]] = [column.type for column in columns]
        self._back: list[tuple[int, Converter]] | None = None  # the first answer says how its numbers come

    def ask(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """The rows that it finds, as named tuples. What the database refuses is SQLAlchemy's error, as ever, and
        whoever listens to statements is told of it."""
        sent: dict[str, Any] = {**self._constants, **values}
        for name, convert in self._there:
            sent[name] = convert(sent[name])
        cursor = connection.connection.cursor()
        for tell in connection.dispatch.before_cursor_execute:
            tell(connection, cursor, self.text, sent, None, False)
        try:
            cursor.execute(self.text, sent)
            rows = cursor.fetchall()
        except psycopg.Error as error:
            raise _wrapped(error, connection, self.text, sent) from error
        if self._back is None:
            self._back = list(self._converters(cursor.description or ()))
        return [self._row._make(self._converted(row) if self._back else row) for row in rows]

    def _converters(self, described: Sequence[Any]) -> Iterator[tuple[int, Converter]]:
        for place, (its, column) in enumerate(zip(self._types, described, strict=True)):
            convert = _impl(its).result_processor(DIALECT, column.type_code)
            if convert is not None:
                yield place, convert

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, convert in self._back or ():
            values[place] = convert(values[place])
        return values


def _impl(its: TypeEngine[Any]) -> TypeEngine[Any]:
    return its.dialect_impl(DIALECT)


def _wrapped(error: psycopg.Error, connection: Connection, text: str, sent: Mapping[str, Any]) -> BaseException:
    is_lost = connection.dialect.is_disconnect(cast(Any, error), connection.connection.dbapi_connection, None)
    hides = connection.engine.hide_parameters
    if is_lost:
        connection.invalidate(error)
    return DBAPIError.instance(text, dict(sent), error, psycopg.Error, hides, is_lost, connection.dialect)
