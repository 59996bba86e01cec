"""What was decided, for its applicant: by a secret address, without an account."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import public
from incubator.accounts.operations.keys import open_key
from incubator.accounts.throttling import limiter
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups.decision_papers import kind_of, letter_name, letter_of
from incubator.startups.forms.selection import AcceptForm, DeclineForm
from incubator.startups.operations import decisions as deciding
from incubator.startups.queries.records import Told, get_told
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.ranking import as_download

OPENED, ANSWERED = "120/minute", "20/minute"


@blueprint.route("/decision/<token>", methods=["GET", "POST"])
@public
@limiter.limit(OPENED)
@limiter.limit(ANSWERED, methods=["POST"])
def show_decision(token: str) -> Answer:
    """The letter on a page; (posted) an offer is accepted, with a name."""
    told = _open(token)
    form, status = AcceptForm(), 200
    if request.method == "POST":
        status = 422
        if not form.agreed.data:
            form.agreed.errors = [*form.agreed.errors, _("Tick this to accept.")]
        elif form.validate():
            try:
                deciding.accept_offer(db.session(), now=utc_now(), decision_id=told.decision.id,
                                      name=form.name.data or "", address=request.remote_addr or "")  # fmt: skip
                db.session.commit()
                flash(_("The offer is accepted. Welcome!"), "success")
                return redirect(url_for("startups.show_decision", token=token), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                told = _open(token)
    return render_template("startups/selection/decision.html", told=told, kind=kind_of(told), form=form, token=token,
                           now=utc_now(), decline_form=DeclineForm(formdata=None)), status  # fmt: skip


@blueprint.route("/decision/<token>/decline", methods=["POST"])
@public
@limiter.limit(ANSWERED)
def decline_place(token: str) -> Response:
    """The applicant does not want the place."""
    told, form = _open(token), DeclineForm()
    try:
        deciding.decline_offer(db.session(), now=utc_now(), decision_id=told.decision.id, reason=form.reason.data or "")
        db.session.commit()
        flash(_("You have declined the offer. Thank you for letting us know."), "success")
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.show_decision", token=token), 303)


@blueprint.route("/decision/<token>/letter.pdf")
@public
@limiter.limit(ANSWERED)
def own_letter(token: str) -> Download:
    """The letter to keep."""
    told = _open(token)
    return as_download(letter_of(db.session(), told, utc_now()), letter_name(told))


def _open(token: str) -> Told:
    """What the address opens, in the transaction of its operator; the page is in the application's language for a
    browser that asks for none that we have."""
    signed_in = current_user.is_authenticated  # before: it names the transaction's operator
    opened = open_key(db.session(), token, kind="decision")
    told = get_told(db.session(), opened.opens_id)
    asked = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"])
    if not signed_in and "locale" not in session and asked is None:
        session["locale"] = told.application.locale
        refresh()
    return told
