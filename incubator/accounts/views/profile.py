"""One's own page: how the operator knows one, the password, the browsers one is signed in with."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import carry, current_actor, current_sign_in, requires
from incubator.accounts.forms import PasswordForm, ProfileForm, put_refusal
from incubator.accounts.models import Person
from incubator.accounts.operations.sessions import IDLE_LIMIT
from incubator.accounts.queries import get_member_self, get_sign_in_address, list_browsers
from incubator.accounts.throttling import LETTER_BY_ADDRESS, TRIES_BY_ACCOUNT, limiter, person_key
from incubator.accounts.views.blueprint import blueprint
from incubator.accounts.words import ROLE_NAMES
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.database import db

Page = str | Response | tuple[str, int]


@blueprint.route("/profile")
@requires()
def profile() -> Page:
    """Oneself."""
    return _show()


@blueprint.route("/profile", methods=["POST"])
@requires()
def edit_profile() -> Page:
    """Change one's name and telephone."""
    form = ProfileForm()
    if not form.validate():
        return _show(profile_form=form), 422
    try:
        operations.edit_profile(
            db.session(), current_actor(), now=utc_now(), name=form.name.data, phone=form.phone.data or ""
        )
    except Refusal as refusal:
        return _refused(refusal, form, profile_form=form)
    db.session.commit()
    flash(_("Your profile is kept."), "success")
    return redirect(url_for("accounts.profile"), 303)


@blueprint.route("/profile/password", methods=["POST"])
@requires()
@limiter.shared_limit(TRIES_BY_ACCOUNT, scope="password", key_func=person_key)
def change_password() -> Page:
    """A new password; one's other browsers are signed out."""
    form, me = PasswordForm(), current_sign_in()
    if not form.validate():
        return _show(password_form=form), 422
    try:
        token = operations.change_password(
            db.session(), current_actor(), now=utc_now(), identity_id=me.identity_id, session_id=me.session_id,
            current=form.current.data, password=form.password.data,
        )  # fmt: skip
    except Refusal as refusal:
        return _refused(refusal, form, password_form=form)
    db.session.commit()
    carry(token)
    flash(_("Your password is changed. Your other browsers are signed out."), "success")
    return redirect(url_for("accounts.profile"), 303)


@blueprint.route("/profile/browsers/<int:browser_id>/end", methods=["POST"])
@requires()
def end_browser(browser_id: int) -> Response:
    """Sign another browser of one's own out."""
    me = current_sign_in()
    ended = operations.sign_out_browsers(
        db.session(), current_actor(), now=utc_now(), identity_id=me.identity_id, session_id=me.session_id,
        only_id=browser_id,
    )  # fmt: skip
    if not ended:
        raise NotFound
    db.session.commit()
    flash(_("That browser is signed out."), "success")
    return redirect(url_for("accounts.profile"), 303)


@blueprint.route("/profile/browsers/end-others", methods=["POST"])
@requires()
def end_other_browsers() -> Response:
    """Sign all other browsers of one's own out."""
    me = current_sign_in()
    operations.sign_out_browsers(
        db.session(), current_actor(), now=utc_now(), identity_id=me.identity_id, session_id=me.session_id
    )
    db.session.commit()
    flash(_("All your other browsers are signed out."), "success")
    return redirect(url_for("accounts.profile"), 303)


@blueprint.route("/profile/confirm-address", methods=["POST"])
@requires()
@limiter.limit(LETTER_BY_ADDRESS, key_func=person_key)
def ask_confirmation() -> Response:
    """Have the letter mailed again by which one's address is confirmed."""
    operations.ask_confirmation(db.session(), now=utc_now(), identity_id=current_sign_in().identity_id)
    db.session.commit()
    flash(_("A letter is on its way to your address."), "success")
    return redirect(url_for("accounts.profile"), 303)


def _show(profile_form: FlaskForm | None = None, password_form: FlaskForm | None = None) -> str:
    me, now = current_sign_in(), utc_now()
    person = db.session.get_one(Person, (me.actor.operator_id, me.actor.person_id))
    return render_template(
        "accounts/profile.html",
        profile_form=profile_form or ProfileForm(formdata=None, obj=person),
        password_form=password_form or PasswordForm(formdata=None),
        address=get_sign_in_address(db.session(), me.identity_id),
        member=get_member_self(db.session(), current_actor()),
        browsers=list_browsers(db.session(), identity_id=me.identity_id, now=now, idle_limit=IDLE_LIMIT),
        here=me.session_id, named_roles=ROLE_NAMES,
    )


def _refused(refusal: Refusal, form: FlaskForm, **shown: FlaskForm) -> tuple[str, int]:
    db.session.rollback()
    put_refusal(form, refusal)
    return _show(**shown), refusal.status
