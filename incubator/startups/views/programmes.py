"""Programmes and membership plans: listed, added, changed, and which startups are in them."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups import operations, queries
from incubator.startups.forms.programmes import EndForm, EnrolForm, ProgrammeForm
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/programmes")
@requires(Action.SEE_STARTUPS)
def list_programmes() -> str:
    """Every programme and plan, with how many startups are in it today."""
    rows = queries.list_programme_rows(db.session(), current_actor(), _today())
    return render_template("startups/list_programmes.html", rows=rows)


@blueprint.route("/programmes/new", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def new_programme() -> Answer:
    """Add a programme or a plan."""
    form, status = ProgrammeForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = operations.add_programme(db.session(), current_actor(), now=utc_now(), kind=form.kind.data,
                                                **form.names())  # fmt: skip
                db.session.commit()
                return redirect(url_for("startups.show_programme", programme_id=made.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_programme.html", form=form, programme=None), status


@blueprint.route("/programmes/<int:programme_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def edit_programme(programme_id: int) -> Answer:
    """Another name, or closed to newcomers."""
    programme = queries.get_programme(db.session(), current_actor(), programme_id)
    form, status = ProgrammeForm(obj=programme, closed=programme.closed_at is not None), 200
    del form.kind
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.edit_programme(db.session(), current_actor(), now=utc_now(), programme_id=programme_id,
                                          closed=form.closed.data, **form.names())  # fmt: skip
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.show_programme", programme_id=programme_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_programme.html", form=form, programme=programme), status


@blueprint.route("/programmes/<int:programme_id>")
@requires(Action.SEE_STARTUPS)
def show_programme(programme_id: int) -> str:
    """Who is in it, will be, and was."""
    session, actor = db.session(), current_actor()
    programme = queries.get_programme(session, actor, programme_id)
    page = queries.list_stays(session, actor, programme_id, page_number(request.args.get("page")))
    return render_template("startups/show_programme.html", programme=programme, page=page, today=_today())


@blueprint.route("/startups/<int:startup_id>/programmes", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def enrol(startup_id: int) -> Answer:
    """What a startup is in, and (posted) one more."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    startup = queries.get_startup(session, actor, startup_id)
    form, status = EnrolForm(starts_on=_today()), 200
    open_ones = [each for each in queries.list_programmes(session, actor) if each.closed_at is None]
    form.programme_id.choices = [(each.id, named(each, locale)) for each in open_ones]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.enrol(session, actor, now=utc_now(), startup_id=startup_id, **form.stay())
                db.session.commit()
                flash(_("It is in."), "success")
                return redirect(url_for("startups.enrol", startup_id=startup_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    stays = queries.list_stays_of(session, startup_id)
    return render_template("startups/enrol.html", startup=startup, form=form, stays=stays, today=_today(),
                           end_form=EndForm(formdata=None, ends_on=_today())), status  # fmt: skip


@blueprint.route("/startups/<int:startup_id>/programmes/<int:enrolment_id>/end", methods=["POST"])
@requires(Action.MANAGE_STARTUPS)
def end_enrolment(startup_id: int, enrolment_id: int) -> Response:
    """Let a stay end on a day."""
    queries.get_startup(db.session(), current_actor(), startup_id)
    form, here = EndForm(), redirect(url_for("startups.enrol", startup_id=startup_id), 303)
    if not form.validate():
        flash(_("Give the date."), "danger")
        return here
    try:
        operations.end_enrolment(db.session(), current_actor(), now=utc_now(), enrolment_id=enrolment_id,
                                 ends_on=form.ends_on.data)  # fmt: skip
        db.session.commit()
        flash(_("The changes are kept."), "success")
    except Conflict as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
    return here


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
