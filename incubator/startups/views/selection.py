"""Selection of a call, for staff: its stages, their rubrics, and who reviews what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups.forms.selection import AssignAllForm, AssignForm, CopyForm, CriterionForm, StageForm
from incubator.startups.operations import reviews as reviewing
from incubator.startups.operations import stages as staging
from incubator.startups.queries import stages as queries
from incubator.startups.queries.calls import get_call, list_calls
from incubator.startups.queries.closed import closed_to
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/calls/<int:call_id>/selection", methods=["GET", "POST"])
@requires(Action.SEE_SELECTION)
def show_selection(call_id: int) -> Answer:
    """A call's stages and how far they are; (posted) take over those of another call."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    call, form, status = get_call(session, actor, call_id), CopyForm(), 200
    stages = queries.list_overview(session, actor, call.id)
    others = [row.call for row in list_calls(session, actor).rows if row.call.id != call.id]
    form.call_id.choices = [(each.id, named(each, locale)) for each in others]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                copied = staging.copy_selection(session, actor, now=utc_now(), from_call_id=form.call_id.data,
                                                to_call_id=call.id)  # fmt: skip
                db.session.commit()
                flash(ngettext("%(num)s stage is taken over.", "%(num)s stages are taken over.", copied), "success")
                return redirect(url_for("startups.show_selection", call_id=call.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/selection/show.html", call=call, stages=stages, form=form, today=today()), status


@blueprint.route("/calls/<int:call_id>/selection/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SELECTION)
def new_stage(call_id: int) -> Answer:
    """One more stage."""
    session, actor, form, status = db.session(), current_actor(), StageForm(), 200
    call = get_call(session, actor, call_id)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                stage = staging.add_stage(session, actor, now=utc_now(), call_id=call.id, **form.said())
                db.session.commit()
                return redirect(url_for("startups.show_rubric", stage_id=stage.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/selection/edit_stage.html", call=call, stage=None, form=form), status


@blueprint.route("/selection/stages/<int:stage_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SELECTION)
def edit_stage(stage_id: int) -> Answer:
    """Another name, day, number of reviews."""
    session, actor, status = db.session(), current_actor(), 200
    stage = queries.get_stage(session, actor, stage_id)
    call, form = get_call(session, actor, stage.call_id), StageForm(obj=stage)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                staging.edit_stage(session, actor, now=utc_now(), stage_id=stage_id, **form.said())
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.show_stage", stage_id=stage_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/selection/edit_stage.html", call=call, stage=stage, form=form), status


@blueprint.route("/selection/stages/<int:stage_id>/rubric")
@requires(Action.SEE_SELECTION)
def show_rubric(stage_id: int) -> str:
    """What is scored in a stage, and what the scores mean."""
    session, actor = db.session(), current_actor()
    stage = queries.get_stage(session, actor, stage_id)
    return render_template(
        "startups/selection/rubric.html", stage=stage, call=get_call(session, actor, stage.call_id),
        criteria=queries.list_criteria(session, stage.id), begun=staging.has_begun(session, stage.id),
        versions=queries.list_versions(session, stage),
    )  # fmt: skip


@blueprint.route("/selection/stages/<int:stage_id>/rubric/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SELECTION)
def new_criterion(stage_id: int) -> Answer:
    """One more line of the rubric."""
    session, actor, form, status = db.session(), current_actor(), CriterionForm(), 200
    stage = queries.get_stage(session, actor, stage_id)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                staging.add_criterion(session, actor, now=utc_now(), stage_id=stage_id, **form.said())
                db.session.commit()
                return redirect(url_for("startups.show_rubric", stage_id=stage_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/selection/edit_criterion.html", stage=stage, criterion=None, form=form), status


@blueprint.route("/selection/criteria/<int:criterion_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SELECTION)
def edit_criterion(criterion_id: int) -> Answer:
    """Change a line of the rubric, or (drop) take it out."""
    session, actor, status = db.session(), current_actor(), 200
    criterion = queries.get_criterion(session, actor, criterion_id)
    stage, form = queries.get_stage(session, actor, criterion.stage_id), CriterionForm(obj=criterion)
    if request.method == "POST":
        status, dropped = 422, "drop" in request.form
        if dropped or form.validate():
            try:
                if dropped:
                    staging.drop_criterion(session, actor, now=utc_now(), criterion_id=criterion_id)
                else:
                    staging.edit_criterion(session, actor, now=utc_now(), criterion_id=criterion_id, **form.said())
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.show_rubric", stage_id=stage.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/selection/edit_criterion.html", stage=stage, criterion=criterion,
                           form=form), status  # fmt: skip


@blueprint.route("/selection/stages/<int:stage_id>/<any(renew,drop):verb>", methods=["POST"])
@requires(Action.MANAGE_SELECTION)
def change_stage(stage_id: int, verb: str) -> Response:
    """A new version of a stage, or the last one taken back."""
    session, actor = db.session(), current_actor()
    stage = queries.get_stage(session, actor, stage_id)
    if verb == "drop":
        there = url_for("startups.show_selection", call_id=stage.call_id)
        return done(lambda now: staging.drop_stage(session, actor, now=now, stage_id=stage_id),
                    _("The stage is taken back."), lambda _made: there)  # fmt: skip
    return done(lambda now: staging.renew_stage(session, actor, now=now, stage_id=stage_id),
                _("This is the new version; its rubric can be changed."),
                lambda made: url_for("startups.show_rubric", stage_id=getattr(made, "id", stage_id)))  # fmt: skip


@blueprint.route("/selection/stages/<int:stage_id>")
@requires(Action.SEE_SELECTION)
def show_stage(stage_id: int) -> str:
    """How far each reviewer is, and who reviews which application."""
    session, actor, now = db.session(), current_actor(), utc_now()
    stage = queries.get_stage(session, actor, stage_id)
    page = queries.list_stage_page(session, stage, page_number(request.args.get("page")))
    people = queries.list_reviewers(session, actor)
    form, all_form = AssignForm(formdata=None), AssignAllForm(formdata=None)
    form.person_id.choices = all_form.person_ids.choices = [(each.id, each.name) for each in people]
    return render_template(
        "startups/selection/stage.html", stage=stage, call=get_call(session, actor, stage.call_id), page=page,
        seats=queries.list_seats(session, stage.id, [each.id for each in page.rows]),
        decisions=queries.list_latest(session, [each.id for each in page.rows]),
        progress=queries.list_progress(session, stage.id), people=people, form=form, all_form=all_form,
        criteria=queries.list_criteria(session, stage.id), today=today(), now=now,
        closed_ones=closed_to(session, actor, [each.id for each in page.rows]),
    )  # fmt: skip


@blueprint.route("/selection/stages/<int:stage_id>/assign", methods=["POST"])
@requires(Action.MANAGE_SELECTION)
def assign_all(stage_id: int) -> Response:
    """Evenly and by chance, to the chosen reviewers."""
    session, actor, form = db.session(), current_actor(), AssignAllForm()
    queries.get_stage(session, actor, stage_id)
    form.person_ids.choices = [(each.id, each.name) for each in queries.list_reviewers(session, actor)]
    there = url_for("startups.show_stage", stage_id=stage_id, _anchor="reviewers")
    if not form.validate():
        flash(_("Choose the reviewers, and a whole number from 1 to 1,000."), "danger")
        return redirect(there, 303)
    return done(lambda now: reviewing.assign_all(session, actor, now=now, stage_id=stage_id,
                                                 person_ids=form.person_ids.data or [], limit=form.limit.data),
                lambda made: ngettext("%(num)s review is assigned.", "%(num)s reviews are assigned.", made),
                lambda _made: there)  # fmt: skip


@blueprint.route("/selection/stages/<int:stage_id>/applications/<int:application_id>/assign", methods=["POST"])
@requires(Action.MANAGE_SELECTION)
def assign(stage_id: int, application_id: int) -> Response:
    """One reviewer for one application, by hand."""
    session, actor, form = db.session(), current_actor(), AssignForm()
    queries.get_stage(session, actor, stage_id)
    form.person_id.choices = [(each.id, each.name) for each in queries.list_reviewers(session, actor)]
    there = url_for("startups.show_stage", stage_id=stage_id, page=request.args.get("page"),
                    _anchor=f"a-{application_id}")  # fmt: skip
    if not form.validate():
        flash(_("Choose somebody who may review."), "danger")
        return redirect(there, 303)
    return done(lambda now: reviewing.assign_reviewer(session, actor, now=now, stage_id=stage_id,
                                                      application_id=application_id, person_id=form.person_id.data),
                _("The review is assigned."), lambda _made: there)  # fmt: skip


@blueprint.route("/selection/reviews/<int:review_id>/<any(withdraw,hand_back):verb>", methods=["POST"])
@requires(Action.MANAGE_SELECTION)
def change_review(review_id: int, verb: str) -> Response:
    """Take an application from a reviewer, or let them change what they submitted."""
    session, actor = db.session(), current_actor()
    do, said = {
        "withdraw": (reviewing.withdraw_review, _("The review is taken from them.")),
        "hand_back": (reviewing.hand_back_review, _("They can change their review now.")),
    }[verb]
    stage_id = queries.stage_of_review(session, actor, review_id)
    return done(lambda now: do(session, actor, now=now, review_id=review_id), said,
                lambda _made: url_for("startups.show_stage", stage_id=stage_id))  # fmt: skip


def done(
    do: Callable[[datetime], object], said: str | Callable[[int], str], where: Callable[[object | None], str]
) -> Response:
    """Do it, say so or why not, and go where one goes from there."""
    made: object | None = None
    try:
        made = do(utc_now())
        db.session.commit()
        flash(said if isinstance(said, str) else said(made if isinstance(made, int) else 0), "success")
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        made = None
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(where(made), 303)


def today() -> date:
    """The day by which things are due."""
    return utc_now().astimezone(CHINA).date()
