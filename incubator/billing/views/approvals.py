"""Pages of what a second person is asked for, and of how the operator wants its invoicing."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.forms.crediting import DecideForm
from incubator.billing.forms.runs import SettingsForm
from incubator.billing.operations.approvals import decide_approval
from incubator.billing.operations.settings import set_invoicing
from incubator.billing.queries.approvals import get_approval
from incubator.billing.queries.approvals import list_approvals as find_approvals
from incubator.billing.queries.runs import get_settings
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.refusing import refuse

Answer = str | Response | tuple[str, int]


@blueprint.route("/billing/approvals")
@requires(Action.SEE_BILLING)
def list_approvals() -> str:
    """What was asked for, the latest first."""
    waiting = request.args.get("waiting") == "1"
    page = find_approvals(db.session(), current_actor(), page=page_number(request.args.get("page")), waiting=waiting)
    return render_template("billing/approvals.html", page=page, waiting=waiting)


@blueprint.route("/billing/approvals/<int:approval_id>")
@requires(Action.SEE_BILLING)
def show_approval(approval_id: int) -> str:
    """What is asked for, with a link to look at it."""
    return _show(approval_id, DecideForm(formdata=None))


@blueprint.route("/billing/approvals/<int:approval_id>/decide", methods=["POST"])
@requires(Action.APPROVE_MONEY)
@requires_recent_password
def decide(approval_id: int) -> Answer:
    """Approve or refuse what another person has asked for."""
    form = DecideForm()
    if not form.validate():
        return _show(approval_id, form), 422
    approve = request.form.get("decision") == "approve"
    try:
        decide_approval(db.session(), current_actor(), now=utc_now(), approval_id=approval_id, approve=approve,
                        note=form.note.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(approval_id, form), status
    flash(_("Approved.") if approve else _("Refused."), "success")
    return redirect(url_for("billing.show_approval", approval_id=approval_id), 303)


def _show(approval_id: int, form: DecideForm) -> str:
    actor = current_actor()
    row = get_approval(db.session(), actor, approval_id)
    return render_template("billing/approval.html", row=row, form=form, is_own=row.approval.asked_by == actor.person_id)


@blueprint.route("/billing/settings", methods=["GET", "POST"])
@requires(Action.MANAGE_BILLING)
@requires_recent_password
def settings() -> Answer:
    """From what change on a month is named, and what needs a second person."""
    session, form = db.session(), SettingsForm()
    if request.method == "GET":
        form.put(get_settings(session))
        return render_template("billing/settings.html", form=form)
    if not form.validate():
        return render_template("billing/settings.html", form=form), 422
    try:
        set_invoicing(session, current_actor(), now=utc_now(), jump_percent=form.jump_percent.data or 0,
                      approve_runs=form.approve_runs.data, approve_credit_minor=form.limit_minor,
                      approve_refunds=form.approve_refunds.data)  # fmt: skip
        session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return render_template("billing/settings.html", form=form), status
    flash(_("Saved."), "success")
    return redirect(url_for("billing.settings"), 303)
