"""The deposit of an agreement: what moved, and what is held."""

from __future__ import annotations

from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.database import db
from incubator.documents.queries import list_documents
from incubator.documents.refusing import refuse
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site
from incubator.startups import queries
from incubator.startups.forms.agreements import DepositForm
from incubator.startups.models import Residency
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.queries.agreements import is_founder_of
from incubator.startups.queries.deposits import list_entries
from incubator.startups.rules.deposits import KINDS
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/residencies/<int:residency_id>/deposit")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show_deposit(residency_id: int) -> str:
    """What was agreed, what is held, and every movement."""
    residency, form = _prepare(residency_id)
    if request.args.get("kind") in KINDS:
        form.kind.data = request.args["kind"]
        form.reason.data = request.args.get("reason", "")[:200]
        minor = request.args.get("amount", type=int)
        form.amount.data = Decimal(minor).scaleb(-2) if minor and 0 < minor < 10**10 else None
    return _show(residency, form)


@blueprint.route("/residencies/<int:residency_id>/deposit", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES, Action.POST_INVOICES)
@requires_recent_password
def move_agreement_deposit(residency_id: int) -> Answer:
    """Write a movement down."""
    residency, form = _prepare(residency_id)
    form.process(request.form)
    status = 422
    if form.validate():
        try:
            move_deposit(db.session(), current_actor(), now=utc_now(), residency_id=residency_id, **form.said())
            db.session.commit()
            flash(_("It is written down."), "success")
            return redirect(url_for("startups.show_deposit", residency_id=residency_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _show(residency, form), status


def _prepare(residency_id: int) -> tuple[Residency, DepositForm]:
    session, actor = db.session(), current_actor()
    residency = queries.get_residency(session, actor, residency_id)
    if not actor.is_staff and not is_founder_of(session, actor, residency.startup_id):
        raise NotFound
    form = DepositForm(formdata=None)
    documents = list_documents(session, actor, startup_id=residency.startup_id, with_withdrawn=False).rows
    others = queries.list_startups_residencies(session, [residency.startup_id])
    form.offer([row.document for row in documents], [each for each, _site in others if each.id != residency.id])
    form.happened_on.data = today_at(get_site(session, actor, residency.site_id), utc_now())
    return residency, form


def _show(residency: Residency, form: DepositForm) -> str:
    session, actor = db.session(), current_actor()
    rows = list_entries(session, residency.id)
    return render_template(
        "startups/show_deposit.html", residency=residency, rows=rows, form=form,
        startup=queries.get_startup(session, actor, residency.startup_id),
        held=rows[0].entry.balance_minor if rows else 0,
        may_move=actor.can(Action.MANAGE_RESIDENCIES) or actor.can(Action.POST_INVOICES),
    )  # fmt: skip
