"""Sign-up: from nothing to an operator that can take its first booking, on one public page."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import current_sign_in, public
from incubator.accounts.forms import put_refusal
from incubator.accounts.operations import authenticate, create_identity
from incubator.accounts.queries import address_is_known, get_sign_in_address
from incubator.accounts.throttling import (
    SIGN_UP_BY_ADDRESS,
    TRIES_BY_ACCOUNT,
    TRIES_BY_ADDRESS,
    account_key,
    limiter,
)
from incubator.accounts.views.signing_in import begin_session
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import N_, Refusal
from incubator.database import db
from incubator.web.founding import check_colleagues, set_up
from incubator.web.frame import locale, may_link
from incubator.web.sign_up_form import SignUpForm
from incubator.web.views import blueprint

__all__ = ["blueprint"]

KNOWN_ADDRESS = N_("This address has a sign-in here already, and this is not its password.")


@blueprint.route("/sign-up", methods=["GET", "POST"])
@public
@limiter.limit(SIGN_UP_BY_ADDRESS, methods=["POST"])
@limiter.shared_limit(TRIES_BY_ADDRESS, scope="password", methods=["POST"])
@limiter.shared_limit(TRIES_BY_ACCOUNT, scope="password", key_func=account_key, methods=["POST"])
def sign_up() -> str | Response | tuple[str | FlaskResponse, int]:
    """Everything in one transaction, then signed in; a fault keeps all that was typed."""
    form = SignUpForm()
    form.offer(signed_in=current_user.is_authenticated)
    if request.method == "GET":
        form.open_since.data = utc_now().astimezone(CHINA).date().replace(day=1)
        form.floor_name.data = _("1st floor")
        return _show(form)
    if not form.validate():
        return _refused(form, 422)
    try:
        email = _set_up(form)
    except Refusal as refusal:
        db.session.rollback()
        put_refusal(form, refusal)
        return _refused(form, refusal.status)
    target = _say_what_comes_next(form, email)
    return jsonify(location=target) if _by_script() else redirect(target, 303)


def _set_up(form: SignUpForm) -> str:
    """Make it all and sign in; returns the owner's address."""
    session, now = db.session(), utc_now()
    identity_id, name, email = _owner(form)
    colleagues = form.team()
    check_colleagues(email, colleagues)
    owner = set_up(
        session, now=now, identity_id=identity_id, owner_name=name, operator_name=form.operator.data, locale=locale(),
        site=form.site(), floor=form.floor(), colleagues=colleagues,
        tariff_name=_("Prices %(year)s", year=str(form.open_since.data.year)),
    )  # fmt: skip
    begin_session(identity_id, email, tenant_id=owner.operator_id)
    return email


def _owner(form: SignUpForm) -> tuple[int, str, str]:
    """Who will own it: who is signed in, who proves to be somebody, or somebody new."""
    session = db.session()
    if current_user.is_authenticated:
        me = current_sign_in()
        return me.identity_id, me.actor.name, get_sign_in_address(session, me.identity_id).email
    email, password = form.email.data, form.password.data
    if not address_is_known(session, email):
        identity = create_identity(session, now=utc_now(), email=email, password=password, locale=locale())
        return identity.id, form.name.data, email
    identity_id = authenticate(session, email=email, password=password)
    if identity_id is None:
        raise Refusal(KNOWN_ADDRESS, field="password")
    return identity_id, form.name.data, email


def _say_what_comes_next(form: SignUpForm, email: str) -> str:
    """A sentence for the first page, and which page that is."""
    if form.floor_by.data == "workbook" and may_link("jobs.imports"):
        said = _("%(name)s is set up. Next: fill the workbook in and import it here.", name=form.operator.data)
        flash(said, "success")
        return url_for("jobs.imports")
    said = _("%(name)s is set up, and you are its owner. Next: make a first booking on the timeline. A letter to "
             "confirm your address is on its way to %(email)s.", name=form.operator.data, email=email)  # fmt: skip
    flash(said, "success")
    return url_for("web.home")


def _show(form: SignUpForm) -> str:
    address = None
    if current_user.is_authenticated:
        address = get_sign_in_address(db.session(), current_sign_in().identity_id)
    return render_template("web/sign_up.html", form=form, me=address)


def _refused(form: SignUpForm, status: int) -> tuple[str | FlaskResponse, int]:
    if _by_script():
        return jsonify(errors=form.faults()), status
    return _show(form), status


def _by_script() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
