"""A forgotten password."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.accounts.models import SingleUseLink
from incubator.accounts.operations import ask_reset, authenticate, reset_password
from incubator.accounts.operations.sessions import resume_session, start_session
from incubator.audit.models import AuditEvent
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import INSTALLATION, as_operator
from tests.accounts.conftest import assembled
from tests.accounts.post import letters, link_for
from tests.cast import PASSWORD, Cast
from tests.conftest import Browser
from tests.database import TestDatabase

NEW = "four words make one"


def test_from_the_page_by_the_letter_to_a_new_password(client: Browser, cast: Cast, session: Session) -> None:
    answer = client.post("/forgot", data={"email": "fiona@example.com"})
    assert answer.status_code == 200
    path = link_for(session, "fiona@example.com")
    assert client.get(path).status_code == 200
    assert client.get(path).status_code == 200, "looking at it (a mail scanner does) does not use it up"
    done = client.post(path, data={"password": NEW})
    assert done.location == "/sign-in?email=fiona@example.com"
    assert client.post("/sign-in", data={"email": "fiona@example.com", "password": PASSWORD}).status_code == 422
    assert client.post("/sign-in", data={"email": "fiona@example.com", "password": NEW}).status_code == 303
    assert client.get(path).status_code == 404
    assert client.post(path, data={"password": "another good password"}).status_code == 404


def test_known_and_unknown_get_the_same_page_and_do_the_same_work(client: Browser, cast: Cast, session: Session) -> None:
    pages = {}
    for email in ("fiona@example.com", "nobody@example.com"):
        before = _links(session)
        answer = client.post("/forgot", data={"email": email})
        pages[email] = answer.get_data(as_text=True).replace(email, "…")
        assert answer.status_code == 200 and _links(session) == before + 1
    assert pages["fiona@example.com"] == pages["nobody@example.com"]
    assert [to for to, _, _ in letters(session)] == ["fiona@example.com"], "who is unknown gets no letter"


def _links(session: Session) -> int:
    with as_operator(session, INSTALLATION):
        return session.execute(select(func.count()).select_from(SingleUseLink)).scalar_one()


def test_every_browser_is_signed_out_and_each_operator_has_it_in_its_trail(session: Session, cast: Cast) -> None:
    identity_id = authenticate(session, email="fiona@example.com", password=PASSWORD)
    tokens = [start_session(session, now=utc_now(), identity_id=identity_id) for _ in range(2)]
    ask_reset(session, now=utc_now(), email="FIONA@example.com", locale="en")
    token = link_for(session, "fiona@example.com").rpartition("/")[2]
    reset_password(session, now=utc_now(), token=token, password=NEW)
    assert [resume_session(session, now=utc_now(), token=each) for each in tokens] == [None, None]
    with as_operator(session, cast.operator_id):
        event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.action, event.person_name, event.after) == ("reset_password", "fiona", {"signed_out": 2})


def test_the_link_works_for_two_hours_from_its_letter(session: Session, cast: Cast) -> None:
    asked = utc_now()
    ask_reset(session, now=asked, email="fiona@example.com", locale="en")
    token = link_for(session, "fiona@example.com", now=asked + timedelta(minutes=30)).rpartition("/")[2]
    with pytest.raises(Refusal):
        reset_password(session, now=asked + timedelta(hours=2, minutes=31), token=token, password=NEW)
    reset_password(session, now=asked + timedelta(hours=2, minutes=29), token=token, password=NEW)


def test_a_second_letter_makes_the_first_link_useless(session: Session, cast: Cast) -> None:
    ask_reset(session, now=utc_now(), email="fiona@example.com", locale="en")
    first = link_for(session, "fiona@example.com").rpartition("/")[2]
    ask_reset(session, now=utc_now(), email="fiona@example.com", locale="en")
    second = link_for(session, "fiona@example.com").rpartition("/")[2]
    with pytest.raises(Refusal):
        reset_password(session, now=utc_now(), token=first, password=NEW)
    reset_password(session, now=utc_now(), token=second, password=NEW)


@pytest.mark.parametrize("password", ["too short", "aaaaaaaaaaaaaaaa", "fiona@example.com", "x" * 201, "qwertyuiop123"])
def test_a_bad_password_is_refused_and_does_not_use_the_link_up(
    client: Browser, cast: Cast, session: Session, password: str
) -> None:
    client.post("/forgot", data={"email": "fiona@example.com"})
    path = link_for(session, "fiona@example.com")
    assert client.post(path, data={"password": password}).status_code == 422
    assert client.post(path, data={"password": NEW}).status_code == 303


def test_only_the_hash_of_the_token_is_kept(session: Session, cast: Cast) -> None:
    ask_reset(session, now=utc_now(), email="fiona@example.com", locale="en")
    token = link_for(session, "fiona@example.com").rpartition("/")[2]
    with as_operator(session, INSTALLATION):
        kept = session.execute(select(SingleUseLink.token_hash)).scalars().all()
    assert all(len(each) == 32 and token.encode() not in each for each in kept if each)


def test_two_at_once_one_gets_it(own_database: TestDatabase) -> None:
    assembled(own_database)
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        ask_reset(session, now=utc_now(), email="fiona@example.com", locale="en")
        token = link_for(session, "fiona@example.com").rpartition("/")[2]
        session.commit()

    def use(number: int) -> str:
        with Session(engine) as session:
            try:
                reset_password(session, now=utc_now(), token=token, password=f"{NEW} {number}")
                session.commit()
            except Refusal:
                return "refused"
            return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, range(2))) == ["done", "refused"]
    engine.dispose()
