"""A claim's steps, each with a page that says what it means."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import StepForm
from incubator.claims.operations import steps as operations
from incubator.claims.queries.claims import get_claim, list_lines
from incubator.claims.queries.evidence import load_dossier
from incubator.claims.queries.fingerprints import fingerprint
from incubator.claims.rules.states import TABLE, check_step
from incubator.claims.views.blueprint import blueprint
from incubator.claims.words import DONE
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.database import db
from incubator.documents.answering import Answer, answer

DATED = ("submitted", "publicised", "audited", "rejected")
"""Steps that happened on a day; the others happen now."""


@blueprint.route("/claims/<int:claim_id>/steps/<state>", methods=["GET", "POST"])
@requires(Action.SEE_CLAIMS)
def take_step(claim_id: int, state: str) -> Answer:
    """What a step means, what it is taken for, and taking it; each asks for its own permission."""
    if state not in DONE:
        raise NotFound
    session, actor, form = db.session(), current_actor(), StepForm()
    actor.require(TABLE[state].action)
    row = get_claim(session, actor, claim_id)
    dossier = load_dossier(session, row.claim, list_lines(session, actor, claim_id), now=utc_now())
    digest = fingerprint(session, row.claim, dossier)
    if state not in DATED:
        form.on.data, form.on.validators = local_today(), []
    elif request.method == "GET":
        form.on.data = local_today()
    if request.method == "GET":
        form.shown.data, form.authority_number.data = digest, row.claim.authority_number
    shown = {"row": row, "state": state, "dossier": dossier, "digest": digest, "dated": state in DATED}
    if request.method == "GET":
        try:
            check_step(row.claim.state, state)
        except Refusal as refusal:
            return render_template("claims/take_step.html", form=form, refusal=refusal, **shown), refusal.status

    def take() -> str:
        _take(form, claim_id, state)
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/take_step.html", take, _(DONE[state]), refusal=None, **shown)


def _take(form: StepForm, claim_id: int, state: str) -> None:
    session, actor, now = db.session(), current_actor(), utc_now()
    note, on, shown = form.note.data or "", form.on.data or local_today(), form.shown.data or None
    if state == "checked":
        operations.check_claim(session, actor, now=now, claim_id=claim_id, shown=shown, note=note)
    elif state == "approved":
        operations.approve_claim(session, actor, now=now, claim_id=claim_id, shown=shown, note=note)
    elif state == "submitted":
        operations.submit_claim(session, actor, now=now, claim_id=claim_id, on=on, note=note,
                                authority_number=form.authority_number.data or "")  # fmt: skip
    elif state == "draft":
        operations.reopen_claim(session, actor, now=now, claim_id=claim_id, note=note)
    elif state == "withdrawn":
        operations.withdraw_claim(session, actor, now=now, claim_id=claim_id, note=note)
    else:
        dated = {"publicised": operations.publicise_claim, "audited": operations.audit_claim,
                 "rejected": operations.reject_claim}  # fmt: skip
        dated[state](session, actor, now=now, claim_id=claim_id, on=on, note=note)
