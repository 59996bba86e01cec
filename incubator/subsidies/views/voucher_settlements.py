"""Settlements with providers: what would be in a list, and the lists that were made."""

from __future__ import annotations

from flask import Response as Download
from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import money, sentence
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.subsidies.forms.vouchers import PayForm, SettleForm, UndoForm
from incubator.subsidies.operations import voucher_payments as operations
from incubator.subsidies.operations.voucher_orders import Evidence
from incubator.subsidies.operations.voucher_settlements import check_period, deductions_for, make_settlement
from incubator.subsidies.queries import voucher_ledger as ledger
from incubator.subsidies.queries import voucher_settlements as reads
from incubator.subsidies.queries.vouchers import get_provider, get_series, list_providers
from incubator.subsidies.views.blueprint import blueprint
from incubator.subsidies.voucher_workbooks import MOST_ROWS, write_redeemed, write_settlements

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/vouchers/settlements")
@requires(Action.SEE_SCHEMES)
def list_settlements() -> str:
    """What was settled with providers: what is to be paid first."""
    session, actor = db.session(), current_actor()
    count, total = reads.sum_unpaid(session, actor)
    page = reads.list_settlements(session, actor, page=page_number(request.args.get("page")))
    return render_template("subsidies/vouchers/list_settlements.html", page=page, unpaid=count, unpaid_minor=total)


@blueprint.route("/vouchers/settlements.xlsx")
@requires(Action.SEE_SCHEMES)
def settlements_workbook() -> Response:
    """All of them with their payments, as a workbook."""
    rows = reads.list_all_settlements(db.session(), current_actor(), MOST_ROWS)
    return _download(write_settlements(rows), "voucher-settlements.xlsx")


@blueprint.route("/vouchers/series/<int:series_id>/redeemed.xlsx")
@requires(Action.SEE_SCHEMES)
def redeemed_workbook(series_id: int) -> Response:
    """What of a series was redeemed, for its issuer: with providers, and of the operator's own."""
    session, actor = db.session(), current_actor()
    series, operator = get_series(session, actor, series_id), get_operator(session)
    rows = reads.list_redeemed(session, actor, series_id, MOST_ROWS)
    return _download(write_redeemed(series, rows, operator.name, reader_locale()), f"{series.code}-redeemed.xlsx")


@blueprint.route("/vouchers/settlements/<int:settlement_id>")
@requires(Action.SEE_SCHEMES)
def show_settlement(settlement_id: int) -> str:
    """A list as it was made, with its papers, whether it is paid, and what was taken back of it since."""
    session, actor = db.session(), current_actor()
    row, payments = reads.get_settlement(session, actor, settlement_id), reads.list_payments(session, settlement_id)
    return render_template(
        "subsidies/vouchers/show_settlement.html", row=row, content=row.settlement.content, payments=payments,
        deducted=reads.list_deducted(session, settlement_id),
    )  # fmt: skip


@blueprint.route("/vouchers/settlements/<int:settlement_id>/pay", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
@takes_documents
def pay_settlement(settlement_id: int) -> Answer:
    """It was paid: when, how, and what proves it."""
    session, actor, form = db.session(), current_actor(), PayForm()
    row = reads.get_settlement(session, actor, settlement_id)
    if request.method == "GET":
        form.paid_on.data = utc_now().astimezone(CHINA).date()

    def pay() -> str:
        proof = Evidence("", form.file.name_of_file, form.file.content) if form.file.name_of_file else None
        operations.pay_settlement(
            session, actor, now=utc_now(), settlement_id=settlement_id, paid_on=form.paid_on.data, way=form.way.data,
            reference=form.reference.data or "", proof=proof,
        )  # fmt: skip
        return url_for("subsidies.show_settlement", settlement_id=settlement_id)

    return answer(form, "subsidies/vouchers/pay_settlement.html", pay, _("The payment is recorded."), row=row)


@blueprint.route("/vouchers/settlements/<int:settlement_id>/undo-payment", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def undo_payment(settlement_id: int) -> Answer:
    """It was not paid after all."""
    session, actor, form = db.session(), current_actor(), UndoForm()
    row = reads.get_settlement(session, actor, settlement_id)

    def undo() -> str:
        operations.undo_payment(session, actor, now=utc_now(), settlement_id=settlement_id,
                                reason=form.reason.data or "")  # fmt: skip
        return url_for("subsidies.show_settlement", settlement_id=settlement_id)

    return answer(form, "subsidies/vouchers/undo_payment.html", undo, _("Noted: it is to be paid."), row=row)


def _download(content: bytes, name: str) -> Response:
    found = Download(content, mimetype=MEDIA_TYPE)
    found.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return found


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
    pressed = press(settle, _("The list is made and kept."), url_for("subsidies.new_settlement", **shown))
    if made:
        pressed.location = url_for("subsidies.show_settlement", settlement_id=made[0])
    return pressed


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
    lines, deductions, waits, status = None, [], [], 422
    if form.validate():
        try:
            check_period(form.first.data, form.last.data, utc_now().astimezone(CHINA).date())
            provider = get_provider(db.session(), current_actor(), form.provider_id.data)
            lines, status = ledger.list_payable(db.session(), provider.id, form.first.data, form.last.data), 200
            deductions = deductions_for(db.session(), provider.id, lines)
            taken = {each.entry.id for each in deductions}
            waits = [each for each in reads.list_deductions(db.session(), provider.id) if each.entry.id not in taken]
        except Refusal as refusal:
            field = form[refusal.field or "last"]
            field.errors = [*field.errors, sentence(refusal, reader_locale())]
    total = sum(each.net_minor for each in lines or ()) - sum(each.entry.amount_minor for each in deductions)
    return render_template("subsidies/vouchers/new_settlement.html", form=form, lines=lines, total=total,
                           deductions=deductions, waits=waits), status  # fmt: skip
