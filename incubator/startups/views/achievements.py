"""Achievements: a startup's own, claimed with evidence; and all of them, to be confirmed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.operations import add_document
from incubator.documents.refusing import refuse
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.startups import queries
from incubator.startups.forms.achievements import AchievementForm, WithdrawAchievementForm
from incubator.startups.operations import achievements as operations
from incubator.startups.queries.achievements import ACHIEVEMENT_STATES, get_achievement, list_achievement_rows
from incubator.startups.queries.figures import may_fill
from incubator.startups.rules.achievements import SORTS
from incubator.startups.views.blueprint import Answer, blueprint

DOCUMENT_KINDS = {"right_applied": "right", "right_granted": "right", "qualification": "qualification"}


@blueprint.route("/startups/<int:startup_id>/achievements", methods=["GET", "POST"])
@requires(Action.SEE_FIGURES, Action.EDIT_OWN_STARTUP)
@takes_documents
def achievements(startup_id: int) -> Answer:
    """What a startup has achieved; and (posted) one more."""
    session, actor = db.session(), current_actor()
    startup, form, status = queries.get_startup(session, actor, startup_id), AchievementForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                _claim(startup_id, form)
                db.session.commit()
                flash(_("Noted. It counts once your operator has seen the evidence and confirmed it."), "success")
                return redirect(url_for("startups.achievements", startup_id=startup_id), 303)
            except Refusal as refusal:
                refusal.field = form.field_of(refusal.field)
                status = refuse(form, refusal)
    page, counts = list_achievement_rows(session, actor, startup_id=startup_id,
                                         page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("startups/achievements.html", startup=startup, page=page, counts=counts, form=form,
                           may_fill=may_fill(actor, startup_id)), status  # fmt: skip


def _claim(startup_id: int, form: AchievementForm) -> None:
    session, actor, now = db.session(), current_actor(), utc_now()
    said = form.said()
    document_id = None
    if form.file.data and form.file.name_of_file:
        document_id = add_document(
            session, actor, now=now, kind=DOCUMENT_KINDS.get(said["kind"], "evidence"), title=said["title"],
            startup_id=startup_id, audience="founders", name=form.file.name_of_file, content=form.file.content,
        ).id  # fmt: skip
    operations.claim_achievement(session, actor, now=now, today=now.astimezone(CHINA).date(), startup_id=startup_id,
                                 document_id=document_id, **said)  # fmt: skip


@blueprint.route("/achievements")
@requires(Action.SEE_FIGURES)
def list_all_achievements() -> str:
    """Those of all startups, what is to be confirmed first asked for."""
    state = request.args.get("state", "claimed")
    state = state if state in (*ACHIEVEMENT_STATES, "") else "claimed"
    kind = request.args.get("kind", "") if request.args.get("kind") in SORTS else ""
    search = (clean(request.args.get("q")) or "")[:100]
    page, counts = list_achievement_rows(db.session(), current_actor(), state=state, kind=kind, search=search,
                                         page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("startups/list_achievements.html", page=page, counts=counts, state=state, kind=kind,
                           search=search)  # fmt: skip


@blueprint.route("/achievements/<int:achievement_id>/confirm", methods=["POST"])
@requires(Action.MANAGE_FIGURES)
def confirm_achievement(achievement_id: int) -> Response:
    """The evidence has been seen."""
    try:
        operations.confirm_achievement(db.session(), current_actor(), now=utc_now(), achievement_id=achievement_id)
        db.session.commit()
        flash(_("Confirmed: it counts from now on."), "success")
    except Conflict as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(_back(achievement_id), 303)


@blueprint.route("/achievements/<int:achievement_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_FIGURES, Action.EDIT_OWN_STARTUP)
def withdraw_achievement(achievement_id: int) -> Response:
    """It was wrong, or is not accepted."""
    form = WithdrawAchievementForm()
    try:
        operations.withdraw_achievement(db.session(), current_actor(), now=utc_now(), achievement_id=achievement_id,
                                        reason=form.reason.data or "")  # fmt: skip
        db.session.commit()
        flash(_("Withdrawn: it does not count."), "success")
    except Refusal as refusal:
        if refusal.field is None and not isinstance(refusal, Conflict):
            raise
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(_back(achievement_id), 303)


def _back(achievement_id: int) -> str:
    """To the list that the button stood in."""
    if request.form.get("list"):
        return url_for("startups.list_all_achievements")
    achievement = get_achievement(db.session(), current_actor(), achievement_id)
    return url_for("startups.achievements", startup_id=achievement.startup_id)
