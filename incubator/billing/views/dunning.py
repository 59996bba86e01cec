"""Pages of dunning for staff: who owes too long, a startup's story, letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.dunning_letters import export_letter
from incubator.billing.forms.dunning import CallForm, HoldForm, PromiseForm, WhyForm
from incubator.billing.operations import dunning_entries as operations
from incubator.billing.queries.dunning.interest import list_proposals
from incubator.billing.queries.dunning.lists import VIEWS, count_stories, get_action, list_letters
from incubator.billing.queries.dunning.lists import list_stories as find_stories
from incubator.billing.queries.dunning.overdue import get_plan
from incubator.billing.queries.dunning.story import get_story
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today, send
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites


@blueprint.route("/billing/dunning")
@requires(Action.SEE_BILLING)
def list_dunning() -> str:
    """Who owes something too long, the oldest debt first."""
    session, actor, today = db.session(), current_actor(), local_today()
    view = request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    site_id, search = request.args.get("site", type=row_id), (clean(request.args.get("search")) or "")[:100]
    page = find_stories(session, actor, today=today, view=view, search=search, site_id=site_id,
                        page=page_number(request.args.get("page")))  # fmt: skip
    asked = {"view": view if view != "all" else None, "site": site_id, "search": search or None}
    return render_template("billing/dunning/list.html", page=page, asked=asked, view=view, today=today,
                           counts=count_stories(session, actor, today), sites=list_sites(session, actor),
                           plan=get_plan(session, today))  # fmt: skip


@blueprint.route("/billing/dunning/<int:startup_id>")
@requires(Action.SEE_BILLING)
def show_dunning(startup_id: int) -> str:
    """A startup's debts, what was done about them, and what comes next."""
    return _show(startup_id)


@blueprint.route("/billing/dunning/<int:startup_id>/pause", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def pause_dunning(startup_id: int) -> Answer:
    """Let the steps wait, for a reason."""
    form = HoldForm(prefix="hold")
    return _do(startup_id, "hold", form, _("The steps wait."), lambda: operations.pause_dunning(
        db.session(), current_actor(), now=utc_now(), startup_id=startup_id, until=_day(form.until.data),
        reason=form.reason.data or "", kind=form.kind.data,
    ))  # fmt: skip


@blueprint.route("/billing/dunning/<int:startup_id>/resume", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def resume_dunning(startup_id: int) -> Answer:
    """The steps go on."""
    form = WhyForm(prefix="resume")
    return _do(startup_id, "resume", form, _("The steps go on."), lambda: operations.resume_dunning(
        db.session(), current_actor(), now=utc_now(), startup_id=startup_id, reason=form.reason.data or "",
    ))  # fmt: skip


@blueprint.route("/billing/dunning/<int:startup_id>/promise", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def take_promise(startup_id: int) -> Answer:
    """Somebody of the startup has said when it will pay."""
    form = PromiseForm(prefix="promise")
    return _do(startup_id, "promise", form, _("The promise is noted; the steps wait until that day."),
               lambda: operations.promise_payment(
        db.session(), current_actor(), now=utc_now(), startup_id=startup_id, until=_day(form.until.data),
        amount_minor=form.amount_minor(), note=form.note.data or "",
    ))  # fmt: skip


@blueprint.route("/billing/dunning/<int:startup_id>/lift", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def lift_booking_limit(startup_id: int) -> Answer:
    """It can book again though it has not paid."""
    form = WhyForm(prefix="lift")
    return _do(startup_id, "lift", form, _("The startup can book again."), lambda: operations.lift_limit(
        db.session(), current_actor(), now=utc_now(), startup_id=startup_id, reason=form.reason.data or "",
    ))  # fmt: skip


@blueprint.route("/billing/dunning/calls/<int:action_id>", methods=["POST"])
@requires(Action.TAKE_PAYMENTS)
def record_call(action_id: int) -> Answer:
    """What came of a call."""
    action, startup = get_action(db.session(), current_actor(), action_id)
    name = f"call{action_id}"
    form = CallForm(prefix=name)
    return _do(startup.id, name, form, _("The call is noted."), lambda: operations.record_call(
        db.session(), current_actor(), now=utc_now(), action_id=action.id, result=form.result.data,
        note=form.note.data or "",
    ))  # fmt: skip


def _day(given: date | None) -> date:
    assert given is not None  # InputRequired
    return given


def _do(startup_id: int, name: str, form: FlaskForm, said: str, change: Callable[[], object]) -> Answer:
    """Do it and show the story; or show it with what is wrong at its form."""
    status = 422
    if form.validate():
        try:
            change()
            db.session.commit()
            flash(said, "success")
            return redirect(url_for("billing.show_dunning", startup_id=startup_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _show(startup_id, **{name: form}), status


def _show(startup_id: int, **sent: FlaskForm) -> str:
    session, actor, today = db.session(), current_actor(), local_today()
    story = get_story(session, actor, startup_id, today=today)
    proposals = list_proposals(session, actor, today, startup_id=startup_id)
    wanted: dict[str, Any] = {"hold": HoldForm, "promise": PromiseForm, "resume": WhyForm, "lift": WhyForm}
    if story.row is not None:
        wanted |= {f"call{each.id}": CallForm for each in story.row.calls}
    forms = {name: sent.get(name) or form(formdata=None, prefix=name) for name, form in wanted.items()}
    return render_template("billing/dunning/show.html", story=story, today=today, forms=forms, sent=sent,
                           proposals=proposals)  # fmt: skip


@blueprint.route("/billing/dunning/letters")
@requires(Action.SEE_BILLING)
def list_notice_letters() -> str:
    """Notice letters, the latest first."""
    search = (clean(request.args.get("search")) or "")[:100]
    page = list_letters(db.session(), current_actor(), search=search, page=page_number(request.args.get("page")))
    return render_template("billing/dunning/letters.html", page=page, search=search)


@blueprint.route("/billing/dunning/letters/<int:action_id>/pdf")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def notice_letter_pdf(action_id: int) -> Response:
    """One of them as it was written."""
    action, _startup = get_action(db.session(), current_actor(), action_id)
    return send(export_letter(action, reader_locale()))
