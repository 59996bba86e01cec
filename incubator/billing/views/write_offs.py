"""Pages of what is written off, and of instalments."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.forms.runs import InstalmentsForm, WhyForm
from incubator.billing.operations import write_offs as operations
from incubator.billing.queries.approvals import ApprovalRow, find_of_subject
from incubator.billing.queries.instalments import list_due_parts
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.queries.open_items import get_open
from incubator.billing.rules.instalments import equal_parts
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse, tell

Answer = str | Response | tuple[str, int]


@blueprint.route("/invoices/<int:invoice_id>/write-off")
@requires(Action.POST_INVOICES)
def show_write_off(invoice_id: int) -> str:
    """What is open, and who has been asked for writing it off."""
    return _show(invoice_id, WhyForm(formdata=None))


@blueprint.route("/invoices/<int:invoice_id>/write-off/ask", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def ask_write_off(invoice_id: int) -> Answer:
    """Ask a second person."""
    form = WhyForm()
    if not form.validate():
        return _show(invoice_id, form), 422
    try:
        operations.ask_write_off(db.session(), current_actor(), now=utc_now(), invoice_id=invoice_id,
                                 reason=form.reason.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(invoice_id, form), status
    flash(_("A second person has been asked."), "success")
    return redirect(url_for("billing.show_write_off", invoice_id=invoice_id), 303)


@blueprint.route("/invoices/<int:invoice_id>/write-off/write", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def write_off(invoice_id: int) -> Response:
    """Write off what was approved."""
    try:
        operations.write_off(db.session(), current_actor(), now=utc_now(), invoice_id=invoice_id,
                             reason=request.form.get("reason", ""))  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("billing.show_write_off", invoice_id=invoice_id), 303)
    flash(_("It is written off."), "success")
    return redirect(url_for("billing.show_invoice", invoice_id=invoice_id), 303)


@blueprint.route("/invoices/<int:invoice_id>/write-off/<int:write_off_id>/undo", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def undo_write_off(invoice_id: int, write_off_id: int) -> Response:
    """Take a write-off back, so that the invoice can be paid."""
    try:
        operations.undo_write_off(db.session(), current_actor(), now=utc_now(), write_off_id=write_off_id,
                                  reason=request.form.get("reason", ""))  # fmt: skip
        db.session.commit()
        flash(_("The invoice is open again."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.show_invoice", invoice_id=invoice_id), 303)


@blueprint.route("/invoices/<int:invoice_id>/instalments", methods=["GET", "POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def instalments(invoice_id: int) -> Answer:
    """Agree on monthly parts of what is open."""
    session, actor, form = db.session(), current_actor(), InstalmentsForm()
    posted = get_invoice(session, actor, invoice_id)

    def show() -> str:
        parts = list_due_parts(session, [invoice_id]).get(invoice_id, [])
        return render_template("billing/instalments.html", posted=posted, form=form, parts=parts,
                               open_minor=sum(each.open_minor for each in parts))  # fmt: skip

    if request.method == "GET" or not form.validate():
        return show() if request.method == "GET" else (show(), 422)
    try:
        parts = equal_parts(get_open(session, invoice_id).open_minor, form.count.data or 0, form.first_on.data)
        operations.plan_instalments(session, actor, now=utc_now(), invoice_id=invoice_id, parts=parts)
        session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        posted = get_invoice(session, actor, invoice_id)
        return show(), status
    flash(_("The instalments are agreed."), "success")
    return redirect(url_for("billing.show_invoice", invoice_id=invoice_id), 303)


def _show(invoice_id: int, form: WhyForm) -> str:
    session, actor = db.session(), current_actor()
    posted = get_invoice(session, actor, invoice_id)
    open_minor = get_open(session, invoice_id).open_minor
    asked: list[ApprovalRow] = [
        row for row in find_of_subject(session, "write_off", invoice_id)
        if row.approval.fingerprint
        == operations.fingerprint_of(invoice_id, open_minor, str(row.approval.says["reason"]))
    ]  # fmt: skip
    return render_template("billing/write_off.html", posted=posted, form=form, open_minor=open_minor, asked=asked)
