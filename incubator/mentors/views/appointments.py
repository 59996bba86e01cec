"""Appointments of mentors, and their letters."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response as Download
from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.actor import system_actor
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.operations import content_of
from incubator.documents.pdf import render
from incubator.documents.queries import get_version
from incubator.mentors.forms.papers import AppointmentForm, EndAppointmentForm
from incubator.mentors.models import MentorAppointment
from incubator.mentors.operations import appointments as operations
from incubator.mentors.queries import appointments as reads
from incubator.mentors.queries.profiles import get_mentor_row, today_of
from incubator.mentors.views.blueprint import blueprint

FIRST_TITLE = "创业导师"
"""What most are appointed as, as the paper has it."""


@blueprint.route("/mentors/appointments")
@requires(Action.SEE_MENTORING)
def list_appointments() -> str:
    """Who is appointed, the one that ends first at the top; or all letters there ever were."""
    which = "all" if request.args.get("which") == "all" else "current"
    today = utc_now().astimezone(CHINA).date()
    page = reads.list_appointments(db.session(), current_actor(), today=today, which=which,
                                   page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("mentors/list_appointments.html", page=page, which=which, today=today)


@blueprint.route("/mentors/<int:mentor_id>/appointments/new", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def new_appointment(mentor_id: int) -> Answer:
    """Appoint a mentor, or appoint them anew."""
    session, actor, now, form = db.session(), current_actor(), utc_now(), AppointmentForm()
    row = get_mentor_row(session, actor, mentor_id, now)
    so_far = reads.list_appointments_of(session, mentor_id)
    if request.method == "GET":
        form.propose(*_next(so_far[0] if so_far else None, today_of(session, row.mentor, now)))

    def appoint() -> str:
        operations.appoint_mentor(session, actor, now=utc_now(), mentor_id=mentor_id, **form.said())
        return url_for("mentors.show_mentor", mentor_id=mentor_id)

    return answer(form, "mentors/new_appointment.html", appoint, _("They are appointed, and told so."), row=row,
                  so_far=so_far)  # fmt: skip


@blueprint.route("/mentors/appointments/<int:appointment_id>/end", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def end_appointment(appointment_id: int) -> Answer:
    """It holds until an earlier day."""
    session, actor, form = db.session(), current_actor(), EndAppointmentForm()
    row = reads.get_appointment(session, actor, appointment_id)
    mentor_id = row.mentor.id
    if request.method == "GET":
        form.last.data = today_of(session, row.mentor, utc_now())

    def end() -> str:
        operations.end_appointment(session, actor, now=utc_now(), appointment_id=appointment_id, last=form.last.data,
                                   reason=form.reason.data or "")  # fmt: skip
        return url_for("mentors.show_mentor", mentor_id=mentor_id)

    return answer(form, "mentors/end_appointment.html", end, _("It ends on that day."), row=row)


@blueprint.route("/mentors/appointments/<int:appointment_id>/letter.pdf")
@requires(Action.SEE_MENTORS)
def appointment_letter(appointment_id: int) -> Download:
    """The letter of appointment, as it was filed; for staff and for whose it is."""
    session, actor = db.session(), current_actor()
    row = reads.get_appointment(session, actor, appointment_id)
    document_id = row.appointment.document_id
    if document_id is None:
        content = render("mentors/appointment.typ", reads.get_letter(session, row))
    else:  # filed for staff: whose letter it is has shown so just now
        content = content_of(session, get_version(session, system_actor(actor.operator_id), document_id)[2])
    headers = {"Content-Disposition": f"attachment; filename={row.appointment.label}.pdf"}
    return Download(content, mimetype="application/pdf", headers=headers)


def _next(last: MentorAppointment | None, today: date) -> tuple[str, date, date]:
    """The term that is proposed: a year, after the last one or from today on."""
    if last is None:
        return FIRST_TITLE, today, _in_a_year(today)
    first = max(today, last.last + timedelta(days=1))
    return last.title, first, _in_a_year(first)


def _in_a_year(first: date) -> date:
    """The day before its anniversary: a year from 1 October ends on 30 September."""
    leap = first.month == 2 and first.day == 29
    return (first.replace(year=first.year + 1, day=28) if leap else first.replace(year=first.year + 1)) - timedelta(1)
