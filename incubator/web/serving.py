"""What gunicorn answers by itself, before the application is asked, in sentences."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from socket import socket
from threading import Lock
from time import monotonic, sleep
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

TOO_LONG = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>网址过长</title></head>
<body><main><h1>网址过长</h1><p>搜索的文字过长，服务器无法读取；没有任何更改。请缩短后重试。</p>
<p lang="en">This address is too long to be read; nothing was changed. Search for fewer words.</p>
<p><a href="/">首页 · <span lang="en">Home page</span></a></p></main></body></html>
"""


PATIENCE = 0.025
"""Seconds after which others no longer wait for a request that runs."""


STEP_BACK = 0.002
"""Seconds that a process with very many connections leaves another one to take the next."""


class InTurn:
    """The application, asked by a process's threads one after the other; what takes long, the next one begins beside.

    Threads that run at once take Python's lock from each other at each statement, and hold what they have locked in the
    database the longer for it: bookings one by one are a fifth more a second than four at a time.
    """

    def __init__(self, app: Any) -> None:
        self._app, self._guard, self._waiting = app, Lock(), deque[Lock]()
        self._whose: Lock | None = None
        self._since = 0.0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        mine = self._wait()
        try:
            return self._app(environ, start_response)
        finally:
            with self._guard:
                if self._whose is mine:  # it was not passed
                    self._call_next()

    def _wait(self) -> Lock:
        mine = Lock()  # whoever waits is held by a lock of their own
        mine.acquire()
        with self._guard:
            self._waiting.append(mine)
            if self._whose is None:
                self._call_next()
        while not mine.acquire(timeout=PATIENCE):
            with self._guard:
                if self._whose is not mine and monotonic() - self._since >= PATIENCE:
                    self._call_next()
        return mine

    def _call_next(self) -> None:
        self._whose, self._since = self._waiting.popleft() if self._waiting else None, monotonic()
        if self._whose is not None:
            self._whose.release()


class Worker(ThreadWorker):
    """Gunicorn's own with threads, which take turns; a search of ten thousand letters is told so, and led back."""

    wsgi: Any

    def load_wsgi(self) -> None:
        """The application."""
        super().load_wsgi()
        self.wsgi = InTurn(self.wsgi)

    def accept(self, listener: socket) -> None:
        """Take a connection, unless a process that has fewer of them is quicker: where it is taken, it is kept."""
        if self.cfg.workers > 1:
            sleep(STEP_BACK * self.nr_conns / (self.nr_conns + 8))
        super().accept(listener)

    def handle_error(self, req: Any, client: socket, addr: Any, exc: Exception) -> None:
        """Whatever could not be read as a request."""
        if not isinstance(exc, LimitRequestLine | LimitRequestHeaders):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("A request from %s is too long: %s", (addr or ("", 0))[0], exc)
        body = TOO_LONG.encode()
        head = (f"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n")  # fmt: skip
        with suppress(OSError):
            client.sendall(head.encode() + body)
