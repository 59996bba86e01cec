"""What a page may cost, on the demo: statements, and bytes as they travel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import url_for
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incubator.accounts.operations.identities import authenticate
from incubator.accounts.operations.sessions import resume_session, start_session
from incubator.app import create_app
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.jobs.demo.loading import PASSWORD
from incubator.settings import Settings
from incubator.web.navigation import places_for

STATEMENTS = 40
"""The most that a place of the navigation may need."""
MORE = 3
"""As many statements more may a page need with ten times the data: for what hangs on a list that was empty."""
COMPRESSED = {"Accept-Encoding": "gzip, deflate"}
"""What a browser takes without TLS; with it, others save a tenth more."""
PAGE_BYTES = 40 * 1024
FIRST_BYTES = 300 * 1024
"""Of the first page and everything that it loads."""
ASSET = re.compile(r'(?:src|href)="(/static/[^"?]+)\?v=[0-9a-f]{12}')
SETTINGS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET")


@contextmanager
def counted() -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split()[0] not in SETTINGS:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a page: statements, and bytes as they travel."""

    statements: int
    bytes: int


Costs = dict[tuple[str, str], Cost]
"""By role and path: each place of each role's navigation, and what a first visit loads, whose path is ""."""


def costs_of(session: Session, settings: Settings, sign_ins: dict[str, str]) -> Costs:
    """What each place costs each role."""
    app, found = create_app(settings), Costs()
    for role, email in sign_ins.items():
        identity_id = authenticate(session, email=email, password=PASSWORD)
        assert identity_id is not None
        token, now = start_session(session, now=utc_now(), identity_id=identity_id), utc_now()
        session.commit()
        resumed = resume_session(session, now=now, token=token)
        assert resumed is not None
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        client.get("/")  # a first look reads templates
        with app.test_request_context():
            paths = [
                url_for(place.endpoint)
                for section in places_for(resumed.actor.actions, app.view_functions.__contains__)
                for place in section.places
            ]
        found |= {(role, path): cost_of(client, path) for path in paths}
        found[role, ""] = Cost(0, first_load(client))
    with app.app_context():
        db.engine.dispose()
    return found


def cost_of(client: FlaskClient, path: str) -> Cost:
    """Of one page."""
    with counted() as statements:
        answer = client.get(path, headers=COMPRESSED)
    assert answer.status_code in (200, 303), (path, answer.status_code)
    return Cost(len(statements), len(answer.data))


def over_budget(costs: Costs) -> dict[tuple[str, str], Cost]:
    """What costs more than it may."""
    return {
        place: cost
        for place, cost in costs.items()
        if cost.statements > STATEMENTS or cost.bytes > (PAGE_BYTES if place[1] else FIRST_BYTES)
    }


def grown(few: Costs, many: Costs) -> dict[tuple[str, str], tuple[int, int]]:
    """Which pages need more statements where there is more data."""
    assert few.keys() == many.keys()
    return {
        place: (cost.statements, many[place].statements)
        for place, cost in few.items()
        if many[place].statements > cost.statements + MORE
    }


def first_load(client: FlaskClient) -> int:
    """Bytes of the home page and of all that it names, compressed."""
    found = len(client.get("/", headers=COMPRESSED).data)
    for path in set(ASSET.findall(client.get("/").text)):
        answer = client.get(path, headers=COMPRESSED)
        assert answer.status_code == 200, path
        found += len(answer.data)
    return found
