"""How often strangers may do things on the pages of applications: the real limiter, and the page that it shows."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from incubator.app import create_app
from tests.accounts.conftest import closing
from tests.cast import assemble_cast
from tests.database import TestDatabase
from tests.startups.applying import address, ids, open_call
from tests.startups.test_applications import GOOD, PDF

SLOWER = "请稍慢一些"


@pytest.fixture
def counted(own_database: TestDatabase) -> Iterator[tuple[Flask, str, int]]:
    """An app that counts, the address of a call that is open in it, and the number of its file's question."""
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        call = open_call(session, assemble_cast(session))
        found, asked = address(call), ids(session, call)["file"]
        session.commit()
    engine.dispose()
    app = create_app(own_database.settings())
    app.config["THROTTLING"] = True
    yield app, found, asked
    closing(app)


def refused(answer: TestResponse) -> None:
    """The page says what is the matter, and when to come back."""
    assert answer.status_code == 429 and SLOWER in answer.text and "没有被锁定" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def of_network(client: FlaskClient, path: str, data: dict[str, str], network: int) -> TestResponse:
    return client.post(path, data=data, environ_base={"REMOTE_ADDR": f"203.0.113.{network}"})


def test_drafts_for_one_mail_address_and_from_one_network(counted: tuple[Flask, str, int]) -> None:
    app, call, _asked = counted
    client = app.test_client()
    for network in range(3):
        assert of_network(client, call, {"email": "lin@example.com"}, network).status_code == 303
    refused(of_network(client, call, {"email": " LIN@example.com"}, 9))  # from wherever: their mail box is full enough
    assert of_network(client, call, {"email": "wu@example.com"}, 9).status_code == 303
    answers = [of_network(client, call, {"email": f"a{n}@example.com"}, 77) for n in range(31)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    refused(answers[-1])
    assert client.get(call).status_code == 200  # reading goes on


def test_saves_uploads_and_sendings_of_one_application(counted: tuple[Flask, str, int]) -> None:
    app, call, asked = counted
    client = app.test_client()
    here = client.post(call, data={"email": "lin@example.com"}).location
    sent = [client.post(here, data=GOOD | {"do": "send"}).status_code for _ in range(31)]
    assert sent == [303] * 30 + [429]
    for number in range(29):  # 60 in a minute in all
        upload = {"do": "save", "name": f"芯翼{number}", f"q{asked}": (io.BytesIO(PDF), "计划.pdf")}
        assert client.post(here, data=upload, content_type="multipart/form-data").status_code == 303
    refused(client.post(here, data={"do": "save", "name": "芯翼"}))
    assert "芯翼28" in client.get(here + "?change=1").text  # what was saved is there


def test_lost_links_for_one_mail_address_and_from_one_network(counted: tuple[Flask, str, int]) -> None:
    app, call, _asked = counted
    client = app.test_client()
    for network in range(3):
        assert of_network(client, f"{call}/link", {"email": "lin@example.com"}, network).status_code == 200
    refused(of_network(client, f"{call}/link", {"email": "lin@example.com"}, 9))
    known = [of_network(client, f"{call}/link", {"email": f"a{n}@example.com"}, 77).status_code for n in range(7)]
    assert known == [200] * 6 + [429]
    assert client.get(f"{call}/link").status_code == 200
