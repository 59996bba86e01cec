"""The password once more, before rights change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.access import RECENT
from incubator.accounts.models import Person, SignInSession
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator
from tests.cast import PASSWORD, Cast
from tests.conftest import Browser

FORM = {"name": "Gina", "email": "gina@example.com", "role": "finance", "startup_id": "", "locale": "zh_Hans"}


@pytest.fixture
def stale(client: Browser, cast: Cast, session: Session) -> Browser:
    """The owner's browser, whose password was given half an hour and a minute ago."""
    client.sign_in(cast.owner)
    age(session, RECENT + timedelta(minutes=1))
    return client


def age(session: Session, by: timedelta) -> None:
    with as_operator(session, INSTALLATION):
        session.execute(update(SignInSession).values(confirmed_at=utc_now() - by))


def invited(session: Session) -> bool:
    return session.execute(select(Person.id).where(Person.email == "gina@example.com")).first() is not None


def test_within_half_an_hour_nothing_is_asked(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.owner)
    age(session, RECENT - timedelta(minutes=1))
    assert client.post("/team/invite", data=FORM).status_code == 303


def test_a_form_is_kept_and_goes_on_with_the_password(stale: Browser, session: Session) -> None:
    asked = stale.post("/team/invite", data=FORM)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 403 and not invited(session)
    assert 'name="email" value="gina@example.com"' in page and 'action="/team/invite"' in page
    wrong = stale.post("/team/invite", data=FORM | {"confirm_password": "not mine"})
    assert wrong.status_code == 403 and not invited(session)
    assert 'name="confirm_password" value' not in wrong.get_data(as_text=True), "a password is never written back"
    with stale.session_transaction() as cookie:
        before = cookie["_user_id"]
    assert stale.post("/team/invite", data=FORM | {"confirm_password": PASSWORD}).status_code == 303
    assert invited(session)
    with stale.session_transaction() as cookie:
        assert cookie["_user_id"] != before, "the session's id is renewed"
    assert stale.get("/team/invite").status_code == 200


def test_what_is_kept_can_do_no_harm_in_the_page(stale: Browser) -> None:
    page = stale.post("/team/invite", data=FORM | {"name": '"><script>alert(1)</script>'}).get_data(as_text=True)
    assert "<script>alert" not in page


def test_a_page_leads_to_confirm_and_back(stale: Browser) -> None:
    answer = stale.get("/team/invite?role=founder")
    assert answer.location == "/confirm?next=/team/invite?role%3Dfounder"
    assert stale.get(answer.location).status_code == 200
    assert stale.post("/confirm", data={"next": "/team/invite", "confirm_password": "wrong"}).status_code == 422
    done = stale.post("/confirm", data={"next": "/team/invite", "confirm_password": PASSWORD})
    assert done.location == "/team/invite"
    assert stale.get("/team/invite").status_code == 200


def test_confirm_leads_nowhere_else(stale: Browser) -> None:
    done = stale.post("/confirm", data={"next": "//evil.example", "confirm_password": PASSWORD})
    assert done.location == "/"


def test_a_script_gets_a_sentence(stale: Browser) -> None:
    answer = stale.post("/team/invite", data=FORM, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 403 and "密码" in answer.get_json()["error"]


def test_the_new_token_holds_though_the_form_is_refused(stale: Browser, session: Session) -> None:
    answer = stale.post("/team/invite", data=FORM | {"email": "fiona@example.com", "confirm_password": PASSWORD})
    assert answer.status_code == 409
    assert stale.get("/profile").status_code == 200


@pytest.mark.parametrize("what", ["roles", "end"])
def test_every_change_of_rights_asks(stale: Browser, cast: Cast, session: Session, what: str) -> None:
    answer = stale.post(f"/team/{cast.finance.person_id}/{what}", data={"role": "auditor", "startup_id": ""})
    assert answer.status_code == 403 and 'name="confirm_password"' in answer.get_data(as_text=True)
    person = session.execute(select(Person).where(Person.id == cast.finance.person_id)).scalar_one()
    assert person.left_at is None
