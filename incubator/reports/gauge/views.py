"""Pages of the gauge: what the operator holds or aims at, each criterion with its rows, on any day; the standards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from msgspec import Struct
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.formats import Named, named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.pricing.rules import check_day
from incubator.reports.gauge import operations, queries, words
from incubator.reports.gauge.exports import gauge_workbook
from incubator.reports.gauge.forms import CriterionForm, GoalForm, StatementForm, WithdrawForm
from incubator.reports.gauge.measures import MEASURES, STATED
from incubator.reports.gauge.models import Criterion
from incubator.reports.gauge.rules import Standing, stand
from incubator.reports.gauge.world import World
from incubator.spaces.queries import list_sites
from incubator.startups.rules.limits import add_months

blueprint = Blueprint("gauge", __name__)

Answer = str | BaseResponse | tuple[str, int]
MONTHS_AHEAD = 12
ROWS = 50


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(gauge_words=words, one_day=timedelta(days=1))


class Gauged(Struct, frozen=True):
    """A goal on a day, and on the days to come."""

    row: queries.GoalRow
    on: date
    standing: Standing
    criteria: dict[int, Criterion]
    ahead: tuple[Standing, ...]


@blueprint.route("/gauge")
@requires(Action.SEE_REPORTS)
def list_goals() -> str:
    """Every qualification that the operator holds or aims at, and how it stands today."""
    session, actor = db.session(), current_actor()
    rows = queries.list_goals(session, actor)
    gauged = [_gauge(row, queries.observe(session, actor, row), _today(), 0) for row in rows]
    standards = queries.list_standards(session, actor)
    return render_template("reports/gauge/list_goals.html", gauged=gauged, standards=standards)


@blueprint.route("/gauge/new", methods=["GET", "POST"])
@requires(Action.MANAGE_GOALS)
def new_goal() -> Answer:
    """Aim at a qualification, by a standard that the product ships or one of one's own."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    form, status = GoalForm(), 200
    form.standard.choices = _standards(locale)
    form.site_ids.choices = [(site.id, named(site, locale)) for site in list_sites(session, actor)]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                standard = operations.adopt_standard(session, actor, now=utc_now(), code=form.standard.data)
                goal = operations.set_goal(session, actor, now=utc_now(), standard_id=standard.id,
                                           site_ids=form.site_ids.data or [], name=form.name.data or "")  # fmt: skip
                session.commit()
                return redirect(url_for("gauge.show_goal", goal_id=goal.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    elif len(form.site_ids.choices) == 1:
        form.site_ids.data = [form.site_ids.choices[0][0]]
    return render_template("reports/gauge/new_goal.html", form=form), status


@blueprint.route("/gauge/<int:goal_id>")
@requires(Action.SEE_REPORTS)
def show_goal(goal_id: int) -> str:
    """Each criterion of a qualification on a day: the figure, whether it is met, what is missing; the year ahead."""
    gauged = _find(goal_id, MONTHS_AHEAD)
    return render_template("reports/gauge/show_goal.html", gauged=gauged, today=_today(), stated=STATED)


@blueprint.route("/gauge/<int:goal_id>/rows/<measure>")
@requires(Action.SEE_REPORTS)
def show_rows(goal_id: int, measure: str) -> str:
    """The rows behind one figure."""
    if measure not in MEASURES:
        raise NotFound
    session, actor = db.session(), current_actor()
    row, on = queries.get_goal_row(session, actor, goal_id), _asked_day()
    figure = MEASURES[measure](queries.observe(session, actor, row), on)
    number = page_number(request.args.get("page"))
    page = Page.cut(figure.lines, number, ROWS)
    return render_template("reports/gauge/rows.html", row=row, on=on, measure=measure, figure=figure, page=page,
                           counted=sum(line.counts for line in figure.lines))  # fmt: skip


@blueprint.route("/gauge/<int:goal_id>/export.xlsx")
@requires(Action.SEE_REPORTS)
def export_goal(goal_id: int) -> Response:
    """The goal on a day as a workbook: the criteria, and a sheet with the rows of each."""
    gauged = _find(goal_id, 0)
    name = f"gauge-{gauged.row.standard.code}-{gauged.on}.xlsx"
    content = gauge_workbook(gauged.row, gauged.standing, gauged.criteria, reader_locale())
    return send_file(content, as_attachment=True, download_name=name,
                     mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")  # fmt: skip


@blueprint.route("/gauge/<int:goal_id>/statements", methods=["GET", "POST"])
@requires(Action.MANAGE_GOALS)
def state_figures(goal_id: int) -> Answer:
    """What is stated of a goal, and (posted) one more figure with its evidence."""
    session, actor = db.session(), current_actor()
    row = queries.get_goal_row(session, actor, goal_id)
    form, status = StatementForm(measure=request.args.get("measure"), starts_on=_today()), 200
    form.offer()
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.state_figure(
                    session, actor, now=utc_now(), goal_id=goal_id, measure=form.measure.data, figure=form.figure.data,
                    evidence=form.evidence.data or "", starts_on=form.starts_on.data, ends_on=form.ends_on.data,
                )  # fmt: skip
                session.commit()
                flash(_("The figure is kept with its evidence."), "success")
                return redirect(url_for("gauge.state_figures", goal_id=goal_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("reports/gauge/statements.html", row=row, form=form, withdraw=WithdrawForm(formdata=None),
                           statements=queries.list_statements(session, actor, goal_id)), status  # fmt: skip


@blueprint.route("/gauge/<int:goal_id>/statements/<int:statement_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_GOALS)
def withdraw_statement(goal_id: int, statement_id: int) -> BaseResponse:
    """A stated figure counts no longer."""
    session, actor = db.session(), current_actor()
    queries.get_goal(session, actor, goal_id)
    try:
        operations.withdraw_statement(session, actor, now=utc_now(), goal_id=goal_id, statement_id=statement_id,
                                      reason=request.form.get("reason", ""))  # fmt: skip
        session.commit()
        flash(_("It counts no longer."), "success")
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("gauge.state_figures", goal_id=goal_id), 303)


@blueprint.route("/gauge/<int:goal_id>/drop", methods=["POST"])
@requires(Action.MANAGE_GOALS)
def drop_goal(goal_id: int) -> BaseResponse:
    """No longer aim at it."""
    goal = operations.drop_goal(db.session(), current_actor(), now=utc_now(), goal_id=goal_id)
    db.session.commit()
    flash(_("“%(name)s” is no longer measured.", name=named(goal, reader_locale())), "success")
    return redirect(url_for("gauge.list_goals"), 303)


@blueprint.route("/gauge/standards/<int:standard_id>", methods=["GET", "POST"])
@requires(Action.SEE_REPORTS)
def show_standard(standard_id: int) -> Answer:
    """A standard's criteria with their days, and (posted) one more, or one that replaces another from a day on."""
    session, actor = db.session(), current_actor()
    standard = queries.get_standard(session, actor, standard_id)
    criteria = queries.list_criteria(session, standard_id)
    form, status = _criterion_form(criteria), 200
    if request.method == "POST":
        actor.require(Action.MANAGE_GOALS)
        status = 422
        if form.validate():
            try:
                operations.add_criterion(
                    session, actor, now=utc_now(), standard_id=standard_id, measure=form.measure.data,
                    comparison=form.comparison.data, threshold=form.threshold.data, starts_on=form.starts_on.data,
                    source=form.source.data or "", replaces=form.replaces.data,
                )  # fmt: skip
                session.commit()
                flash(_("The criterion holds from that day on."), "success")
                return redirect(url_for("gauge.show_standard", standard_id=standard_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("reports/gauge/show_standard.html", standard=standard, criteria=criteria, form=form,
                           today=_today()), status  # fmt: skip


def _criterion_form(criteria: Sequence[Criterion]) -> CriterionForm:
    """Empty, or filled in with the criterion that the address asks to replace."""
    asked = request.args.get("replaces", type=row_id)
    old = next((each for each in criteria if each.id == asked), None)
    form = CriterionForm(starts_on=_today())
    form.offer()
    if old is not None and request.method == "GET":
        form.measure.data, form.comparison.data = old.measure, old.comparison
        form.threshold.data, form.replaces.data = old.threshold, old.id
    return form


def _find(goal_id: int, months: int) -> Gauged:
    session, actor = db.session(), current_actor()
    row = queries.get_goal_row(session, actor, goal_id)
    return _gauge(row, queries.observe(session, actor, row), _asked_day(), months)


def _gauge(row: queries.GoalRow, world: World, on: date, months: int) -> Gauged:
    criteria = queries.list_criteria(db.session(), row.standard.id)
    days = [on, *(_month_ends(on, months))]
    standings = [stand(queries.demands_of(criteria, day), world, day) for day in days]
    return Gauged(row, on, standings[0], {each.id: each for each in criteria}, tuple(standings[1:]))


def _month_ends(on: date, months: int) -> list[date]:
    """The last days of the months that follow."""
    first = on.replace(day=1)
    return [add_months(first, ahead + 2) - timedelta(days=1) for ahead in range(months)]


def _asked_day() -> date:
    try:
        day = date.fromisoformat(request.args.get("on", ""))
        check_day(day)
    except (ValueError, Refusal):
        return _today()
    return day


def _today() -> date:
    return utc_now().astimezone(CHINA).date()


def _standards(locale: str) -> list[tuple[str, str]]:
    """What is shipped and what the operator has of its own, by code."""
    found: dict[str, Named] = {each.code: each for each in operations.library()}
    found |= {each.code: each for each in queries.list_standards(db.session(), current_actor())}
    return [(code, named(each, locale)) for code, each in found.items()]
