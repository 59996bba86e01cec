"""What gunicorn answers by itself."""

from __future__ import annotations

import logging
import socket
from types import SimpleNamespace

import pytest
from gunicorn.http.errors import InvalidRequestLine, LimitRequestHeaders, LimitRequestLine

from incubator.web.serving import Worker


def answer(error: Exception) -> str:
    """What a browser gets for a request that could not be read."""
    here, there = socket.socketpair()
    with here, there:
        Worker.handle_error(SimpleNamespace(log=logging.getLogger("test")), None, here, ("127.0.0.1", 1), error)  # type: ignore[arg-type]
        return there.recv(10_000).decode()


@pytest.mark.parametrize("error", [LimitRequestLine(9000, 8190), LimitRequestHeaders("limit request headers")])
def test_a_search_of_ten_thousand_letters_is_told_so_in_both_languages(error: Exception) -> None:
    head, _, body = answer(error).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 414 ") and "charset=utf-8" in head
    assert f"Content-Length: {len(body.encode())}" in head
    assert "请缩短后重试" in body and "Search for fewer words" in body and 'href="/"' in body


def test_anything_else_is_left_to_gunicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exception] = []
    monkeypatch.setattr("gunicorn.workers.gthread.ThreadWorker.handle_error", lambda *args: told.append(args[-1]))
    worker, error = object.__new__(Worker), InvalidRequestLine("?")
    worker.handle_error(None, socket.socket(), None, error)
    assert told == [error]
