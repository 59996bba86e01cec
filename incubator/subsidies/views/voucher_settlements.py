"""Settlements with providers: what would be in a list, and the lists that were made."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, press
from incubator.documents.formats import money, sentence
from incubator.i18n import reader_locale
from incubator.subsidies.forms.vouchers import SettleForm
from incubator.subsidies.operations.voucher_settlements import check_period, make_settlement
from incubator.subsidies.queries import voucher_ledger as ledger
from incubator.subsidies.queries.vouchers import get_provider, list_providers
from incubator.subsidies.views.blueprint import blueprint


@blueprint.route("/vouchers/settlements")
@requires(Action.SEE_SCHEMES)
def list_settlements() -> str:
    """What was settled with providers."""
    page = ledger.list_settlements(db.session(), current_actor(), page=page_number(request.args.get("page")))
    return render_template("subsidies/vouchers/list_settlements.html", page=page)


@blueprint.route("/vouchers/settlements/<int:settlement_id>")
@requires(Action.SEE_SCHEMES)
def show_settlement(settlement_id: int) -> str:
    """A list as it was made, with its papers."""
    row = ledger.get_settlement(db.session(), current_actor(), settlement_id)
    return render_template("subsidies/vouchers/show_settlement.html", row=row, content=row.settlement.content)


@blueprint.route("/vouchers/settlements/new")
@requires(Action.MANAGE_SCHEMES)
def new_settlement() -> Answer:
    """The list as it would be made now, line by line."""
    form, today = SettleForm(formdata=request.args or None, meta={"csrf": False}), utc_now().astimezone(CHINA).date()
    payable = _offer(form)
    if request.args:
        return _preview(form)
    form.first.data, form.last.data = (Month.of(today) - 1).first, today
    form.provider_id.data = max(payable, key=lambda each: payable[each], default=None)
    return render_template("subsidies/vouchers/new_settlement.html", form=form, lines=None, total=0)


@blueprint.route("/vouchers/settlements", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def make_list() -> Answer:
    """Make it, if it still is what was shown."""
    session, actor, form, made = db.session(), current_actor(), SettleForm(), list[int]()
    _offer(form)
    if not form.validate():
        return _preview(form)

    def settle() -> None:
        made.append(make_settlement(
            session, actor, now=utc_now(), provider_id=form.provider_id.data, first=form.first.data,
            last=form.last.data, expected_minor=form.expected_minor,
        ).id)  # fmt: skip

    shown = {"provider_id": form.provider_id.data, "first": form.first.data, "last": form.last.data}
    answer = press(settle, _("The list is made and kept."), url_for("subsidies.new_settlement", **shown))
    if made:
        answer.location = url_for("subsidies.show_settlement", settlement_id=made[0])
    return answer


def _offer(form: SettleForm) -> dict[int, int]:
    """The providers to choose from, each with what is to be settled with it."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    payable = ledger.count_payable(session, actor)
    form.provider_id.choices = [
        (each.id, f"{each.name} · {money(payable[each.id], 'CNY', locale)}" if payable.get(each.id) else each.name)
        for each in list_providers(session, actor)
    ]
    return payable


def _preview(form: SettleForm) -> tuple[str, int]:
    lines, status = None, 422
    if form.validate():
        try:
            check_period(form.first.data, form.last.data, utc_now().astimezone(CHINA).date())
            provider = get_provider(db.session(), current_actor(), form.provider_id.data)
            lines, status = ledger.list_payable(db.session(), provider.id, form.first.data, form.last.data), 200
        except Refusal as refusal:
            field = form[refusal.field or "last"]
            field.errors = [*field.errors, sentence(refusal, reader_locale())]
    total = sum(each.net_minor for each in lines or ())
    return render_template("subsidies/vouchers/new_settlement.html", form=form, lines=lines, total=total), status
