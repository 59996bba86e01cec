"""Every route declares who may open it, and every one that changes something is behind CSRF."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask, url_for
from werkzeug.routing import Rule

from incubator.accounts.access import PUBLIC
from incubator.accounts.permissions import Action
from incubator.app import create_app
from incubator.web.navigation import SECTIONS
from incubator.web.trail_names import PAGES
from tests.accounts.conftest import assembled, closing
from tests.cast import PASSWORD, Cast
from tests.conftest import Browser
from tests.database import TestDatabase

FRAMEWORKS = {"static"}
"""Flask's own: files that anybody may have."""
OPEN_TO_ALL = {
    "accounts.confirm_address", "accounts.forgot", "accounts.join", "accounts.reset", "accounts.set_locale",
    "accounts.set_theme", "accounts.sign_in", "billing.receive_event", "bookings.door", "claims.download_verifier", "claims.leave_review", "claims.open_review", "claims.remark", "claims.review_agreement", "claims.review_claim", "claims.review_file", "claims.review_invoice", "claims.review_line", "claims.review_pack", "claims.verifier", "bookings.feed", "bookings.visitor_pass", "presence.receive_presence", "reports.compare_file", "reports.operator_keys", "reports.verified_report", "reports.verify_report", "startups.application", "startups.decline_place", "startups.draft_file", "startups.lost_link", "startups.own_letter", "startups.public_call", "startups.public_calls", "startups.show_decision", "startups.withdraw_application", "web.favicon", "web.health", "web.home", "web.ready", "web.robots",
    "web.sign_up",
}  # fmt: skip
"""What is public is public on purpose: one more needs a line here."""
SIGNED = {"billing.receive_event", "presence.receive_presence"}
"""Posts of machines that prove themselves by a signature, and have no token."""
SAFE = {"GET", "HEAD", "OPTIONS"}


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in FRAMEWORKS]


def path_of(rule: Rule) -> str:
    """An address of the rule, with something in each of its places."""
    return re.sub(r"<(?:any\(([^,)]+)[^>]*|int:[^>]+|[^>]+)>", lambda match: match[1] or "1", rule.rule)


def test_every_route_declares_a_permission(shared_app: Flask) -> None:
    assert len(rules(shared_app)) > 40
    undeclared = []
    for rule in rules(shared_app):
        declared = getattr(shared_app.view_functions[rule.endpoint], "permission", None)
        if declared != PUBLIC and not (isinstance(declared, tuple) and all(isinstance(one, Action) for one in declared)):
            undeclared.append(rule.endpoint)
    assert not undeclared


def test_only_what_is_meant_to_be_is_public(shared_app: Flask) -> None:
    public = {rule.endpoint for rule in rules(shared_app) if shared_app.view_functions[rule.endpoint].permission == PUBLIC}
    assert public == OPEN_TO_ALL & {rule.endpoint for rule in rules(shared_app)}


def test_the_trail_and_the_navigation_lead_to_pages_that_are_there(shared_app: Flask) -> None:
    with shared_app.test_request_context():
        for endpoint, id_name in PAGES.values():
            assert url_for(endpoint, **{id_name: 1}), endpoint
        for section in SECTIONS:
            for place in section.places:
                assert url_for(place.endpoint), place.endpoint


def test_signed_out_every_other_route_leads_to_sign_in(client: Browser, cast: Cast, shared_app: Flask) -> None:
    for rule in rules(shared_app):
        if shared_app.view_functions[rule.endpoint].permission == PUBLIC:
            continue
        method = "GET" if "GET" in rule.methods else "POST"
        answer = client.open(path_of(rule), method=method)
        assert answer.status_code in (302, 303), f"{rule.endpoint}: {answer.status_code}"
        assert answer.location.startswith("/sign-in"), rule.endpoint


def test_nothing_is_changed_by_looking(shared_app: Flask) -> None:
    """A route is read (GET) or changes something (POST); no other methods, so that CSRF covers all there is."""
    for rule in rules(shared_app):
        assert rule.methods <= SAFE | {"POST"}, rule.endpoint


@pytest.fixture
def guarded(own_database: TestDatabase) -> Iterator[Flask]:
    """An app with CSRF, as in production."""
    assembled(own_database)
    app = create_app(own_database.settings())
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    closing(app)


def test_every_post_without_a_token_is_refused(guarded: Flask) -> None:
    client = guarded.test_client()
    token = client.get("/sign-in").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    data = {"email": "alice@example.com", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=data).status_code == 303
    posts = [rule for rule in rules(guarded) if "POST" in rule.methods and rule.endpoint not in SIGNED]
    assert len(posts) > 20
    for rule in posts:
        answer = client.post(path_of(rule), data={"x": "y"})
        assert answer.status_code == 400, f"{rule.endpoint}: {answer.status_code}"
        assert "_user_id" not in answer.headers.get("Set-Cookie", ""), rule.endpoint
    assert client.get("/profile").status_code == 200, "not even the sign-out was done"


def test_nothing_is_exempt_from_csrf_but_what_is_signed(guarded: Flask) -> None:
    csrf = guarded.extensions["csrf"]
    views = {guarded.view_functions[endpoint] for endpoint in SIGNED}
    assert csrf._exempt_views == {f"{view.__module__}.{view.__name__}" for view in views}
    assert not csrf._exempt_blueprints
    answer = guarded.test_client().post("/stripe/webhooks/1-unknown", data=b"{}")
    assert answer.status_code == 404
