"""Pages behind mailed links: a new password, an invitation, a confirmed address."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import current_sign_in, public
from incubator.accounts.forms import (
    ForgotForm,
    JoinKnownForm,
    JoinNewForm,
    JoinSignedInForm,
    ResetForm,
    put_refusal,
)
from incubator.accounts.models import Tenant
from incubator.accounts.operations.identities import WRONG_PASSWORD
from incubator.accounts.operations.links import Link, find_link
from incubator.accounts.queries import address_is_known, get_sign_in_address
from incubator.accounts.throttling import (
    LETTER_BY_ACCOUNT,
    LETTER_BY_ADDRESS,
    LINK_BY_ADDRESS,
    TRIES_BY_ADDRESS,
    account_key,
    limiter,
    remember_browser,
)
from incubator.accounts.views.blueprint import blueprint
from incubator.accounts.views.signing_in import begin_session
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import INSTALLATION, as_operator, db
from incubator.i18n import reader_locale

Page = str | Response | tuple[str, int]


@blueprint.route("/forgot", methods=["GET", "POST"])
@public
@limiter.limit(LETTER_BY_ADDRESS, methods=["POST"])
@limiter.limit(LETTER_BY_ACCOUNT, key_func=account_key, methods=["POST"])
def forgot() -> Page:
    """Have a link for a new password mailed; the same answer whether the address is known or not."""
    form = ForgotForm()
    if request.method == "GET":
        form.email.data = request.args.get("email", "")
        return render_template("accounts/forgot.html", form=form, sent=False)
    if not form.validate():
        return render_template("accounts/forgot.html", form=form, sent=False), 422
    operations.ask_reset(db.session(), now=utc_now(), email=form.email.data, locale=reader_locale())
    db.session.commit()
    return render_template("accounts/forgot.html", form=form, sent=True)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@public
@limiter.limit(LINK_BY_ADDRESS, methods=["POST"])
def reset(token: str) -> Page:
    """Choose a new password by the mailed link; every browser is signed out."""
    form = ResetForm()
    link = find_link(db.session(), now=utc_now(), purpose="reset", token=token)
    if link is None:
        return _spent()
    if request.method == "GET" or not form.validate():
        return _form("accounts/reset.html", form, link=link)
    try:
        email = operations.reset_password(db.session(), now=utc_now(), token=token, password=form.password.data)
    except Refusal as refusal:
        return _refused(refusal, "accounts/reset.html", form, link=link)
    db.session.commit()
    remember_browser(email)
    flash(_("Your new password is set. Sign in with it."), "success")
    return redirect(url_for("accounts.sign_in", email=email), 303)


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@public
@limiter.limit(LINK_BY_ADDRESS, methods=["POST"])
@limiter.shared_limit(TRIES_BY_ADDRESS, scope="password", methods=["POST"])
def join(token: str) -> Page:
    """Take an invitation up: signed in, by the password that one has, or by choosing one."""
    link = find_link(db.session(), now=utc_now(), purpose="invitation", token=token)
    if link is None:
        return _spent()
    form, shown = _joining(link)
    if request.method == "GET" or not form.validate():
        return _form("accounts/join.html", form, **shown)
    try:
        identity_id = _prove(form, link)
        operations.accept_invitation(
            db.session(), now=utc_now(), token=token, identity_id=identity_id,
            name=form.name.data if isinstance(form, JoinNewForm) else "",
        )  # fmt: skip
        begin_session(identity_id, link.email, tenant_id=link.tenant_id)
    except Refusal as refusal:
        return _refused(refusal, "accounts/join.html", form, **shown)
    flash(_("Welcome. This is what your role shows you."), "success")
    return redirect(url_for("web.home"), 303)


@blueprint.route("/address/<token>", methods=["GET", "POST"])
@public
@limiter.limit(LINK_BY_ADDRESS, methods=["POST"])
def confirm_address(token: str) -> Page:
    """Show that one's address is one's own. By POST: what opens links in mails to look at them changes nothing."""
    link = find_link(db.session(), now=utc_now(), purpose="confirmation", token=token)
    if link is None:
        return _spent()
    if request.method == "GET":
        return render_template("accounts/confirm_address.html", link=link)
    try:
        operations.confirm_address(db.session(), now=utc_now(), token=token)
    except Refusal:
        return _spent()
    db.session.commit()
    flash(_("Thank you, your address is confirmed."), "success")
    return redirect(url_for("web.home" if current_user.is_authenticated else "accounts.sign_in"), 303)


def _joining(link: Link) -> tuple[FlaskForm, dict[str, object]]:
    """The form that fits whoever opened the invitation, and what its page tells."""
    me = get_sign_in_address(db.session(), current_sign_in().identity_id) if current_user.is_authenticated else None
    form: FlaskForm
    if me is not None:
        form = JoinSignedInForm()
    elif address_is_known(db.session(), link.email):
        form = JoinKnownForm()
    else:
        form = JoinNewForm(data={"name": link.payload.get("name", "")})
    with as_operator(db.session(), INSTALLATION):
        tenant = db.session.get_one(Tenant, (INSTALLATION, link.tenant_id))
        db.session.expunge(tenant)
    return form, {"link": link, "tenant": tenant, "me": me}


def _prove(form: FlaskForm, link: Link) -> int:
    """The identity that takes the invitation up."""
    if isinstance(form, JoinSignedInForm):
        return current_sign_in().identity_id
    if isinstance(form, JoinKnownForm):
        found = operations.authenticate(db.session(), email=link.email, password=form.password.data)
        if found is None:
            raise Refusal(WRONG_PASSWORD, field="password")
        return found
    return operations.create_identity(
        db.session(), now=utc_now(), email=link.email, password=form.password.data, locale=reader_locale(),
        confirmed=True,
    ).id  # fmt: skip


def _form(template: str, form: FlaskForm, **shown: object) -> Page:
    page = render_template(template, form=form, **shown)
    return (page, 422) if request.method == "POST" else page


def _refused(refusal: Refusal, template: str, form: FlaskForm, **shown: object) -> Page:
    db.session.rollback()
    put_refusal(form, refusal)
    return render_template(template, form=form, **shown), refusal.status


def _spent() -> tuple[str, int]:
    db.session.rollback()
    return render_template("accounts/spent_link.html"), 404
