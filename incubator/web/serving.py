"""What gunicorn answers by itself, before the application is asked, in sentences."""

from __future__ import annotations

from contextlib import suppress
from socket import socket
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


class Worker(ThreadWorker):
    """Gunicorn's own with threads; a search of ten thousand letters is told so, and led back."""

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
