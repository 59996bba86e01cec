"""One's own page."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.browsers import describe_browser
from incubator.accounts.models import Person, SignInSession
from incubator.accounts.operations.sessions import resume_session
from incubator.audit.models import AuditEvent
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator
from tests.accounts.post import link_for
from tests.cast import PASSWORD, Cast
from tests.conftest import Browser

NEW = "four words make one"


def tokens(client: Browser) -> str:
    with client.session_transaction() as cookie:
        return str(cookie["_user_id"])


@pytest.mark.parametrize(
    "who", ["owner", "manager", "front_desk", "finance", "auditor", "mentor", "founder_a", "member_a"]
)
def test_everybody_has_one(client: Browser, cast: Cast, who: str) -> None:
    client.sign_in(getattr(cast, who))
    assert f"{getattr(cast, who).name}@example.com" in client.get("/profile").get_data(as_text=True)


def test_name_and_telephone(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    assert client.post("/profile", data={"name": " 费欧娜 ", "phone": "+86 755 8888-0000"}).status_code == 303
    person = session.execute(select(Person).where(Person.id == cast.finance.person_id)).scalar_one()
    assert (person.name, person.phone) == ("费欧娜", "+86 755 8888-0000")
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert event.before == {"name": "fiona", "phone": ""}


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "  "}, {"name": "x" * 101}, {"phone": "call me"}, {"phone": "1" * 41}]
)
def test_what_makes_no_sense_is_said_at_its_field(client: Browser, cast: Cast, wrong: dict[str, str]) -> None:
    client.sign_in(cast.finance)
    answer = client.post("/profile", data={"name": "Fiona", "phone": "123"} | wrong)
    assert answer.status_code == 422 and "invalid-feedback" in answer.get_data(as_text=True)


def test_nothing_else_of_a_person_can_be_sent_along(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    client.post("/profile", data={"name": "F", "phone": "", "email": "x@example.com", "identity_id": "1", "left_at": "x"})
    person = session.execute(select(Person).where(Person.id == cast.finance.person_id)).scalar_one()
    assert person.email == "fiona@example.com" and person.left_at is None


def test_a_new_password_signs_the_other_browsers_out_and_renews_this_one(
    client: Browser, cast: Cast, session: Session
) -> None:
    client.sign_in(cast.finance)
    other = tokens(client)
    client.sign_in(cast.finance)
    before = tokens(client)
    answer = client.post("/profile/password", data={"current": PASSWORD, "password": NEW})
    assert answer.status_code == 303
    after = tokens(client)
    assert after != before
    assert client.get("/profile").status_code == 200
    assert resume_session(session, now=utc_now(), token=other) is None
    assert resume_session(session, now=utc_now(), token=before) is None
    client.post("/sign-out")
    assert client.post("/sign-in", data={"email": "fiona@example.com", "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("current", "password"), [("not mine", NEW), (PASSWORD, "short"), (PASSWORD, ""), ("", NEW), (PASSWORD, "a" * 20)]
)
def test_a_bad_change_changes_nothing(client: Browser, cast: Cast, current: str, password: str) -> None:
    client.sign_in(cast.finance)
    assert client.post("/profile/password", data={"current": current, "password": password}).status_code == 422
    client.post("/sign-out")
    assert client.post("/sign-in", data={"email": "fiona@example.com", "password": PASSWORD}).status_code == 303


def test_ones_browsers_can_be_ended_and_nobody_elses(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.manager)
    client.sign_in(cast.finance)
    other = tokens(client)
    client.sign_in(cast.finance)
    with as_operator(session, INSTALLATION):
        rows = session.execute(select(SignInSession.id).order_by(SignInSession.id.desc())).scalars().all()
    mine, fionas_other, mias = rows[0], rows[1], rows[2]
    assert client.post(f"/profile/browsers/{mias}/end").status_code == 404
    assert client.post(f"/profile/browsers/{mine}/end").status_code == 404, "this one is left by signing out"
    assert client.post(f"/profile/browsers/{fionas_other}/end").status_code == 303
    assert resume_session(session, now=utc_now(), token=other) is None
    assert client.post("/profile/browsers/end-others").status_code == 303
    assert client.get("/profile").status_code == 200


def test_the_address_is_confirmed_by_its_letter(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    assert "邮箱未确认" in client.get("/profile").get_data(as_text=True)
    assert client.post("/profile/confirm-address").status_code == 303
    path = link_for(session, "fiona@example.com")
    assert client.get(path).status_code == 200
    assert "邮箱未确认" in client.get("/profile").get_data(as_text=True), "looking at the page confirms nothing"
    assert client.post(path).location == "/"
    assert "邮箱已确认" in client.get("/profile").get_data(as_text=True)
    assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        ("curl/8.0", ""),
    ],
)  # fmt: skip
def test_a_browser_in_few_words(header: str, words: str) -> None:
    assert describe_browser(header) == words
