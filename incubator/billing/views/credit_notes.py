"""Pages of credit notes: looked at first, then written; and the notes that are."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.exports import export_credit_note
from incubator.billing.forms.crediting import CreditForm
from incubator.billing.operations.approvals import ask_approval
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.queries.approvals import find_approval
from incubator.billing.queries.credit_notes import CreditDraft, draft_credit, get_credit_note
from incubator.billing.queries.credit_notes import list_credit_notes as find_credit_notes
from incubator.billing.queries.runs import get_settings
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import send
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale

Answer = str | Response | tuple[str, int]


@blueprint.route("/credit-notes")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def list_credit_notes() -> str:
    """Credit notes, the latest first: all for staff, their own for founders."""
    startup_id, search = request.args.get("startup", type=row_id), (clean(request.args.get("search")) or "")[:100]
    page = find_credit_notes(db.session(), current_actor(), page=page_number(request.args.get("page")),
                             startup_id=startup_id, search=search)  # fmt: skip
    asked = {"startup": startup_id, "search": search or None}
    return render_template("billing/credit_notes.html", page=page, asked=asked)


@blueprint.route("/credit-notes/<int:note_id>")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def show_credit_note(note_id: int) -> str:
    """A credit note with its lines, and where its amount went."""
    return render_template("billing/credit_note.html", posted=get_credit_note(db.session(), current_actor(), note_id))


@blueprint.route("/credit-notes/<int:note_id>/pdf")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def credit_note_pdf(note_id: int) -> Response:
    """The same as PDF."""
    return send(export_credit_note(get_credit_note(db.session(), current_actor(), note_id), reader_locale()))


@blueprint.route("/invoices/<int:invoice_id>/credit")
@requires(Action.POST_INVOICES)
def credit(invoice_id: int) -> Answer:
    """What can be taken off an invoice, and what the note would be."""
    form = CreditForm(request.args, meta={"csrf": False})
    if "how" not in request.args:
        form = CreditForm(formdata=None)
        return _show(invoice_id, form, None)
    return _look(invoice_id, form, 422)


@blueprint.route("/invoices/<int:invoice_id>/credit/write", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def write_credit_note(invoice_id: int) -> Answer:
    """Write the note that was shown; where what is left has changed since, show it again and say so."""
    form = CreditForm()
    if not form.validate():
        return _look(invoice_id, form, 422)
    try:
        note = credit_invoice(
            db.session(), current_actor(), now=utc_now(), invoice_id=invoice_id, reason=form.reason.data or "",
            amounts=form.amounts(request.form), is_anew=form.is_anew, shown=form.shown.data or "",
        )  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _look(invoice_id, form, status)
    flash(_("The credit note is written."), "success")
    return redirect(url_for("billing.show_credit_note", note_id=note.id), 303)


@blueprint.route("/invoices/<int:invoice_id>/credit/ask", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def ask_credit_note(invoice_id: int) -> Answer:
    """Ask a second person for the note that was shown."""
    session, actor, form = db.session(), current_actor(), CreditForm()
    if not form.validate():
        return _look(invoice_id, form, 422)
    try:
        draft = draft_credit(session, actor, invoice_id, form.amounts(request.form), is_anew=form.is_anew,
                             reason=form.reason.data or "")  # fmt: skip
        says = {"invoice": draft.invoice.number, "startup": draft.invoice.invoice.parties["startup"]["name"],
                "net_minor": draft.net_minor, "gross_minor": draft.gross_minor, "reason": draft.reason,
                "asked": _asked(form, request.form)}  # fmt: skip
        ask_approval(session, actor, now=utc_now(), what="credit_note", subject=("invoices", invoice_id),
                     fingerprint=draft.fingerprint, says=says)  # fmt: skip
        session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _look(invoice_id, form, status)
    flash(_("A second person has been asked; the note can be written when they have approved it."), "success")
    return redirect(url_for("billing.credit", invoice_id=invoice_id, **says["asked"]), 303)


def _asked(form: CreditForm, typed: Any) -> dict[str, str]:
    """What the page's address says of it."""
    lines = {name: text for name, text in typed.items() if name.startswith("line_") and text.strip()}
    return {"how": form.how.data, "reason": form.reason.data or ""} | (lines if form.how.data == "part" else {})


def _look(invoice_id: int, form: CreditForm, status: int) -> Answer:
    session, actor = db.session(), current_actor()
    typed = request.form if request.method == "POST" else request.args
    draft: CreditDraft | None = None
    if form.validate() or request.method == "POST":
        try:
            draft = draft_credit(session, actor, invoice_id, form.amounts(typed), is_anew=form.is_anew,
                                 reason=form.reason.data or "")  # fmt: skip
        except Refusal as refusal:
            if request.method == "GET":
                status = refuse(form, refusal)
    page = _show(invoice_id, form, draft if draft is not None and draft.taken else None)
    is_fine = request.method == "GET" and draft is not None
    return page if is_fine else (page, status)


def _show(invoice_id: int, form: CreditForm, draft: CreditDraft | None) -> str:
    session, actor = db.session(), current_actor()
    whole = draft_credit(session, actor, invoice_id)
    typed = request.form if request.method == "POST" else request.args
    limit = get_settings(session).approve_credit_minor
    needs = draft is not None and limit is not None and draft.net_minor > limit
    approval = find_approval(session, "credit_note", invoice_id, draft.fingerprint) if draft and needs else None
    return render_template(
        "billing/credit.html", form=form, whole=whole, draft=draft, typed=typed, needs_approval=needs,
        approval=approval, asked=_asked(form, typed),
    )  # fmt: skip
