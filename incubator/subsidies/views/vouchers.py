"""Vouchers: all of them, one with its ledger, one's own with their codes, and what a code opens."""

from __future__ import annotations

from typing import Any

import segno
from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import press
from incubator.documents.queries import documents_by_id
from incubator.settings import Settings
from incubator.subsidies.models import Voucher
from incubator.subsidies.operations.voucher_issuing import renew_code
from incubator.subsidies.queries import voucher_ledger as ledger
from incubator.subsidies.queries import vouchers as reads
from incubator.subsidies.views.blueprint import blueprint
from incubator.subsidies.voucher_codes import check_code, code_of, id_in


@blueprint.route("/vouchers")
@requires(Action.SEE_SCHEMES, Action.TAKE_VOUCHERS)
def list_vouchers() -> str:
    """Every voucher, by how it stands."""
    session, actor, args = db.session(), current_actor(), request.args
    view = args.get("view", "all")
    view = view if view in reads.VIEWS else "all"
    wanted: dict[str, Any] = {
        "search": (clean(args.get("q")) or "")[:100], "series_id": args.get("series", type=row_id),
        "startup_id": args.get("startup", type=row_id),
    }  # fmt: skip
    today = utc_now().astimezone(CHINA).date()
    return render_template(
        "subsidies/vouchers/list_vouchers.html", view=view, wanted=wanted, today=today,
        is_filtered=any(wanted.values()),
        page=reads.list_vouchers(session, actor, today=today, view=view, page=page_number(args.get("page")), **wanted),
        counts=reads.count_views(session, actor, today=today, **wanted), series=reads.list_series_names(session),
        waiting=reads.count_open_applications(session, actor) if actor.can(Action.SEE_SCHEMES) else 0,
    )  # fmt: skip


@blueprint.route("/vouchers/<int:voucher_id>")
@requires(Action.SEE_SCHEMES, Action.TAKE_VOUCHERS, Action.SEE_OWN_INVOICES)
def show_voucher(voucher_id: int) -> str:
    """One voucher: what is left, its orders, every line of its ledger."""
    session, actor = db.session(), current_actor()
    row = reads.get_voucher_row(session, actor, voucher_id)
    entries = ledger.list_entries(session, voucher_id)
    today = utc_now().astimezone(CHINA).date()
    papers = [each.entry.document_id for each in entries if each.entry.document_id is not None]
    return render_template(
        "subsidies/vouchers/show_voucher.html", row=row, today=today, entries=entries,
        orders=ledger.list_orders(session, [voucher_id]), papers=documents_by_id(session, actor, papers),
        used=ledger.get_used(session, row.series.id, row.startup.id, today.year), may_use=may_use(row.startup.id),
        qr=_qr(row.voucher) if row.startup.id in actor.startups_for(Action.SEE_OWN_INVOICES) else None,
    )  # fmt: skip


@blueprint.route("/my/vouchers")
@requires(Action.SEE_OWN_INVOICES)
def my_vouchers() -> str:
    """One's own vouchers with their codes to show, and what can be applied for."""
    session, actor = db.session(), current_actor()
    today, rows = utc_now().astimezone(CHINA).date(), reads.list_own_vouchers(session, actor)
    return render_template(
        "subsidies/vouchers/my_vouchers.html", rows=rows, today=today,
        codes={each.voucher.id: _qr(each.voucher) for each in rows},
        applications=reads.list_own_applications(session, actor),
        offered=reads.list_open_series(session, actor, today) if actor.can(Action.USE_VOUCHERS) else [],
        several=len(actor.startups_for(Action.SEE_OWN_INVOICES)) > 1,
    )  # fmt: skip


@blueprint.route("/vouchers/codes/<code>")
@requires(Action.TAKE_VOUCHERS)
def present(code: str) -> str:
    """What a voucher's code opens at the counter: whose it is, what is left, which orders wait."""
    session, actor = db.session(), current_actor()
    voucher = reads.get_voucher(session, actor, id_in(code))
    check_code(_settings().secret_key, voucher, code)
    return render_template(
        "subsidies/vouchers/present.html", row=reads.get_voucher_row(session, actor, voucher.id),
        today=utc_now().astimezone(CHINA).date(), orders=ledger.list_orders(session, [voucher.id], only_open=True),
    )  # fmt: skip


@blueprint.route("/vouchers/<int:voucher_id>/code", methods=["POST"])
@requires(Action.MANAGE_SCHEMES, Action.USE_VOUCHERS)
def renew_voucher_code(voucher_id: int) -> Response:
    """Another code, where the one before has got around."""
    return press(
        lambda: renew_code(db.session(), current_actor(), now=utc_now(), voucher_id=voucher_id),
        _("The code is another now; the one before opens nothing any more."),
        url_for("subsidies.show_voucher", voucher_id=voucher_id),
    )


def may_use(startup_id: int) -> bool:
    """Whether the reader orders by this startup's vouchers."""
    actor = current_actor()
    return actor.can(Action.MANAGE_SCHEMES) or startup_id in actor.startups_for(Action.USE_VOUCHERS)


def _qr(voucher: Voucher) -> str:
    """The address that presents it, as an inline picture: dark on light in either theme, since readers ask for that."""
    path = url_for("subsidies.present", code=code_of(_settings().secret_key, voucher))
    code = segno.make(_settings().base_url + path, error="m")
    return str(code.svg_inline(scale=8, border=4, dark="#16302e", light="#ffffff", omitsize=True))


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
