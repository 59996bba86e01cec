"""Pages of bank lines: what came, whose it may be, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.forms.bank import AssignForm, WhyForm, typed_amounts
from incubator.billing.operations import bank_matching as operations
from incubator.billing.operations.bank_taking import Chosen
from incubator.billing.queries import bank as reads
from incubator.billing.queries.bank_matches import find_suggestions, incoming_of, list_payouts_for
from incubator.billing.queries.payments import choose_parts, find_startups, list_offers
from incubator.billing.rules.matching import THRESHOLD, Payout, Suggestion, is_stripe
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
MOST_SHARES = 5
"""Startups that one line is shared among."""


@blueprint.route("/billing/bank")
@requires(Action.SEE_BILLING)
def list_lines() -> str:
    """Lines that wait with what they may be; or those that are done."""
    session, actor = db.session(), current_actor()
    asked = _asked()
    page = reads.list_lines(session, actor, page=page_number(request.args.get("page")), **asked)
    found = find_suggestions(session, actor) if asked["state"] == "open" else {}
    sure = {line_id: each for line_id, each in found.items() if each.confidence >= THRESHOLD}
    startups = find_startups(session, [startup_id for each in found.values() for startup_id in each.startup_ids])
    numbers = _numbers(found)
    return render_template(
        "billing/bank/list_lines.html", page=page, asked=asked, suggestions=found, sure=sure, sure_print=_print(sure),
        startups=startups, numbers=numbers, threshold=THRESHOLD, accounts=reads.list_accounts(session, actor),
        stripe={row.line.id for row in page.rows if is_stripe(incoming_of(row.line))},
        waiting=reads.count_unmatched(session), waiting_minor=reads.sum_unmatched(session),
    )  # fmt: skip


@blueprint.route("/billing/bank/confirm", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def confirm_lines() -> Response:
    """Take the chosen lines, or all above the threshold, for what was shown."""
    session, actor = db.session(), current_actor()
    try:
        shown = _all_sure() if request.form.get("all") else _chosen_lines()
        operations.confirm_lines(session, actor, now=utc_now(), shown=shown)
        session.commit()
        said = ngettext("%(num)d line is matched and booked.", "%(num)d lines are matched and booked.", len(shown))
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
    """Take it as a startup's payment, or as payments of several: what each pays stands beside its invoices."""
    session, actor, form = db.session(), current_actor(), AssignForm()
    startup_ids = _startup_ids(request.form)
    if not startup_ids:
        flash(_("Choose a startup."), "danger")
        return _show(line_id, form), 422
    form.invoices.choices = [
        (each.invoice.id, each.number) for startup_id in startup_ids for each in list_offers(session, actor, startup_id)
    ]
    if not form.validate():
        return _show(line_id, form, startup_ids), 422
    whole = reads.get_line(session, actor, line_id)
    try:
        shares = _typed_shares(form, startup_ids, whole.row.line.amount_minor)
        operations.share_line(session, actor, now=utc_now(), line_id=line_id, shares=shares)
        session.commit()
    except Refusal as refusal:
        tell(refusal)
        return _show(line_id, form, startup_ids), refusal.status
    flash(_("The payment is booked."), "success")
    return redirect(url_for("billing.show_line", line_id=line_id), 303)


def _startup_ids(asked: MultiDict[str, str]) -> list[int]:
    """The startups that share a line, each once; five at most."""
    return list(dict.fromkeys(asked.getlist("startup", type=row_id)))[:MOST_SHARES]


def _typed_shares(form: AssignForm, startup_ids: Sequence[int], amount_minor: int) -> list[Chosen]:
    """What was typed: of each startup its part of the line, where there are several, and what it pays."""
    session, actor = db.session(), current_actor()
    typed, of_each = typed_amounts(request.form), typed_amounts(request.form, "share")
    found = []
    for startup_id in startup_ids:
        minor = amount_minor if len(startup_ids) == 1 else of_each.get(startup_id, 0)
        if len(startup_ids) > 1 and not minor:
            raise Refusal(N_("Say of each startup how much of it is its own."))
        mine = {each.invoice.id for each in list_offers(session, actor, startup_id)}
        chosen = [each for each in form.invoices.data or () if each in mine]
        some = {invoice_id: each for invoice_id, each in typed.items() if invoice_id in mine}
        nothing = form.how.data == "chosen" and len(startup_ids) > 1 and not (chosen or some)
        how = "advance" if nothing else form.how.data
        parts = choose_parts(session, actor, startup_id, minor, how=how, invoice_ids=chosen, typed=some)
        found.append(Chosen(startup_id, parts, minor))
    return found


@blueprint.route("/billing/bank/lines/<int:line_id>/payout", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def match_payout(line_id: int) -> Response:
    """It is a payout of Stripe, which is booked already."""
    payout_id = request.form.get("payout", type=row_id) or 0

    def match() -> None:
        operations.match_payout(db.session(), current_actor(), now=utc_now(), line_id=line_id, payout_id=payout_id)

    return press(match, _("The line is the payout now."), url_for("billing.show_line", line_id=line_id))


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


def _show(line_id: int, form: AssignForm, startup_ids: Sequence[int] = ()) -> str:
    session, actor = db.session(), current_actor()
    whole = reads.get_line(session, actor, line_id)
    line, suggestion, payouts = whole.row.line, None, list[Payout]()
    if line.state == "open" and line.amount_minor > 0:
        suggestion = find_suggestions(session, actor).get(line.id)
        startup_ids = startup_ids or _startup_ids(request.args)
        startup_ids = suggestion.startup_ids if not startup_ids and suggestion is not None else startup_ids
        payouts = list_payouts_for(session, line.booked_on, line.booked_on, line.amount_minor)
    chosen = [(get_startup(session, actor, each), list_offers(session, actor, each)) for each in startup_ids]
    form.invoices.choices = [(each.invoice.id, each.number) for _startup, offers in chosen for each in offers]
    refunds = reads.list_refunds_for(session, actor, -line.amount_minor) if line.amount_minor < 0 else []
    return render_template(
        "billing/bank/show_line.html", whole=whole, form=form, suggestion=suggestion, chosen=chosen, refunds=refunds,
        payouts=[each for each in payouts if suggestion is None or each.payout_id != suggestion.payout_id],
        startups=find_startups(session, suggestion.startup_ids) if suggestion else {}, most_shares=MOST_SHARES,
        payers=list_startup_names(session, actor) if line.state == "open" else [], typed=request.form,
        numbers=_numbers({line.id: suggestion}) if suggestion else {}, waits_for_stripe=is_stripe(incoming_of(line)),
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
