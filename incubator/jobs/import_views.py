"""Pages of the import: the template, the upload, its progress, what came of it."""

from __future__ import annotations

import io
from typing import Any

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import PAGE_SIZE, Page, page_number
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.operations import store_file
from incubator.documents.refusing import refuse
from incubator.documents.workbook import Column, Workbook
from incubator.i18n import reader_locale
from incubator.jobs.models import JobRun
from incubator.jobs.operations import enqueue
from incubator.jobs.queries import RunLine, get_run, list_runs_of
from incubator.jobs.views import blueprint
from incubator.jobs.workbook.sheets import BY_KEY
from incubator.jobs.workbook.template import write_template
from incubator.spaces.queries import list_sites

__all__ = ["blueprint"]

JOB = "import_workbook"
MOST_SITES = 20
"""How many of the operator's sites are named beside the template."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(FlaskForm):
    """A workbook."""

    file = FileField()


@blueprint.route("/imports", methods=["GET", "POST"])
@requires(Action.IMPORT)
def imports() -> str | Response | tuple[str, int]:
    """The template, the upload, and earlier imports."""
    form, status = UploadForm(), 200
    if request.method == "POST":
        try:
            run = _take(form)
            return redirect(url_for("jobs.show_import", run_id=run.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    page = list_runs_of(db.session(), current_actor(), JOB, page_number(request.args.get("page")))
    return render_template("jobs/imports.html", form=form, page=page,
                           sites=list_sites(db.session(), current_actor())[:MOST_SITES]), status  # fmt: skip


def _take(form: UploadForm) -> JobRun:
    upload, actor, now = form.file.data, current_actor(), utc_now()
    if not upload or not upload.filename:
        raise Refusal(_("Choose a workbook first."), field="file")
    if not upload.filename.lower().endswith(".xlsx"):
        raise Refusal(_("Only .xlsx workbooks can be imported."), field="file")
    file = store_file(db.session(), actor, now=now, name=upload.filename, media_type=XLSX, content=upload.read())
    run = enqueue(db.session(), actor, now=now, job=JOB, period=str(file.id),
                  arguments={"file_id": file.id, "name": file.name})  # fmt: skip
    db.session.commit()
    return run


@blueprint.route("/imports/template.xlsx")
@requires(Action.IMPORT)
def import_template() -> FlaskResponse:
    """The empty workbook with examples and notes."""
    content = write_template(reader_locale())
    return send_file(io.BytesIO(content), XLSX, as_attachment=True, download_name=_("import-template") + ".xlsx")


@blueprint.route("/imports/<int:run_id>")
@requires(Action.IMPORT)
def show_import(run_id: int) -> str:
    """How far it is; or what was imported; or each fault."""
    line = _get(run_id)
    faults = (line.run.result or {}).get("faults", [])
    number = page_number(request.args.get("page"))
    shown = [_words(fault) for fault in faults[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]]
    return render_template("jobs/show_import.html", line=line, run=line.run, faults=Page(shown, number, len(faults)),
                           sheets=BY_KEY)  # fmt: skip


@blueprint.route("/imports/<int:run_id>/faults.xlsx")
@requires(Action.IMPORT)
def import_faults(run_id: int) -> FlaskResponse:
    """All faults as a workbook, to be worked off."""
    faults = (_get(run_id).run.result or {}).get("faults", [])
    book = Workbook()
    columns = [Column(_("Sheet")), Column(_("Row"), "integer", 8), Column(_("Column"), width=28),
               Column(_("What is wrong"), width=80)]  # fmt: skip
    rows = [[each["sheet"], each["row"], each["column"], each["sentence"]] for each in map(_words, faults)]
    book.add_sheet(_("Faults"), columns, rows)
    return send_file(io.BytesIO(book.content()), XLSX, as_attachment=True, download_name=f"faults-{run_id}.xlsx")


def _get(run_id: int) -> RunLine:
    line = get_run(db.session(), current_actor(), run_id)
    if line.run.job != JOB:
        raise NotFound
    return line


def _words(fault: dict[str, Any]) -> dict[str, Any]:
    """A fault as its reader reads it: titles in the language of the page."""
    sheet = BY_KEY[fault["sheet"]]
    english = reader_locale() == "en"
    column = ""
    if fault["column"]:
        found = sheet.column(fault["column"])
        column = " ".join(part for part in (fault["letter"], found.en if english else found.zh) if part)
    refusal = Refusal(fault["message"], **fault["values"])
    return {
        "sheet": sheet.en if english else sheet.zh, "row": fault["row"], "column": column or fault["letter"],
        "sentence": sentence(refusal, reader_locale()),
    }  # fmt: skip
