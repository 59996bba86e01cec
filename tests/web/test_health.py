"""What a host asks: is the process up, can it work, may a robot look."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.conftest import Browser


def test_up_and_ready(client: Browser) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok")
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready")


def test_up_but_not_ready_without_a_database(stranded: FlaskClient) -> None:
    assert stranded.get("/healthz").status_code == 200
    assert stranded.get("/readyz").status_code == 503


def test_robots_may_see_the_landing_page_only(client: Browser) -> None:
    text = client.get("/robots.txt").text
    assert "Allow: /$\n" in text and "Disallow: /\n" in text


def test_the_favicon_is_the_drawn_one(client: Browser) -> None:
    assert client.get("/favicon.ico").data.startswith(b"<svg")
