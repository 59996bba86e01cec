"""One person in two operators; language and theme."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Affiliation, Identity, Person
from incubator.accounts.operations import accept_invitation, invite
from incubator.accounts.permissions import Role
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator, set_operator
from tests.accounts.post import link_for
from tests.cast import Cast
from tests.conftest import Browser


@pytest.fixture
def in_both(client: Browser, cast: Cast, session: Session) -> Browser:
    """olga, who owns the other operator, is a manager of this one too."""
    invite(session, cast.owner, now=utc_now(), name="Olga Two", email="o2@example.com", role=Role.MANAGER)
    token = link_for(session, "o2@example.com").rpartition("/")[2]
    with as_operator(session, INSTALLATION):
        identity_id = session.execute(
            select(Affiliation.identity_id).where(Affiliation.tenant_id == cast.other_operator_id)
        ).scalar_one()
    accept_invitation(session, now=utc_now(), token=token, identity_id=identity_id)
    set_operator(session, cast.operator_id)
    return client.sign_in(cast.other_owner)


def test_one_switches_and_sees_only_that_ones_rows(in_both: Browser, cast: Cast) -> None:
    def seen() -> tuple[bool, bool]:
        page = in_both.get("/team").get_data(as_text=True)
        return "fiona@example.com" in page, "olga@example.com" in page

    assert seen() == (False, True)
    assert in_both.get(f"/team/{cast.finance.person_id}").status_code == 404
    assert in_both.get(f"/startups/{cast.startup_a}").status_code == 404
    assert in_both.post("/switch", data={"tenant_id": str(cast.operator_id)}).location == "/"
    assert seen() == (True, False)
    assert in_both.get(f"/startups/{cast.startup_a}").status_code == 200
    assert in_both.get(f"/team/{cast.other_owner.person_id}").status_code == 404
    in_both.post("/switch", data={"tenant_id": str(cast.other_operator_id)})
    assert seen() == (False, True)


def test_the_rights_are_those_of_the_operator_looked_at(in_both: Browser, cast: Cast) -> None:
    assert in_both.post("/team/invite", data={"name": "X", "email": "x@example.com", "role": "owner",
                                              "startup_id": "", "locale": "en"}).status_code == 303  # fmt: skip
    in_both.post("/switch", data={"tenant_id": str(cast.operator_id)})
    assert in_both.post("/team/invite", data={"name": "X", "email": "y@example.com", "role": "owner",
                                              "startup_id": "", "locale": "en"}).status_code == 422  # fmt: skip


def test_switching_renews_the_session(in_both: Browser, cast: Cast) -> None:
    with in_both.session_transaction() as cookie:
        before = cookie["_user_id"]
    in_both.post("/switch", data={"tenant_id": str(cast.operator_id)})
    with in_both.session_transaction() as cookie:
        assert cookie["_user_id"] != before


@pytest.mark.parametrize("tenant", ["0", "999999", "", "x", "-1", "9" * 30])
def test_nobody_switches_to_where_they_are_nobody(client: Browser, cast: Cast, tenant: str) -> None:
    client.sign_in(cast.finance)
    tenant = tenant or str(cast.other_operator_id)
    assert client.post("/switch", data={"tenant_id": tenant}).status_code in (400, 404)
    assert "南山创客空间" in client.get("/profile").get_data(as_text=True)


def test_signing_in_again_looks_at_the_operator_of_before(in_both: Browser, cast: Cast) -> None:
    in_both.post("/switch", data={"tenant_id": str(cast.operator_id)})
    in_both.post("/sign-out")
    in_both.post("/sign-in", data={"email": "olga@example.com", "password": "correct horse battery"})
    assert "南山创客空间" in in_both.get("/profile").get_data(as_text=True)


def test_the_language_is_kept_with_the_person_and_the_identity(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    assert client.post("/locale", data={"locale": "en", "next": "/profile"}).location == "/profile"
    assert "Profile and password" in client.get("/profile").get_data(as_text=True)
    person = session.execute(select(Person).where(Person.id == cast.finance.person_id)).scalar_one()
    with as_operator(session, INSTALLATION):
        identity = session.execute(select(Identity.locale).where(Identity.email == "fiona@example.com")).scalar_one()
    assert (person.locale, identity) == ("en", "en")
    client.post("/sign-out")
    assert "Sign in" in client.get("/sign-in").get_data(as_text=True), "this browser keeps it too"


def test_the_theme_is_kept_with_the_person(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.finance)
    client.post("/theme", data={"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/profile").get_data(as_text=True)
    person = session.execute(select(Person.theme).where(Person.id == cast.finance.person_id)).scalar_one()
    assert person == "dark"


def test_who_is_not_signed_in_chooses_for_the_browser(client: Browser, cast: Cast) -> None:
    client.post("/locale", data={"locale": "en"})
    client.post("/theme", data={"theme": "light"})
    page = client.get("/sign-in").get_data(as_text=True)
    assert 'lang="en"' in page and 'data-theme="light"' in page


@pytest.mark.parametrize(("path", "data"), [("/locale", {"locale": "tlh"}), ("/theme", {"theme": "pink"}), ("/locale", {})])
def test_what_there_is_not_is_refused(client: Browser, cast: Cast, path: str, data: dict[str, str]) -> None:
    assert client.post(path, data=data).status_code == 400


def test_they_lead_nowhere_else(client: Browser, cast: Cast) -> None:
    assert client.post("/locale", data={"locale": "en", "next": "https://evil.example/"}).location == "/"
