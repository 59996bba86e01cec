"""The log: one JSON line per request and per failure, with an id to find them by and nobody's data in them.

A line names the route (`/reset/<token>`), never the address that was asked for, so that no token, name or
query string gets into it; people and operators are in it by number only.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError

from incubator.core.structlog_alone import structlog
from incubator.settings import ROOT, Settings

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_PRIVATE = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
    (re.compile(r"\b[0-9A-Z]{2}\d{6}[0-9A-Z]{10}\b"), "<credit code>"),
    (re.compile(r"(?<!\d)\d{7,}(?!\d)"), "<number>"),
    (re.compile(r"\b[A-Za-z0-9_-]{32,}\b"), "<token>"),
)

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Log the app's requests and failures."""
    configure()
    settings: Settings = app.config["SETTINGS"]

    @app.before_request
    def name_the_request() -> None:
        sent = request.headers.get("X-Request-ID", "") if settings.trusted_proxies else ""
        g.request_id = sent if _SENT_ID.fullmatch(sent) else secrets.token_hex(6)
        g.started = time.perf_counter()

    @app.after_request
    def log_the_request(response: Response) -> Response:
        response.headers["X-Request-ID"] = request_id()
        if request.endpoint not in ("static", "web.health"):
            log.info("request", status=response.status_code, **_circumstances())
        return response

    # Flask's own line would show the address, and the database's words with values in them
    app.log_exception = log_failure  # type: ignore[method-assign, assignment] # the hook that Flask has for this


def configure() -> None:
    """Set structlog up for this process: JSON lines on stderr, from LOG_LEVEL on (info)."""
    level = LEVELS.get(os.environ.get("LOG_LEVEL", "info").lower(), LEVELS["info"])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def request_id() -> str:
    """The id that this request's lines carry; an error page shows it as its reference."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def log_failure(
    failure: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None] | BaseException,
) -> None:
    """One line for an exception that nobody expected."""
    error = failure[1] if isinstance(failure, tuple) else failure
    if error is not None:
        log.error("failure", **describe(error), **_circumstances())


def describe(error: BaseException) -> dict[str, Any]:
    """An exception without anybody's data: its type, scrubbed words and places.

    The database's own words quote values (`Key (email)=(…)`), so only its code and constraint are kept.
    """
    frames = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [place for place in frames[:-2] if not place.startswith(".venv")]
    told: dict[str, Any] = {"error": type(error).__name__, "at": [*ours[-8:], *frames[-2:]]}
    if isinstance(error, DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        told |= {
            "cause": type(error.orig).__name__,
            "sqlstate": getattr(error.orig, "sqlstate", None),
            "constraint": getattr(diagnosis, "constraint_name", None),
        }
    else:
        told["words"] = scrub(str(error))[:500]
    return told


def scrub(text: str) -> str:
    """`text` without addresses, long numbers and tokens."""
    for pattern, instead in _PRIVATE:
        text = pattern.sub(instead, text)
    return text


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-2:])
    return f"{name}:{frame.lineno} {frame.name}"


def _circumstances() -> dict[str, Any]:
    """Which request: by its route, and by whose number, if that is known already."""
    user = g.get("_login_user")
    actor = getattr(user, "actor", None)
    return {
        "request": request_id(),
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "milliseconds": round((time.perf_counter() - g.started) * 1000) if "started" in g else None,
        "operator": getattr(actor, "operator_id", None),
        "person": getattr(actor, "person_id", None),
    }
