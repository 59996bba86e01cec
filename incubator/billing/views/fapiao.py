"""Pages of fapiaos for who wants them: title data, asking, the state, the files; finance sees the same with more."""

from __future__ import annotations

from flask import render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing import fapiao_wording
from incubator.billing.forms.fapiao import AskForm, TitleForm, WhyForm
from incubator.billing.operations.fapiao_requests import ask_fapiao, withdraw_fapiao
from incubator.billing.operations.fapiao_titles import save_title
from incubator.billing.queries import fapiao as reads
from incubator.billing.queries.fapiao_work import find_missing
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.rules.fapiao import make_papers
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import sentence
from incubator.documents.operations import get_file, open_content
from incubator.i18n import reader_locale
from incubator.startups.queries import list_own_startups


@blueprint.route("/my/fapiaos")
@requires(Action.SEE_OWN_INVOICES)
def my_fapiaos() -> str:
    """What one's startups have asked for, and their title data."""
    session, actor = db.session(), current_actor()
    page = reads.list_requests(session, actor, page=page_number(request.args.get("page")))
    mine = actor.startups_for(Action.SEE_OWN_INVOICES)
    startups = [each for each in list_own_startups(session, actor) if each.id in mine]
    return render_template(
        "billing/fapiao/my_fapiaos.html", page=page, startups=startups, titles=reads.titles_of(session, mine),
        may_ask=actor.startups_for(Action.PAY_OWN_INVOICES), words=fapiao_wording,
    )  # fmt: skip


@blueprint.route("/startups/<int:startup_id>/fapiao-title", methods=["GET", "POST"])
@requires(Action.POST_INVOICES, Action.PAY_OWN_INVOICES)
def edit_fapiao_title(startup_id: int) -> Answer:
    """What a startup has on its fapiaos."""
    session, actor, form = db.session(), current_actor(), TitleForm()
    startup = reads.get_title_startup(session, actor, startup_id)
    reads.require_ask(actor, startup_id)
    row, back = reads.newest_title(session, startup_id), _back()
    if request.method == "GET":
        form.show(row, startup)

    def save() -> str:
        save_title(session, actor, now=utc_now(), startup_id=startup_id, title=form.said())
        own = startup_id in actor.startup_ids
        return back or url_for("billing.my_fapiaos" if own else "billing.list_fapiaos")

    return answer(form, "billing/fapiao/edit_fapiao_title.html", save, _("The title is saved."), startup=startup,
                  row=row, back=back, words=fapiao_wording)  # fmt: skip


def _back() -> str:
    """The invoice that was on its way to be asked for."""
    invoice_id = request.args.get("invoice", type=int)
    return url_for("billing.ask_fapiao_of", invoice_id=invoice_id) if invoice_id else ""


@blueprint.route("/invoices/<int:invoice_id>/fapiao", methods=["GET", "POST"])
@requires(Action.POST_INVOICES, Action.PAY_OWN_INVOICES)
def ask_fapiao_of(invoice_id: int) -> Answer:
    """Ask for an invoice's fapiaos, with what they will be before it is sent."""
    session, actor, form = db.session(), current_actor(), AskForm()
    posted = get_invoice(session, actor, invoice_id)
    reads.require_ask(actor, posted.invoice.startup_id)
    title = reads.newest_title(session, posted.invoice.startup_id)
    if request.method == "GET" and title is not None:
        form.kind.data = title.kind
    papers, wrong = [], ""
    try:
        papers = make_papers(reads.items_of(session, posted.invoice), form.kind.data or "ordinary")
    except Refusal as refusal:
        wrong = sentence(refusal, reader_locale())

    def ask() -> str:
        made = ask_fapiao(session, actor, now=utc_now(), invoice_id=invoice_id, kind=form.kind.data or "",
                          note=form.note.data or "")  # fmt: skip
        return url_for("billing.show_fapiao", request_id=made.id)

    return answer(form, "billing/fapiao/ask_fapiao.html", ask, _("The fapiao is asked for."), posted=posted,
                  title=title, papers=papers, wrong=wrong, words=fapiao_wording)  # fmt: skip


@blueprint.route("/fapiao/<int:request_id>")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def show_fapiao(request_id: int) -> str:
    """A request: its papers with their files, and what became of it; for finance, what is to be done."""
    session, actor = db.session(), current_actor()
    shown = reads.get_request_page(session, actor, request_id)
    wanted = shown.row.request
    missing = find_missing(session, [wanted])[wanted.id] if actor.can(Action.SEE_BILLING) else []
    return render_template(
        "billing/fapiao/show_fapiao.html", shown=shown, row=shown.row, asked=wanted, form=WhyForm(formdata=None),
        missing=[sentence(each, reader_locale()) for each in missing], words=fapiao_wording,
        may_ask=reads.may_ask(actor, wanted.startup_id),
    )  # fmt: skip


@blueprint.route("/fapiao/<int:request_id>/withdraw", methods=["POST"])
@requires(Action.POST_INVOICES, Action.PAY_OWN_INVOICES)
def withdraw_fapiao_request(request_id: int) -> Response:
    """It is not wanted any more."""
    session, actor = db.session(), current_actor()
    return press(lambda: withdraw_fapiao(session, actor, now=utc_now(), request_id=request_id),
                 _("The request is withdrawn."), url_for("billing.show_fapiao", request_id=request_id))  # fmt: skip


@blueprint.route("/fapiao/papers/<int:fapiao_id>/file.<form>")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def fapiao_file(fapiao_id: int, form: str) -> Response:
    """A paper's file, as the platform gave it."""
    session = db.session()
    if form not in fapiao_wording.FORM_NAMES:
        raise NotFound
    _paper, file_id = reads.get_paper_file(session, current_actor(), fapiao_id, form)
    file = get_file(session, file_id)
    return send_file(open_content(session, file), mimetype=file.media_type, as_attachment=True,
                     download_name=file.name)  # fmt: skip
