"""What waits for approval: compared with what stands, approved or returned."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, press
from incubator.documents.refusing import refuse
from incubator.mentors.forms.profiles import RemarkForm
from incubator.mentors.operations import proposals as operations
from incubator.mentors.queries.profiles import get_mentor_row, profile_of
from incubator.mentors.queries.proposals import get_proposal, list_waiting
from incubator.mentors.rules.profiles import compare
from incubator.mentors.views.blueprint import blueprint
from incubator.mentors.views.profiles import namer


@blueprint.route("/mentors/proposals")
@requires(Action.MANAGE_MENTORS)
def list_proposals() -> str:
    """Profiles that wait, the oldest first."""
    page = list_waiting(db.session(), current_actor(), page_number(request.args.get("page")))
    return render_template("mentors/list_proposals.html", page=page)


@blueprint.route("/mentors/proposals/<int:proposal_id>")
@requires(Action.MANAGE_MENTORS)
def show_proposal(proposal_id: int) -> str:
    """What is to change, beside what stands."""
    return _page(proposal_id, RemarkForm())


@blueprint.route("/mentors/proposals/<int:proposal_id>/approve", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def approve_profile(proposal_id: int) -> Response:
    """From now on startups see it so."""
    return press(
        lambda: operations.approve_profile(db.session(), current_actor(), now=utc_now(), proposal_id=proposal_id),
        _("Startups see it so from now on."), url_for("mentors.list_proposals"),
    )  # fmt: skip


@blueprint.route("/mentors/proposals/<int:proposal_id>/return", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def return_profile(proposal_id: int) -> Answer:
    """Back to the mentor, with what is to be mended."""
    form, status = RemarkForm(), 422
    if form.validate():
        try:
            operations.return_profile(db.session(), current_actor(), now=utc_now(), proposal_id=proposal_id,
                                      remark=form.remark.data or "")  # fmt: skip
            db.session.commit()
            flash(_("It is back with the mentor, who is told why."), "success")
            return redirect(url_for("mentors.list_proposals"), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _page(proposal_id, form), status


def _page(proposal_id: int, form: RemarkForm) -> str:
    session, actor = db.session(), current_actor()
    row = get_proposal(session, actor, proposal_id)
    names, standing = namer(actor), profile_of(session, row.mentor)
    return render_template(
        "mentors/show_proposal.html", row=row, form=form, is_own=row.mentor.person_id == actor.person_id,
        mentor=get_mentor_row(session, actor, row.mentor.id, utc_now()),
        changes=[names.change(each) for each in compare(standing, row.profile)],
    )  # fmt: skip
