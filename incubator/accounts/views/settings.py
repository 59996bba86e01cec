"""What a reader sets for themselves from any page: language, theme, and which operator they look at."""

from __future__ import annotations

from flask import abort, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import carry, current_actor, current_sign_in, public, requires, safe_next
from incubator.accounts.operations.sessions import switch_tenant
from incubator.accounts.views.blueprint import blueprint
from incubator.core.paging import row_id
from incubator.database import db
from incubator.i18n import LOCALES

THEMES = ("auto", "light", "dark")


@blueprint.route("/locale", methods=["POST"])
@public
def set_locale() -> Response:
    """The reader's language: kept per person, and in this browser."""
    locale = request.form.get("locale", "")
    if locale not in LOCALES:
        abort(400)
    session["locale"] = locale
    if current_user.is_authenticated:
        operations.keep_setting(
            db.session(), current_actor(), identity_id=current_sign_in().identity_id, locale=locale
        )
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
        operations.keep_setting(
            db.session(), current_actor(), identity_id=current_sign_in().identity_id, theme=theme
        )
        db.session.commit()
    return redirect(safe_next(request.form.get("next")), 303)


@blueprint.route("/switch", methods=["POST"])
@requires()
def switch() -> Response:
    """Look at another operator that this person belongs to."""
    tenant_id = request.form.get("tenant_id", type=row_id)
    if tenant_id is None or not 0 < tenant_id < 2**63:
        abort(400)
    me = current_sign_in()
    token = switch_tenant(db.session(), session_id=me.session_id, identity_id=me.identity_id, tenant_id=tenant_id)
    db.session.commit()
    carry(token)
    return redirect(url_for("web.home"), 303)
