"""What a page may cost, on the demo: statements, and bytes as they travel."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import unescape

from flask import url_for
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from incubator.accounts.actor import Actor
from incubator.accounts.operations.identities import authenticate
from incubator.accounts.operations.sessions import resume_session, start_session
from incubator.app import create_app
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.jobs.demo.loading import PASSWORD
from incubator.settings import Settings
from incubator.web.navigation import places_for

STATEMENTS = 40
"""The most that a page may need."""
MORE = 3
"""As many statements more may a page need with ten times the data: for what hangs on a list that was empty, or is asked
only where there is a second page. One for each row would show as dozens."""
IN_PORTIONS = "/audit/verify"
"""It reads all of the trail, a thousand events at a time."""
COMPRESSED = {"Accept-Encoding": "gzip, deflate"}
"""What a browser takes without TLS; with it, others save a tenth more."""
PAGE_BYTES = 40 * 1024
FIRST_BYTES = 300 * 1024
"""Of the first page and everything that it loads."""
LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)')
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
"""By role and address; what a first visit loads stands under "", and needs none of the data."""


def walk(session: Session, settings: Settings, sign_ins: dict[str, str]) -> Costs:
    """What each place of its navigation costs each role, and the first page of each other kind that a link leads to."""
    found, kinds, assets = Costs(), set[str](), dict[str, int]()
    with _visitors(session, settings, sign_ins) as visitors:
        for role, (actor, client) in visitors.items():
            app = client.application
            with app.test_request_context():
                todo = [
                    url_for(place.endpoint)
                    for section in places_for(actor.actions, app.view_functions.__contains__)
                    for place in section.places
                ]
            addresses = app.url_map.bind("localhost")
            kinds |= {addresses.match(path)[0] for path in todo}
            while todo:
                path = todo.pop(0)
                cost, page = cost_of(client, path)
                if page is None:
                    continue
                found[role, path] = cost
                for link in map(unescape, LINK.findall(page)):
                    with suppress(HTTPException):
                        kind = addresses.match(link.partition("?")[0])[0]
                        if kind not in kinds:
                            kinds.add(kind)
                            todo.append(link)
            found[role, ""] = Cost(0, first_load(client, assets))
    return found


def walk_again(
    session: Session, settings: Settings, sign_ins: dict[str, str], pages: Iterable[tuple[str, str]]
) -> Costs:  # fmt: skip
    """What the same pages cost now."""
    with _visitors(session, settings, sign_ins) as visitors:
        clients = {role: client for role, (_, client) in visitors.items()}
        return {(role, path): cost_of(clients[role], path)[0] for role, path in pages if path}


@contextmanager
def _visitors(
    session: Session, settings: Settings, sign_ins: dict[str, str]
) -> Iterator[dict[str, tuple[Actor, FlaskClient]]]:
    """By role somebody who is signed in."""
    app, found = create_app(settings), {}
    for role, email in sign_ins.items():
        identity_id = authenticate(session, email=email, password=PASSWORD)
        assert identity_id is not None
        token = start_session(session, now=utc_now(), identity_id=identity_id)
        session.commit()
        resumed = resume_session(session, now=utc_now(), token=token)
        assert resumed is not None
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        client.get("/")  # a first look reads templates
        found[role] = resumed.actor, client
    yield found
    with app.app_context():
        db.engine.dispose()


def cost_of(client: FlaskClient, path: str) -> tuple[Cost, str | None]:
    """Of one page, and its text; None of a file."""
    with counted() as statements:
        answer = client.get(path, headers=COMPRESSED)
    assert answer.status_code in (200, 302, 303), (path, answer.status_code)
    page = gzip.decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
    return Cost(len(statements), len(answer.data)), page.decode() if answer.mimetype == "text/html" else None


def over_budget(costs: Costs) -> dict[tuple[str, str], Cost]:
    """What costs more than it may."""
    return {
        (role, path): cost
        for (role, path), cost in costs.items()
        if cost.bytes > (PAGE_BYTES if path else FIRST_BYTES)
        or (cost.statements > STATEMENTS and path != IN_PORTIONS)
    }


def grown(few: Costs, many: Costs) -> dict[tuple[str, str], tuple[int, int]]:
    """Which pages need more statements where there is more data."""
    return {
        place: (few[place].statements, cost.statements)
        for place, cost in many.items()
        if cost.statements > few[place].statements + MORE and place[1] != IN_PORTIONS
    }


def first_load(client: FlaskClient, assets: dict[str, int]) -> int:
    """Bytes of the home page and of all that it names, compressed; what is in `assets` is known from before."""
    names = set(ASSET.findall(client.get("/").text))
    for path in names - assets.keys():
        answer = client.get(path, headers=COMPRESSED)
        assert answer.status_code == 200, path
        assets[path] = len(answer.data)
    return len(client.get("/", headers=COMPRESSED).data) + sum(assets[path] for path in names)
