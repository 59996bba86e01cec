"""Apps of their own, for what the shared one leaves out: throttling and CSRF."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from incubator.app import create_app
from tests.cast import Cast, assemble_cast
from tests.database import TestDatabase


def assembled(database: TestDatabase) -> Cast:
    """The cast, committed into a database of the test's own."""
    engine = create_engine(database.settings().database_url)
    with Session(engine) as session:
        cast = assemble_cast(session)
        session.commit()
    engine.dispose()
    return cast


def closing(app: Flask) -> None:
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture
def throttled(own_database: TestDatabase) -> Iterator[Flask]:
    """An app that counts, on a database of its own with the cast in it."""
    assembled(own_database)
    app = create_app(own_database.settings())
    app.config["THROTTLING"] = True
    yield app
    closing(app)
