"""Whatever goes wrong, the reader gets a sentence in their language, and what to do; never a trace."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login.mixins import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from msgspec import Struct
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from incubator.core.errors import N_, Refusal
from incubator.database import db
from incubator.documents import formats
from incubator.web.frame import locale
from incubator.web.logs import log_failure, request_id


class Trouble(Struct, frozen=True):
    """What a page says of a status: a title, a sentence, and what to do now."""

    title: str
    sentence: str
    advice: str


TROUBLES: dict[int, Trouble] = {
    400: Trouble(
        N_("This could not be read"),
        N_("The request was incomplete or garbled; nothing was changed."),
        N_("Go back, reload the page and try again."),
    ),
    401: Trouble(
        N_("Please sign in"),
        N_("You are not signed in, or your sign-in has ended."),
        N_("Sign in and try again."),
    ),
    403: Trouble(
        N_("This is not open to you"),
        N_("Your role does not include this. Ask the owner of your operator for it."),
        N_("Go back, or choose something from the menu."),
    ),
    404: Trouble(
        N_("There is no such page"),
        N_("There is nothing here for you: the address is wrong, or the thing is gone or another's."),
        N_("Check the address, or start again from the home page."),
    ),
    405: Trouble(
        N_("That does not work from here"),
        N_("This address can't be opened in this way; it was perhaps kept as a bookmark of a sent form."),
        N_("Start again from the home page."),
    ),
    409: Trouble(
        N_("Somebody else was first"),
        N_("What you wanted to change has been changed meanwhile; nothing was overwritten."),
        N_("Go back, look at the present state, and decide again."),
    ),
    413: Trouble(
        N_("The file is too large"),
        N_("At most %(megabytes)s MB can be sent at once; nothing was stored."),
        N_("Send a smaller file, or split it."),
    ),
    422: Trouble(
        N_("This can't be done"),
        N_("What was sent contradicts a rule; nothing was changed."),
        N_("Go back, change what the sentence names, and send it again."),
    ),
    429: Trouble(
        N_("A little slower, please"),
        N_("There were too many attempts in a short time."),
        N_("Wait a few minutes and try again. Nothing is locked."),
    ),
    500: Trouble(
        N_("That is our fault"),
        N_("Something went wrong that we did not foresee; nothing was changed."),
        N_("Try again. If it happens again, tell your operator's owner the reference below."),
    ),
    503: Trouble(
        N_("Back in a moment"),
        N_("The site can't reach its database just now. What you had saved is safe."),
        N_("Wait a minute and reload the page."),
    ),
}
BAD_TOKEN = N_("The page stood open too long, or you signed in or out in another window; nothing was changed.")
BUSY = N_("Somebody else is changing the same thing at this very moment; nothing was overwritten.")
LOCK_STATES = {"55P03", "57014", "40P01", "40001"}
"""SQLSTATEs of a lock or statement that waited too long, a deadlock, a failed serialisation."""
KEPT_HEADERS = ("Allow", "Retry-After")


def init_app(app: Flask) -> None:
    """Answer errors with pages, or with JSON where a script asks."""
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(HTTPException, show_http_error)
    for cause in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(cause, show_database_trouble)
    app.login_manager.unauthorized_handler(ask_to_sign_in)  # type: ignore[attr-defined] # set by Flask-Login


def wants_json() -> bool:
    """Whether a script asks, by htmx, `fetch` or a client of its own, and not a person's browser."""
    if request.headers.get("HX-Request") or request.headers.get("X-Requested-With"):
        return True
    offered = request.accept_mimetypes
    return offered.best_match(["text/html", "application/json"]) == "application/json"


def show_refusal(refusal: Refusal) -> Response:
    """A refusal that no view caught: its own sentence, its own status."""
    db.session.rollback()
    return answer(refusal.status, lambda: formats.sentence(refusal, locale()))


def show_http_error(error: HTTPException) -> Response:
    """What Flask, a limit or an `abort` says; the 500 of an unforeseen exception, which is logged, too."""
    status = error.code or 500
    _roll_back()
    response = answer(status, (lambda: gettext(BAD_TOKEN)) if isinstance(error, CSRFError) else None)
    headers = error.get_response().headers
    for name in KEPT_HEADERS:
        if name in headers:
            response.headers[name] = headers[name]
    return response


def show_database_trouble(error: OperationalError | InterfaceError | PoolTimeout) -> Response:
    """503 where the database is away, 409 where it only waited too long for somebody else's lock."""
    log_failure(error)
    if getattr(getattr(error, "orig", None), "sqlstate", None) in LOCK_STATES:
        _roll_back()
        return answer(409, lambda: gettext(BUSY))
    _forget_reader()
    response = answer(503)
    response.headers["Retry-After"] = "30"
    return response


def ask_to_sign_in() -> AnyResponse:
    """A page that needs sign-in leads to it and comes back; a script gets 401."""
    if wants_json():
        return answer(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=back))


def answer(status: int, say: Callable[[], str] | None = None) -> Response:
    """The error page of `status`, or the same as JSON; `say` gives a sentence of its own.

    Who reads, and in which language, is asked of the database. Where that goes away meanwhile, the page is
    shown as to a stranger.
    """
    try:
        return _compose(status, say)
    except (OperationalError, InterfaceError, PoolTimeout):
        _forget_reader()
        return _compose(status, say)


def _compose(status: int, say: Callable[[], str] | None) -> Response:
    trouble = TROUBLES.get(status) or TROUBLES[400 if status < 500 else 500]
    said = say() if say else gettext(trouble.sentence, megabytes=_most_megabytes())
    reference = request_id() if status >= 500 else ""
    if wants_json():
        data = {"error": said} | ({"reference": reference} if reference else {})
        return make_response(jsonify(data), status)
    page = render_template("errors/error.html", status=status, trouble=trouble, sentence=said, reference=reference,
                           form=_form_address())  # fmt: skip
    return make_response(page, status)


def _form_address() -> str:
    """Where the form is that was sent, if it has a page at its own address."""
    rule = request.url_rule
    return request.path if request.method == "POST" and rule and "GET" in (rule.methods or ()) else ""


def _most_megabytes() -> int:
    return int(request.max_content_length or 0) // (1024 * 1024)


def _roll_back() -> None:
    """Nothing of a failed request is kept; that the database can't be told so changes nothing."""
    try:
        db.session.rollback()
    except (OperationalError, InterfaceError):
        _forget_reader()


def _forget_reader() -> None:
    """Show the page as to a stranger: nobody can be looked up now."""
    db.session.remove()
    g._login_user = AnonymousUserMixin()
