"""Pages of the books: balances, accounts, entries, closing, the operator's chart, ageing, export."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.forms.books import AccountCodeForm
from incubator.billing.journal_exports import FORMATS, export_journal
from incubator.billing.operations.catching_up import catch_up, count_behind
from incubator.billing.operations.closing import close_month, map_account
from incubator.billing.queries.books import (
    find_differences,
    get_entry,
    list_account,
    list_ageing,
    list_entries,
    list_income,
    list_months,
    name_accounts,
    total,
    trial_balance,
)
from incubator.billing.queries.deferred import list_deferred
from incubator.billing.rules.accounts import Account
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today, month_of, send
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale


@blueprint.route("/billing/books")
@requires(Action.SEE_BILLING)
def books() -> str:
    """A month's trial balance, the months with what is closed, and whether the books agree with themselves."""
    session, actor = db.session(), current_actor()
    months = list_months(session, actor)
    month = _asked_month(months[0].month if months else Month.of(local_today()))
    rows = trial_balance(session, actor, month.first, month.last)
    shown = next((each for each in months if each.month == month), None)
    return render_template(
        "billing/books.html", months=months[:24], month=month, rows=rows, total=total(rows), shown=shown,
        named=name_accounts(session, month.last), behind=count_behind(session, utc_now()),
        wrong=find_differences(session), is_over=local_today() > month.last,
        income=list_income(session, actor, month.first, month.last),
    )  # fmt: skip


@blueprint.route("/billing/books/catch-up", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def catch_up_books() -> Response:
    """Book what deposits and vouchers did since."""
    count = catch_up(db.session(), current_actor(), now=utc_now())
    db.session.commit()
    flash(_("%(count)s movements are booked.", count=count), "success")
    return redirect(url_for("billing.books"), 303)


@blueprint.route("/billing/books/<month>/close", methods=["POST"])
@requires(Action.CLOSE_BOOKS)
@requires_recent_password
def close_books(month: str) -> Response:
    """Close a month for good."""
    try:
        close_month(db.session(), current_actor(), now=utc_now(), month=month_of(month))
        db.session.commit()
        flash(_("%(month)s is closed. What turns out later is booked in the next month.", month=month), "success")
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("billing.books", month=month), 303)


@blueprint.route("/billing/books/<month>/<layout>.<extension>")
@requires(Action.SEE_BILLING)
def export_books(month: str, layout: str, extension: str) -> Response:
    """The month's vouchers for accounting software."""
    if extension not in FORMATS.get(layout, ()):
        raise NotFound
    return send(export_journal(db.session(), current_actor(), month_of(month), layout, extension, reader_locale()))


@blueprint.route("/billing/books/accounts/<name>")
@requires(Action.SEE_BILLING)
def show_account(name: str) -> str:
    """What was posted to an account in a month."""
    try:
        account = Account(name)
    except ValueError:
        raise NotFound from None
    session, actor, month = db.session(), current_actor(), _asked_month(Month.of(local_today()))
    rows = {row.account: row for row in trial_balance(session, actor, month.first, month.last)}
    page = list_account(session, actor, account, month.first, month.last, page=page_number(request.args.get("page")))
    return render_template("billing/account.html", account=account, month=month, row=rows.get(account), page=page,
                           named=name_accounts(session, month.last))  # fmt: skip


@blueprint.route("/billing/books/entries")
@requires(Action.SEE_BILLING)
def list_journal() -> str:
    """A month's entries."""
    session, actor, month = db.session(), current_actor(), _asked_month(Month.of(local_today()))
    page = list_entries(session, actor, month, page=page_number(request.args.get("page")))
    return render_template("billing/entries.html", month=month, page=page)


@blueprint.route("/billing/books/entries/<int:entry_id>")
@requires(Action.SEE_BILLING)
def show_entry(entry_id: int) -> str:
    """An entry with its postings."""
    session = db.session()
    booked = get_entry(session, current_actor(), entry_id)
    return render_template("billing/entry.html", booked=booked, entry=booked.entry,
                           named=name_accounts(session, booked.entry.booked_on))  # fmt: skip


@blueprint.route("/billing/books/chart")
@requires(Action.SEE_BILLING)
def chart() -> str:
    """What each account is called in the operator's chart today."""
    return render_template("billing/chart.html", named=name_accounts(db.session(), local_today()))


@blueprint.route("/billing/books/chart/new", methods=["GET", "POST"])
@requires(Action.MANAGE_BILLING)
def new_account_code() -> Answer:
    """Call an account by the operator's own code and name, from a day on."""
    form = AccountCodeForm()
    if request.method == "GET":
        form.valid_from.data = local_today().replace(day=1)
        form.account.data = request.args.get("account", Account.BANK)

    def change() -> str:
        assert form.valid_from.data is not None, "validated"
        map_account(db.session(), current_actor(), now=utc_now(), account=form.account.data, code=form.code.data or "",
                    name=form.name.data or "", valid_from=form.valid_from.data)  # fmt: skip
        return url_for("billing.chart")

    return answer(form, "billing/new_account_code.html", change, _("The chart has it from that day on."))


@blueprint.route("/billing/books/deferred")
@requires(Action.SEE_BILLING)
def deferred_income() -> str:
    """What is billed and not earned yet, charge by charge."""
    page, left = list_deferred(db.session(), current_actor(), page=page_number(request.args.get("page")))
    return render_template("billing/deferred.html", page=page, left=left)


@blueprint.route("/billing/ageing")
@requires(Action.SEE_BILLING)
def ageing() -> str:
    """Who owes how much for how long, and who has paid too much."""
    rows = list_ageing(db.session(), current_actor(), local_today())
    sums = [sum(row.by_age[place] for row in rows) for place in range(5)]
    return render_template("billing/ageing.html", rows=rows, sums=sums, today=local_today(),
                           advances=sum(row.advances_minor for row in rows))  # fmt: skip


def _asked_month(default: Month) -> Month:
    text = request.args.get("month")
    return month_of(text) if text else default
