"""The blueprint that the pages of `mentors` hang on, and what its templates ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse, tell
from incubator.mentors import presenting, round_pages, wording
from incubator.mentors.models import MentorAppointment
from incubator.mentors.queries.appointments import state_of
from incubator.mentors.queries.conflicts import ConflictRow
from incubator.mentors.rules.hours import WEEKDAYS

blueprint = Blueprint("mentors", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.context_processor
def words() -> dict[str, object]:
    """The names of kinds, stages, languages and the like, for every template of mentors."""
    return {
        "mentor_words": wording, "profile_words": presenting, "weekdays": WEEKDAYS, "local_day": local_day,
        "round_words": round_pages, "appointment_state": appointment_state, "may_end_conflict": may_end_conflict,
    }  # fmt: skip


def local_day(at: datetime) -> date:
    """The day on which something was said: by the clock of the house."""
    return at.astimezone(CHINA).date()


def appointment_state(appointment: MentorAppointment, today: date | None = None) -> str:
    """`coming`, `current`, `past` or `ended`."""
    return state_of(appointment, today or local_day(utc_now()))


def may_end_conflict(row: ConflictRow) -> bool:
    """Whether the reader may end it."""
    return row.may_end(current_actor())


def answer(form: FlaskForm, template: str, change: Callable[[], str], done: str, **shown: Any) -> Answer:
    """Show the form; or do what it asks and go where `change` says; or show it again with what is wrong."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                address = change()
                db.session.commit()
                flash(done, "success")
                return redirect(address, 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template(template, form=form, **shown), status


def press(change: Callable[[], object], done: str, address: str) -> Response:
    """Do what a button asks, say so or why not, and go on."""
    try:
        change()
        db.session.commit()
        flash(done, "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(address, 303)
