"""Coming in, going out, and giving the password once more."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import (
    confirm_now,
    current_actor,
    current_sign_in,
    load_signed_in,
    public,
    requires,
    safe_next,
)
from incubator.accounts.browsers import describe_browser
from incubator.accounts.forms import ConfirmForm, SignInForm, put_refusal
from incubator.accounts.operations.identities import WRONG
from incubator.accounts.throttling import (
    TRIES_BY_ACCOUNT,
    TRIES_BY_ADDRESS,
    account_key,
    limiter,
    remember_browser,
)
from incubator.accounts.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db

KEPT_WHEN_SIGNED_OUT = ("locale", "theme")


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.shared_limit(TRIES_BY_ADDRESS, scope="password", methods=["POST"])
@limiter.shared_limit(TRIES_BY_ACCOUNT, scope="password", key_func=account_key, methods=["POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """By e-mail and password; the same answer, after the same time, whether the address is known or not."""
    form = SignInForm()
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(safe_next(request.args.get("next")), 303)
        form.next.data, form.email.data = request.args.get("next", ""), request.args.get("email", "")
        return render_template("accounts/sign_in.html", form=form)
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    email = form.email.data
    identity_id = operations.authenticate(db.session(), email=email, password=form.password.data)
    if identity_id is None:
        put_refusal(form, Refusal(WRONG))
        return render_template("accounts/sign_in.html", form=form), 422
    try:
        begin_session(identity_id, email, stay=form.stay.data)
    except Refusal as refusal:
        db.session.rollback()
        put_refusal(form, refusal)
        return render_template("accounts/sign_in.html", form=form), refusal.status
    return redirect(safe_next(form.next.data), 303)


def begin_session(identity_id: int, email: str, *, tenant_id: int | None = None, stay: bool = True) -> None:
    """Sign this browser in with a new session, and forget what it carried before. Commits.

    `stay`: the cookie outlives the browser's window.
    """
    old_token = session.get("_user_id")
    token = operations.sign_in(
        db.session(), now=utc_now(), identity_id=identity_id, tenant_id=tenant_id, old_token=old_token,
        browser=describe_browser(request.user_agent.string),
    )  # fmt: skip
    db.session.commit()
    forget_browser_session()
    session.permanent = bool(stay)
    login_user(load_signed_in(token))
    remember_browser(email)


def forget_browser_session() -> None:
    """Empty the cookie but for language and theme; with it goes the CSRF token of before."""
    kept = {key: session[key] for key in KEPT_WHEN_SIGNED_OUT if key in session}
    session.clear()
    session.update(kept)


@blueprint.route("/sign-out", methods=["POST"])
@requires()
def sign_out() -> Response:
    """Ends the session on the server, not only in the cookie."""
    me = current_sign_in()
    operations.sign_out(
        db.session(), current_actor(), now=utc_now(), identity_id=me.identity_id, session_id=me.session_id
    )
    db.session.commit()
    forget_browser_session()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.route("/confirm", methods=["GET", "POST"])
@requires()
def confirm() -> str | Response | tuple[str, int]:
    """The password once more, before rights or money change; then on to `next`."""
    form = ConfirmForm()
    target = safe_next(request.values.get("next"))
    if request.method == "GET":
        return render_template("accounts/confirm.html", error="", kept=[("next", target)], action=None)
    try:
        confirm_now(form.confirm_password.data or "")
    except Refusal as refusal:
        db.session.rollback()
        error = _(refusal.message)
        return render_template("accounts/confirm.html", error=error, kept=[("next", target)], action=None), 422
    return redirect(target, 303)
