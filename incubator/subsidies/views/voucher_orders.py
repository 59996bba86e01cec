"""Orders by voucher: placed, redeemed with evidence, given back."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.formats import day, money
from incubator.documents.queries import documents_by_id
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.subsidies.forms.vouchers import OrderForm, ReasonForm, RedeemForm, ReturnForm, minor, put_minor
from incubator.subsidies.operations import voucher_orders as operations
from incubator.subsidies.queries import voucher_ledger as ledger
from incubator.subsidies.queries import vouchers as reads
from incubator.subsidies.views.blueprint import blueprint
from incubator.subsidies.views.vouchers import may_use


@blueprint.route("/vouchers/<int:voucher_id>/orders/new", methods=["GET", "POST"])
@requires(Action.USE_VOUCHERS, Action.MANAGE_SCHEMES)
def new_order(voucher_id: int) -> Answer:
    """Order something by a voucher."""
    session, actor, form = db.session(), current_actor(), OrderForm()
    row, today = reads.get_voucher_row(session, actor, voucher_id), utc_now().astimezone(CHINA).date()
    form.offer(row.series.uses, reads.list_choosable(session, row.series.uses))
    used = ledger.get_used(session, row.series.id, row.startup.id, today.year)

    def place() -> str:
        wanted = operations.Wanted(form.use.data or "", form.title.data or "", minor(form.gross), form.provider_id.data)
        order = operations.order_by_voucher(session, actor, now=utc_now(), voucher_id=voucher_id, wanted=wanted)
        return url_for("subsidies.show_order", order_id=order.id)

    return answer(form, "subsidies/vouchers/new_order.html", place, _("Ordered. The voucher keeps its part for it."),
                  row=row, today=today, used=used)  # fmt: skip


@blueprint.route("/vouchers/orders/<int:order_id>")
@requires(Action.SEE_SCHEMES, Action.TAKE_VOUCHERS, Action.SEE_OWN_INVOICES)
def show_order(order_id: int) -> str:
    """An order, and what was redeemed of it."""
    session, actor = db.session(), current_actor()
    row, redemptions = ledger.get_order(session, actor, order_id), ledger.list_redemptions(session, order_id)
    papers = [entry.document_id for entry, _net, _settled in redemptions if entry.document_id is not None]
    return render_template(
        "subsidies/vouchers/show_order.html", row=row, redemptions=redemptions, may_use=may_use(row.startup.id),
        papers=documents_by_id(session, actor, papers),
    )  # fmt: skip


@blueprint.route("/vouchers/orders/<int:order_id>/redeem", methods=["GET", "POST"])
@requires(Action.TAKE_VOUCHERS)
@takes_documents
def redeem_order(order_id: int) -> Answer:
    """It was delivered, and here is the evidence."""
    session, actor, form = db.session(), current_actor(), RedeemForm()
    row = ledger.get_order(session, actor, order_id)
    if request.method == "GET":
        form.happened_on.data = utc_now().astimezone(CHINA).date()
        put_minor(form.gross, row.to_deliver_minor)

    def redeem() -> str:
        evidence = operations.Evidence(form.title.data or "", form.file.name_of_file, form.file.content)
        operations.redeem(
            session, actor, now=utc_now(), order_id=order_id, gross_minor=minor(form.gross), evidence=evidence,
            happened_on=form.happened_on.data, is_all=bool(form.is_all.data),
        )  # fmt: skip
        return url_for("subsidies.show_order", order_id=order_id)

    return answer(form, "subsidies/vouchers/redeem_order.html", redeem, _("Redeemed."), row=row)


@blueprint.route("/vouchers/orders/<int:order_id>/release", methods=["GET", "POST"])
@requires(Action.USE_VOUCHERS, Action.MANAGE_SCHEMES)
def release_order(order_id: int) -> Answer:
    """It is not wanted, or no more of it: what is reserved goes back."""
    session, actor, form = db.session(), current_actor(), ReasonForm()
    row = ledger.get_order(session, actor, order_id)

    def release() -> str:
        operations.release_order(session, actor, now=utc_now(), order_id=order_id, reason=form.reason.data or "")
        return url_for("subsidies.show_order", order_id=order_id)

    return answer(form, "subsidies/vouchers/release_order.html", release, _("What was reserved is free again."),
                  row=row)  # fmt: skip


@blueprint.route("/vouchers/orders/<int:order_id>/return", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def return_order(order_id: int) -> Answer:
    """The provider takes something back."""
    session, actor, form, locale = db.session(), current_actor(), ReturnForm(), reader_locale()
    row = ledger.get_order(session, actor, order_id)
    open_ = [(entry, net, settled) for entry, net, settled in ledger.list_redemptions(session, order_id)
             if net and not entry.invoice]  # fmt: skip
    done = " · " + _("settled already")
    form.entry_id.choices = [
        (entry.id, f"{day(entry.happened_on, locale)} · {money(net, 'CNY', locale)}{done if settled else ''}")
        for entry, net, settled in open_
    ]
    if request.method == "GET" and open_:
        put_minor(form.amount, open_[0][1])

    def take_back() -> str:
        operations.return_redemption(session, actor, now=utc_now(), order_id=order_id, entry_id=form.entry_id.data,
                                     amount_minor=minor(form.amount), reason=form.reason.data or "")  # fmt: skip
        return url_for("subsidies.show_order", order_id=order_id)

    return answer(form, "subsidies/vouchers/return_order.html", take_back, _("It is back on the voucher."), row=row,
                  is_open=bool(open_))  # fmt: skip
