"""Conflicts of interest: declared, listed, ended."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.formats import named
from incubator.i18n import reader_locale
from incubator.mentors.forms.papers import ConflictForm
from incubator.mentors.forms.profiles import ReasonForm
from incubator.mentors.operations import conflicts as operations
from incubator.mentors.queries import conflicts as reads
from incubator.mentors.queries.profiles import get_mentor_row, may_keep
from incubator.mentors.views.blueprint import blueprint
from incubator.startups.queries import list_own_startups


@blueprint.route("/mentors/conflicts")
@requires(Action.SEE_MENTORING)
def list_conflicts() -> str:
    """All that hold, and all that have ended."""
    page = reads.list_conflicts(db.session(), current_actor(), page=page_number(request.args.get("page")))
    return render_template("mentors/list_conflicts.html", page=page)


@blueprint.route("/mentors/<int:mentor_id>/conflicts", methods=["GET", "POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS, Action.SEEK_MENTORS, Action.SEE_MENTORING)
def mentor_conflicts(mentor_id: int) -> Answer:
    """A mentor's conflicts that the reader may see; and (posted) one more."""
    session, actor, form = db.session(), current_actor(), ConflictForm()
    row = get_mentor_row(session, actor, mentor_id, utc_now())
    keeps = may_keep(actor, row.mentor)
    own = [] if keeps or not actor.startups_for(Action.SEEK_MENTORS) else [
        each for each in list_own_startups(session, actor) if each.id in actor.startups_for(Action.SEEK_MENTORS)
    ]  # fmt: skip
    form.startup_id.choices = [(each.id, named(each, reader_locale())) for each in own]

    def declare() -> str:
        operations.declare_conflict(
            session, actor, now=utc_now(), mentor_id=mentor_id, startup_id=_startup(form, bool(own)),
            kind=form.kind.data or "", note=form.note.data or "",
        )  # fmt: skip
        return url_for("mentors.mentor_conflicts", mentor_id=mentor_id)

    return answer(
        form, "mentors/mentor_conflicts.html", declare, _("It is declared and holds at once."), row=row, own=bool(own),
        page=reads.list_conflicts(session, actor, mentor_id=mentor_id, page=page_number(request.args.get("page"))),
        may_declare=keeps or bool(own), is_self=row.mentor.person_id == actor.person_id,
    )  # fmt: skip


@blueprint.route("/mentors/conflicts/<int:conflict_id>/end", methods=["GET", "POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS, Action.SEEK_MENTORS)
def end_conflict(conflict_id: int) -> Answer:
    """It holds no more, for a reason."""
    session, actor, form = db.session(), current_actor(), ReasonForm()
    row = reads.get_conflict(session, actor, conflict_id)
    mentor_id = row.mentor.id

    def end() -> str:
        operations.end_conflict(session, actor, now=utc_now(), conflict_id=conflict_id, reason=form.reason.data or "")
        return url_for("mentors.mentor_conflicts", mentor_id=mentor_id)

    return answer(form, "mentors/end_conflict.html", end, _("It holds no more."), row=row, may_end=row.may_end(actor))


def _startup(form: ConflictForm, of_own: bool) -> int:
    """The startup that is meant: one's own, or the one that is called exactly so."""
    if of_own:
        return int(form.startup_id.data or 0)
    found = reads.find_startup(db.session(), form.startup.data or "")
    if found is None:
        raise Refusal(N_("No startup here is called that. Give its full name, or its number."), field="startup")
    return found.id
