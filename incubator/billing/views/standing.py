"""A startup's single page of truth, and its statement of account."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.forms.offsetting import OffsetForm
from incubator.billing.operations.offsetting import offset_deposit
from incubator.billing.queries.affairs import get_affairs
from incubator.billing.queries.open_items import list_left_payments, list_open_invoices
from incubator.billing.queries.standing import Statement, get_standing, get_statement, list_held_deposits
from incubator.billing.statements import export_statement
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today, send
from incubator.core.clock import utc_now
from incubator.core.money import to_minor
from incubator.database import db
from incubator.documents import formats
from incubator.documents.answering import Answer, answer
from incubator.i18n import reader_locale

USUAL = timedelta(days=365)
"""How far back a statement goes until other days are asked for."""


@blueprint.route("/billing/companies/<int:startup_id>")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def show_company(startup_id: int) -> str:
    """What a startup owes, has paid too much and is held of it, what is open, and every movement of a year."""
    session, actor, day = db.session(), current_actor(), local_today()
    standing = get_standing(session, actor, startup_id, day)
    return render_template(
        "billing/company.html", standing=standing, startup=standing.startup, today=day,
        statement=_statement(startup_id), open=list_open_invoices(session, actor, startup_id=startup_id),
        left=list_left_payments(session, actor, startup_id=startup_id), affairs=get_affairs(session, startup_id, day),
    )  # fmt: skip


@blueprint.route("/billing/companies/<int:startup_id>/statement.pdf")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def statement_pdf(startup_id: int) -> Response:
    """The statement of account as PDF."""
    return send(export_statement(db.session(), _statement(startup_id), "pdf", reader_locale(), local_today()))


@blueprint.route("/billing/companies/<int:startup_id>/statement.xlsx")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def statement_workbook(startup_id: int) -> Response:
    """The same as a workbook."""
    return send(export_statement(db.session(), _statement(startup_id), "xlsx", reader_locale(), local_today()))


@blueprint.route("/billing/companies/<int:startup_id>/offset", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
@requires_recent_password
def offset_a_deposit(startup_id: int) -> Answer:
    """Pay open invoices from a deposit that is held."""
    session, actor = db.session(), current_actor()
    standing = get_standing(session, actor, startup_id, local_today())
    held = list_held_deposits(session, startup_id)
    form = OffsetForm()
    form.residency_id.choices = [
        (residency.id, " · ".join((residency.number, formats.money(minor, "CNY", reader_locale()))))
        for residency, minor in held
    ]
    if request.method == "GET" and held:
        form.amount.data = Decimal(min(standing.open_minor, held[0][1])).scaleb(-2)

    def change() -> str:
        amount_minor = to_minor(form.amount.data or Decimal(0))
        offset_deposit(session, actor, now=utc_now(), residency_id=form.residency_id.data, amount_minor=amount_minor,
                       reason=form.reason.data or "")  # fmt: skip
        return url_for("billing.show_company", startup_id=startup_id)

    return answer(form, "billing/offset_deposit.html", change, _("It is paid from the deposit."), standing=standing)


def _statement(startup_id: int) -> Statement:
    until = min(_day("until", local_today()), local_today())
    since = min(_day("since", until - USUAL), until)
    return get_statement(db.session(), current_actor(), startup_id, since, until)


def _day(name: str, default: date) -> date:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return default
    return found if date(2000, 1, 1) <= found <= date(2100, 1, 1) else default
