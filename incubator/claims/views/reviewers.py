"""Who from outside may look at a claim, what they looked at and remarked, and what staff answer."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import INVITATIONS, limiter, person_key
from incubator.claims.forms.reviewers import InviteForm
from incubator.claims.operations import reviewers as operations
from incubator.claims.queries import reviews as queries
from incubator.claims.queries.claims import get_claim
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import N_
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer, press

LOOKED = {
    "claim": N_("The claim"), "line": N_("A line:"), "invoice": N_("Invoice"), "agreement": N_("Agreement"),
    "file": N_("File"), "pack": N_("Pack:"),
}  # fmt: skip
"""What was opened."""


@blueprint.route("/claims/<int:claim_id>/reviewers")
@requires(Action.SEE_CLAIMS)
def list_reviewers(claim_id: int) -> str:
    """Those of a claim, their remarks, and what they looked at."""
    session, actor = db.session(), current_actor()
    row = get_claim(session, actor, claim_id)
    return render_template(
        "claims/reviewers.html", row=row, claim=row.claim, now=utc_now(),
        reviewers=queries.list_reviewers(session, actor, claim_id),
        remarks=queries.list_remarks(session, actor, claim_id),
        page=queries.page_of_visits(session, actor, claim_id, page_number(request.args.get("page"))),
        looked_words=LOOKED,
    )  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/reviewers/new", methods=["GET", "POST"])
@requires(Action.INVITE_REVIEWERS)
@requires_recent_password
@limiter.limit(INVITATIONS, key_func=person_key, methods=["POST"])
def invite_reviewer(claim_id: int) -> Answer:
    """Invite one: who, for whom, until when."""
    session, actor, form = db.session(), current_actor(), InviteForm()
    row = get_claim(session, actor, claim_id)

    def invite() -> str:
        assert form.until.data is not None, "validated"
        operations.invite_reviewer(
            session, actor, now=utc_now(), claim_id=claim_id, name=form.name.data or "",
            organisation=form.organisation.data or "", email=form.email.data or "", until=form.until.data,
            locale=form.locale.data,
        )  # fmt: skip
        return url_for("claims.list_reviewers", claim_id=claim_id)

    return answer(form, "claims/invite_reviewer.html", invite, _("The invitation is on its way by mail."), row=row)


@blueprint.route("/claims/reviewers/<int:reviewer_id>/revoke", methods=["POST"])
@requires(Action.INVITE_REVIEWERS)
def revoke_reviewer(reviewer_id: int) -> Response:
    """Take an access back."""
    claim_id = operations.claim_of(db.session(), current_actor(), reviewer_id)
    return press(lambda: operations.revoke_reviewer(db.session(), current_actor(), now=utc_now(),
                                                    reviewer_id=reviewer_id),
                 _("The access is taken back."), url_for("claims.list_reviewers", claim_id=claim_id))  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/remarks/<int:remark_id>/answer", methods=["POST"])
@requires(Action.MANAGE_CLAIMS)
def answer_remark(claim_id: int, remark_id: int) -> Response:
    """Answer a remark."""
    words = request.form.get("words", "")
    return press(lambda: operations.answer_remark(db.session(), current_actor(), now=utc_now(), remark_id=remark_id,
                                                  words=words),
                 _("The answer is noted; the reviewer reads it."),
                 url_for("claims.list_reviewers", claim_id=claim_id))  # fmt: skip

