"""Whatever goes wrong is a page with a sentence in the reader's language, or JSON for a script; never a trace."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from incubator.web.errors import TROUBLES
from tests.cast import Cast
from tests.conftest import Browser

ENGLISH = {"Accept-Language": "en"}
JSON = {"Accept": "application/json", **ENGLISH}
ABORTED = sorted(set(TROUBLES) - {401})


def words(html: str) -> str:
    """What a reader reads of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace("&#39;", "'")


@pytest.mark.parametrize("status", ABORTED)
def test_each_status_is_a_page(surfer: Browser, status: int) -> None:
    response = surfer.get(f"/trouble/{status}", headers=ENGLISH)
    assert response.status_code == status
    trouble = TROUBLES[status]
    said = words(response.text)
    assert trouble.title in said and trouble.advice in said
    assert trouble.sentence.replace("%(megabytes)s", "20") in said
    assert "Traceback" not in response.text and "werkzeug" not in response.text.lower()


@pytest.mark.parametrize("status", ABORTED)
def test_each_status_is_chinese_first(surfer: Browser, status: int) -> None:
    said = words(surfer.get(f"/trouble/{status}").text)
    assert TROUBLES[status].title not in said
    assert re.search(r"[一-鿿]{4}", said)


@pytest.mark.parametrize("status", ABORTED)
@pytest.mark.parametrize("headers", [JSON, {"HX-Request": "true", **ENGLISH}, {"X-Requested-With": "fetch", **ENGLISH}])
def test_each_status_is_json_for_a_script(surfer: Browser, status: int, headers: dict[str, str]) -> None:
    response = surfer.get(f"/trouble/{status}", headers=headers)
    assert response.status_code == status
    assert response.get_json()["error"] == TROUBLES[status].sentence.replace("%(megabytes)s", "20")
    assert ("reference" in response.get_json()) == (status >= 500)


@pytest.mark.parametrize(
    ("kind", "status"), [("refusal", 422), ("conflict", 409), ("forbidden", 403), ("notfound", 404)]
)
def test_a_refusal_keeps_its_sentence_and_status(surfer: Browser, kind: str, status: int) -> None:
    page = surfer.get(f"/trouble/{kind}", headers=ENGLISH)
    assert page.status_code == status
    assert "R1 is taken." in words(page.text)
    assert surfer.get(f"/trouble/{kind}", headers=JSON).get_json() == {"error": "R1 is taken."}


def test_a_signed_in_reader_keeps_the_frame(surfer: Browser, cast: Cast) -> None:
    html = surfer.sign_in(cast.manager).get("/nothing-here").text
    assert 'id="sidebar-menu"' in html and "南山创客空间" in html
    assert 'id="sidebar-menu"' not in surfer.application.test_client().get("/nothing-here").text


def test_a_page_that_needs_sign_in_leads_there_and_back(surfer: Browser) -> None:
    response = surfer.get("/trouble/guarded?page=2")
    assert response.status_code == 302
    assert response.location == "/sign-in?next=/trouble/guarded?page%3D2"
    script = surfer.get("/trouble/guarded", headers=JSON)
    assert (script.status_code, script.get_json()) == (401, {"error": TROUBLES[401].sentence})


def test_a_right_that_one_has_not_is_403(surfer: Browser, cast: Cast) -> None:
    assert surfer.sign_in(cast.auditor).get("/trouble/guarded").text == "seen"
    refused = surfer.sign_in(cast.front_desk).get("/trouble/guarded")
    assert refused.status_code == 403
    assert "您的角色没有这项权限" in refused.text


def test_a_form_without_its_token_changes_nothing(surfer: Browser) -> None:
    response = surfer.post("/trouble/form", data={"word": "sent"}, headers=ENGLISH)
    assert response.status_code == 400
    assert "The page stood open too long" in words(response.text)
    token = re.search(r'name="csrf-token" content="([^"]+)"', surfer.get("/").text)
    assert token
    sent = surfer.post("/trouble/form", data={"word": "sent", "csrf_token": token[1]})
    assert sent.text == "sent"


def test_a_method_that_is_not_allowed_says_which_are(surfer: Browser) -> None:
    response = surfer.get("/trouble/form")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_too_large_a_request_is_413(surfer: Browser) -> None:
    surfer.application.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    response = surfer.post("/trouble/form", data={"word": "x" * 1_200_000}, headers=ENGLISH)
    assert response.status_code == 413
    assert "At most 1 MB" in words(response.text)
    assert "Back to the form" not in words(response.text), "it has no page at its own address"


def test_a_form_that_was_too_large_is_one_press_away(surfer: Browser) -> None:
    surfer.application.config["MAX_CONTENT_LENGTH"] = 1000
    response = surfer.post("/sign-in?next=/desk", data={"email": "x" * 2000}, headers=ENGLISH)
    assert response.status_code == 413 and "Back to the form" in words(response.text)
    assert 'class="btn btn-primary" href="/sign-in"' in response.text


def test_a_statement_that_waits_too_long_is_409_and_the_page_still_knows_the_reader(
    surfer: Browser, cast: Cast
) -> None:
    # in its own savepoint: the test's transaction outlives the failure as a request's would not
    response = surfer.sign_in(cast.manager).get("/trouble/slow", headers=JSON)
    assert response.status_code == 409
    assert "此刻有人正在修改同一内容" in response.get_json()["error"]


def test_a_bug_is_500_with_a_reference_that_the_log_has_too(
    surfer: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    response = surfer.get("/trouble/bug/s3cr3t-t0k3n-s3cr3t-t0k3n-s3cr3t?email=anna@example.com", headers=ENGLISH)
    assert response.status_code == 500
    assert TROUBLES[500].sentence in words(response.text)
    assert "LookupError" not in response.text and "no anna" not in response.text
    reference = re.search(r"Reference: ([0-9a-f]{12})", words(response.text))
    assert reference and response.headers["X-Request-ID"] == reference[1]
    assert f'"request": "{reference[1]}"' in capsys.readouterr().err


def test_without_a_database_pages_say_so(stranded: FlaskClient) -> None:
    with stranded.session_transaction() as cookie:
        cookie["_user_id"] = "a token of somebody"
    response = stranded.get("/", headers=ENGLISH)
    assert response.status_code == 503
    assert TROUBLES[503].sentence in words(response.text)
    assert response.headers["Retry-After"] == "30"
    assert 'id="sidebar-menu"' not in response.text
    assert stranded.get("/", headers=JSON).get_json()["error"] == TROUBLES[503].sentence


def test_without_a_database_other_errors_are_pages_too(stranded: FlaskClient) -> None:
    with stranded.session_transaction() as cookie:
        cookie["_user_id"] = "a token of somebody"
    response = stranded.get("/nothing-here", headers=ENGLISH)
    assert response.status_code == 404
    assert TROUBLES[404].title in words(response.text)


def test_the_landing_page_needs_no_database(stranded: FlaskClient) -> None:
    assert stranded.get("/").status_code == 200
