"""Pages of what finance decides about a month: who is left out, what is charged once, who approves."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.forms.runs import OneOffForm, WhyForm
from incubator.billing.operations.approvals import ask_run
from incubator.billing.operations.exclusions import exclude_startup, lift_exclusion
from incubator.billing.operations.one_off import OneOffTerms, add_one_off
from incubator.billing.operations.one_off import withdraw_one_off as withdraw
from incubator.billing.queries.runs import get_one_off, list_chargeable, list_one_off_charges
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import month_of
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.refusing import refuse, tell
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites

Answer = str | Response | tuple[str, int]
STATES = ("waiting", "posted", "withdrawn")


@blueprint.route("/billing/one-off")
@requires(Action.SEE_BILLING)
def list_one_offs() -> str:
    """One-off charges, the latest first."""
    state, startup_id = request.args.get("state", ""), request.args.get("startup", type=row_id)
    state = state if state in STATES else ""
    page = list_one_off_charges(db.session(), current_actor(), page=page_number(request.args.get("page")), state=state,
                                startup_id=startup_id)  # fmt: skip
    return render_template("billing/one_offs.html", page=page, state=state, startup_id=startup_id)


@blueprint.route("/billing/one-off/new", methods=["GET", "POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def new_one_off() -> Answer:
    """Charge something once."""
    session, actor, form, locale = db.session(), current_actor(), OneOffForm(), reader_locale()
    startups = list_chargeable(session, actor)
    form.startup_id.choices = [(each.id, f"{named(each, locale)} · {each.code}") for each in startups]
    form.site_id.choices = [(each.id, named(each, locale)) for each in list_sites(session, actor)]
    if request.method == "GET":
        form.startup_id.data = request.args.get("startup", type=row_id)
        return render_template("billing/new_one_off.html", form=form)
    if not form.validate():
        return render_template("billing/new_one_off.html", form=form), 422
    try:
        add_one_off(session, actor, now=utc_now(), startup_id=form.startup_id.data, site_id=form.site_id.data,
                    terms=_terms(form))  # fmt: skip
        session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return render_template("billing/new_one_off.html", form=form), status
    flash(_("It stands in the draft of its month."), "success")
    return redirect(url_for("billing.list_one_offs"), 303)


def _terms(form: OneOffForm) -> OneOffTerms:
    try:
        return form.terms()
    except ValueError:
        raise Refusal(N_("Give a month."), field="month") from None


@blueprint.route("/billing/one-off/<int:one_off_id>/withdraw", methods=["GET", "POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def withdraw_one_off(one_off_id: int) -> Answer:
    """Take one back that is not posted yet."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    row = get_one_off(session, actor, one_off_id)
    if request.method == "GET" or not form.validate():
        page = render_template("billing/withdraw_one_off.html", form=form, row=row)
        return page if request.method == "GET" else (page, 422)
    try:
        withdraw(session, actor, now=utc_now(), one_off_id=one_off_id, reason=form.reason.data or "")
        session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        row = get_one_off(session, actor, one_off_id)
        return render_template("billing/withdraw_one_off.html", form=form, row=row), status
    flash(_("It is withdrawn."), "success")
    return redirect(url_for("billing.list_one_offs"), 303)


@blueprint.route("/billing/<int:site_id>/<month>/exclude", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def exclude(site_id: int, month: str) -> Response:
    """Leave a startup out of the month."""
    chosen = month_of(month)
    try:
        exclude_startup(
            db.session(), current_actor(), now=utc_now(), site_id=site_id, month=chosen,
            startup_id=request.form.get("startup_id", 0, type=row_id), reason=request.form.get("reason", ""),
        )  # fmt: skip
        db.session.commit()
        flash(_("It is left out of this month; what it owes waits."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.draft", site_id=site_id, month=month), 303)


@blueprint.route("/billing/<int:site_id>/<month>/exclusions/<int:exclusion_id>/lift", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def lift(site_id: int, month: str, exclusion_id: int) -> Response:
    """Take it in again."""
    try:
        lift_exclusion(db.session(), current_actor(), now=utc_now(), exclusion_id=exclusion_id)
        db.session.commit()
        flash(_("It is in this month again."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.draft", site_id=site_id, month=month), 303)


@blueprint.route("/billing/<int:site_id>/<month>/ask", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def ask_posting(site_id: int, month: str) -> Response:
    """Ask a second person for the posting of the draft that was shown."""
    chosen = month_of(month)
    try:
        ask_run(db.session(), current_actor(), now=utc_now(), site_id=site_id, month=chosen,
                shown=request.form.get("shown", ""))  # fmt: skip
        db.session.commit()
        flash(_("A second person has been asked; when they have approved this draft, it can be posted."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.draft", site_id=site_id, month=month), 303)
