"""Payments by Stripe for those who keep the books."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.card_provider import Refused, Unreached
from incubator.billing.forms.cards import NoteForm, RefundForm
from incubator.billing.operations.card_events import replay_event, settle_finding
from incubator.billing.operations.card_refunds import ask_card_refund, refund_card_payment
from incubator.billing.operations.refund_approvals import list_refund_requests
from incubator.billing.queries.cards import (
    count_open_findings,
    get_card_payment,
    get_card_payment_detail,
    get_finding,
    list_disputes,
    list_findings,
)
from incubator.billing.queries.cards import list_card_payments as find_card_payments
from incubator.billing.queries.runs import get_settings
from incubator.billing.rules.cards import STATES
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import card_desk
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.money import to_minor
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.refusing import refuse, tell


@blueprint.route("/card-payments")
@requires(Action.SEE_BILLING)
def list_card_payments() -> str:
    """Payments by Stripe, the latest first, under what waits for somebody: disputes and findings."""
    session, actor = db.session(), current_actor()
    asked = request.args.get("state", "")
    state = asked if asked in (*STATES, "living") else ""
    search = (clean(request.args.get("search")) or "")[:100]
    return render_template(
        "billing/cards/list.html", state=state, search=search, states=STATES, disputes=list_disputes(session, actor),
        findings=count_open_findings(session),
        page=find_card_payments(session, actor, state=state, search=search, page=page_number(request.args.get("page"))),
    )  # fmt: skip


@blueprint.route("/card-payments/<int:card_payment_id>")
@requires(Action.SEE_BILLING)
def show_card_payment(card_payment_id: int) -> str:
    """One: what was asked, what Stripe has told, what was booked."""
    return _show(card_payment_id, RefundForm(formdata=None))


@blueprint.route("/card-payments/<int:card_payment_id>/look", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def look_at_card_payment(card_payment_id: int) -> Response:
    """Ask Stripe how it stands."""
    get_card_payment(db.session(), current_actor(), card_payment_id)
    try:
        card_desk().look(card_payment_id)
        flash(_("Stripe was asked; this is how it stands."), "success")
    except (Unreached, Refused):
        db.session.rollback()
        flash(_("Stripe can't be reached at the moment. Try again in a few minutes."), "danger")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.show_card_payment", card_payment_id=card_payment_id), 303)


@blueprint.route("/card-payments/<int:card_payment_id>/refund", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
@requires_recent_password
def refund_by_stripe(card_payment_id: int) -> Response | tuple[str, int]:
    """Give back what is left, the way it came."""
    return _give_back(card_payment_id, refund_card_payment, _("The refund is booked and goes to Stripe now."))


@blueprint.route("/card-payments/<int:card_payment_id>/refund/ask", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
@requires_recent_password
def ask_refund_by_stripe(card_payment_id: int) -> Response | tuple[str, int]:
    """Ask a second person."""
    return _give_back(card_payment_id, ask_card_refund, _("A second person has been asked."))


def _give_back(card_payment_id: int, do: Callable[..., object], said: str) -> Response | tuple[str, int]:
    """`do` with what was typed: how much, and why."""
    form = RefundForm()
    if not form.validate():
        return _show(card_payment_id, form), 422
    try:
        do(db.session(), current_actor(), now=utc_now(), card_payment_id=card_payment_id,
           amount_minor=to_minor(form.amount.data or Decimal(0)), reason=form.reason.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(card_payment_id, form), status
    flash(said, "success")
    return redirect(url_for("billing.show_card_payment", card_payment_id=card_payment_id), 303)


@blueprint.route("/card-payments/findings")
@requires(Action.SEE_BILLING)
def list_card_findings() -> str:
    """What the books can't follow by themselves."""
    return _show_findings(NoteForm(formdata=None), 0)


@blueprint.route("/card-payments/findings/<int:finding_id>/settle", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def settle_card_finding(finding_id: int) -> Response | tuple[str, int]:
    """Say what became of one."""
    get_finding(db.session(), current_actor(), finding_id)
    form = NoteForm()
    if not form.validate():
        return _show_findings(form, finding_id), 422
    try:
        settle_finding(db.session(), current_actor(), now=utc_now(), finding_id=finding_id, note=form.note.data or "")
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show_findings(form, finding_id), status
    flash(_("It is settled."), "success")
    return redirect(url_for("billing.list_card_findings"), 303)


@blueprint.route("/card-payments/events/<int:event_id>/replay", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def replay_card_event(event_id: int) -> Response:
    """Have an event handled once more."""
    try:
        replay_event(db.session(), current_actor(), now=utc_now(), event_id=event_id)
        db.session.commit()
        flash(_("The event is handled once more, in a few seconds."), "success")
    except Refusal as refusal:
        tell(refusal)
    back = request.form.get("of", "")
    if back.isascii() and back.isdigit():
        return redirect(url_for("billing.show_card_payment", card_payment_id=min(int(back), 2**63 - 1)), 303)
    return redirect(url_for("billing.list_card_payments"), 303)


def _show(card_payment_id: int, form: RefundForm) -> str:
    detail = get_card_payment_detail(db.session(), current_actor(), card_payment_id)
    asks = get_settings(db.session()).approve_refunds and bool(detail.left_minor)
    asked = [each for each in list_refund_requests(db.session(), detail.row.payment.payment_id or 0)
             if each.approval.says["way"] == "stripe"] if asks else []  # fmt: skip
    return render_template("billing/cards/show.html", detail=detail, row=detail.row, payment=detail.row.payment,
                           form=form, asks=asks, asked=asked)  # fmt: skip


def _show_findings(form: NoteForm, at: int) -> str:
    settled = request.args.get("settled") == "1"
    page = list_findings(db.session(), current_actor(), settled=settled, page=page_number(request.args.get("page")))
    return render_template("billing/cards/findings.html", page=page, settled=settled, form=form, at=at)
