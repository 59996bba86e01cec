"""A startup's figures: what is due and what was, one sheet filled in, submitted, confirmed or returned, corrected."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.startups import queries
from incubator.startups.forms.figures import DecideForm, ReasonForm, SheetForm, sheet_form
from incubator.startups.operations import figures as operations
from incubator.startups.queries.figure_lists import list_own_sheets
from incubator.startups.queries.figures import Sheet, confirms_own, load_sheet, may_fill, put_doubts
from incubator.startups.views.blueprint import Answer, blueprint

OPEN = ("none", "draft", "returned")


@blueprint.route("/my/figures")
@requires(Action.EDIT_OWN_STARTUP)
def my_figures() -> str:
    """The figures of one's own startup; who has several goes on from the first."""
    own = queries.list_own_startups(db.session(), current_actor())
    if not own:
        raise NotFound
    return list_figures(own[0].id)


@blueprint.route("/startups/<int:startup_id>/figures")
@requires(Action.SEE_FIGURES, Action.EDIT_OWN_STARTUP)
def list_figures(startup_id: int) -> str:
    """What a startup is asked for: what is its turn first, then all that was."""
    session, actor = db.session(), current_actor()
    startup = queries.get_startup(session, actor, startup_id)
    page = list_own_sheets(session, actor, startup_id, page_number(request.args.get("page")))
    own = queries.list_own_startups(session, actor) if actor.can(Action.EDIT_OWN_STARTUP) else []
    return render_template("startups/list_figures.html", startup=startup, page=page, today=_today(),
                           others=[each for each in own if each.id != startup_id])  # fmt: skip


@blueprint.route("/figures/<int:sheet_id>", methods=["GET", "POST"])
@requires(Action.SEE_FIGURES, Action.EDIT_OWN_STARTUP)
@takes_documents
def show_figures(sheet_id: int) -> Answer:
    """One sheet in its newest version or an earlier one; and (posted) what was filled in, kept or submitted."""
    session, actor = db.session(), current_actor()
    if request.method == "GET":
        return _page(load_sheet(session, actor, sheet_id, number=request.args.get("version", type=row_id)))
    sheet = load_sheet(session, actor, sheet_id)
    form, status = sheet_form(sheet.lines), 422
    if form.validate():
        try:
            operations.save_figures(session, actor, now=utc_now(), sheet_id=sheet_id, said=form.said())
            db.session.commit()
            if "submit" not in request.form:
                flash(_("The draft is kept. The operator sees it once you submit it."), "success")
                return redirect(url_for("startups.show_figures", sheet_id=sheet_id), 303)
            operations.submit_figures(session, actor, now=utc_now(), sheet_id=sheet_id)
            db.session.commit()
            flash(_("Submitted. You are told if something is to be mended."), "success")
            return redirect(url_for("startups.show_figures", sheet_id=sheet_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _page(load_sheet(session, actor, sheet_id), form), status


@blueprint.route("/figures/<int:sheet_id>/check", methods=["POST"])
@requires(Action.MANAGE_FIGURES, Action.EDIT_OWN_STARTUP)
def check_figures(sheet_id: int) -> str:
    """What is doubtful about what is being typed: a note for each line, nothing is kept."""
    sheet = load_sheet(db.session(), current_actor(), sheet_id)
    form = sheet_form(sheet.lines)
    form.validate()
    said = form.said()
    for line in sheet.lines:
        line.typed = said[line.indicator.id]
    put_doubts(sheet.lines, sheet.checks)
    return render_template("startups/_figure_notes.html", sheet=sheet, form=form)


@blueprint.route("/figures/<int:sheet_id>/decide", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def decide_figures(sheet_id: int) -> Answer:
    """Confirm the version that was looked at, or return it with a remark."""
    session, actor, form = db.session(), current_actor(), DecideForm()
    version_id = request.form.get("version", type=row_id)
    if version_id is None:
        raise NotFound
    if not form.validate():
        return _page(load_sheet(session, actor, sheet_id), decide=form), 422
    try:
        if "confirm" in request.form:
            operations.confirm_figures(session, actor, now=utc_now(), version_id=version_id)
            flash(_("Confirmed: these figures count from now on."), "success")
        else:
            operations.return_figures(session, actor, now=utc_now(), version_id=version_id,
                                      remark=form.remark.data or "")  # fmt: skip
            flash(_("Returned. The startup is told."), "success")
        db.session.commit()
    except Conflict as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    except Refusal as refusal:
        return _page(load_sheet(session, actor, sheet_id), decide=_said(form, refusal)), refusal.status
    return redirect(url_for("startups.show_figures", sheet_id=sheet_id), 303)


@blueprint.route("/figures/<int:sheet_id>/correct", methods=["POST"])
@requires(Action.MANAGE_FIGURES, Action.EDIT_OWN_STARTUP)
def correct_figures(sheet_id: int) -> Answer:
    """Open confirmed figures for a correction."""
    session, actor, form = db.session(), current_actor(), ReasonForm()
    if form.validate():
        try:
            operations.begin_correction(session, actor, now=utc_now(), sheet_id=sheet_id, reason=form.reason.data or "")
            db.session.commit()
            flash(_("Open for the correction. What was confirmed counts until it is confirmed."), "success")
            return redirect(url_for("startups.show_figures", sheet_id=sheet_id), 303)
        except Refusal as refusal:
            refuse(form, refusal)
    return _page(load_sheet(session, actor, sheet_id), correct=form), 422


def _said(form: DecideForm, refusal: Refusal) -> DecideForm:
    refuse(form, refusal)
    return form


def _page(
    sheet: Sheet, form: SheetForm | None = None, *, decide: DecideForm | None = None, correct: ReasonForm | None = None
) -> str:
    """The sheet as a form where it is the reader's turn, else to be read."""
    actor = current_actor()
    own = confirms_own(db.session(), actor, sheet.version) if actor.can(Action.MANAGE_FIGURES) else ""
    is_open = sheet.state in OPEN and sheet.is_newest and may_fill(actor, sheet.startup.id)
    return render_template(
        "startups/show_figures.html", sheet=sheet, today=_today(), is_open=is_open, own=own,
        form=(form or sheet_form(sheet.lines, formdata=None)) if is_open else None,
        decide=decide or DecideForm(formdata=None), correct=correct or ReasonForm(formdata=None),
        may_correct=sheet.state == "confirmed" and sheet.is_newest and may_fill(actor, sheet.startup.id),
    )  # fmt: skip


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
