"""What every response says of itself."""

from __future__ import annotations

import dataclasses
import gzip

import pytest
from flask import Flask

from incubator.app import create_app
from incubator.web.headers import content_hash
from tests.cast import Cast
from tests.conftest import Browser
from tests.database import TestDatabase


@pytest.mark.parametrize("path", ["/", "/nothing-here", "/healthz", "/static/web/app.css"])
def test_every_response_is_guarded(client: Browser, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "object-src": "'none'", "base-uri": "'self'", "form-action": "'self'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_hsts_only_where_the_site_is_secure(client: Browser, shared_database: TestDatabase) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    secure = create_app(dataclasses.replace(shared_database.settings(), secure_cookies=True)).test_client()
    assert "max-age=31536000" in secure.get("/healthz").headers["Strict-Transport-Security"]


def test_what_a_signed_in_person_sees_is_not_stored(client: Browser, cast: Cast) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-cache"
    assert client.sign_in(cast.manager).get("/").headers["Cache-Control"] == "no-store"


def test_a_file_is_kept_for_ever_under_its_own_hash_only(client: Browser) -> None:
    found = content_hash("web/app.css")
    assert "immutable" in client.get(f"/static/web/app.css?v={found}").headers["Cache-Control"]
    assert client.get("/static/web/app.css?v=0123456789ab").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/web/app.css").headers["Cache-Control"] == "no-cache"
    assert client.get(f"/static/web/nothing.css?v={found}").headers["Cache-Control"] == "no-cache"


def test_static_files_do_not_vary_by_cookie(client: Browser, cast: Cast) -> None:
    assert "Cookie" not in client.sign_in(cast.manager).get("/static/web/app.css").headers.get("Vary", "")


def test_pages_refer_to_assets_by_hash(client: Browser) -> None:
    assert f"/static/web/app.css?v={content_hash('web/app.css')}" in client.get("/").text


def test_pages_and_files_are_compressed(client: Browser) -> None:
    plain = client.get("/").data
    response = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.data) < len(plain) / 2
    assert b"</html>" in gzip.decompress(response.data)
    tabler = client.get("/static/vendor/tabler.min.css", headers={"Accept-Encoding": "zstd, br"})
    assert tabler.headers["Content-Encoding"] in ("zstd", "br")
    assert "Accept-Encoding" in tabler.headers["Vary"]


def test_a_known_request_id_is_kept_behind_a_proxy_only(app: Flask, shared_database: TestDatabase) -> None:
    sent = {"X-Request-ID": "from-the-proxy-1"}
    assert app.test_client().get("/healthz", headers=sent).headers["X-Request-ID"] != "from-the-proxy-1"
    behind = create_app(dataclasses.replace(shared_database.settings(), trusted_proxies=1)).test_client()
    assert behind.get("/healthz", headers=sent).headers["X-Request-ID"] == "from-the-proxy-1"
    assert behind.get("/healthz", headers={"X-Request-ID": "a b\nc"[:3]}).headers["X-Request-ID"] != "a b"
