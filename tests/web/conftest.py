"""An app as it runs in production, with routes that go wrong in every way."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.accounts.access import public, requires
from incubator.accounts.permissions import Action
from incubator.app import create_app
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import db
from tests.conftest import Browser
from tests.database import TestDatabase

REFUSALS = {"refusal": Refusal, "conflict": Conflict, "forbidden": Forbidden, "notfound": NotFound}


def add_troubles(app: Flask) -> Flask:
    """`/trouble/<kind>` goes wrong in that way."""

    @app.route("/trouble/<int:status>")
    @public
    def trouble_status(status: int) -> str:
        abort(status)

    @app.route("/trouble/<any(refusal, conflict, forbidden, notfound):kind>")
    @public
    def trouble_refusal(kind: str) -> str:
        raise REFUSALS[kind]("%(room)s is taken.", room="R1")

    @app.route("/trouble/bug/<token>")
    @public
    def trouble_bug(token: str) -> str:
        raise LookupError(f"no {request.args.get('email')} with 13800138000 under {token}")

    @app.route("/trouble/slow")
    @public
    def trouble_slow() -> str:
        session = db.session()
        session.execute(text("SET LOCAL statement_timeout = 20"))
        session.execute(text("SELECT pg_sleep(2)"))
        return "never"

    @app.route("/trouble/guarded")
    @requires(Action.SEE_AUDIT)
    def trouble_guarded() -> str:
        return "seen"

    @app.route("/trouble/form", methods=["POST"])
    @public
    def trouble_form() -> str:
        return request.form.get("word", "")

    return app


@pytest.fixture(scope="session")
def troubled_app(shared_database: TestDatabase) -> Flask:
    return add_troubles(create_app(dataclasses.replace(shared_database.settings(), testing=False)))


@pytest.fixture
def troubled(app: Flask, troubled_app: Flask) -> Flask:
    """Not `testing`: exceptions become pages and forms need their token. It shares the test's transaction."""
    return troubled_app


@pytest.fixture
def surfer(troubled: Flask, session: Session) -> Browser:
    """A browser on the troubled app; `surfer.sign_in(cast.owner)`."""
    troubled.test_client_class = Browser
    browser = troubled.test_client()
    assert isinstance(browser, Browser)
    browser.test_session = session
    return browser


@pytest.fixture(scope="session")
def stranded_app(shared_database: TestDatabase) -> Flask:
    away = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    settings = dataclasses.replace(
        shared_database.settings(), testing=False, database_url=away, owner_database_url=away + "?x=1"
    )
    return add_troubles(create_app(settings))


@pytest.fixture
def stranded(stranded_app: Flask) -> FlaskClient:
    """A browser on an app whose database does not answer."""
    return stranded_app.test_client()
