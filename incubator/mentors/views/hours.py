"""When a mentor can be met, and where: the mentor's own, and it holds at once."""

from __future__ import annotations

from datetime import date

from flask import abort, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.mentors.forms.hours import SLOTS, DayForm, TermsForm, WeekForm
from incubator.mentors.operations import availability as operations
from incubator.mentors.queries.profiles import get_kept, get_mentor_row, today_of
from incubator.mentors.queries.weeks import get_weeks, list_days
from incubator.mentors.views.blueprint import blueprint


@blueprint.route("/mentors/<int:mentor_id>/hours", methods=["GET", "POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def edit_hours(mentor_id: int) -> Answer:
    """Weekly hours (what is posted here), exceptions, hours a month and where one meets."""
    session, actor, form = db.session(), current_actor(), WeekForm()
    mentor = get_kept(session, actor, mentor_id)
    form.offer(mentor.zone)
    if request.method == "POST":
        form.hours.take()

    def change() -> str:
        operations.set_hours(session, actor, now=utc_now(), mentor_id=mentor_id, hours=form.hours.hours(),
                             zone=form.zone.data or "")  # fmt: skip
        return _here(mentor_id)

    return answer(form, "mentors/edit_hours.html", change, _("The weekly hours hold from now on."),
                  **_shown(mentor_id, form))  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>/days", methods=["POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def set_day(mentor_id: int) -> Answer:
    """Other hours for one date, or none."""
    form = DayForm()
    get_kept(db.session(), current_actor(), mentor_id)

    def change() -> str:
        operations.set_day(db.session(), current_actor(), now=utc_now(), mentor_id=mentor_id, **form.said())
        return _here(mentor_id, "days")

    return answer(form, "mentors/edit_hours.html", change, _("The day is set."), **_shown(mentor_id, form))


@blueprint.route("/mentors/<int:mentor_id>/days/<on>/clear", methods=["POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def clear_day(mentor_id: int, on: str) -> Response:
    """The date has its weekday's hours again."""
    get_kept(db.session(), current_actor(), mentor_id)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        abort(404)
    return press(
        lambda: operations.clear_day(db.session(), current_actor(), now=utc_now(), mentor_id=mentor_id, on=day),
        _("That day is as usual again."), _here(mentor_id, "days"),
    )  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>/terms", methods=["POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def set_terms(mentor_id: int) -> Answer:
    """How many hours a month, and where one meets."""
    form = TermsForm()
    get_kept(db.session(), current_actor(), mentor_id)

    def change() -> str:
        operations.set_terms(db.session(), current_actor(), now=utc_now(), mentor_id=mentor_id, **form.said())
        return _here(mentor_id, "terms")

    return answer(form, "mentors/edit_hours.html", change, _("It holds from now on."), **_shown(mentor_id, form))


def _here(mentor_id: int, part: str | None = None) -> str:
    return url_for("mentors.edit_hours", mentor_id=mentor_id, _anchor=part)


def _shown(mentor_id: int, sent: FlaskForm) -> dict[str, object]:
    """The three forms of the page: the one that was sent as it was typed, the others as they hold."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = get_mentor_row(session, actor, mentor_id, now)
    today = today_of(session, row.mentor, now)
    week = sent if isinstance(sent, WeekForm) and request.method == "POST" else WeekForm(formdata=None)
    if week is not sent:
        week.offer(row.mentor.zone)
        week.zone.data = row.mentor.zone
        week.hours.put(get_weeks(session, today, today, [mentor_id])[mentor_id].hours)
    terms = sent if isinstance(sent, TermsForm) else TermsForm(formdata=None)
    if terms is not sent:
        terms.put(row.mentor)
    day = sent if isinstance(sent, DayForm) else DayForm(formdata=None)
    return {"week_form": week, "day_form": day, "terms_form": terms, "row": row, "slots": SLOTS,
            "days": list_days(session, mentor_id, today), "own": row.mentor.person_id == actor.person_id}  # fmt: skip
