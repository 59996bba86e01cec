"""Sources, files of evidence, and how long events are kept."""

from __future__ import annotations

import io

from flask import Response as FlaskResponse
from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.reports.presence import operations, queries, receiving
from incubator.reports.presence.forms import PresenceForm, SourceForm, UploadForm
from incubator.reports.presence.rules import KINDS
from incubator.reports.presence.tables import BADGES, FILES, Fault, FileRefused, read_table, template
from incubator.reports.presence.views.blueprint import blueprint, secret
from incubator.reports.presence.words import KIND_WORDS
from incubator.spaces.queries import get_site, list_sites


@blueprint.route("/reports/presence/sources")
@requires(Action.SEE_PRESENCE)
def list_sources() -> str:
    """What posts evidence, and when it last did."""
    page = queries.list_sources(db.session(), current_actor(), page_number(request.args.get("page")))
    return render_template("reports/presence/list_sources.html", page=page)


@blueprint.route("/reports/presence/sources/new", methods=["GET", "POST"])
@requires(Action.MANAGE_PRESENCE)
@requires_recent_password
def new_source() -> Answer:
    """Add a source; its secret is shown once, on the page that follows."""
    session, actor, form, status = db.session(), current_actor(), SourceForm(), 200
    form.offer([(site.id, named(site, reader_locale())) for site in list_sites(session, actor)])
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                source, key = operations.add_source(
                    session, actor, now=utc_now(), sealing_keys=_sealing_keys(), site_id=form.site.data,
                    kind=form.kind.data, name=form.name.data or "", capacity=form.capacity.data,
                )  # fmt: skip
                session.commit()
                return _show(source.id, key), 200
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("reports/presence/new_source.html", form=form), status


@blueprint.route("/reports/presence/sources/<int:source_id>")
@requires(Action.SEE_PRESENCE)
def show_source(source_id: int) -> str:
    """A source with its address and what it posted."""
    return _show(source_id)


@blueprint.route("/reports/presence/sources/<int:source_id>/renew", methods=["POST"])
@requires(Action.MANAGE_PRESENCE)
@requires_recent_password
def renew_source(source_id: int) -> str:
    """Give it another secret, shown once."""
    key = operations.renew_secret(db.session(), current_actor(), now=utc_now(), sealing_keys=_sealing_keys(),
                                  source_id=source_id)  # fmt: skip
    db.session.commit()
    return _show(source_id, key)


@blueprint.route("/reports/presence/sources/<int:source_id>/retire", methods=["POST"])
@requires(Action.MANAGE_PRESENCE)
def retire_source(source_id: int) -> Response:
    """Let it post no more."""
    session, actor = db.session(), current_actor()
    return press(lambda: operations.retire_source(session, actor, now=utc_now(), source_id=source_id),
                 _("The source is retired; what it said stays."),
                 url_for("presence.show_source", source_id=source_id))  # fmt: skip


@blueprint.route("/reports/presence/upload", methods=["GET", "POST"])
@requires(Action.MANAGE_PRESENCE)
def upload_presence() -> Answer:
    """Take a file in, all of it or nothing; or every fault of it."""
    session, actor, form, status = db.session(), current_actor(), UploadForm(), 200
    faults: list[Fault] = []
    sources = queries.list_living_sources(session, actor)
    form.offer([(str(source.id), f"{source.name} · {_(KIND_WORDS[source.kind])} · {named(site, reader_locale())}")
                for source, site in sources])  # fmt: skip
    if request.method == "GET" and request.args.get("source", "").isdigit():
        form.what.data = request.args["source"]
    elif request.method == "POST":
        status = 422
        if form.validate():
            try:
                flash(_take(form), "success")
                return redirect(url_for("presence.show_presence"), 303)
            except FileRefused as refused:
                faults, status = refused.faults, refuse(form, refused)
            except Refusal as refusal:
                status = refuse(form, refusal)
    told = [(each.row, each.column, sentence(each.refusal, reader_locale())) for each in faults]
    return render_template("reports/presence/upload_presence.html", form=form, faults=told, files=FILES), status


def _take(form: UploadForm) -> str:
    session, actor, content = db.session(), current_actor(), form.file.data.stream.read()
    if form.what.data == BADGES:
        count = receiving.load_badges(session, actor, now=utc_now(), secret=secret(), rows=read_table(BADGES, content))
        session.commit()
        return ngettext("%(num)d badge is taken in.", "%(num)d badges are taken in.", count)
    source = queries.get_source(session, actor, row_id(form.what.data))
    taken = receiving.load_events(session, actor, now=utc_now(), secret=secret(), source_id=source.id,
                                  content=content, rows=read_table(source.kind, content))  # fmt: skip
    session.commit()
    said = ngettext("%(num)d event is new, and taken in.", "%(num)d events are new, and taken in.", taken.accepted)
    return said if taken.accepted else _("All of it was here already; nothing has changed.")


@blueprint.route("/reports/presence/templates/<kind>.csv")
@requires(Action.SEE_PRESENCE)
def presence_template(kind: str) -> FlaskResponse:
    """A file to fill in."""
    if kind not in FILES:
        raise NotFound
    return send_file(io.BytesIO(template(kind)), mimetype="text/csv; charset=utf-8", as_attachment=True,
                     download_name=f"presence-{kind}.csv")  # fmt: skip


@blueprint.route("/reports/presence/settings", methods=["GET", "POST"])
@requires(Action.MANAGE_PRESENCE)
def presence_settings() -> Answer:
    """How long events are kept, and how much room somebody needs."""
    session, actor = db.session(), current_actor()
    settings = queries.get_presence_settings(session)
    form = PresenceForm(data={"keep_days": settings.keep_days, "m2_per_person": settings.m2_per_person})

    def change() -> str:
        assert form.keep_days.data is not None and form.m2_per_person.data is not None  # both are required
        operations.set_presence(session, actor, now=utc_now(), keep_days=form.keep_days.data,
                                m2_per_person=form.m2_per_person.data)  # fmt: skip
        return url_for("presence.show_presence")

    return answer(form, "reports/presence/presence_settings.html", change, _("The settings are kept."))


def _show(source_id: int, key: str = "") -> str:
    session, actor = db.session(), current_actor()
    source = queries.get_source(session, actor, source_id)
    base = current_app.config["SETTINGS"].base_url
    return render_template(
        "reports/presence/show_source.html", source=source, site=get_site(session, actor, source.site_id), key=key,
        address=f"{base}/api/presence/{source.token}", kinds=KINDS,
        page=queries.list_batches(session, actor, source_id, page_number(request.args.get("page"))),
    )  # fmt: skip


def _sealing_keys() -> list[str]:
    return list(current_app.config["SETTINGS"].sealing_keys)
