"""Pages of fapiaos for finance: the list, batches, results, red letters, settings."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing import fapiao_wording
from incubator.billing.fapiao_uploads import import_upload
from incubator.billing.forms.fapiao import PlaceForm, RedForm, ResultForm, ResultsForm, SettingsForm, WhyForm
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_reds import ask_red_letter, give_up_red_letter
from incubator.billing.operations.fapiao_requests import release_fapiao, return_fapiao
from incubator.billing.operations.fapiao_results import enter_result
from incubator.billing.operations.fapiao_titles import save_place, save_settings
from incubator.billing.queries import fapiao as reads
from incubator.billing.queries import fapiao_work as work
from incubator.billing.rules.fapiao import CHARGE_KINDS, STATES
from incubator.billing.rules.fapiao_results import Fault, ResultsRefused
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import sentence
from incubator.documents.operations import get_file, open_content
from incubator.documents.refusing import refuse
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.spaces.queries import get_site, list_sites


@blueprint.route("/billing/fapiaos")
@requires(Action.SEE_BILLING)
def list_fapiaos() -> str:
    """Requests by state; of those that wait, the ones to put into a batch can be ticked."""
    session, actor = db.session(), current_actor()
    state = request.args.get("state", "asked")
    state = state if state in (*STATES, "") else "asked"
    search = (clean(request.args.get("search")) or "")[:100]
    page = reads.list_requests(session, actor, state=state, search=search,
                               page=page_number(request.args.get("page")))  # fmt: skip
    missing = work.find_missing(session, [row.request for row in page.rows]) if state == "asked" else {}
    words = {key: [sentence(each, reader_locale()) for each in found] for key, found in missing.items()}
    return render_template(
        "billing/fapiao/list_fapiaos.html", page=page, state=state, search=search, missing=words, words=fapiao_wording,
        counts=work.count_states(session, actor), needed=work.needs_red_letter(session),
        settings=reads.get_settings(session),
    )  # fmt: skip


@blueprint.route("/fapiao/<int:request_id>/return", methods=["POST"])
@requires(Action.POST_INVOICES)
def return_fapiao_request(request_id: int) -> Response:
    """Back to the startup, with the reason."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    return press(lambda: return_fapiao(session, actor, now=utc_now(), request_id=request_id,
                                       reason=form.reason.data or ""),
                 _("The request is returned."), url_for("billing.show_fapiao", request_id=request_id))  # fmt: skip


@blueprint.route("/fapiao/<int:request_id>/release", methods=["POST"])
@requires(Action.POST_INVOICES)
def release_fapiao_request(request_id: int) -> Response:
    """Out of its batch."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    return press(lambda: release_fapiao(session, actor, now=utc_now(), request_id=request_id,
                                        reason=form.reason.data or ""),
                 _("The request is out of its batch."),
                 url_for("billing.show_fapiao", request_id=request_id))  # fmt: skip


@blueprint.route("/billing/fapiaos/batches")
@requires(Action.SEE_BILLING)
def list_fapiao_batches() -> str:
    """The batches, the latest first."""
    page = work.list_batches(db.session(), current_actor(), page_number(request.args.get("page")))
    return render_template("billing/fapiao/list_batches.html", page=page, words=fapiao_wording)


@blueprint.route("/billing/fapiaos/batches", methods=["POST"])
@requires(Action.POST_INVOICES)
def make_fapiao_batch() -> Response:
    """Put what is ticked into a batch."""
    session, actor, made = db.session(), current_actor(), list[int]()
    ids = [found for text in request.form.getlist("requests") if (found := _id(text)) is not None]
    way = "provider" if request.form.get("way") == "provider" else "file"
    answered = press(lambda: made.append(make_batch(session, actor, now=utc_now(), request_ids=ids, way=way).id),
                     _("The batch is made."), url_for("billing.list_fapiaos"))  # fmt: skip
    return redirect(url_for("billing.show_fapiao_batch", batch_id=made[0]), 303) if made else answered


def _id(text: str) -> int | None:
    try:
        return row_id(text)
    except ValueError:
        return None


@blueprint.route("/billing/fapiaos/batches/<int:batch_id>")
@requires(Action.SEE_BILLING)
def show_fapiao_batch(batch_id: int) -> str:
    """A batch with its requests as they stand now."""
    session, actor = db.session(), current_actor()
    batch = work.get_batch(session, actor, batch_id)
    page = reads.list_requests(session, actor, batch_id=batch_id, page=page_number(request.args.get("page")))
    return render_template("billing/fapiao/show_batch.html", batch=batch, page=page, words=fapiao_wording)


@blueprint.route("/billing/fapiaos/batches/<int:batch_id>/file.xlsx")
@requires(Action.SEE_BILLING)
def fapiao_batch_file(batch_id: int) -> Response:
    """The batch's file, the same bytes each time."""
    session = db.session()
    file = get_file(session, work.get_batch(session, current_actor(), batch_id).file_id or 0)
    return send_file(open_content(session, file), mimetype=file.media_type, as_attachment=True,
                     download_name=file.name)  # fmt: skip


@blueprint.route("/billing/fapiaos/results", methods=["GET", "POST"])
@requires(Action.POST_INVOICES)
@takes_documents
def import_fapiao_results() -> str | Response | tuple[str, int]:
    """Take the platform's list or files in; or every fault of them."""
    form, faults, status = ResultsForm(), list[Fault](), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                sent = form.file.data
                count = import_upload(
                    db.session(), current_actor(), now=utc_now(), name=sent.filename or "", content=sent.stream.read(),
                    skip_others=form.skip_others.data,
                )  # fmt: skip
                db.session.commit()
                said = ngettext("%(num)d is new, and taken in.", "%(num)d are new, and taken in.", count)
                flash(said if count else _("All of it was here already; nothing has changed."), "success")
                return redirect(url_for("billing.list_fapiaos", state="issued"), 303)
            except ResultsRefused as refused:
                faults, status = refused.faults, refuse(form, refused)
            except Refusal as refusal:
                status = refuse(form, refusal)
    told = [(each.row, each.column, sentence(each.refusal, reader_locale())) for each in faults]
    return render_template("billing/fapiao/import_results.html", form=form, faults=told), status


@blueprint.route("/fapiao/papers/<int:fapiao_id>/result", methods=["GET", "POST"])
@requires(Action.POST_INVOICES)
@takes_documents
def enter_fapiao_result(fapiao_id: int) -> Answer:
    """One paper's number, day and file by hand."""
    session, actor, form = db.session(), current_actor(), ResultForm()
    paper = reads.get_paper(session, actor, fapiao_id)
    row = reads.get_request(session, actor, paper.request_id)
    if request.method == "GET":
        form.number.data, form.issued_on.data = paper.number, paper.issued_on or utc_now().astimezone(CHINA).date()
        form.confirmation.data = paper.confirmation

    def enter() -> str:
        enter_result(
            session, actor, now=utc_now(), fapiao_id=fapiao_id, number=form.number.data or "",
            issued_on=form.issued_on.data, confirmation=form.confirmation.data or "", files=form.files(),
        )  # fmt: skip
        return url_for("billing.show_fapiao", request_id=row.request.id)

    return answer(form, "billing/fapiao/enter_result.html", enter, _("It is entered."), paper=paper, row=row)


@blueprint.route("/fapiao/papers/<int:fapiao_id>/red", methods=["GET", "POST"])
@requires(Action.POST_INVOICES)
def ask_fapiao_red(fapiao_id: int) -> Answer:
    """Have an issued paper taken back."""
    session, actor, form = db.session(), current_actor(), RedForm()
    paper = reads.get_paper(session, actor, fapiao_id)
    row = reads.get_request(session, actor, paper.request_id)
    found = reads.papers_of(session, [row.request.id])[row.request.id]
    left = next(each.left_minor for each in found if each.fapiao.id == fapiao_id)
    if request.method == "GET":
        form.show(left)

    def ask() -> str:
        ask_red_letter(session, actor, now=utc_now(), fapiao_id=fapiao_id, amount_minor=form.amount_minor,
                       reason=form.reason.data or "", note=form.note.data or "")  # fmt: skip
        return url_for("billing.show_fapiao", request_id=row.request.id)

    return answer(form, "billing/fapiao/ask_red.html", ask, _("The red-letter fapiao is asked for."), paper=paper,
                  row=row, left_minor=left)  # fmt: skip


@blueprint.route("/fapiao/papers/<int:fapiao_id>/give-up", methods=["POST"])
@requires(Action.POST_INVOICES)
def give_up_fapiao_red(fapiao_id: int) -> Response:
    """A red-letter one is not issued after all."""
    session, actor = db.session(), current_actor()
    owner = reads.get_paper(session, actor, fapiao_id).request_id
    return press(lambda: give_up_red_letter(session, actor, now=utc_now(), fapiao_id=fapiao_id),
                 _("Noted."), url_for("billing.show_fapiao", request_id=owner))  # fmt: skip


@blueprint.route("/billing/fapiaos/settings", methods=["GET", "POST"])
@requires(Action.MANAGE_BILLING)
def fapiao_settings() -> Answer:
    """When, by whom, by which codes; and the sites' addresses."""
    session, actor, form = db.session(), current_actor(), SettingsForm()
    settings, sites = reads.get_settings(session), list_sites(session, actor)
    if request.method == "GET":
        form.show(settings)

    def save() -> str:
        save_settings(session, actor, now=utc_now(), timing=form.timing.data or "", provider=form.provider.data or "",
                      codes=form.codes())  # fmt: skip
        return url_for("billing.list_fapiaos")

    return answer(form, "billing/fapiao/fapiao_settings.html", save, _("The settings are saved."), settings=settings,
                  kinds=CHARGE_KINDS, sites=sites, places=reads.places_of(session, [each.id for each in sites]),
                  words=fapiao_wording)  # fmt: skip


@blueprint.route("/billing/fapiaos/places/<int:site_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_BILLING)
def edit_fapiao_place(site_id: int) -> Answer:
    """What papers for leases say of a site."""
    session, actor, form = db.session(), current_actor(), PlaceForm()
    site = get_site(session, actor, site_id)
    if request.method == "GET":
        form.show(reads.places_of(session, [site_id]).get(site_id), site.address)

    def save() -> str:
        save_place(session, actor, now=utc_now(), site_id=site_id, region=form.region.data or "",
                   address=form.address.data or "", certificate=form.certificate.data or "",
                   is_other_city=bool(form.is_other_city.data))  # fmt: skip
        return url_for("billing.fapiao_settings")

    return answer(form, "billing/fapiao/edit_place.html", save, _("The address is saved."), site=site)
