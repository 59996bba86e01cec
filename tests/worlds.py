"""What many tests begin with is built once per test process, and committed into a database of its own.

A world is a fixture of the test process named `…_built`; a test whose fixtures ask for it runs on its database. Each
works in a transaction that is rolled back, so all find the world as it was built; `again` gives them its objects in
their own session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

from msgspec import Struct
from sqlalchemy import NullPool, create_engine, inspect
from sqlalchemy.orm import Session

from incubator.database import set_operator
from tests.cast import Cast, Peopled
from tests.database import Databases, TestDatabase

World = TypeVar("World")


@dataclass(frozen=True)
class Built(Generic[World]):
    """A database, and what was built in it: objects without a session."""

    database: TestDatabase
    world: World

    def again(self, session: Session) -> World:
        """The world's objects in `session`, without asking the database for what is known."""
        found: World = _moved(session, self.world)
        return found


@contextmanager
def build(
    databases: Databases, peopled: Peopled, make: Callable[[Session, Cast], World]
) -> Iterator[Built[World]]:
    """A copy of the database with the cast in which `make` has built its world."""
    with databases.copy(peopled.database.name) as database:
        engine = create_engine(database.settings().database_url, poolclass=NullPool)
        with Session(engine, expire_on_commit=False) as session:
            set_operator(session, peopled.cast.operator_id)
            world = make(session, peopled.cast)
            session.commit()
            for each in _objects(world):
                session.refresh(each)
            session.expunge_all()
        yield Built(database, world)


def _fields(value: Any) -> tuple[str, ...]:
    """Of a Struct or a dataclass; of anything else none."""
    if isinstance(value, Struct):
        return value.__struct_fields__
    return tuple(each.name for each in fields(value)) if is_dataclass(value) and not isinstance(value, type) else ()


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _objects(each)
    elif names := _fields(value):
        for name in names:
            yield from _objects(getattr(value, name))
    elif inspect(value, raiseerr=False) is not None and not isinstance(value, type):
        yield value


def _moved(session: Session, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _moved(session, each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_moved(session, each) for each in value)
    if names := _fields(value):
        return type(value)(**{name: _moved(session, getattr(value, name)) for name in names})
    if inspect(value, raiseerr=False) is not None and not isinstance(value, type):
        return session.merge(value, load=False)
    return value
