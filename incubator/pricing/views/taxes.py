"""Pages of VAT: what holds, what was entered, another status, another rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.pricing import operations
from incubator.pricing.forms.taxes import TaxRateForm, TaxStatusForm
from incubator.pricing.queries.taxes import list_rates, list_statuses, load_taxes, rates_on
from incubator.pricing.views.blueprint import blueprint


@blueprint.route("/tariffs/taxes")
@requires(Action.SEE_PRICES)
def list_taxes() -> str:
    """How the operator is taxed today, at which rates and by what law; and all that was entered."""
    session, actor, today = db.session(), current_actor(), _today()
    taxes = load_taxes(session)
    return render_template(
        "pricing/list_taxes.html", today=today, status=taxes.status_on(today), rates=rates_on(taxes, today),
        statuses=list_statuses(session, actor),
        page=list_rates(session, actor, page=page_number(request.args.get("page"))),
    )  # fmt: skip


@blueprint.route("/tariffs/taxes/status", methods=["GET", "POST"])
@requires(Action.MANAGE_PRICES)
def new_tax_status() -> Answer:
    """How the operator is taxed from a day on."""
    form = TaxStatusForm()
    if request.method == "GET":
        form.valid_from.data = _today().replace(day=1)

    def change() -> str:
        assert form.valid_from.data is not None, "validated"
        operations.set_tax_status(db.session(), current_actor(), now=utc_now(), status=form.status.data,
                                  valid_from=form.valid_from.data, usual=form.usual.data)  # fmt: skip
        return url_for("pricing.list_taxes")

    return answer(form, "pricing/new_tax_status.html", change, _("It holds for what is posted from now on."))


@blueprint.route("/tariffs/taxes/rate", methods=["GET", "POST"])
@requires(Action.MANAGE_PRICES)
def new_tax_rate() -> Answer:
    """The rate of a kind of charge from a day on."""
    form = TaxRateForm()
    if request.method == "GET":
        today = _today()
        form.valid_from.data = today.replace(day=1)
        form.status.data = load_taxes(db.session()).status_on(today) or "general"
        form.charge_kind.data = request.args.get("kind", "rent")

    def change() -> str:
        percent, valid_from = form.percent.data, form.valid_from.data
        assert percent is not None and valid_from is not None, "validated"
        operations.set_tax_rate(db.session(), current_actor(), now=utc_now(), status=form.status.data,
                                charge_kind=form.charge_kind.data, valid_from=valid_from, rate=percent / Decimal(100),
                                source=form.source.data or "")  # fmt: skip
        return url_for("pricing.list_taxes")

    return answer(form, "pricing/new_tax_rate.html", change, _("It holds for what is posted from now on."))


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
