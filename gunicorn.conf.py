"""Gunicorn: two processes of a few threads each; the web tier keeps no state."""

import gc
import os
from typing import Any

bind = f"0.0.0.0:{os.environ['PORT']}" if "PORT" in os.environ else "127.0.0.1:8000"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
preload_app = True  # read once, then forked; the application makes no connection before its first request
worker_class = "incubator.web.serving.Worker"
limit_request_line = 8190  # the most that it reads: a search of 900 Chinese characters, each sent as nine letters
threads = 4
timeout = 60
graceful_timeout = 10
max_requests = 20_000
max_requests_jitter = 2_000

gc.disable()  # while the application is read, everything stays: looking for what does not costs a third of the time


def when_ready(_arbiter: Any) -> None:
    """What is read stands aside for good: no later search walks it, nor writes into the pages that processes share."""
    gc.freeze()
    gc.enable()
