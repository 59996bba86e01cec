"""What a page may cost, on the demo: statements, and bytes as they travel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import url_for
from flask.testing import FlaskClient
from sqlalchemy import event, text
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
MOST: dict[str, int] = {}
"""Places that need more, each for what it shows."""
TEN_TIMES = """
INSERT INTO startups (operator_id, code, name, kind)
SELECT operator_id, code || '-' || n, name || n, 'team' FROM startups, generate_series(1, 9) n;
INSERT INTO residencies (operator_id, startup_id, site_id, number, starts_on)
SELECT operator_id, startup_id, site_id, number || '-' || n, starts_on FROM residencies, generate_series(1, 9) n;
INSERT INTO bookings (operator_id, site_id, resource_id, startup_id, booked_by, title, period, price_minor, currency,
                      quote, created_at)
SELECT operator_id, site_id, resource_id, startup_id, booked_by, title,
       tstzrange(lower(period) + n * interval '400 days', upper(period) + n * interval '400 days'), price_minor,
       currency, quote, created_at
FROM bookings, generate_series(1, 9) n;
INSERT INTO allocations (operator_id, site_id, unit_id, period, holder_kind, holder_id)
SELECT operator_id, site_id, unit_id,
       tstzrange(lower(period) + n * interval '400 days', upper(period) + n * interval '400 days'), holder_kind,
       holder_id
FROM allocations, generate_series(1, 9) n WHERE holder_kind = 'booking' AND voided_at IS NULL
"""
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


def over_budget(session: Session, settings: Settings, sign_ins: dict[str, str]) -> list[str]:
    """What costs more than it may: each place of each role's navigation, and what a first visit loads."""
    app = create_app(settings)
    faults = []
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
        faults += [fault for path in paths for fault in faults_of(client, role, path)]
        if (size := first_load(client)) > FIRST_BYTES:
            faults.append(f"{role}: the first page and what it loads: {size} bytes")
    with app.app_context():
        db.engine.dispose()
    return faults


def faults_of(client: FlaskClient, role: str, path: str) -> list[str]:
    """Of one page."""
    with counted() as statements:
        answer = client.get(path, headers=COMPRESSED)
    assert answer.status_code in (200, 303), (role, path, answer.status_code)
    found = []
    if len(statements) > MOST.get(path, STATEMENTS):
        found.append(f"{role} {path}: {len(statements)} statements")
    if len(answer.data) > PAGE_BYTES:
        found.append(f"{role} {path}: {len(answer.data)} bytes")
    return found


def first_load(client: FlaskClient) -> int:
    """Bytes of the home page and of all that it names, compressed."""
    found = len(client.get("/", headers=COMPRESSED).data)
    for path in set(ASSET.findall(client.get("/").text)):
        answer = client.get(path, headers=COMPRESSED)
        assert answer.status_code == 200, path
        found += len(answer.data)
    return found


def multiply(session: Session) -> None:
    """Nine more of each startup, agreement and booking, so that there are ten times as many."""
    for statement in TEN_TIMES.split(";\n"):
        session.execute(text(statement))
    session.commit()
