"""The log says what happened and of nobody."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.startups.models import Startup
from incubator.web.logs import describe, scrub
from tests.cast import Cast
from tests.conftest import Browser

TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def test_a_request_is_one_line_with_its_route_and_numbers(
    surfer: Browser, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    surfer.sign_in(cast.manager).get("/today/desks?site=&secret=" + TOKEN)
    (line,) = lines(capsys)
    assert line["event"] == "request" and line["status"] == 200 and line["method"] == "GET"
    assert line["route"] == "/today/<any(desks, area):measure>"
    assert (line["operator"], line["person"]) == (cast.operator_id, cast.manager.person_id)
    assert TOKEN not in json.dumps(line)


def test_a_failure_names_type_and_place_and_nobody(surfer: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    surfer.get(f"/trouble/bug/{TOKEN}?email=anna@example.com")
    failure, request = lines(capsys)
    assert failure["event"] == "failure" and failure["error"] == "LookupError"
    assert "trouble_bug" in str(failure["at"])
    assert failure["words"] == "no <email> with <number> under <token>"
    assert failure["request"] == request["request"]
    assert "anna" not in json.dumps([failure, request]) and TOKEN not in json.dumps([failure, request])


def test_the_databases_words_are_not_logged(session: Session, cast: Cast) -> None:
    session.add(Startup(code="S-A", name="秘密公司", kind="team"))
    with pytest.raises(IntegrityError) as caught:
        session.flush()
    session.rollback()
    told = describe(caught.value)
    assert told["constraint"] == "startups_operator_id_code_key" and told["sqlstate"] == "23505"
    assert "秘密公司" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(
    ("words", "scrubbed"),
    [
        ("mail to bob.b@mail.example.cn failed", "mail to <email> failed"),
        ("call 13800138000", "call <number>"),
        ("no 91110000802100433B here", "no <credit code> here"),
        ("room R1 on 2026-10-21", "room R1 on 2026-10-21"),
    ],
)
def test_words_are_scrubbed(words: str, scrubbed: str) -> None:
    assert scrub(words) == scrubbed
