"""Applications for staff: found, read, exported."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.paging import page_number
from incubator.database import db
from incubator.i18n import reader_locale
from incubator.startups.application_tables import as_csv, as_workbook
from incubator.startups.queries import applications as reading
from incubator.startups.queries.calls import get_call
from incubator.startups.queries.closed import WHY
from incubator.startups.queries.duplicates import list_duplicates
from incubator.startups.views.apply import attachment
from incubator.startups.views.blueprint import blueprint

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/calls/<int:call_id>/applications")
@requires(Action.SEE_APPLICATIONS)
def list_applications(call_id: int) -> str:
    """What was sent to a call, found by words, state and kind; who may be somebody else is marked."""
    session, actor = db.session(), current_actor()
    call = get_call(session, actor, call_id)
    search, state, kind = _wanted()
    page = reading.list_applications(session, actor, call_id, search=search, state=state, kind=kind,
                                     page=page_number(request.args.get("page")))  # fmt: skip
    duplicates = list_duplicates(session, actor, [row.application.id for row in page.rows])
    return render_template("startups/list_applications.html", call=call, page=page, search=search, state=state,
                           kind=kind, duplicates=duplicates)  # fmt: skip


@blueprint.route("/calls/<int:call_id>/applications.<any(csv,xlsx):form>")
@requires(Action.SEE_APPLICATIONS)
def export_applications(call_id: int, form: str) -> FlaskResponse:
    """The same list as a table, with every answer; 5,000 at most."""
    session, actor = db.session(), current_actor()
    call = get_call(session, actor, call_id)
    search, state, kind = _wanted()
    page = reading.list_applications(session, actor, call_id, search=search, state=state, kind=kind,
                                     size=reading.MOST_EXPORTED)  # fmt: skip
    answers = reading.list_answers(session, call_id, [row.application.id for row in page.rows if not row.closed])
    write = as_csv if form == "csv" else as_workbook
    response = FlaskResponse(write(call, page.rows, answers, reader_locale()),
                             mimetype="text/csv" if form == "csv" else XLSX)  # fmt: skip
    response.headers.set("Content-Disposition", "attachment", filename=f"{call.slug}.{form}")
    return response


@blueprint.route("/applications/<int:application_id>")
@requires(Action.SEE_APPLICATIONS)
def show_application(application_id: int) -> str:
    """An application with its answers, and who it may be the same as; or why it is closed to the reader."""
    session, actor = db.session(), current_actor()
    row = reading.get_application(session, actor, application_id)
    return render_template(
        "startups/show_application.html", row=row, why=WHY,
        answers=[] if row.closed else reading.list_answers(session, row.call.id, [application_id])[application_id],
        duplicates=list_duplicates(session, actor, [application_id]).get(application_id, []),
    )  # fmt: skip


@blueprint.route("/applications/<int:application_id>/files/<int:question_id>")
@requires(Action.SEE_APPLICATIONS)
def application_file(application_id: int, question_id: int) -> Response:
    """A file that was sent as an answer."""
    file_id, name = reading.get_answer_file(db.session(), current_actor(), application_id, question_id)
    return attachment(file_id, name)


def _wanted() -> tuple[str, str, str]:
    search = (clean(request.args.get("q")) or "")[:100]
    return search, request.args.get("state", ""), request.args.get("kind", "")


