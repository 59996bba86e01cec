"""Pages of the builder: ask, save, look again, schedule; what was said each time."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer as Page
from incubator.documents.answering import answer, press
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.reports.builder import operations, queries, words
from incubator.reports.builder.exports import FORMATS, export, heads, key_words
from incubator.reports.builder.forms import NOBODY, SaveForm, ScheduleForm, args_of, read_args
from incubator.reports.builder.kind import SAVED
from incubator.reports.builder.rules import PERIODS, Definition, Table, lay_out, read_definition
from incubator.reports.frozen.exports import MEDIA_TYPES
from incubator.reports.frozen.exports import export as export_frozen
from incubator.reports.frozen.queries import get_stamp
from incubator.reports.frozen.serving import base_url
from incubator.reports.measuring.catalogue import DIMENSIONS, SUBJECT_TITLES, measures_of_subject
from incubator.reports.measuring.question import Answer
from incubator.spaces.queries import list_sites

blueprint = Blueprint("builder", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(builder_words=words, builder_key=_key, builder_written=_written)


@blueprint.route("/reports/builder")
@requires(Action.SEE_REPORTS)
def build() -> str | tuple[str, int]:
    """Choose, and see what it comes to."""
    return _build(SaveForm(formdata=None))


@blueprint.route("/reports/builder/export.<extension>")
@requires(Action.SEE_REPORTS)
def download_built(extension: str) -> Response:
    """What is asked, as a file."""
    definition = read_args(request.args)
    found = queries.answer_definition(db.session(), current_actor(), definition, _today())
    return _file(_("Report"), definition, found, extension)


@blueprint.route("/reports/builder/save", methods=["POST"])
@requires(Action.SEE_REPORTS)
def save_built() -> BaseResponse | tuple[str, int]:
    """Keep what the address asks under a name."""
    form, status = SaveForm(), 422
    if form.validate():
        try:
            report = operations.save_report(
                db.session(), current_actor(), now=utc_now(), today=_today(), name=form.name.data or "",
                definition=read_args(request.args), is_shared=form.is_shared.data,
            )  # fmt: skip
            db.session.commit()
            flash(_("The report is saved."), "success")
            return redirect(url_for("builder.show_saved", report_id=report.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    shown = _build(form)
    return shown if isinstance(shown, tuple) else (shown, status)


@blueprint.route("/reports/builder/saved")
@requires(Action.SEE_REPORTS)
def list_saved() -> str:
    """One's own reports and those that are shared."""
    page = queries.list_reports(db.session(), current_actor(), page_number(request.args.get("page")))
    return render_template("reports/builder/list_saved.html", page=page)


@blueprint.route("/reports/builder/saved/<int:report_id>", methods=["GET", "POST"])
@requires(Action.SEE_REPORTS)
def show_saved(report_id: int) -> Page:
    """A saved report as it stands today, its timetable, and what it said before."""
    session, actor = db.session(), current_actor()
    report = queries.get_report(session, actor, report_id)
    definition = read_definition(report.definition)
    form = ScheduleForm(data={"rhythm": report.rhythm, "people": sorted(queries.readers_of(session, report.id))})
    form.offer(list(queries.list_readers(session)))
    found, table, refusal = _answer(definition)

    def change() -> str:
        operations.schedule_report(session, actor, now=utc_now(), report_id=report_id, rhythm=form.rhythm.data or "",
                                   person_ids=form.people.data or [])  # fmt: skip
        return url_for("builder.show_saved", report_id=report_id)

    return answer(
        form, "reports/builder/show_saved.html", change, _("The timetable is kept."), report=report,
        definition=definition, found=found, table=table, refusal=refusal, args=args_of(definition),
        is_own=report.created_by == actor.person_id, runs=queries.list_runs(session, report_id),
        heads=heads(definition, found, table, reader_locale()) if found and table else (),
    )  # fmt: skip


@blueprint.route("/reports/builder/saved/<int:report_id>/remove", methods=["POST"])
@requires(Action.SEE_REPORTS)
def remove_saved(report_id: int) -> BaseResponse:
    """Take it off the list."""
    session, actor = db.session(), current_actor()
    return press(lambda: operations.remove_report(session, actor, now=utc_now(), report_id=report_id),
                 _("The report is removed."), url_for("builder.list_saved"))  # fmt: skip


@blueprint.route("/reports/builder/saved/<int:report_id>/runs/<int:run_id>")
@requires(Action.SEE_REPORTS)
def show_run(report_id: int, run_id: int) -> str:
    """What it said once: from what was kept, not computed anew."""
    report, run = queries.get_run(db.session(), current_actor(), report_id, run_id)
    definition, found = run.read()
    table = lay_out(found, definition)
    stamp = get_stamp(db.session(), current_actor(), run.frozen_id)
    return render_template("reports/builder/show_run.html", report=report, run=run, definition=definition, found=found,
                           table=table, stamp=stamp,
                           heads=heads(definition, found, table, reader_locale()))  # fmt: skip


@blueprint.route("/reports/builder/saved/<int:report_id>/runs/<int:run_id>/export.<extension>")
@requires(Action.SEE_REPORTS)
def download_run(report_id: int, run_id: int, extension: str) -> Response:
    """What it said once, as a file; `json` are the very bytes under the hash."""
    session, actor = db.session(), current_actor()
    _report, run = queries.get_run(session, actor, report_id, run_id)
    if extension not in MEDIA_TYPES:
        raise NotFound
    file = export_frozen(SAVED, get_stamp(session, actor, run.frozen_id), run.content, extension, reader_locale(),
                         base_url(), request.args.get("table", ""))  # fmt: skip
    if file is None:
        raise NotFound
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)


def _build(form: SaveForm) -> str | tuple[str, int]:
    """The builder's page; without any measure in the address nothing is asked yet."""
    sites, refusal, status = list(list_sites(db.session(), current_actor())), "", 200
    definition = Definition(())
    found: Answer | None = None
    table: Table | None = None
    try:
        definition = read_args(request.args)
    except Refusal as wrong:
        refusal, status = sentence(wrong, reader_locale()), wrong.status
    if definition.measures and not refusal:
        found, table, refusal = _answer(definition)
        status = 422 if refusal else 200
    shown = render_template(
        "reports/builder/build.html", form=form, sites=sites, definition=definition, found=found, table=table,
        refusal=refusal, args=args_of(definition), periods=PERIODS, dimensions=DIMENSIONS.values(),
        subjects=[(title, measures_of_subject(name)) for name, title in SUBJECT_TITLES.items()], nobody=NOBODY,
        heads=heads(definition, found, table, reader_locale()) if found and table else (),
    )  # fmt: skip
    return (shown, status) if status != 200 else shown


def _answer(definition: Definition) -> tuple[Answer | None, Table | None, str]:
    try:
        found = queries.answer_definition(db.session(), current_actor(), definition, _today())
        return found, lay_out(found, definition), ""
    except NotFound:
        raise
    except Refusal as refusal:
        return None, None, sentence(refusal, reader_locale())


def _file(name: str, definition: Definition, found: Answer, extension: str) -> Response:
    if extension not in FORMATS:
        raise NotFound
    file = export(name, definition, found, extension, reader_locale())
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)


def _today() -> date:
    """By the first site's clock: what is said of days is said there."""
    sites = list_sites(db.session(), current_actor())
    return utc_now().astimezone(ZoneInfo(sites[0].zone if sites else "Asia/Shanghai")).date()


def _key(found: Answer, dimension: str, key: int | str | None) -> str:
    return key_words(found, dimension, key, reader_locale())


def _written(measure: str, amount: object) -> str:
    return words.written(measure, amount, reader_locale())  # type: ignore[arg-type] # of a template


