"""What every test stands on: a database that forgets, an app, and the cast."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("PASSWORD_HASHING", "fast-for-tests")

import pytest
from flask import Flask
from flask.globals import app_ctx
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import NullPool, create_engine, select
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from werkzeug.test import TestResponse

from incubator import i18n
from incubator.accounts.actor import Actor
from incubator.accounts.models import Affiliation
from incubator.accounts.operations.sessions import start_session
from incubator.app import create_app
from incubator.core import sealing
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator, db, set_operator
from tests.browser import (  # noqa: F401  fixtures
    browser_page,
    chromium,
    live,
    live_app,
    peopled_database,
    playwright_driver,
    surf,
)
from tests.cast import Cast, Peopled, assemble_cast
from tests.database import SECRET, Databases, TestDatabase
from tests.scenarios.october import October, tell_october
from tests.worlds import Built, build

settings.register_profile("house", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """What is imported stays: the collector need not look through it again and again (a tenth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(scope="session")
def databases(worker_id: str) -> Databases:
    i18n.compile_catalogues()
    sealing.use([SECRET])  # also where a test makes no app
    return Databases(worker_id)


@pytest.fixture(scope="session")
def peopled(databases: Databases) -> Iterator[Peopled]:
    """The cast, made once per test process: two hundred statements that few tests are about."""
    with databases.copy() as database:
        engine = create_engine(database.settings().database_url, poolclass=NullPool)
        with Session(engine) as session:
            cast = assemble_cast(session)
            session.commit()
        yield Peopled(database, cast)


@pytest.fixture(scope="session")
def shared_database(databases: Databases, peopled: Peopled) -> Iterator[TestDatabase]:
    """One database per test process, with the cast in it; each test's work in it is rolled back."""
    with databases.copy(peopled.database.name) as database:
        yield database


@pytest.fixture
def own_database(databases: Databases) -> Iterator[TestDatabase]:
    """A database of this test's own, with nobody in it, for what commits: races, workers, first steps."""
    with databases.copy() as database:
        yield database


@pytest.fixture(scope="session")
def shared_app(shared_database: TestDatabase) -> Flask:
    return create_app(shared_database.settings())


@pytest.fixture(scope="session")
def apps() -> dict[str, Flask]:
    """The apps of the worlds that tests of this process have asked for, by database."""
    return {}


def app_on(database: TestDatabase, apps: dict[str, Flask]) -> Flask:
    """The app on a world's database, made when the first test asks for it."""
    if database.name not in apps:
        apps[database.name] = create_app(database.settings())
    return apps[database.name]


@pytest.fixture
def app(request: pytest.FixtureRequest, apps: dict[str, Flask]) -> Iterator[Flask]:
    """The app on the database of the world that the test asks for (`…_built`, see `tests/worlds.py`), else on the
    shared one; all its sessions work inside one transaction that is rolled back at the end."""
    worlds = [name for name in request.fixturenames if name.endswith("_built")]
    assert len(worlds) < 2, f"one test, one world: {worlds}"
    app = app_on(request.getfixturevalue(worlds[0]).database, apps) if worlds else request.getfixturevalue("shared_app")
    with app.app_context():
        engine = db.engine
    connection = engine.connect()
    outer = connection.begin()
    before = db.session
    db.session = scoped_session(
        sessionmaker(bind=connection, join_transaction_mode="create_savepoint"),
        scopefunc=lambda: id(app_ctx._get_current_object()) if app_ctx else "test",
    )
    try:
        yield app
    finally:
        db.session = before
        outer.rollback()
        connection.close()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session inside the test's transaction; operations are called with it.

    No app context is pushed: a request would share it, and with it the person signed in before.
    """
    yield db.session()
    db.session.remove()


@pytest.fixture
def cast(session: Session, peopled: Peopled) -> Cast:
    """The people that every test knows; see `tests/cast.py`. The session belongs to their operator."""
    set_operator(session, peopled.cast.operator_id)
    return peopled.cast


@pytest.fixture(scope="session")
def october_built(databases: Databases, peopled: Peopled) -> Iterator[Built[October]]:
    with build(databases, peopled, tell_october) as built:
        yield built


@pytest.fixture
def october(session: Session, cast: Cast, october_built: Built[October]) -> October:
    """October 2026 in Nanshan One; see `tests/scenarios/october.py`."""
    return october_built.again(session)


class Browser(FlaskClient):
    """A test client that shares the test's transaction and can be signed in as one of the cast."""

    test_session: Session | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        session = self.test_session
        if session is None:
            return super().open(*args, **kwargs)
        operator_id = session.info.get("operator_id")
        session.flush()
        response = super().open(*args, **kwargs)
        for value in response.headers.values():
            value.encode("latin-1")  # what no server could send
        session.expire_all()
        set_operator(session, operator_id)  # the request named another for the transaction they share
        return response

    def sign_in(self, actor: Actor) -> Browser:
        """Carry a session of `actor` from now on."""
        session = self.test_session
        assert session is not None
        with as_operator(session, INSTALLATION):
            identity_id = session.execute(
                select(Affiliation.identity_id).where(
                    Affiliation.tenant_id == actor.operator_id, Affiliation.person_id == actor.person_id
                )
            ).scalar_one()
        token = start_session(session, now=utc_now(), identity_id=identity_id, tenant_id=actor.operator_id)
        with self.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return self


@pytest.fixture
def client(app: Flask, session: Session) -> Browser:
    """A browser without a person; `client.sign_in(cast.finance)` gives it one."""
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.test_session = session
    return browser
