"""Pages of how an operator reminds, and of interest that it could charge."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.forms.dunning import SettingsForm, WhyForm
from incubator.billing.operations.dunning_settings import check_steps, set_dunning
from incubator.billing.operations.late_interest import charge_interest, waive_interest
from incubator.billing.queries.bank import find_for_letters
from incubator.billing.queries.dunning.coming import Foreseen, foresee
from incubator.billing.queries.dunning.interest import list_proposals
from incubator.billing.queries.dunning.overdue import get_plan, list_plans
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.refusing import refuse, tell

VERSIONS_SHOWN = 10


@blueprint.route("/billing/dunning/settings")
@requires(Action.MANAGE_BILLING)
def dunning_settings() -> str:
    """The steps as they hold, to be changed from a day on."""
    form = SettingsForm(formdata=None)
    form.fill(get_plan(db.session(), local_today()))
    form.valid_from.data = local_today()
    return _show(form)


@blueprint.route("/billing/dunning/settings/preview", methods=["POST"])
@requires(Action.MANAGE_BILLING)
def preview_dunning() -> Answer:
    """What would be done today with the steps as they are typed; nothing is saved."""
    form = SettingsForm()
    if not form.validate():
        return _show(form), 422
    try:
        check_steps(form.wanted_steps())
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(form), status
    return _show(form, foresee(db.session(), current_actor(), form.wanted_steps(), local_today()))


@blueprint.route("/billing/dunning/settings", methods=["POST"])
@requires(Action.MANAGE_BILLING)
@requires_recent_password
def save_dunning() -> Answer:
    """Have it so from a day on."""
    form, status = SettingsForm(), 422
    if form.validate():
        try:
            set_dunning(db.session(), current_actor(), now=utc_now(), wanted=form.wanted())
            db.session.commit()
            flash(_("The settings are saved."), "success")
            return redirect(url_for("billing.dunning_settings"), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _show(form), status


def _show(form: SettingsForm, foreseen: Foreseen | None = None) -> str:
    plans = list_plans(db.session(), VERSIONS_SHOWN)
    return render_template(
        "billing/dunning/settings.html", form=form, foreseen=foreseen, plans=plans, today=local_today(),
        holds=get_plan(db.session(), local_today()), pay_to=find_for_letters(db.session(), None),
    )  # fmt: skip


@blueprint.route("/billing/dunning/interest")
@requires(Action.SEE_BILLING)
def list_interest() -> str:
    """Interest that could be charged up to yesterday, how it comes about, and by which rates."""
    session, actor, today = db.session(), current_actor(), local_today()
    proposals = list_proposals(session, actor, today, startup_id=request.args.get("startup", type=row_id))
    page = Page.cut(proposals, page_number(request.args.get("page")))
    return render_template(
        "billing/dunning/interest.html", page=page, total=sum(each.left_minor for each in proposals),
        form=WhyForm(formdata=None), plan=get_plan(session, today), startup=request.args.get("startup", type=row_id),
    )  # fmt: skip


@blueprint.route("/billing/dunning/interest", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def settle_interest() -> Response:
    """Charge what is ticked with the next month, or waive it."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    ids = set(request.form.getlist("invoice", type=row_id))
    shown = {each: request.form.get(f"left-{each}", type=int) or 0 for each in ids}
    try:
        if request.form.get("do") == "waive":
            rows = waive_interest(session, actor, now=utc_now(), shown=shown, reason=form.reason.data or "")
            said = ngettext("Interest on %(num)d invoice is waived.", "Interest on %(num)d invoices is waived.",
                            len(rows))  # fmt: skip
        else:
            rows = charge_interest(session, actor, now=utc_now(), shown=shown)
            said = ngettext("Interest on %(num)d invoice is taken into the next month.",
                            "Interest on %(num)d invoices is taken into the next month.", len(rows))  # fmt: skip
        session.commit()
        flash(said, "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.list_interest"), 303)
