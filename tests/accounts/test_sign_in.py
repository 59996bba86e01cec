"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts import passwords
from incubator.accounts.models import SignInSession
from incubator.accounts.operations import end_access
from incubator.accounts.operations.identities import authenticate
from incubator.accounts.operations.sessions import IDLE_LIMIT, TOTAL_LIMIT, resume_session, start_session
from incubator.app import create_app
from incubator.audit.models import AuditEvent
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator
from tests.accounts.conftest import assembled, closing
from tests.cast import NOW, PASSWORD, Cast
from tests.conftest import Browser
from tests.database import TestDatabase

WRONG = "电子邮箱或密码不正确"


def sign_in(client: Browser, email: str = "fiona@example.com", password: str = PASSWORD, **more: str):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def token_of(client: Browser) -> str | None:
    with client.session_transaction() as cookie:
        return cookie.get("_user_id")


def test_the_page_has_a_form_for_everybody(client: Browser, cast: Cast) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    assert 'name="email"' in page and 'name="password"' in page and "/forgot" in page


def test_the_right_password_leads_home_and_is_in_the_trail(client: Browser, cast: Cast, session: Session) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/profile").status_code == 200
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.person_name) == ("sign_in", "fiona")


def test_case_and_blanks_of_the_address_do_not_matter(client: Browser, cast: Cast) -> None:
    assert sign_in(client, "  Fiona@Example.COM ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [("fiona@example.com", "not her password"), ("nobody@example.com", PASSWORD), ("nobody@example.com", "x"),
     ("fiona@example.com'--", "x"), ("fiona\0@example.com", "not her password")],
)  # fmt: skip
def test_wrong_and_unknown_get_the_same_answer(client: Browser, cast: Cast, email: str, password: str) -> None:
    answer = sign_in(client, email, password)
    assert answer.status_code == 422
    assert WRONG in answer.get_data(as_text=True)
    assert token_of(client) is None
    assert PASSWORD not in answer.get_data(as_text=True)


def test_known_and_unknown_verify_one_hash_each(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Counting:
        def __init__(self, hasher: object) -> None:
            self._hasher = hasher

        def verify(self, kept: str, given: str) -> bool:
            verified.append(kept)
            return self._hasher.verify(kept, given)

        def __getattr__(self, name: str) -> object:
            return getattr(self._hasher, name)

    monkeypatch.setattr(passwords, "_hasher", Counting(passwords._hasher))
    for email in ("fiona@example.com", "nobody@example.com"):
        verified.clear()
        assert authenticate(session, email=email, password="not the password") is None
        assert len(verified) == 1, email
        assert verified[0].startswith("$argon2id$")


def test_the_session_is_a_new_one_and_the_old_one_is_dead(client: Browser, cast: Cast, session: Session) -> None:
    """Fixation: whoever knew the cookie of before knows nothing of the one after."""
    client.sign_in(cast.member_a)
    before = token_of(client)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody"
    sign_in(client)
    after = token_of(client)
    assert before and after and before != after
    assert resume_session(session, now=utc_now(), token=before) is None
    with client.session_transaction() as cookie:
        assert "planted" not in cookie


def test_a_made_up_token_is_nobody(client: Browser, cast: Cast) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "made-up"
    answer = client.get("/profile")
    assert answer.location.startswith("/sign-in?next=")


def test_signing_out_ends_the_session_on_the_server(client: Browser, cast: Cast, session: Session) -> None:
    sign_in(client)
    token = token_of(client)
    assert client.post("/sign-out").location == "/sign-in"
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert client.get("/profile").location.startswith("/sign-in")


@pytest.mark.parametrize("target", ["/team", "/bookings?day=2026-10-10", "/sites/3"])
def test_it_goes_on_to_where_one_wanted(client: Browser, cast: Cast, target: str) -> None:
    assert sign_in(client, next=target).location == target


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\tevil", "/a\r\nSet-Cookie: x=y", "evil.example", "/\\/evil.example", "http:evil.example"],
)  # fmt: skip
def test_it_never_leads_out_of_the_site(client: Browser, cast: Cast, target: str) -> None:
    answer = sign_in(client, next=target)
    assert answer.location == "/"


def test_sessions_idle_out_and_end(session: Session, cast: Cast) -> None:
    identity_id = authenticate(session, email="fiona@example.com", password=PASSWORD)
    assert identity_id
    token = start_session(session, now=NOW, identity_id=identity_id)
    assert resume_session(session, now=NOW + IDLE_LIMIT - timedelta(minutes=1), token=token)
    token = start_session(session, now=NOW, identity_id=identity_id)
    assert resume_session(session, now=NOW + IDLE_LIMIT + timedelta(minutes=1), token=token) is None
    token, at = start_session(session, now=NOW, identity_id=identity_id), NOW
    while at < NOW + TOTAL_LIMIT - timedelta(days=10):
        at += timedelta(days=10)
        assert resume_session(session, now=at, token=token)
    assert resume_session(session, now=NOW + TOTAL_LIMIT, token=token) is None


def test_that_a_session_is_seen_is_written_down_though_nothing_else_is(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    with as_operator(session, INSTALLATION):
        row = session.execute(select(SignInSession).order_by(SignInSession.id.desc()).limit(1)).scalar_one()
        row.seen_at = row.seen_at - timedelta(hours=1)
        session.flush()
        stale, row_id = row.seen_at, row.id
    client.get("/profile")
    with as_operator(session, INSTALLATION):
        assert session.execute(select(SignInSession.seen_at).where(SignInSession.id == row_id)).scalar_one() > stale


def test_whose_access_ended_gets_a_sentence(client: Browser, cast: Cast, session: Session) -> None:
    end_access(session, cast.owner, now=NOW, person_id=cast.finance.person_id)
    answer = sign_in(client)
    assert answer.status_code == 403
    assert "访问权限已终止" in answer.get_data(as_text=True)


def test_only_who_stays_gets_a_cookie_that_outlives_the_window(client: Browser, cast: Cast) -> None:
    cookies = [header for header in sign_in(client).headers.getlist("Set-Cookie") if header.startswith("session=")]
    assert "Expires" not in cookies[-1] and "HttpOnly" in cookies[-1] and "SameSite=Lax" in cookies[-1]
    client.post("/sign-out")
    cookies = [
        header for header in sign_in(client, stay="y").headers.getlist("Set-Cookie") if header.startswith("session=")
    ]
    assert "Expires" in cookies[-1]


def test_without_its_csrf_token_nothing_is_done(own_database: TestDatabase) -> None:
    assembled(own_database)
    app = create_app(own_database.settings())
    app.config["WTF_CSRF_ENABLED"] = True
    stranger = app.test_client()
    assert stranger.post("/sign-in", data={"email": "fiona@example.com", "password": PASSWORD}).status_code == 400
    assert stranger.get("/profile").location.startswith("/sign-in")
    page = stranger.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = stranger.post(
        "/sign-in", data={"email": "fiona@example.com", "password": PASSWORD, "csrf_token": token}
    )
    assert answer.status_code == 303
    # the token of before belongs to the session of before
    assert stranger.post("/sign-out", data={"csrf_token": token}).status_code == 400
    closing(app)
