"""How large a request may be: more where a route takes documents, and there alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request

from incubator.documents.operations.documents import LARGEST_DOCUMENT

ROOM_FOR_FIELDS = 1024 * 1024


def takes_documents(view: Callable[..., Any]) -> Callable[..., Any]:
    """Declare that a route takes one document of up to 50 MB; stands under `@requires(…)`."""
    view.most_bytes = LARGEST_DOCUMENT + ROOM_FOR_FIELDS  # type: ignore[attr-defined] # a mark, read before the form is
    return view


def init_app(app: Flask) -> None:
    """Set each request's limit before anything reads its form; so before CSRF protection is put under the app."""
    app.before_request(_set_limit)


def _set_limit() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    most = getattr(view, "most_bytes", None)
    if most is not None:
        request.max_content_length = most
