"""The directory of mentors, one mentor's page, and who is one."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.i18n import reader_locale
from incubator.mentors.forms.profiles import NewMentorForm, ReasonForm
from incubator.mentors.operations import mentors as operations
from incubator.mentors.queries import profiles as reads
from incubator.mentors.queries.appointments import list_appointments_of
from incubator.mentors.queries.conflicts import list_conflicts
from incubator.mentors.queries.fields import list_fields
from incubator.mentors.queries.proposals import count_waiting
from incubator.mentors.queries.weeks import get_weeks, list_days
from incubator.mentors.rules.vocabulary import LANGUAGES, MENTOR_KINDS
from incubator.mentors.views.blueprint import blueprint
from incubator.spaces.queries import list_sites

DAYS_SHOWN = 8


@blueprint.route("/mentors")
@requires(Action.SEE_MENTORS)
def list_mentors() -> str:
    """Who can help: by word, field, kind, industry, language and site; staff also by what keeps them from it."""
    session, actor, now = db.session(), current_actor(), utc_now()
    fields, sites = list_fields(session, actor, choosable=True), list_sites(session, actor)
    wanted = _wanted({each.id for each in fields}, {each.id for each in sites}, actor.is_staff)
    page = reads.list_mentors(session, actor, now=now, page=page_number(request.args.get("page")), **wanted)
    return render_template(
        "mentors/list_mentors.html", page=page, wanted=wanted, fields=fields, sites=sites,
        in_use=reads.list_industries_in_use(session, actor), is_filtered=any(wanted.values()),
        states=reads.count_states(session, actor, now) if actor.is_staff else {},
        waiting=count_waiting(session, actor) if actor.can(Action.MANAGE_MENTORS) else 0,
    )  # fmt: skip


def _wanted(field_ids: set[int], site_ids: set[int], is_staff: bool) -> dict[str, Any]:
    """What the address asks for, without what there is not."""
    args = request.args
    field_id, site_id = args.get("field", type=row_id), args.get("site", type=row_id)
    industry = args.get("industry", "")
    return {
        "search": (clean(args.get("q")) or "")[:100], "field_id": field_id if field_id in field_ids else None,
        "kind": args.get("kind") if args.get("kind") in MENTOR_KINDS else "",
        "industry": industry if len(industry) == 2 and industry.isascii() and industry.isdigit() else "",
        "language": args.get("language") if args.get("language") in LANGUAGES else "",
        "site_id": site_id if site_id in site_ids else None,
        "state": args.get("state") if is_staff and args.get("state") in reads.STATES else "",
    }  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>")
@requires(Action.SEE_MENTORS)
def show_mentor(mentor_id: int) -> str:
    """One mentor: what they help with, who they are, and when they can be met."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = reads.get_mentor_row(session, actor, mentor_id, now)
    today, keeps = reads.today_of(session, row.mentor, now), reads.may_keep(actor, row.mentor)
    inside = keeps or actor.is_staff
    return render_template(
        "mentors/show_mentor.html", row=row, today=today, keeps=keeps, inside=inside,
        week=get_weeks(session, today, today, [mentor_id])[mentor_id],
        days=list_days(session, mentor_id, today)[:DAYS_SHOWN],
        appointments=list_appointments_of(session, mentor_id) if inside else [],
        conflicts=list_conflicts(session, actor, mentor_id=mentor_id, live=True).rows,
        may_declare=keeps or actor.can(Action.SEEK_MENTORS),
    )  # fmt: skip


@blueprint.route("/mentors/new", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def new_mentor() -> Answer:
    """Make somebody a mentor, or invite somebody."""
    session, actor, form = db.session(), current_actor(), NewMentorForm()
    people = reads.list_candidates(session, actor)
    form.offer(people, list_sites(session, actor), reader_locale())

    def add() -> str:
        mentor = operations.add_mentor(session, actor, now=utc_now(), **form.said())
        return url_for("mentors.show_mentor", mentor_id=mentor.id)

    done = _("There is one mentor more. Next: profile, hours, appointment.")
    return answer(form, "mentors/new_mentor.html", add, done, has_people=bool(people))


@blueprint.route("/mentors/<int:mentor_id>/pause", methods=["POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def pause_mentor(mentor_id: int) -> Response:
    """No new sessions for a while."""
    return press(lambda: operations.pause_mentor(db.session(), current_actor(), now=utc_now(), mentor_id=mentor_id),
                 _("No new sessions are booked until you go on."), _back(mentor_id))  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>/resume", methods=["POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def resume_mentor(mentor_id: int) -> Response:
    """Sessions again."""
    return press(lambda: operations.resume_mentor(db.session(), current_actor(), now=utc_now(), mentor_id=mentor_id),
                 _("Sessions can be booked again."), _back(mentor_id))  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>/end", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def end_mentor(mentor_id: int) -> Answer:
    """They stop being a mentor here."""
    session, actor, form = db.session(), current_actor(), ReasonForm()
    row = reads.get_mentor_row(session, actor, mentor_id, utc_now())

    def end() -> str:
        operations.end_mentor(session, actor, now=utc_now(), mentor_id=mentor_id, reason=form.reason.data or "")
        return url_for("mentors.show_mentor", mentor_id=mentor_id)

    return answer(form, "mentors/end_mentor.html", end, _("They are no mentor here any more."), row=row)


def _back(mentor_id: int) -> str:
    """Where a mentor's buttons lead: to their own profile, or to the mentor's page."""
    own = reads.get_mentor(db.session(), current_actor(), mentor_id).person_id == current_actor().person_id
    return url_for("mentors.my_profile") if own else url_for("mentors.show_mentor", mentor_id=mentor_id)
