"""Pages of bank accounts and of importing their statements."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.forms.bank import BankAccountForm, MappingForm, StatementForm
from incubator.billing.operations import bank_accounts as accounts
from incubator.billing.operations import bank_importing as operations
from incubator.billing.queries import bank as reads
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites

SHOWN_ROWS = 12
SHOWN_FAULTS = 200


@blueprint.route("/billing/bank/accounts")
@requires(Action.SEE_BILLING)
def list_bank_accounts() -> str:
    """The operator's accounts, by their last digits."""
    session, actor = db.session(), current_actor()
    sites = {site.id: site for site in list_sites(session, actor)}
    found = reads.list_accounts(session, actor)
    return render_template("billing/bank/list_bank_accounts.html", accounts=found, sites=sites)


@blueprint.route("/billing/bank/accounts/new", methods=["GET", "POST"])
@requires(Action.MANAGE_BILLING)
def new_bank_account() -> Answer:
    """One more."""
    form = _account_form()

    def add() -> str:
        accounts.add_bank_account(db.session(), current_actor(), now=utc_now(), terms=form.terms())
        return url_for("billing.list_bank_accounts")

    return answer(form, "billing/bank/edit_bank_account.html", add, _("The account is there."), account=None)


@blueprint.route("/billing/bank/accounts/<int:account_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_BILLING)
def edit_bank_account(account_id: int) -> Answer:
    """Its number in full, and what is said of it."""
    session, actor = db.session(), current_actor()
    account = reads.get_account(session, actor, account_id)
    form = _account_form(account)

    def edit() -> str:
        accounts.edit_bank_account(session, actor, now=utc_now(), account_id=account_id, terms=form.terms())
        return url_for("billing.list_bank_accounts")

    return answer(form, "billing/bank/edit_bank_account.html", edit, _("The account is changed."), account=account)


@blueprint.route("/billing/bank/import", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
def import_statement() -> Answer:
    """Send a statement; below, those that were imported."""
    session, actor, form = db.session(), current_actor(), StatementForm()
    found = [each for each in reads.list_accounts(session, actor) if not each.is_closed]
    form.account_id.choices = [(str(each.id), f"{each.bank} {accounts.masked(each.number)}") for each in found]

    def keep() -> str:
        file = operations.keep_file(
            session, actor, now=utc_now(), account_id=form.account_id.data or 0, name=form.file.data.filename or "",
            content=form.file.data.stream.read(),
        )  # fmt: skip
        return url_for("billing.show_statement_file", file_id=file.id)

    page = reads.list_statements(session, actor, page=page_number(request.args.get("page")))
    done = _("The file can be read. Look whether it is understood.")
    return answer(form, "billing/bank/import_statement.html", keep, done, accounts=found, page=page)


@blueprint.route("/billing/bank/files/<int:file_id>", methods=["GET", "POST"])
@requires(Action.TAKE_PAYMENTS)
def show_statement_file(file_id: int) -> Answer:
    """How a file is understood: its columns, its first lines, its faults; another mapping shows it anew."""
    return _show_file(file_id, MappingForm(), 200)


@blueprint.route("/billing/bank/files/<int:file_id>/import", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def import_statement_file(file_id: int) -> Answer:
    """Import it as it was shown."""
    session, actor, form = db.session(), current_actor(), MappingForm()
    found = _understand(file_id, form)
    try:
        statement = operations.import_file(
            session, actor, now=utc_now(), file_id=file_id, places=found.places if found.header else None,
            is_sure=form.is_sure.data,
        )  # fmt: skip
        session.commit()
    except Refusal as refusal:
        return _show_file(file_id, form, refuse(form, refusal))
    said = [ngettext("%(num)d new line is imported.", "%(num)d new lines are imported.", statement.new_lines)]
    if statement.known_lines:
        said.append(ngettext("%(num)d was known already.", "%(num)d were known already.", statement.known_lines))
    flash(("" if reader_locale() == "zh_Hans" else " ").join(said), "success")
    return redirect(url_for("billing.list_lines"), 303)


@blueprint.route("/billing/bank/files/<int:file_id>/discard", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def discard_statement_file(file_id: int) -> Response:
    """Throw it away."""
    return press(lambda: operations.discard_file(db.session(), current_actor(), file_id=file_id),
                 _("The file is thrown away; nothing was imported."), url_for("billing.import_statement"))  # fmt: skip


def _account_form(account: object = None) -> BankAccountForm:
    form = BankAccountForm(obj=account)
    form.offer([(site.id, named(site, reader_locale())) for site in list_sites(db.session(), current_actor())])
    return form


def _understand(file_id: int, form: MappingForm) -> operations.Understood:
    """The file as the sent form says, or as it is remembered; and the form with its columns."""
    session, actor, is_sent = db.session(), current_actor(), request.method == "POST"
    found = operations.understand(session, actor, now=utc_now(), file_id=file_id)
    if found.header is None:
        return found
    form.offer(found.header, found.places, is_sent=is_sent)
    if is_sent and form.validate():
        found = operations.understand(session, actor, now=utc_now(), file_id=file_id, places=form.places())
    return found


def _show_file(file_id: int, form: MappingForm, status: int) -> Answer:
    found = _understand(file_id, form)
    return render_template("billing/bank/show_statement_file.html", found=found, form=form, shown_rows=SHOWN_ROWS,
                           shown_faults=SHOWN_FAULTS), status  # fmt: skip
