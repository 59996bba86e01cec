"""One startup's people reach nothing of another's: every route that takes an id, asked for A's by who is not of A.

The routes are read from the application, the rows from `belongings.py`: a new route whose places nobody has given a value
fails. See there for how to give one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from incubator.accounts.access import PUBLIC
from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.core.clock import utc_now
from incubator.startups.operations.directory import edit_entry
from tests.cast import Cast, Peopled
from tests.conftest import Browser
from tests.database import Databases
from tests.scenarios.belongings import MARKS, SHARED_WHILE_LISTED, Belongings, assemble_belongings, queries_of_a
from tests.test_routes import rules
from tests.worlds import Built, build

OUTSIDERS = ("founder_b", "member_b", "mentor")


@pytest.fixture(scope="session")
def belongings_built(databases: Databases, peopled: Peopled) -> Iterator[Built[Belongings]]:
    with build(databases, peopled, assemble_belongings) as built:
        yield built


@pytest.fixture
def belongings(session: Session, cast: Cast, belongings_built: Built[Belongings]) -> Belongings:
    return belongings_built.again(session)


def with_places(app: Flask) -> list[Rule]:
    return [rule for rule in rules(app) if rule.arguments]


def address_of(app: Flask, rule: Rule, belongings: Belongings, **others: object) -> str:
    """The rule's address, with A's rows in it."""
    values = {place: belongings.value(rule.endpoint, place) for place in rule.arguments} | others
    with app.test_request_context():
        built = rule.build(values, append_unknown=False)
    assert built is not None, f"{rule.rule}: {values} do not fit"
    return built[1]


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST"})


def permission_of(app: Flask, rule: Rule) -> object:
    return app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]


def lacks_the_right(app: Flask, rule: Rule, actor: Actor) -> bool:
    declared = permission_of(app, rule)
    if declared == PUBLIC:
        return False
    assert isinstance(declared, tuple)
    return bool(declared) and not any(actor.can(action) for action in declared)


def told(answer: TestResponse) -> list[str]:
    """What of A stands in an answer."""
    return [what for what, mark in MARKS.items() if mark.encode() in answer.data]


def outsider(belongings: Belongings, who: str) -> Actor:
    return belongings.member_b if who == "member_b" else getattr(belongings.cast, who)


def test_every_place_of_every_route_has_a_value(shared_app: Flask, belongings: Belongings) -> None:
    asked = with_places(shared_app)
    assert len(asked) > 100
    for rule in asked:
        assert address_of(shared_app, rule, belongings).startswith("/")


def test_the_rows_are_those_of_a(client: Browser, shared_app: Flask, belongings: Belongings) -> None:
    """Without this the tests below could pass on rows that are not there."""
    client.sign_in(belongings.cast.founder_a)
    for rule in with_places(shared_app):
        if not belongings.is_of_a(rule.endpoint, rule.arguments) or "GET" not in methods(rule):
            continue
        if rule.endpoint in SHARED_WHILE_LISTED:
            continue  # it is not listed; see below
        if not lacks_the_right(shared_app, rule, belongings.cast.founder_a):
            assert client.get(address_of(shared_app, rule, belongings)).status_code == 200, rule.rule


@pytest.mark.parametrize("who", OUTSIDERS)
def test_who_is_not_of_a_reaches_nothing_of_a(
    client: Browser, session: Session, shared_app: Flask, belongings: Belongings, who: str
) -> None:
    """404 for all that is A's (403 where their role has no part in that page at all), by GET and by POST."""
    actor = outsider(belongings, who)
    client.sign_in(actor)
    before = session.execute(select(func.max(AuditEvent.number))).scalar_one()
    walked, wrong = 0, []
    for rule in with_places(shared_app):
        if not belongings.is_of_a(rule.endpoint, rule.arguments):
            continue
        ways = {"A's": address_of(shared_app, rule, belongings)}
        is_shared = rule.endpoint == "claims.upload_own"  # a claim has lines of both, and each brings its own evidence
        if "startup_id" in rule.arguments and len(rule.arguments) > 1 and not is_shared:
            ways["A's under B's"] = address_of(shared_app, rule, belongings, startup_id=belongings.cast.startup_b)
        expected = 403 if lacks_the_right(shared_app, rule, actor) else 404
        for how, address in ways.items():
            for method in methods(rule):
                answer = client.open(address, method=method, data={"reason": "x", "name": "x"} if method == "POST" else None)
                found, walked = answer.status_code, walked + 1
                if found != expected or told(answer):
                    wrong.append(f"{method} {address} ({rule.endpoint}, {how}): {found} instead of {expected}")
    assert not wrong, "\n".join(wrong)
    assert walked > 40
    assert session.execute(select(func.max(AuditEvent.number))).scalar_one() == before, "nothing was done"


def test_what_is_listed_is_seen_while_it_is(
    client: Browser, session: Session, shared_app: Flask, belongings: Belongings
) -> None:
    """An entry of the directory is there to be read by neighbours, nothing else of its startup; then no more."""
    cast = belongings.cast
    shared = [rule for rule in with_places(shared_app) if rule.endpoint in SHARED_WHILE_LISTED]
    assert {rule.endpoint for rule in shared} == set(SHARED_WHILE_LISTED)
    for listed in (False, True, False):
        edit_entry(session, cast.founder_a, now=utc_now(), startup_id=cast.startup_a, listed=listed, blurb=MARKS["entry"])
        for who in ("member_a", "founder_b", "mentor"):
            client.sign_in(getattr(cast, who))
            for rule in shared:
                answer = client.get(address_of(shared_app, rule, belongings))
                is_own_logo = who == "member_a" and rule.endpoint == "startups.entry_logo"
                expected = 403 if who == "mentor" else 200 if listed or is_own_logo else 404
                assert answer.status_code == expected, (who, rule.rule, listed)
                assert not set(told(answer)) - {"startup", "entry"}


@pytest.mark.parametrize("who", OUTSIDERS)
def test_pages_of_the_house_say_nothing_of_a(
    client: Browser, shared_app: Flask, belongings: Belongings, who: str
) -> None:
    """Rooms, sites and plans are everybody's; who else uses them, and for what, is not."""
    client.sign_in(outsider(belongings, who))
    for rule in rules(shared_app):
        if "GET" not in methods(rule) or belongings.is_of_a(rule.endpoint, rule.arguments):
            continue
        address = address_of(shared_app, rule, belongings)
        for asked in (None, queries_of_a(belongings), {"on": "2026-10-10", "date": "2026-10-10", "month": "2026-10"}):
            answer = client.get(address, query_string=asked)
            assert not told(answer), f"{address} {asked}"
            assert answer.status_code < 500, f"{address} {asked}"


@pytest.mark.parametrize("who", OUTSIDERS[:2])
def test_no_form_takes_a_row_of_a(
    client: Browser, session: Session, shared_app: Flask, belongings: Belongings, who: str
) -> None:
    """Whatever a form is sent, nothing of A's is changed by it or told in its answer."""
    client.sign_in(outsider(belongings, who))
    subjects = {("startups", belongings.cast.startup_a), ("bookings", belongings.of_a["booking_id"])}
    before = session.execute(select(func.max(AuditEvent.number))).scalar_one()
    for rule in rules(shared_app):
        if "POST" not in methods(rule) or rule.endpoint == "accounts.sign_out":
            continue
        if belongings.is_of_a(rule.endpoint, rule.arguments):
            continue
        answer = client.post(address_of(shared_app, rule, belongings), data=queries_of_a(belongings))
        assert answer.status_code < 500, rule.rule
        assert not told(answer), rule.rule
    done = session.execute(
        select(AuditEvent.subject_kind, AuditEvent.subject_id, AuditEvent.action).where(AuditEvent.number > before)
    ).all()
    assert not [each for each in done if (each[0], each[1]) in subjects], done


def test_another_operators_owner_reaches_nothing_at_all(
    client: Browser, shared_app: Flask, belongings: Belongings
) -> None:
    """Neither A's nor the house's."""
    actor = belongings.cast.other_owner
    client.sign_in(actor)
    rows = {*belongings.of_a, *belongings.of_the_house}
    own_numbers = {"audit.show_event", "audit.event_bytes"}  # the trail of each operator counts from one
    wrong = []
    for rule in with_places(shared_app):
        if permission_of(shared_app, rule) == PUBLIC or not rule.arguments & rows or rule.endpoint in own_numbers:
            continue
        expected = 403 if lacks_the_right(shared_app, rule, actor) else 404
        address = address_of(shared_app, rule, belongings)
        for method in methods(rule):
            answer = client.open(address, method=method, data={"reason": "x", "name": "x"} if method == "POST" else None)
            if answer.status_code != expected or told(answer):
                wrong.append(f"{method} {address} ({rule.endpoint}): {answer.status_code} instead of {expected}")
    assert not wrong, "\n".join(wrong)


def test_nobody_reaches_anything(client: Browser, shared_app: Flask, belongings: Belongings) -> None:
    """Who is not signed in is sent to sign in; a secret address that nobody was given opens nothing."""
    for rule in with_places(shared_app):
        is_public = permission_of(shared_app, rule) == PUBLIC
        address = address_of(shared_app, rule, belongings)
        for method in methods(rule):
            answer = client.open(address, method=method)
            assert not told(answer), address
            if not is_public:
                assert answer.status_code in (302, 303) and answer.location.startswith("/sign-in"), address
            else:
                assert answer.status_code < 500, address
