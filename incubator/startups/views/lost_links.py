"""The page for applicants who lost the address of their application."""

from __future__ import annotations

from flask import render_template, request

from incubator.accounts.access import public
from incubator.accounts.throttling import LETTER_BY_ACCOUNT, LETTER_BY_ADDRESS, account_key, limiter
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.startups.operations.lost_links import ask_for_link
from incubator.startups.queries.calls import get_public_call
from incubator.startups.views.apply import LOOKS, enter
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/apply/<operator>/<slug>/link", methods=["GET", "POST"])
@public
@limiter.limit(LOOKS)
@limiter.limit(LETTER_BY_ADDRESS, methods=["POST"])
@limiter.limit(LETTER_BY_ACCOUNT, methods=["POST"], key_func=account_key)
def lost_link(operator: str, slug: str) -> Answer:
    """One says one's mail address; what is answered is the same, whether or not anything was begun for it."""
    enter(operator)
    session, (house, row) = db.session(), get_public_call(db.session(), slug)
    email, error, sent, status = request.form.get("email", "").strip()[:300], "", False, 200
    if request.method == "POST":
        try:
            ask_for_link(session, now=utc_now(), call=row.call, email=email, locale=reader_locale())
            db.session.commit()
            sent = True
        except Refusal as refusal:
            db.session.rollback()
            error, status = sentence(refusal, reader_locale()), refusal.status
        house, row = get_public_call(session, slug)
    return render_template("startups/lost_link.html", operator=house, row=row, key=operator, email=email, error=error,
                           sent=sent), status  # fmt: skip
