"""Graduation: a programme's rules, how a startup stands, and who is near."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups import queries
from incubator.startups.forms.graduation import EndRuleForm, RuleForm
from incubator.startups.operations import graduation as operations
from incubator.startups.queries.exits import list_exits_of
from incubator.startups.queries.graduation import get_rule, list_near, list_rules, measure_startup
from incubator.startups.rules.graduation import MONEY
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/programmes/<int:programme_id>/graduation", methods=["GET", "POST"])
@requires(Action.SEE_STARTUPS)
def graduation_rules(programme_id: int) -> Answer:
    """A programme's rules, each with its days and source; and (posted) another one from a day on."""
    session, actor = db.session(), current_actor()
    programme = queries.get_programme(session, actor, programme_id)
    rules, form, status = list_rules(session, actor, programme_id), RuleForm(starts_on=_today(), wanted=2), 200
    if request.method == "POST":
        actor.require(Action.MANAGE_EXITS)
        status = 422
        if form.validate():
            try:
                operations.set_rule(session, actor, now=utc_now(), programme_id=programme_id,
                                    starts_on=form.starts_on.data, wanted=form.wanted.data or 0,
                                    demands=form.demands(), source=form.source.data or "")  # fmt: skip
                db.session.commit()
                flash(_("The rule holds from that day on."), "success")
                return redirect(url_for("startups.graduation_rules", programme_id=programme_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    elif rules:
        _copy(form, rules[0].demands, rules[0].rule.wanted)
    return render_template("startups/graduation_rules.html", programme=programme, rules=rules, form=form,
                           today=_today()), status  # fmt: skip


@blueprint.route("/programmes/<int:programme_id>/graduation/adopt", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def adopt_graduation_rule(programme_id: int) -> Response:
    """Take over the rule of the national measures, from the beginning of this year on."""
    try:
        operations.adopt_rule(db.session(), current_actor(), now=utc_now(), programme_id=programme_id,
                              starts_on=_today().replace(month=1, day=1))  # fmt: skip
        db.session.commit()
        flash(_("Taken over. It was written down from memory: check it against the text."), "success")
    except Conflict as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.graduation_rules", programme_id=programme_id), 303)


@blueprint.route("/graduation/rules/<int:rule_id>/end", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def end_graduation_rule(rule_id: int) -> Response:
    """It holds for the last time on a day."""
    form, session, actor = EndRuleForm(), db.session(), current_actor()
    programme_id = get_rule(session, actor, rule_id).rule.programme_id
    try:
        if form.validate():
            operations.end_rule(session, actor, now=utc_now(), rule_id=rule_id, ends_on=form.ends_on.data)
            db.session.commit()
            flash(_("The changes are kept."), "success")
        else:
            flash(_("Give the date."), "danger")
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.graduation_rules", programme_id=programme_id), 303)


@blueprint.route("/startups/<int:startup_id>/graduation")
@requires(Action.SEE_FIGURES, Action.EDIT_OWN_STARTUP)
def graduation(startup_id: int) -> str:
    """Each criterion of its programmes on a day, with the evidence, since when, and what is missing."""
    session, actor, on = db.session(), current_actor(), _day(request.args.get("on"))
    rows = measure_startup(session, actor, startup_id, on)
    startup = queries.get_startup(session, actor, startup_id)
    return render_template("startups/graduation.html", startup=startup, rows=rows, on=on, today=_today(),
                           exits=list_exits_of(session, [startup_id]))  # fmt: skip


@blueprint.route("/graduation")
@requires(Action.SEE_FIGURES)
def list_graduation() -> str:
    """Who may graduate today, and whom one criterion is missing."""
    page = list_near(db.session(), current_actor(), _today(), page=page_number(request.args.get("page")))
    return render_template("startups/list_graduation.html", page=page, today=_today())


def _copy(form: RuleForm, demands: object, wanted: int) -> None:
    """The rule that holds now, to be changed."""
    form.wanted.data = wanted
    assert isinstance(demands, list)
    for entry, demand in zip(form.criteria, demands, strict=False):
        entry.form.measure.data = demand.measure
        entry.form.sort.data, entry.form.years.data = demand.sort, demand.years
        if demand.measure not in ("qualification", "sold_or_listed"):
            entry.form.threshold.data = demand.threshold // 100 if demand.measure in MONEY else demand.threshold


def _day(text: str | None) -> date:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return _today()
    return found if 2000 <= found.year <= 2100 else _today()


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
