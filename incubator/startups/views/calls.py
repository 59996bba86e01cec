"""Calls for applications, for staff: listed, said, published, and their form made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups import queries
from incubator.startups.filling import fill_form
from incubator.startups.forms.calls import CallForm, QuestionForm, ReopenForm, days_of, instant
from incubator.startups.models import Call
from incubator.startups.operations import calls as doing
from incubator.startups.queries import calls as reading
from incubator.startups.views.blueprint import Answer, blueprint


def public_address(call: Call) -> str:
    """Where applicants find it, to be passed on."""
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for("startups.public_call", operator=f"{call.operator_id:x}", slug=call.slug)


@blueprint.route("/calls")
@requires(Action.SEE_APPLICATIONS)
def list_calls() -> str:
    """All calls, or those of one programme, the latest first."""
    programme_id = request.args.get("programme", type=row_id)
    programme = queries.get_programme(db.session(), current_actor(), programme_id) if programme_id else None
    page = reading.list_calls(db.session(), current_actor(), page_number(request.args.get("page")), programme_id)
    address = url_for("startups.public_calls", operator=f"{current_actor().operator_id:x}")
    return render_template("startups/list_calls.html", page=page, now=utc_now(), address=address,
                           programme=programme)  # fmt: skip


@blueprint.route("/calls/new", methods=["GET", "POST"])
@requires(Action.MANAGE_APPLICATIONS)
def new_call() -> Answer:
    """A call, or (`copy`) one like another for the next cohort."""
    session, actor, status = db.session(), current_actor(), 200
    copied = request.args.get("copy", type=row_id)
    source = reading.get_call(session, actor, copied) if copied else None
    form = CallForm(obj=source) if source else CallForm(opens_on=utc_now().astimezone(CHINA).date())
    if source is None:
        programmes = [each for each in queries.list_programmes(session, actor) if each.closed_at is None]
        form.programme_id.choices = [(each.id, named(each, reader_locale())) for each in programmes]
        form.programme_id.data = form.programme_id.data or request.args.get("programme", type=row_id)
    else:
        del form.programme_id
        if request.method == "GET":
            form.slug.data, form.opens_on.data = "", utc_now().astimezone(CHINA).date()
            form.starts_on.data = form.ends_on.data = None
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                now, facts = utc_now(), form.facts()
                made = (
                    doing.copy_call(session, actor, now=now, call_id=source.id, facts=facts) if source
                    else doing.add_call(session, actor, now=now, programme_id=form.programme_id.data, facts=facts)
                )  # fmt: skip
                session.commit()
                return redirect(url_for("startups.show_call", call_id=made.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_call.html", form=form, call=None, source=source), status


@blueprint.route("/calls/<int:call_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_APPLICATIONS)
def edit_call(call_id: int) -> Answer:
    """Say it otherwise."""
    call = reading.get_call(db.session(), current_actor(), call_id)
    form, status, is_published = CallForm(obj=call, **days_of(call)), 200, call.published_at is not None
    del form.programme_id
    if is_published:
        form.slug.data = call.slug
        form.slug.render_kw = {"readonly": True}
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                doing.edit_call(db.session(), current_actor(), now=utc_now(), call_id=call_id, facts=form.facts())
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.show_call", call_id=call_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_call.html", form=form, call=call, source=None), status


@blueprint.route("/calls/<int:call_id>")
@requires(Action.SEE_APPLICATIONS)
def show_call(call_id: int) -> str:
    """A call: where it stands, its address, its form."""
    session = db.session()
    call = reading.get_call(session, current_actor(), call_id)
    return render_template(
        "startups/show_call.html", call=call, state=reading.state_of(call, utc_now()),
        programme=queries.get_programme(session, current_actor(), call.programme_id), address=public_address(call),
        rows=reading.list_questions(session, call_id), retired=reading.list_questions(session, call_id, retired=True),
        count=queries.list_applications(session, current_actor(), call_id, size=1).total, reopen=ReopenForm(),
    )  # fmt: skip


@blueprint.route("/calls/<int:call_id>/preview")
@requires(Action.SEE_APPLICATIONS)
def preview_call(call_id: int) -> str:
    """The form as applicants see it, in the language asked for; nothing can be sent."""
    session = db.session()
    call = reading.get_call(session, current_actor(), call_id)
    language = "en" if request.args.get("language") == "en" else "zh_Hans"
    rows = reading.list_questions(session, call_id)
    with force_locale(language):
        return render_template(
            "startups/preview_call.html", call=call, language=language,
            form=fill_form({}, rows, {}, {}, language), state=reading.state_of(call, utc_now()),
        )  # fmt: skip


@blueprint.route("/calls/<int:call_id>/<any(publish,close,reopen):verb>", methods=["POST"])
@requires(Action.MANAGE_APPLICATIONS)
def change_call(call_id: int, verb: str) -> Response:
    """Publish, close, reopen."""
    session, actor = db.session(), current_actor()
    form = ReopenForm()
    closes = form.closes_on.data if verb == "reopen" and form.validate() else None
    do: dict[str, tuple[Callable[[datetime], object], str]] = {
        "publish": (lambda now: doing.publish_call(session, actor, now=now, call_id=call_id),
                    _("It is published: its address can be passed on.")),
        "close": (lambda now: doing.close_call(session, actor, now=now, call_id=call_id),
                  _("It takes no more applications.")),
        "reopen": (lambda now: doing.reopen_call(session, actor, now=now, call_id=call_id,
                                                 closes_at=closes and instant(closes, is_last=True)),
                   _("It takes applications again.")),
    }  # fmt: skip
    return _done(*do[verb], url_for("startups.show_call", call_id=call_id))


@blueprint.route("/calls/<int:call_id>/questions/new", methods=["GET", "POST"])
@requires(Action.MANAGE_APPLICATIONS)
def new_question(call_id: int) -> Answer:
    """One more question."""
    call = reading.get_call(db.session(), current_actor(), call_id)
    form, status = QuestionForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = doing.add_question(db.session(), current_actor(), now=utc_now(), call_id=call_id,
                                          kind=form.kind.data, asked=form.asked())  # fmt: skip
                db.session.commit()
                return redirect(url_for("startups.show_call", call_id=call_id, _anchor=f"q{made.id}"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_question.html", form=form, call=call, question=None), status


@blueprint.route("/calls/<int:call_id>/questions/<int:question_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_APPLICATIONS)
def edit_question(call_id: int, question_id: int) -> Answer:
    """Ask it otherwise; its kind stays."""
    call = reading.get_call(db.session(), current_actor(), call_id)
    row = reading.get_question(db.session(), call_id, question_id)
    form, status = QuestionForm(obj=row.question), 200
    del form.kind
    if row.question.kind not in ("one_choice", "several_choices"):
        del form.options
        del form.options_en
    elif request.method == "GET":
        form.show(row)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                doing.edit_question(db.session(), current_actor(), now=utc_now(), call_id=call_id,
                                    question_id=question_id, asked=form.asked())  # fmt: skip
                db.session.commit()
                return redirect(url_for("startups.show_call", call_id=call_id, _anchor=f"q{question_id}"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_question.html", form=form, call=call, question=row.question), status


@blueprint.route(
    "/calls/<int:call_id>/questions/<int:question_id>/<any(earlier,later,retire,restore):verb>", methods=["POST"]
)
@requires(Action.MANAGE_APPLICATIONS)
def change_question(call_id: int, question_id: int, verb: str) -> Response:
    """One place earlier or later; asked no longer, or again."""
    session, actor = db.session(), current_actor()

    def do(now: datetime) -> object:
        if verb in ("earlier", "later"):
            return doing.move_question(session, actor, now=now, call_id=call_id, question_id=question_id,
                                       step=-1 if verb == "earlier" else 1)  # fmt: skip
        change = doing.retire_question if verb == "retire" else doing.restore_question
        return change(session, actor, now=now, call_id=call_id, question_id=question_id)

    said = {"retire": _("It is asked no longer; its answers are kept."), "restore": _("It is asked again, last.")}
    return _done(do, said.get(verb, ""), url_for("startups.show_call", call_id=call_id, _anchor=f"q{question_id}"))


def _done(do: Callable[[datetime], object], said: str, back: str) -> Response:
    """Do it, say so or why not, and go back."""
    try:
        do(utc_now())
        db.session.commit()
        if said:
            flash(said, "success")
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(back, 303)
