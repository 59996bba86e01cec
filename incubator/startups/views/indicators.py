"""What the operator asks for: indicators, deadlines and checks."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, NotFound, Refusal
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups.forms.figures import CheckForm, IndicatorForm, RhythmForm
from incubator.startups.models import Indicator
from incubator.startups.operations import indicators as operations
from incubator.startups.queries.figures import list_checks, list_indicators, list_rhythms
from incubator.startups.rules.periods import RHYTHMS
from incubator.startups.views.blueprint import Answer, blueprint

ONCE = ("code", "kind", "rhythm")
"""What an indicator is given once."""


@blueprint.route("/indicators")
@requires(Action.SEE_FIGURES)
def indicators() -> str:
    """Everything that is asked for, by rhythm, with its checks."""
    return _page()


@blueprint.route("/indicators/adopt", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def adopt_indicators() -> Response:
    """Begin with the set of the Torch survey."""
    count = operations.adopt_defaults(db.session(), current_actor(), now=utc_now(), today=_today())
    db.session.commit()
    flash(_("Indicators added: %(count)s. Change what you need.", count=count), "success")
    return redirect(url_for("startups.indicators"), 303)


@blueprint.route("/indicators/new", methods=["GET", "POST"])
@requires(Action.MANAGE_FIGURES)
def new_indicator() -> Answer:
    """One more."""
    form, status = IndicatorForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                once = {name: form[name].data or "" for name in ONCE}
                operations.add_indicator(db.session(), current_actor(), now=utc_now(), today=_today(), **once,
                                         **form.facts())  # fmt: skip
                db.session.commit()
                return redirect(url_for("startups.indicators"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_indicator.html", form=form, indicator=None), status


@blueprint.route("/indicators/<int:indicator_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_FIGURES)
def edit_indicator(indicator_id: int) -> Answer:
    """Its words, and when it is asked for."""
    indicator = db.session().execute(select(Indicator).where(Indicator.id == indicator_id)).scalar_one_or_none()
    if indicator is None:
        raise NotFound
    form, status = IndicatorForm(obj=indicator), 200
    for name in ONCE:
        del form[name]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.edit_indicator(db.session(), current_actor(), now=utc_now(), indicator_id=indicator_id,
                                          **form.facts())  # fmt: skip
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.indicators"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_indicator.html", form=form, indicator=indicator), status


@blueprint.route("/indicators/rhythms/<rhythm>", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def edit_rhythm(rhythm: str) -> Answer:
    """By when the figures of a rhythm are due."""
    form = RhythmForm(prefix=rhythm)
    if rhythm not in RHYTHMS:
        raise NotFound
    if form.validate():
        try:
            said: dict[str, Any] = {name: form[name].data for name in ("due_days", "asked_from", "alumni_years")}
            operations.edit_rhythm(db.session(), current_actor(), now=utc_now(), rhythm=rhythm, **said)
            db.session.commit()
            flash(_("The changes are kept. Sheets that were asked for keep their deadline."), "success")
            return redirect(url_for("startups.indicators"), 303)
        except Refusal as refusal:
            refuse(form, refusal)
    return _page(rhythm, form), 422


@blueprint.route("/indicators/checks/new", methods=["GET", "POST"])
@requires(Action.MANAGE_FIGURES)
def new_check() -> Answer:
    """One more rule of plausibility, of the indicators of one rhythm."""
    rhythm = request.args.get("rhythm", "")
    offered = list_indicators(db.session(), rhythm=rhythm) if rhythm in RHYTHMS else []
    if not offered:
        raise NotFound
    form, status = CheckForm(), 200
    form.left.choices = form.right.choices = [(each.code, named(each, reader_locale())) for each in offered]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.add_check(db.session(), current_actor(), now=utc_now(), rhythm=rhythm, **form.said())
                db.session.commit()
                return redirect(url_for("startups.indicators"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/new_check.html", form=form, rhythm=rhythm), status


@blueprint.route("/indicators/checks/<int:check_id>/end", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def end_check(check_id: int) -> Response:
    """Ask it no more."""
    try:
        operations.end_check(db.session(), current_actor(), now=utc_now(), check_id=check_id)
        db.session.commit()
        flash(_("This check is not asked any more."), "success")
    except Conflict as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.indicators"), 303)


def _page(rhythm: str = "", form: RhythmForm | None = None) -> str:
    session, rhythms = db.session(), list_rhythms(db.session())
    forms = {each.rhythm: RhythmForm(formdata=None, obj=each, prefix=each.rhythm) for each in rhythms}
    if form is not None:
        forms[rhythm] = form
    return render_template("startups/indicators.html", rhythms=rhythms, forms=forms, today=_today(),
                           indicators=list_indicators(session), checks=list_checks(session))  # fmt: skip


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
