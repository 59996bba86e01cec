"""What the authority pays and has back; and lines of the bank that are it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.queries.bank import get_line as get_bank_line
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import PaymentForm, WhyForm
from incubator.claims.operations import payments as operations
from incubator.claims.queries import money as reads
from incubator.claims.queries.claims import get_claim
from incubator.claims.rules.money import PAYMENT_KINDS
from incubator.claims.views.blueprint import blueprint
from incubator.claims.views.shared import typed_amounts
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.database import db
from incubator.documents.answering import Answer as Answered
from incubator.documents.answering import answer
from incubator.documents.refusing import tell


@blueprint.route("/claims/<int:claim_id>/payments/<kind>", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def pay(claim_id: int, kind: str) -> Answered:
    """Money that came or went back: one chooses the bank's line, or enters it by hand."""
    if kind not in PAYMENT_KINDS:
        raise NotFound
    session, actor, form = db.session(), current_actor(), PaymentForm()
    row, sums = get_claim(session, actor, claim_id), reads.load_sums(session, [claim_id])[claim_id]
    left = sums.to_come_minor if kind == "paid" else sums.owed_back_minor
    if request.method == "GET":
        form.on.data = local_today()

    def note() -> str:
        operations.pay_claim(session, actor, now=utc_now(), claim_id=claim_id, kind=kind,
                             amount_minor=form.amount.minor or 0, on=form.on.data,
                             reference=form.reference.data or "")  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    lines = reads.list_open_bank_lines(session, actor, outgoing=kind == "returned", wanted=left)
    return answer(form, "claims/pay.html", note, _("The payment is noted and booked."), row=row, kind=kind, left=left,
                  lines=lines)  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/payments/<int:payment_id>/undo", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def undo_payment(claim_id: int, payment_id: int) -> Answered:
    """It was noted wrongly."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    row = get_claim(session, actor, claim_id)

    def undo() -> str:
        operations.undo_payment(session, actor, now=utc_now(), claim_id=claim_id, payment_id=payment_id,
                                reason=form.reason.data or "")  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/form.html", undo, _("The payment is undone."), row=row,
                  title=_("Undo a payment"), button=_("Undo it"))  # fmt: skip


@blueprint.route("/claims/bank/<int:line_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def match_bank_line(line_id: int) -> Response | tuple[str, int]:
    """Which claims a line of the bank is for; one transfer may be for several."""
    session, actor, status = db.session(), current_actor(), 200
    line = get_bank_line(session, actor, line_id).row.line
    if request.method == "POST":
        try:
            parts = typed_amounts(request.form, "part")
            made = operations.match_bank_line(session, actor, now=utc_now(), line_id=line_id, parts=parts)
            session.commit()
            flash(_("The line is matched and booked."), "success")
            return redirect(url_for("claims.show_claim", claim_id=made[0].claim_id), 303)
        except Refusal as refusal:
            tell(refusal)
            status = refusal.status
            session.expire_all()
    rows = reads.list_awaiting(session, actor, outgoing=line.amount_minor < 0)
    return render_template("claims/match_bank_line.html", line=line, rows=rows, typed=request.form), status
