"""What the authority grants, pays and wants back; and lines of the bank that are it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.queries.bank import get_line as get_bank_line
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import ClawbackForm, PaymentForm, RulingForm, WhyForm
from incubator.claims.operations import payments as operations
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.queries import money as reads
from incubator.claims.queries.claims import get_claim, group_lines, list_lines
from incubator.claims.rules.money import PAYMENT_KINDS, Answer
from incubator.claims.views.blueprint import blueprint
from incubator.claims.views.shared import title_of, typed_amounts, typed_lines
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.database import db
from incubator.documents.answering import Answer as Answered
from incubator.documents.answering import answer
from incubator.documents.refusing import tell


@blueprint.route("/claims/<int:claim_id>/ruling", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def rule(claim_id: int) -> Answered:
    """The authority's answer: every line stands there as granted in full, and is changed where it is not."""
    session, actor, form = db.session(), current_actor(), RulingForm()
    row, lines = get_claim(session, actor, claim_id), list_lines(session, actor, claim_id)
    if request.method == "GET":
        form.on.data = local_today()

    def note() -> str:
        amounts, reasons = typed_amounts(request.form, "granted"), typed_lines(request.form, "reason")
        left = typed_lines(request.form, "left")
        answers = {
            each.line.id: Answer(amounts[each.line.id], reasons.get(each.line.id, ""), left.get(each.line.id))
            for each in lines
            if amounts.get(each.line.id, each.amount_minor) != each.amount_minor
        }
        rule_claim(session, actor, now=utc_now(), claim_id=claim_id, on=form.on.data, answers=answers,
                   note=form.note.data or "")  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/rule.html", note, _("What was granted is noted and booked."), row=row,
                  groups=group_lines(lines), title_of=title_of, typed=request.form)  # fmt: skip


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


@blueprint.route("/claims/<int:claim_id>/clawback", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def claw_lines_back(claim_id: int) -> Answered:
    """The authority wants money back: how much of which line, why, and until when."""
    session, actor, form = db.session(), current_actor(), ClawbackForm()
    row, lines = get_claim(session, actor, claim_id), list_lines(session, actor, claim_id)
    if request.method == "GET":
        form.demanded_on.data = local_today()

    def note() -> str:
        amounts, bearers = typed_amounts(request.form, "back"), typed_lines(request.form, "borne")
        demands = {number: Demand(minor, bearers.get(number, "operator")) for number, minor in amounts.items() if minor}
        claw_back(session, actor, now=utc_now(), claim_id=claim_id, demands=demands, reason=form.reason.data or "",
                  demanded_on=form.demanded_on.data, due_on=form.due_on.data)  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/claw_back.html", note, _("The demand is noted and booked."), row=row,
                  groups=group_lines([each for each in lines if each.ruling and each.ruling.granted_minor > 0]),
                  title_of=title_of, typed=request.form)  # fmt: skip
