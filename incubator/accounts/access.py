"""Between a request and its actor: signing in by Flask-Login, and the permission that every route declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, current_user

from incubator.accounts.actor import Actor
from incubator.accounts.operations.identities import confirm_password
from incubator.accounts.operations.sessions import resume_session
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import TRIES_BY_ACCOUNT, limiter, person_key
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Forbidden, Refusal
from incubator.database import db

login_manager = LoginManager()
login_manager.login_view = "accounts.sign_in"
# the session is a row of ours: that a telephone changes its network does not make it another's
login_manager.session_protection = None

PUBLIC = "public"
RECENT = timedelta(minutes=30)
"""How long a password once given is enough for changing rights and posting money."""

CONFIRM_FIELD = "confirm_password"


@dataclass
class SignedIn(UserMixin):
    """Flask-Login's user: the session row's token, the identity, and its actor in the operator looked at."""

    token: str
    session_id: int
    identity_id: int
    confirmed_at: datetime
    actor: Actor
    operator_name: str
    operator_name_en: str
    theme: str
    has_others: bool

    def get_id(self) -> str:
        return self.token

    def recently_confirmed(self, now: datetime) -> bool:
        """Whether the password was given in the last half hour."""
        return now - self.confirmed_at <= RECENT


@login_manager.user_loader
def load_signed_in(token: str) -> SignedIn | None:
    """Who the session cookie's token stands for; sets the transaction's operator as it goes."""
    found = resume_session(db.session(), now=utc_now(), token=token)
    if found is None:
        return None
    if found.touched:
        db.session.commit()
    return SignedIn(
        token, found.session_id, found.identity_id, found.confirmed_at, found.actor, found.operator_name,
        found.operator_name_en, found.theme, found.has_others,
    )  # fmt: skip


def current_actor() -> Actor:
    """The signed-in actor; only inside a view that `requires` an action."""
    return current_sign_in().actor


def current_sign_in() -> SignedIn:
    """The signed-in browser's session; only inside a view that `requires` sign-in."""
    return cast(SignedIn, current_user)


def carry(token: str) -> None:
    """Let this browser's cookie carry a session's new token; after the commit that made it."""
    session["_user_id"] = token


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Declare that anybody may open this route."""
    view.permission = PUBLIC  # type: ignore[attr-defined] # a mark on the function, read by the route test
    return view


def requires(*actions: Action) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that a route needs sign-in and at least one of `actions` (none given: sign-in is enough).

    The operation behind it checks again; this keeps a page from being opened to no purpose.
    """

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined] # set by Flask-Login
            actor = current_actor()
            if actions and not any(actor.can(action) for action in actions):
                actor.require(actions[0])
            return view(*args, **kwargs)

        guarded.permission = actions  # type: ignore[attr-defined] # a mark on the function, read by the route test
        return guarded

    return declare


def requires_recent_password(view: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for the password again where it was given more than 30 minutes ago; under `@requires(…)`.

    A page opened by GET leads to `/confirm` and comes back. A form that was sent is shown again as one field,
    the password, with what was typed kept beside it: nothing is done before, and nothing has to be typed twice.
    A script gets a 403 with the sentence.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_sign_in().recently_confirmed(utc_now()):
            return view(*args, **kwargs)
        if request.headers.get("HX-Request") or request.headers.get("X-Requested-With"):
            raise Forbidden(N_("This needs your password once more: open the page again and confirm it."))
        if request.method != "POST":
            return redirect(url_for("accounts.confirm", next=request.full_path.rstrip("?")), 303)
        if CONFIRM_FIELD not in request.form:
            return _ask_again("")
        try:
            confirm_now(request.form[CONFIRM_FIELD])
        except Refusal as refusal:
            db.session.rollback()
            return _ask_again(gettext(refusal.message))
        return view(*args, **kwargs)

    return guarded


@limiter.shared_limit(TRIES_BY_ACCOUNT, scope="password", key_func=person_key)
def confirm_now(password: str) -> None:
    """Take the password given again, for this browser and the next half hour; Refusal where it is not theirs.

    Commits, so that the browser's new token holds whatever becomes of the request.
    """
    me, now = current_sign_in(), utc_now()
    token = confirm_password(
        db.session(), now=now, identity_id=me.identity_id, session_id=me.session_id, password=password
    )
    db.session.commit()
    carry(token)
    me.token, me.confirmed_at = token, now


def _ask_again(error: str) -> tuple[str, int]:
    kept = [
        (name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", CONFIRM_FIELD)
    ]
    return render_template("accounts/confirm.html", error=error, kept=kept, action=request.full_path.rstrip("?")), 403


def safe_next(target: str | None) -> str:
    """`target` where it is a path within this site, else the home page: no redirect leads elsewhere."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and "\\" not in parts.path:
            return target
    return url_for("web.home")
