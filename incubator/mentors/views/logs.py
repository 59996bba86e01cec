"""A session's page and what is said on it: its log, both sides' word, notes, tasks, feedback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.refusing import refuse, tell
from incubator.mentors.forms.sessions import FeedbackForm, LogForm, NoteForm, TaskForm
from incubator.mentors.operations import feedback as feedback_operations
from incubator.mentors.operations import logs as operations
from incubator.mentors.operations import tasks as task_operations
from incubator.mentors.operations.sides import side_of
from incubator.mentors.queries import sessions as reads
from incubator.mentors.queries.fields import list_fields
from incubator.mentors.queries.needs import list_field_ids
from incubator.mentors.rules.sessions import MISSED_AFTER, State
from incubator.mentors.views.blueprint import blueprint

PARTS = (Action.SEE_MENTORING, Action.MENTOR, Action.SEEK_MENTORS)


@blueprint.route("/mentoring/sessions/<int:session_id>")
@requires(*PARTS)
def show_session(session_id: int) -> str:
    """One session: when and where, its log with both sides' word, what is to be done."""
    return _show(session_id)


def _show(session_id: int, **forms: FlaskForm) -> str:
    session, actor, now = db.session(), current_actor(), utc_now()
    meeting = reads.get_meeting(session, actor, session_id)
    row = meeting.row
    side, state = side_of(actor, row.mentor, row.meeting.startup_id), row.state(now)
    shown: dict[str, Any] = {
        "note": NoteForm(formdata=None, text=meeting.note.text if meeting.note else ""),
        "task": TaskForm(formdata=None), "feedback": FeedbackForm(formdata=None),
    } | forms  # fmt: skip
    return render_template(
        "mentors/show_session.html", meeting=meeting, row=row, side=side, state=state, now=now, forms=shown,
        may_change=state is State.COMING and (side is not None or actor.can(Action.MANAGE_MENTORS)),
        may_miss=state in (State.RUNNING, State.TO_LOG) and now >= row.meeting.start + MISSED_AFTER
        and (side is not None or actor.can(Action.MANAGE_MENTORS)),
        as_confirmed=[operations.is_as_confirmed(row, each) for each in meeting.logs],
        given=meeting.given.get(side or ""),
    )  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/log", methods=["GET", "POST"])
@requires(Action.MENTOR, Action.SEEK_MENTORS)
def write_log(session_id: int) -> Answer:
    """Write down what was said, or the next version of it."""
    session, actor, now = db.session(), current_actor(), utc_now()
    meeting, form, status = reads.get_meeting(session, actor, session_id), LogForm(), 200
    row, logs = meeting.row, meeting.logs
    zone = ZoneInfo(row.zone)
    if side_of(actor, row.mentor, row.meeting.startup_id) is None:
        raise NotFound
    form.field_ids.choices = [(each.id, each) for each in list_fields(session, actor, choosable=True)]
    if request.method == "GET":
        if logs:
            form.show(logs[0].held, zone, [each.id for each in logs[0].fields])
            form.topics.data, form.advice.data = logs[0].log.topics, logs[0].log.advice
            form.next_steps.data = logs[0].log.next_steps
        else:
            form.show(row.time, zone, list_field_ids(session, row.meeting.need_id) if row.meeting.need_id else ())
    elif not form.validate():
        status = 422
    else:
        try:
            operations.write_log(
                session, actor, now=now, session_id=session_id, held=form.held(zone),
                field_ids=form.field_ids.data or [], topics=form.topics.data or "", advice=form.advice.data or "",
                next_steps=form.next_steps.data or "", reason=form.reason.data or "",
            )  # fmt: skip
            session.commit()
            flash(_("Written down, with your word for it. The other side is asked for theirs."), "success")
            return redirect(url_for("mentors.show_session", session_id=session_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            row = reads.get_meeting_row(session, actor, session_id)
            form.field_ids.choices = [(each.id, each) for each in list_fields(session, actor, choosable=True)]
    return render_template("mentors/write_log.html", form=form, row=row, again=bool(logs)), status


@blueprint.route("/mentoring/sessions/<int:session_id>/confirm", methods=["POST"])
@requires(Action.MENTOR, Action.SEEK_MENTORS)
def confirm_log(session_id: int) -> Answer:
    """One's word for the version that was read."""
    version = request.form.get("version", 0, type=row_id)
    return _act(session_id, lambda: operations.confirm_log(
        db.session(), current_actor(), now=utc_now(), session_id=session_id, version=version),
        _("Confirmed. With both sides' word the session counts."))  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/note", methods=["POST"])
@requires(Action.MENTOR, Action.SEEK_MENTORS)
def keep_note(session_id: int) -> Answer:
    """One's own words, for nobody else."""
    form = NoteForm()
    return _act(session_id, lambda: operations.keep_note(
        db.session(), current_actor(), now=utc_now(), session_id=session_id, text=form.text.data or ""),
        _("Your note is kept. Nobody else sees it."), note=form)  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/tasks", methods=["POST"])
@requires(Action.MANAGE_MENTORS, Action.MENTOR, Action.SEEK_MENTORS)
def add_task(session_id: int) -> Answer:
    """What the startup is to do."""
    form = TaskForm()
    return _act(session_id, lambda: task_operations.add_task(
        db.session(), current_actor(), now=utc_now(), session_id=session_id, text=form.text.data or "",
        due_on=form.due_on.data), _("The task is noted."), task=form)  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/tasks/<int:task_id>", methods=["POST"])
@requires(Action.MANAGE_MENTORS, Action.MENTOR, Action.SEEK_MENTORS)
def end_task(session_id: int, task_id: int) -> Answer:
    """Done, dropped, or open again."""
    return _act(session_id, lambda: task_operations.end_task(
        db.session(), current_actor(), now=utc_now(), session_id=session_id, task_id=task_id,
        ending=request.form.get("ending", "")), _("Noted."))  # fmt: skip


@blueprint.route("/mentoring/sessions/<int:session_id>/feedback", methods=["POST"])
@requires(Action.MENTOR, Action.SEEK_MENTORS)
def give_feedback(session_id: int) -> Answer:
    """How one's side found the other."""
    form = FeedbackForm()
    return _act(session_id, lambda: feedback_operations.give_feedback(
        db.session(), current_actor(), now=utc_now(), session_id=session_id, rating=form.stars(),
        remark=form.remark.data or ""), _("Thank you. It is shown only together with others'."),
        feedback=form)  # fmt: skip


def _act(session_id: int, do: Callable[[], object], done: str, **forms: FlaskForm) -> Answer:
    """Do something on the session's page and come back to it; what was typed stays where it is refused."""
    for form in forms.values():
        if not form.validate():
            return _show(session_id, **forms), 422
    try:
        do()
        db.session.commit()
        flash(done, "success")
    except Refusal as refusal:
        for form in forms.values():
            status = refuse(form, refusal)
            return _show(session_id, **forms), status
        tell(refusal)
    return redirect(url_for("mentors.show_session", session_id=session_id), 303)
