"""Pages of `accounts`: signing in and out, and what a person sets for themselves."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, load_signed_in, public, requires
from incubator.accounts.forms import SignInForm
from incubator.accounts.models import Identity
from incubator.accounts.operations.sessions import end_sessions, start_session, switch_tenant
from incubator.accounts.operations.settings import keep_setting
from incubator.accounts.passwords import password_matches
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator, db
from incubator.i18n import LOCALES

blueprint = Blueprint("accounts", __name__)

THEMES = ("auto", "light", "dark")


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | Response | tuple[str, int]:
    """By e-mail and password; the same answer, after the same time, whether the address is known or not."""
    form = SignInForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
        return render_template("accounts/sign_in.html", form=form)
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    identity_id = _check_password(form.email.data or "", form.password.data or "")
    if identity_id is None:
        form.password.errors = [_("The e-mail address or the password is not right.")]
        return render_template("accounts/sign_in.html", form=form), 422
    begin_session(identity_id)
    return redirect(safe_next(form.next.data), 303)


def begin_session(identity_id: int, tenant_id: int | None = None) -> None:
    """Sign this browser in with a new session, and forget what it carried before."""
    kept = {key: session[key] for key in ("locale", "theme") if key in session}
    token = start_session(db.session(), now=utc_now(), identity_id=identity_id, tenant_id=tenant_id)
    db.session.commit()
    session.clear()
    session.update(kept)
    session.permanent = True
    user = load_signed_in(token)
    if user is not None:
        login_user(user)


def _check_password(email: str, password: str) -> int | None:
    with as_operator(db.session(), INSTALLATION):
        row = db.session.execute(
            select(Identity.id, Identity.password_hash).where(func.lower(Identity.email) == email.strip().lower())
        ).one_or_none()
    return row.id if password_matches(row and row.password_hash, password) and row else None


@blueprint.route("/sign-out", methods=["POST"])
@requires()
def sign_out() -> Response:
    """Ends the session on the server, not only in the cookie."""
    end_sessions(db.session(), now=utc_now(), identity_id=current_user.identity_id, only_id=current_user.session_id)
    db.session.commit()
    logout_user()
    session.clear()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.route("/locale", methods=["POST"])
@public
def set_locale() -> Response:
    """The reader's language: kept per person, and in this browser."""
    locale = request.form.get("locale", "")
    if locale not in LOCALES:
        abort(400)
    session["locale"] = locale
    if current_user.is_authenticated:
        keep_setting(db.session(), current_actor(), identity_id=current_user.identity_id, locale=locale)
        db.session.commit()
    return redirect(safe_next(request.form.get("next")), 303)


@blueprint.route("/theme", methods=["POST"])
@public
def set_theme() -> Response:
    """Light, dark or as the device has it: kept per person, and in this browser."""
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        abort(400)
    session["theme"] = theme
    if current_user.is_authenticated:
        keep_setting(db.session(), current_actor(), identity_id=current_user.identity_id, theme=theme)
        db.session.commit()
    return redirect(safe_next(request.form.get("next")), 303)


@blueprint.route("/switch", methods=["POST"])
@requires()
def switch() -> Response:
    """Look at another operator that this person belongs to."""
    tenant_id = request.form.get("tenant_id", type=int)
    if tenant_id is None:
        abort(400)
    switch_tenant(db.session(), session_id=current_user.session_id, identity_id=current_user.identity_id,
                  tenant_id=tenant_id)  # fmt: skip
    db.session.commit()
    return redirect(url_for("web.home"), 303)


def safe_next(target: str | None) -> str:
    """`target` where it is a path within this site, else the home page: no redirect leads elsewhere."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc:
            return target
    return url_for("web.home")
