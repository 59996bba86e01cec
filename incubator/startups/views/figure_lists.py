"""A period of all startups: who has come how far, many confirmed at once, a workbook of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response as Download
from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.startups.figure_workbook import write_period
from incubator.startups.operations import figure_sheets
from incubator.startups.operations import figures as operations
from incubator.startups.queries import figure_lists as lists
from incubator.startups.queries.achievements import list_achievements
from incubator.startups.queries.figures import STATES, list_indicators, list_rhythms
from incubator.startups.rules.periods import Period, last_ended, read_period
from incubator.startups.views.blueprint import blueprint

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/figures")
@requires(Action.SEE_FIGURES)
def figures_overview() -> str:
    """Who has come how far with a period; the last one that is over, where none is asked for."""
    session, actor, today = db.session(), current_actor(), _today()
    rhythms = [each.rhythm for each in list_rhythms(session)]
    period = _period(rhythms, today)
    state = request.args.get("state", "") if request.args.get("state") in (*STATES, lists.LATE) else ""
    search = (clean(request.args.get("q")) or "")[:100]
    overview, periods = None, []
    if period is not None:
        overview = lists.list_period(session, actor, period, today, state=state, search=search,
                                     page=page_number(request.args.get("page")))  # fmt: skip
        asked = lists.list_asked_periods(session, actor, period.rhythm)
        periods = asked if period in asked else [period, *asked]
    return render_template("startups/figures_overview.html", rhythms=rhythms, period=period, periods=periods,
                           overview=overview, state=state, search=search, today=today)  # fmt: skip


@blueprint.route("/figures/confirm", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def confirm_many_figures() -> Response:
    """Confirm all that were ticked."""
    ids = _ids(request.form.getlist("version"))
    try:
        done, left = operations.confirm_many(db.session(), current_actor(), now=utc_now(), version_ids=ids)
        db.session.commit()
        flash(_("Confirmed: %(count)s.", count=done), "success")
        if left:
            flash(_("Not confirmed, because they do not wait any more, or you submitted them: %(count)s.", count=left),
                  "warning")
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(_back(), 303)


@blueprint.route("/figures/ask", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def ask_figures() -> Response:
    """Ask now for what is over, and do not wait for the worker; or one startup by hand."""
    session, actor = db.session(), current_actor()
    startup_id = request.form.get("startup_id", type=row_id)
    try:
        if startup_id is None:
            count = figure_sheets.open_due_sheets(session, actor, now=utc_now())
            flash(_("Sheets asked for: %(count)s.", count=count), "success")
        else:
            sheet = figure_sheets.ask_startup(session, actor, now=utc_now(), startup_id=startup_id,
                                              rhythm=request.form.get("rhythm", ""))  # fmt: skip
            db.session.commit()
            return redirect(url_for("startups.show_figures", sheet_id=sheet.id), 303)
        db.session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    if startup_id is not None:
        return redirect(url_for("startups.list_figures", startup_id=startup_id), 303)
    return redirect(_back(), 303)


@blueprint.route("/figures/<rhythm>/<key>.xlsx")
@requires(Action.SEE_FIGURES)
def export_figures(rhythm: str, key: str) -> Download:
    """A period of all startups as a workbook: figures, achievements, who is late."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    period = read_period(rhythm, key)
    if period is None:
        raise NotFound
    rows = lists.list_period_figures(session, actor, period)
    achievements = list_achievements(session, [row.startup.id for row, _ in rows], last=period.last)
    content = write_period(period, list_indicators(session, rhythm=rhythm, ends_on=period.last), rows, achievements,
                           _today(), locale)  # fmt: skip
    return send_file(io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=f"figures-{key}.xlsx")


def _period(rhythms: Sequence[str], today: date) -> Period | None:
    if not rhythms:
        return None
    rhythm = request.args.get("rhythm", "")
    if rhythm not in rhythms:
        rhythm = rhythms[0]
    return read_period(rhythm, request.args.get("period", "")) or last_ended(rhythm, today)


def _back() -> str:
    """The list that one came from, with what was chosen there."""
    names = ("rhythm", "period", "state", "q", "page")
    kept: dict[str, Any] = {name: value for name in names if (value := request.args.get(name))}
    return url_for("startups.figures_overview", **kept)


def _ids(texts: Sequence[str]) -> list[int]:
    found = []
    for text in texts:
        try:
            found.append(row_id(text))
        except ValueError:
            raise NotFound from None
    return found


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
