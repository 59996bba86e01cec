"""Leaving: decided, settled entry by entry, revoked; letters; alumni; a new start."""

from __future__ import annotations

from datetime import date

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.pdf import render
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups import queries
from incubator.startups.forms.graduation import (
    KIND_SENTENCES,
    ExitForm,
    ItemForm,
    MoreForm,
    ReasonForm,
    RestartForm,
)
from incubator.startups.operations import exit_items as items
from incubator.startups.operations import exits as operations
from incubator.startups.operations.restarts import restart_startup
from incubator.startups.queries import exits as exit_queries
from incubator.startups.queries.agreements import is_founder_of
from incubator.startups.queries.deposits import list_deposits_at
from incubator.startups.queries.graduation import measure_startup
from incubator.startups.rules.exits import EXIT_KINDS
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/startups/<int:startup_id>/exit/new", methods=["GET", "POST"])
@requires(Action.MANAGE_EXITS)
def new_exit(startup_id: int) -> Answer:
    """Let a startup leave: how, and what that asks for; beside it how it stands in its programmes."""
    session, actor = db.session(), current_actor()
    startup, status = queries.get_startup(session, actor, startup_id), 200
    form, kind = ExitForm(on=_today()), request.values.get("kind", "")
    form.show_kind(kind if kind in EXIT_KINDS else "left")
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = operations.leave_incubation(session, actor, now=utc_now(), startup_id=startup_id, **form.said())
                db.session.commit()
                flash(_("Kept. What is to be settled stands below."), "success")
                return redirect(url_for("startups.show_exit", exit_id=made.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    graduates = form.kind.data == "graduated"
    rows = measure_startup(session, actor, startup_id, form.on.data or _today()) if graduates else []
    return render_template("startups/new_exit.html", startup=startup, form=form, rows=rows,
                           sentences=KIND_SENTENCES), status  # fmt: skip


@blueprint.route("/exits")
@requires(Action.SEE_STARTUPS)
def list_exits() -> str:
    """All exits, what is still to be settled first asked for."""
    kind = request.args.get("kind", "") if request.args.get("kind") in EXIT_KINDS else ""
    state = request.args.get("state", "open")
    state = state if state in (*exit_queries.EXIT_STATES, "") else "open"
    search = (clean(request.args.get("q")) or "")[:100]
    page = exit_queries.list_exits(db.session(), current_actor(), kind=kind, state=state, search=search,
                                   page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("startups/list_exits.html", page=page, kind=kind, state=state, search=search)


@blueprint.route("/exits/<int:exit_id>")
@requires(Action.SEE_STARTUPS, Action.EDIT_OWN_STARTUP)
def show_exit(exit_id: int) -> str:
    """An exit with what is to be settled."""
    return _page(exit_id)


@blueprint.route("/exits/<int:exit_id>/items/<int:item_id>", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def settle_exit_item(exit_id: int, item_id: int) -> Response:
    """Done, or waived."""
    form = ItemForm()
    try:
        if form.validate():
            items.settle_item(db.session(), current_actor(), now=utc_now(), exit_id=exit_id, item_id=item_id,
                              **form.said())  # fmt: skip
            db.session.commit()
        else:
            flash(_("Give amounts as numbers, and days as days."), "danger")
    except Refusal as refusal:
        _say(refusal)
    return redirect(url_for("startups.show_exit", exit_id=exit_id, _anchor=f"item-{item_id}"), 303)


@blueprint.route("/exits/<int:exit_id>/items/<int:item_id>/reopen", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def reopen_exit_item(exit_id: int, item_id: int) -> Response:
    """Ticked by mistake."""
    try:
        items.reopen_item(db.session(), current_actor(), now=utc_now(), exit_id=exit_id, item_id=item_id,
                          reason=ReasonForm().reason.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        _say(refusal)
    return redirect(url_for("startups.show_exit", exit_id=exit_id, _anchor=f"item-{item_id}"), 303)


@blueprint.route("/exits/<int:exit_id>/items", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def add_exit_item(exit_id: int) -> Response:
    """Something else to be settled."""
    form = MoreForm()
    try:
        items.add_exit_item(db.session(), current_actor(), now=utc_now(), exit_id=exit_id,
                            title=form.title.data or "", due_on=form.due_on.data)  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        _say(refusal)
    return redirect(url_for("startups.show_exit", exit_id=exit_id), 303)


@blueprint.route("/exits/<int:exit_id>/revoke", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def revoke_exit(exit_id: int) -> Response:
    """It was a mistake; the page says what stays as it is."""
    try:
        operations.revoke_exit(db.session(), current_actor(), now=utc_now(), exit_id=exit_id,
                               reason=ReasonForm().reason.data or "")  # fmt: skip
        db.session.commit()
        flash(_("Revoked: it counts nowhere any more. What stays as it is stands below."), "success")
    except Refusal as refusal:
        _say(refusal)
    return redirect(url_for("startups.show_exit", exit_id=exit_id), 303)


@blueprint.route("/exits/<int:exit_id>/letter.pdf")
@requires(Action.SEE_STARTUPS, Action.EDIT_OWN_STARTUP)
def exit_letter(exit_id: int) -> Download:
    """The certificate of graduation, or the notice of exit: in Chinese and English."""
    letter = exit_queries.get_letter(db.session(), current_actor(), exit_id)
    template = "certificate" if letter["kind"] == "graduated" else "exit"
    headers = {"Content-Disposition": f"attachment; filename={letter['number']}.pdf"}
    return Download(render(f"startups/{template}.typ", letter), mimetype="application/pdf", headers=headers)


@blueprint.route("/startups/<int:startup_id>/restart", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def restart(startup_id: int) -> Answer:
    """The founders of a startup that left or was dissolved start again."""
    session, actor = db.session(), current_actor()
    startup, form, status = queries.get_startup(session, actor, startup_id), RestartForm(on=_today()), 200
    last = exit_queries.last_exit(session, startup_id)
    founders = exit_queries.list_last_founders(session, startup_id, last.happened_on) if last else []
    form.individual_ids.choices = [(human.id, human.name) for _post, human in founders]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = restart_startup(session, actor, now=utc_now(), startup_id=startup_id, name=form.name.data or "",
                                       name_en=form.name_en.data or "", on=form.on.data,
                                       individual_ids=form.individual_ids.data or [])  # fmt: skip
                db.session.commit()
                flash(_("%(name)s is registered. Next: its agreement.", name=made.name), "success")
                return redirect(url_for("startups.show", startup_id=made.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/restart.html", startup=startup, form=form, last=last), status


@blueprint.route("/alumni")
@requires(Action.SEE_FIGURES)
def list_alumni() -> str:
    """Who has graduated, and how they do since."""
    search = (clean(request.args.get("q")) or "")[:100]
    page = exit_queries.list_alumni(db.session(), current_actor(), today=_today(), search=search,
                                    page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("startups/list_alumni.html", page=page, search=search)


def _page(exit_id: int) -> str:
    session, actor = db.session(), current_actor()
    row = exit_queries.get_exit(session, actor, exit_id)
    deposits = list_deposits_at(session, row.exit)
    return render_template(
        "startups/show_exit.html", row=row, items=exit_queries.list_items(session, exit_id), today=_today(),
        deposits=deposits, still_held=any(each.held_minor for each in deposits),
        may_open_deposits=actor.is_staff or is_founder_of(session, actor, row.startup.id),
        ended=exit_queries.list_ended_agreements(session, exit_id), more=MoreForm(formdata=None),
        reason=ReasonForm(formdata=None), followers=exit_queries.list_followers(session, row.startup.id),
    )  # fmt: skip


def _say(refusal: Refusal) -> None:
    if isinstance(refusal, NotFound | Forbidden):
        raise refusal
    db.session.rollback()
    flash(sentence(refusal, reader_locale()), "danger")


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
