"""The documents of a startup, and the operator's own: lists, each document with its versions, and their content."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents import operations as keeping
from incubator.documents import queries as kept
from incubator.documents.refusing import refuse, tell
from incubator.documents.rules import AUDIENCES, HOUSE_KINDS, KINDS, OF_THE_HOUSE, may_keep
from incubator.documents.uploads import takes_documents
from incubator.documents.words import KIND_NAMES
from incubator.startups import queries
from incubator.startups.forms.documents import DocumentForm, VersionForm
from incubator.startups.forms.people import WithdrawForm
from incubator.startups.models import Startup
from incubator.startups.views.blueprint import Answer, blueprint

NO_CONTENT_RUNS = "default-src 'none'; sandbox"


@blueprint.route("/startups/<int:startup_id>/documents")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def documents(startup_id: int) -> str:
    """A startup's documents that one may see."""
    return _list(queries.get_startup(db.session(), current_actor(), startup_id), "startups.documents")


@blueprint.route("/my/documents")
@requires(Action.SEE_OWN_STARTUP)
def my_documents() -> str:
    """The same for one's own startup; who has several chooses."""
    own = queries.list_own_startups(db.session(), current_actor())
    asked = request.args.get("startup_id", type=row_id)
    chosen = next((each for each in own if asked is None or each.id == asked), None)
    if chosen is None:
        raise NotFound
    return _list(chosen, "startups.my_documents", [each for each in own if each is not chosen])


@blueprint.route("/documents")
@requires(Action.SEE_HOME)
def house_documents() -> str:
    """The operator's own: rules of the house for everybody, and what only staff may see."""
    session, actor = db.session(), current_actor()
    kind = request.args.get("kind", "") if request.args.get("kind") in KINDS else ""
    may_add = kept.may_add(actor, None)
    page = kept.list_documents(session, actor, startup_id=None, kind=kind, with_withdrawn=may_add,
                               page=page_number(request.args.get("page")))  # fmt: skip
    counts = kept.count_kinds(session, actor, None, with_withdrawn=may_add)
    return render_template(
        "startups/house_documents.html", page=page, kind=kind, kinds={each: KIND_NAMES[each] for each in counts},
        today=_today(), may_add=may_add,
    )  # fmt: skip


@blueprint.route("/documents/new", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
@takes_documents
def new_house_document() -> Answer:
    """One more of the operator's own."""
    form = DocumentForm()
    form.kind.choices = [(each, KIND_NAMES[each]) for each in HOUSE_KINDS]
    form.offer_audiences([each for each in OF_THE_HOUSE if may_keep(current_actor(), None, each)])
    return _add(form, None)


@blueprint.route("/startups/<int:startup_id>/documents/new", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS, Action.EDIT_OWN_STARTUP)
@takes_documents
def new_document(startup_id: int) -> Answer:
    """One more."""
    form, startup = DocumentForm(), queries.get_startup(db.session(), current_actor(), startup_id)
    form.offer_audiences([each for each in AUDIENCES[:4] if may_keep(current_actor(), startup_id, each)])
    return _add(form, startup)


@blueprint.route("/documents/<int:document_id>", methods=["GET", "POST"])
@requires(Action.SEE_HOME)
@takes_documents
def show_document(document_id: int) -> Answer:
    """A document with its versions; and (posted) the next one."""
    session, actor = db.session(), current_actor()
    document, form, status = kept.get_document(session, actor, document_id), VersionForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                keeping.add_version(session, actor, now=utc_now(), document_id=document_id, **form.said())
                session.commit()
                flash(_("The new version is kept; the earlier ones stay."), "success")
                return redirect(url_for("startups.show_document", document_id=document_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    startup = queries.get_startup(session, actor, document.startup_id) if document.startup_id else None
    may_change = document.withdrawn_at is None and may_keep(actor, document.startup_id, document.audience)
    return render_template(
        "startups/show_document.html", document=document, startup=startup, form=form, today=_today(),
        versions=kept.list_versions(session, actor, document_id), may_change=may_change,
    ), status  # fmt: skip


@blueprint.route("/documents/<int:document_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_STARTUPS, Action.EDIT_OWN_STARTUP)
def withdraw_document(document_id: int) -> Response:
    """It serves no more."""
    reason = WithdrawForm().reason.data or ""
    try:
        keeping.withdraw_document(db.session(), current_actor(), now=utc_now(), document_id=document_id, reason=reason)
        db.session.commit()
        flash(_("Withdrawn. It stays on the record with its reason."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("startups.show_document", document_id=document_id), 303)


@blueprint.route("/documents/<int:document_id>/versions/<int:number>")
@requires(Action.SEE_HOME)
def download_document(document_id: int, number: int) -> Response:
    """The content of a version, to be kept and not to be shown: nothing that somebody sent runs on this site."""
    session = db.session()
    _document, _version, file = kept.get_version(session, current_actor(), document_id, number)
    stream = keeping.open_content(session, file)
    response = send_file(stream, file.media_type, as_attachment=True, download_name=file.name, max_age=0)
    response.content_length = file.size
    response.headers["Content-Security-Policy"] = NO_CONTENT_RUNS
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _add(form: DocumentForm, startup: Startup | None) -> Answer:
    session, actor, status = db.session(), current_actor(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = keeping.add_document(session, actor, now=utc_now(), startup_id=startup.id if startup else None,
                                            **form.said())  # fmt: skip
                session.commit()
                flash(_("The document is kept."), "success")
                return redirect(url_for("startups.show_document", document_id=made.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    elif request.args.get("kind") in KINDS:
        form.kind.data = request.args["kind"]
    return render_template("startups/new_document.html", startup=startup, form=form), status


def _list(startup: Startup, endpoint: str, others: list[Startup] | None = None) -> str:
    session, actor = db.session(), current_actor()
    kind = request.args.get("kind", "") if request.args.get("kind") in KINDS else ""
    page = kept.list_documents(session, actor, startup_id=startup.id, kind=kind,
                               page=page_number(request.args.get("page")))  # fmt: skip
    return render_template(
        "startups/documents.html", startup=startup, page=page, kind=kind, endpoint=endpoint, others=others or [],
        kinds={each: KIND_NAMES[each] for each in kept.count_kinds(session, actor, startup.id)}, today=_today(),
        may_add=kept.may_add(actor, startup.id),
    )  # fmt: skip


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
