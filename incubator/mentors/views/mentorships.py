"""Mentorships: staff see all, mentors and startups their own; and how one is ended."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.refusing import refuse
from incubator.mentors.forms.rounds import EndForm
from incubator.mentors.operations import mentorships as operations
from incubator.mentors.queries import mentorships as queries
from incubator.mentors.views.blueprint import blueprint


@blueprint.route("/mentorships")
@requires(Action.SEE_MENTORING, Action.MENTOR, Action.SEEK_MENTORS)
def list_mentorships() -> str:
    """Who mentors whom, found by name and by whether it runs."""
    search, state = (clean(request.args.get("q")) or "")[:100], request.args.get("state", "")
    of_one = {name: request.args.get(name, type=row_id) for name in ("startup", "mentor", "round")}
    page = queries.list_mentorships(db.session(), current_actor(), today=today(), state=state, search=search,
                                    page=page_number(request.args.get("page")), **of_one)  # fmt: skip
    return render_template("mentors/mentorships/list.html", page=page, search=search, state=state, of_one=of_one,
                           today=today())  # fmt: skip


@blueprint.route("/mentorships/<int:mentorship_id>/end", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def end_mentorship(mentorship_id: int) -> Answer:
    """Let one end before its time."""
    session, actor, status = db.session(), current_actor(), 200
    row = queries.get_mentorship(session, actor, mentorship_id)
    form = EndForm(last=max(today(), row.mentorship.first))
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.end_mentorship(session, actor, now=utc_now(), mentorship_id=mentorship_id,
                                          last=form.last.data, reason=form.reason.data or "")  # fmt: skip
                db.session.commit()
                flash(_("It ends on that day. Both sides are told."), "success")
                return redirect(url_for("mentors.list_mentorships"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                row = queries.get_mentorship(session, actor, mentorship_id)
    return render_template("mentors/mentorships/end.html", row=row, form=form), status


@blueprint.app_context_processor
def pages_of_one() -> dict[str, object]:
    """What the pages of a mentor and of a startup ask, where they show who mentors whom."""
    return {"mentorships_of": mentorships_of}


def mentorships_of(*, startup_id: int | None = None, mentor_id: int | None = None) -> list[queries.MentorshipRow]:
    """Those that run or are to come and that the reader may see; one statement."""
    startups = [] if startup_id is None else [startup_id]
    return queries.list_mentorships_of(db.session(), current_actor(), today=today(), startup_ids=startups,
                                       mentor_id=mentor_id)  # fmt: skip


def today() -> date:
    """The day by which it is told whether one runs."""
    return utc_now().astimezone(CHINA).date()
