"""Between a request and its actor: signing in by Flask-Login, and the permission that every route declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, cast

from flask import current_app
from flask_login import LoginManager, UserMixin, current_user

from incubator.accounts.actor import Actor
from incubator.accounts.operations.sessions import resume_session
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db

login_manager = LoginManager()
login_manager.login_view = "accounts.sign_in"

PUBLIC = "public"


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

    def get_id(self) -> str:
        return self.token


@login_manager.user_loader
def load_signed_in(token: str) -> SignedIn | None:
    """Who the session cookie's token stands for; sets the transaction's operator as it goes."""
    found = resume_session(db.session(), now=utc_now(), token=token)
    if found is None:
        return None
    return SignedIn(
        token, found.session_id, found.identity_id, found.confirmed_at, found.actor, found.operator_name,
        found.operator_name_en, found.theme,
    )  # fmt: skip


def current_actor() -> Actor:
    """The signed-in actor; only inside a view that `requires` an action."""
    return cast(SignedIn, current_user).actor


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
