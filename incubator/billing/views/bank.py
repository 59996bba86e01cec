"""Pages of bank lines: what came, whose it may be, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.forms.bank import AssignForm, WhyForm
from incubator.billing.operations import bank_matching as operations
from incubator.billing.queries import bank as reads
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.billing.queries.payments import choose_parts, find_startups, list_offers
from incubator.billing.rules.matching import THRESHOLD, Suggestion
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.refusing import tell
from incubator.startups.queries import get_startup
from incubator.startups.queries.chart import list_startup_names

STATES = ("open", "done", "ignored", "")


@blueprint.route("/billing/bank")
@requires(Action.SEE_BILLING)
def list_lines() -> str:
    """Lines that wait with what they may be; or those that are done."""
    session, actor = db.session(), current_actor()
    asked = _asked()
    page = reads.list_lines(session, actor, page=page_number(request.args.get("page")), **asked)
    found = find_suggestions(session, actor) if asked["state"] == "open" else {}
    sure = {line_id: each for line_id, each in found.items() if each.confidence >= THRESHOLD}
    startups, numbers = find_startups(session, [each.startup_id for each in found.values()]), _numbers(found)
    return render_template(
        "billing/bank/list_lines.html", page=page, asked=asked, suggestions=found, sure=sure, sure_print=_print(sure),
        startups=startups, numbers=numbers, threshold=THRESHOLD, accounts=reads.list_accounts(session, actor),
        waiting=reads.count_unmatched(session), waiting_minor=reads.sum_unmatched(session),
    )  # fmt: skip


@blueprint.route("/billing/bank/confirm", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def confirm_lines() -> Response:
    """Take the chosen lines, or all above the threshold, for what was shown."""
    session, actor, made = db.session(), current_actor(), list[Any]()

    def confirm() -> None:
        shown = _all_sure() if request.form.get("all") else _chosen_lines()
        made.extend(operations.confirm_lines(session, actor, now=utc_now(), shown=shown))

    try:
        confirm()
        session.commit()
        said = ngettext("%(num)d line is matched and booked.", "%(num)d lines are matched and booked.", len(made))
        flash(said, "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("billing.list_lines"), 303)


@blueprint.route("/billing/bank/lines/<int:line_id>")
@requires(Action.SEE_BILLING)
def show_line(line_id: int) -> str:
    """One line: what the bank says, what is suggested and why, what can be done, and what was."""
    return _show(line_id, AssignForm(formdata=None))


@blueprint.route("/billing/bank/lines/<int:line_id>/assign", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def assign_line(line_id: int) -> Response | tuple[str, int]:
    """Take it as a startup's payment."""
    session, actor, form = db.session(), current_actor(), AssignForm()
    startup_id = request.form.get("startup", type=row_id)
    if startup_id is None:
        flash(_("Choose a startup."), "danger")
        return _show(line_id, form), 422
    form.invoices.choices = [(each.invoice.id, each.number) for each in list_offers(session, actor, startup_id)]
    if not form.validate():
        return _show(line_id, form, startup_id), 422
    whole = reads.get_line(session, actor, line_id)

    def assign() -> None:
        parts = choose_parts(session, actor, startup_id, whole.row.line.amount_minor, how=form.how.data,
                             invoice_ids=form.invoices.data or ())  # fmt: skip
        operations.assign_line(session, actor, now=utc_now(), line_id=line_id,
                               chosen=operations.Chosen(startup_id, parts))  # fmt: skip

    return press(assign, _("The payment is booked."), url_for("billing.show_line", line_id=line_id))


@blueprint.route("/billing/bank/lines/<int:line_id>/refund", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def match_refund(line_id: int) -> Response:
    """It is a refund that went out."""
    refund_id = request.form.get("refund", type=row_id) or 0

    def match() -> None:
        operations.match_refund(db.session(), current_actor(), now=utc_now(), line_id=line_id, refund_id=refund_id)

    return press(match, _("The line is the refund now."), url_for("billing.show_line", line_id=line_id))


@blueprint.route("/billing/bank/lines/<int:line_id>/ignore", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
def ignore_line(line_id: int) -> Answer:
    """Leave it aside, with a reason."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    whole = reads.get_line(session, actor, line_id)

    def ignore() -> str:
        operations.ignore_line(session, actor, now=utc_now(), line_id=line_id, reason=form.reason.data or "")
        return url_for("billing.list_lines")

    return answer(form, "billing/bank/ignore_line.html", ignore, _("The line is left aside."), whole=whole)


@blueprint.route("/billing/bank/lines/<int:line_id>/undo", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
def undo_line(line_id: int) -> Answer:
    """Open it again; what its payment cleared is open again, too."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    whole = reads.get_line(session, actor, line_id)

    def undo() -> str:
        operations.undo_line(session, actor, now=utc_now(), line_id=line_id, reason=form.reason.data or "")
        return url_for("billing.show_line", line_id=line_id)

    return answer(form, "billing/bank/undo_line.html", undo, _("The line is open again."), whole=whole)


def _asked() -> dict[str, Any]:
    state, way = request.args.get("state", "open"), request.args.get("way", "")
    return {
        "state": state if state in STATES else "open", "way": way if way in ("in", "out") else "",
        "account_id": request.args.get("account_id", type=row_id),
        "statement_id": request.args.get("statement_id", type=row_id),
        "search": (clean(request.args.get("search")) or "")[:100],
    }  # fmt: skip


def _show(line_id: int, form: AssignForm, startup_id: int | None = None) -> str:
    session, actor = db.session(), current_actor()
    whole = reads.get_line(session, actor, line_id)
    line, suggestion, offers = whole.row.line, None, list[Any]()
    if line.state == "open" and line.amount_minor > 0:
        suggestion = find_suggestions(session, actor).get(line.id)
        startup_id = startup_id or request.args.get("startup", type=row_id)
        startup_id = suggestion.startup_id if startup_id is None and suggestion is not None else startup_id
    startup = get_startup(session, actor, startup_id) if startup_id else None
    if startup is not None:
        offers = list_offers(session, actor, startup.id)
        form.invoices.choices = [(each.invoice.id, each.number) for each in offers]
    refunds = reads.list_refunds_for(session, actor, -line.amount_minor) if line.amount_minor < 0 else []
    return render_template(
        "billing/bank/show_line.html", whole=whole, form=form, suggestion=suggestion, startup=startup, offers=offers,
        refunds=refunds, suggested_startup=find_startups(session, [suggestion.startup_id])[suggestion.startup_id]
        if suggestion else None, payers=list_startup_names(session, actor) if line.state == "open" else [],
        numbers=_numbers({line.id: suggestion}) if suggestion else {},
    )  # fmt: skip


def _numbers(found: Mapping[int, Suggestion]) -> dict[int, str]:
    """How the invoices of suggestions are called."""
    ids = {invoice_id for each in found.values() for invoice_id, _minor in each.parts}
    return reads.name_invoices(db.session(), ids)


def _print(found: Mapping[int, Suggestion]) -> str:
    """Of all that would be confirmed together: whoever presses the button says by it what they saw."""
    whole = " ".join(f"{line_id}:{each.fingerprint}" for line_id, each in sorted(found.items()))
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def _all_sure() -> dict[int, str]:
    found = find_suggestions(db.session(), current_actor())
    sure = {line_id: each for line_id, each in found.items() if each.confidence >= THRESHOLD}
    if _print(sure) != request.form.get("all"):
        raise Conflict(N_("What is suggested has changed since you saw it. Look again, then confirm."))
    return {line_id: each.fingerprint for line_id, each in sure.items()}


def _chosen_lines() -> dict[int, str]:
    """Boxes that were ticked: “42:9f86d081884c7d65”."""
    pairs = [each.partition(":") for each in request.form.getlist("line")]
    return {int(each[0]): each[2] for each in pairs if each[0].isascii() and each[0].isdigit() and len(each[0]) < 19}
