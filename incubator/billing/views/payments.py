"""Pages of payments."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.billing.forms.bank import WhyForm, typed_amounts
from incubator.billing.forms.payments import AskRefundForm, ClearForm, PaymentForm, RefundForm
from incubator.billing.models import Approval
from incubator.billing.operations import payments as operations
from incubator.billing.operations.refund_approvals import list_refund_requests
from incubator.billing.payment_wording import BY_HAND, WAYS
from incubator.billing.queries import payments as reads
from incubator.billing.queries.runs import get_settings
from incubator.billing.receipts import export_payments, export_receipt
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import send
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups.queries import get_startup
from incubator.startups.queries.chart import list_startup_names


@blueprint.route("/payments")
@requires(Action.SEE_BILLING)
def list_payments() -> str:
    """Payments, the latest first."""
    session, actor = db.session(), current_actor()
    asked, shown = _asked()
    page = reads.list_payments(session, actor, asked, page=page_number(request.args.get("page")))
    return render_template("billing/payments/list_payments.html", page=page, asked=shown, ways=WAYS)


@blueprint.route("/payments.<any(csv, xlsx):extension>")
@requires(Action.SEE_BILLING)
def payments_file(extension: str) -> Response:
    """The same list as a file."""
    rows = reads.list_payments(db.session(), current_actor(), _asked()[0], size=reads.MOST_EXPORTED).rows
    return send(export_payments(rows, extension, reader_locale()))


@blueprint.route("/payments/new", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
def new_payment() -> Answer:
    """Take a payment by hand: whose, then how much and for what."""
    session, actor, form = db.session(), current_actor(), PaymentForm()
    startup_id, offers = request.args.get("startup", type=row_id), list[reads.OpenOffer]()
    startup = get_startup(session, actor, startup_id) if startup_id else None
    if startup is not None:
        offers = reads.list_offers(session, actor, startup.id)
    form.invoices.choices = [(each.invoice.id, each.number) for each in offers]
    if request.method == "GET":
        form.received_on.data = utc_now().astimezone(CHINA).date()
        wanted = request.args.get("invoice", type=row_id)
        if any(each.invoice.id == wanted for each in offers):
            form.how.data, form.invoices.data = "chosen", [wanted]

    def take() -> str:
        if startup is None:
            raise NotFound
        payment = operations.receive_payment(
            session, actor, now=utc_now(), startup_id=startup.id, way=form.way.data,
            amount_minor=form.amount.minor or 0, received_on=form.received_on.data, payer=form.payer.data or "",
            reference=form.reference.data or "", note=form.note.data or "",
        )  # fmt: skip
        parts = reads.choose_parts(session, actor, startup.id, payment.amount_minor, how=form.how.data,
                                   invoice_ids=form.invoices.data or (), typed=typed_amounts(request.form))  # fmt: skip
        operations.clear_invoices(session, actor, now=utc_now(), payment_id=payment.id, parts=parts)
        return url_for("billing.show_payment", payment_id=payment.id)

    payers = list_startup_names(session, actor) if startup is None else []
    return answer(form, "billing/payments/new_payment.html", take, _("The payment is booked."), startup=startup,
                  offers=offers, payers=payers)  # fmt: skip


@blueprint.route("/payments/<int:payment_id>")
@requires(Action.SEE_BILLING)
def show_payment(payment_id: int) -> str:
    """What came, what it paid, what is left."""
    session, actor = db.session(), current_actor()
    whole, form = reads.get_whole_payment(session, actor, payment_id), ClearForm(formdata=None)
    offers = reads.list_offers(session, actor, whole.row.startup.id) if whole.row.left_minor else []
    form.invoices.choices = [(each.invoice.id, each.number) for each in offers]
    return render_template("billing/payments/show_payment.html", whole=whole, row=whole.row, form=form, offers=offers)


@blueprint.route("/payments/<int:payment_id>/receipt.pdf")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def payment_receipt(payment_id: int) -> Response:
    """Its receipt."""
    session = db.session()
    whole = reads.get_whole_payment(session, current_actor(), payment_id)
    return send(export_receipt(whole, get_operator(session), reader_locale()))


@blueprint.route("/payments/<int:payment_id>/clear", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def clear_payment(payment_id: int) -> Response:
    """Pay chosen invoices of what is left, or the oldest where none is chosen."""
    session, actor = db.session(), current_actor()
    row = reads.get_whole_payment(session, actor, payment_id).row
    chosen = request.form.getlist("invoices", type=row_id)

    def clear() -> None:
        typed = typed_amounts(request.form)
        parts = reads.choose_parts(session, actor, row.startup.id, row.left_minor, invoice_ids=chosen, typed=typed,
                                   how="chosen" if chosen or typed else "oldest")  # fmt: skip
        operations.clear_invoices(session, actor, now=utc_now(), payment_id=payment_id, parts=parts)

    return press(clear, _("The invoices are paid by it."), url_for("billing.show_payment", payment_id=payment_id))


@blueprint.route("/payments/<int:payment_id>/clearings/<int:clearing_id>/undo", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
def undo_clearing(payment_id: int, clearing_id: int) -> Answer:
    """Take back that it paid an invoice."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    whole = reads.get_whole_payment(session, actor, payment_id)
    clearing = next((each for each in whole.clearings if each.clearing.id == clearing_id), None)
    if clearing is None:
        raise NotFound

    def undo() -> str:
        operations.undo_clearing(session, actor, now=utc_now(), clearing_id=clearing_id, reason=form.reason.data or "")
        return url_for("billing.show_payment", payment_id=payment_id)

    return answer(form, "billing/payments/undo_clearing.html", undo, _("It is undone; the invoice is open again."),
                  row=whole.row, clearing=clearing)  # fmt: skip


@blueprint.route("/payments/<int:payment_id>/refund", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
@requires_recent_password
def refund_payment(payment_id: int) -> Answer:
    """Give back what is left, or a part of it; where a second person is needed, what was approved."""
    session, actor, form = db.session(), current_actor(), RefundForm()
    row = reads.get_whole_payment(session, actor, payment_id).row
    if request.method == "GET" and "approval" not in request.args and get_settings(session).approve_refunds:
        return _show_asking(row, AskRefundForm(formdata=None))
    approved = _approved(payment_id)
    if request.method == "GET":
        form.refunded_on.data = utc_now().astimezone(CHINA).date()

    def give_back() -> str:
        wanted = approved.says if approved else {}
        operations.refund(
            session, actor, now=utc_now(), payment_id=payment_id, refunded_on=form.refunded_on.data,
            amount_minor=wanted.get("net_minor") or form.amount.minor or 0, way=wanted.get("way") or form.way.data,
            reference=form.reference.data or "", reason=wanted.get("reason") or form.reason.data or "",
        )  # fmt: skip
        return url_for("billing.show_payment", payment_id=payment_id)

    if approved is not None:
        del form.amount, form.way, form.reason
    return answer(form, "billing/payments/refund_payment.html", give_back, _("The refund is booked."), row=row,
                  approved=approved)  # fmt: skip


@blueprint.route("/payments/<int:payment_id>/refund/ask", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
@requires_recent_password
def ask_refund(payment_id: int) -> Answer:
    """Ask a second person."""
    session, actor, form = db.session(), current_actor(), AskRefundForm()
    row = reads.get_whole_payment(session, actor, payment_id).row
    if not form.validate():
        return _show_asking(row, form), 422
    try:
        operations.ask_refund(session, actor, now=utc_now(), payment_id=payment_id, amount_minor=form.amount.minor or 0,
                              way=form.way.data, reason=form.reason.data or "")  # fmt: skip
        session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show_asking(reads.get_whole_payment(session, actor, payment_id).row, form), status
    flash(_("A second person has been asked."), "success")
    return redirect(url_for("billing.refund_payment", payment_id=payment_id), 303)


def _show_asking(row: reads.PaymentRow, form: AskRefundForm) -> str:
    asked = [each for each in list_refund_requests(db.session(), row.payment.id)
             if each.approval.says["way"] in BY_HAND]  # fmt: skip
    return render_template("billing/payments/ask_refund.html", row=row, form=form, asked=asked)


def _approved(payment_id: int) -> Approval | None:
    """The approval that the address names, of this payment and as it stands; NotFound for any other."""
    if "approval" not in request.args:
        return None
    wanted = request.args.get("approval", type=row_id)
    for each in list_refund_requests(db.session(), payment_id):
        if each.approval.id == wanted and each.state == "approved" and each.approval.says["way"] in BY_HAND:
            return each.approval
    raise NotFound(N_("There is no such request."))


@blueprint.route("/payments/<int:payment_id>/refunds/<int:refund_id>/undo", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
@requires_recent_password
def undo_refund(payment_id: int, refund_id: int) -> Answer:
    """A refund that did not arrive."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    whole = reads.get_whole_payment(session, actor, payment_id)
    found = next((each for each in whole.refunds if each.refund.id == refund_id), None)
    if found is None or found.is_taking_back or found.line_id is not None:
        raise NotFound

    def undo() -> str:
        operations.undo_refund(session, actor, now=utc_now(), refund_id=refund_id, reason=form.reason.data or "")
        return url_for("billing.show_payment", payment_id=payment_id)

    return answer(form, "billing/payments/undo_refund.html", undo, _("The payment has it left again."), row=whole.row,
                  found=found)  # fmt: skip


def _asked() -> tuple[reads.Asked, dict[str, str | int | None]]:
    """Which payments the address asks for, and that as an address."""
    way, left = request.args.get("way", ""), request.args.get("left") == "1"
    asked = reads.Asked(
        request.args.get("startup", type=row_id), way if way in WAYS else "", left,
        request.args.get("since", type=date.fromisoformat), request.args.get("until", type=date.fromisoformat),
        (clean(request.args.get("search")) or "")[:100],
    )  # fmt: skip
    shown: dict[str, str | int | None] = {
        "startup": asked.startup_id, "way": asked.way or None, "left": 1 if left else None,
        "since": asked.since.isoformat() if asked.since else None, "search": asked.search or None,
        "until": asked.until.isoformat() if asked.until else None,
    }  # fmt: skip
    return asked, shown
