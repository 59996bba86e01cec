"""Rounds: listed, opened, shown with what could not be first, proposed, published, discarded."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import Page, page_number
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.refusing import refuse, tell
from incubator.mentors.forms.rounds import PublishForm, RoundForm
from incubator.mentors.operations import assigning, rounds
from incubator.mentors.queries import rounds as queries
from incubator.mentors.queries.ranking import rank_pairs
from incubator.mentors.round_pages import list_lines, list_unmet
from incubator.mentors.views.blueprint import blueprint


@blueprint.route("/rounds")
@requires(Action.SEE_MENTORING)
def list_rounds() -> str:
    """Every round, with how large it is."""
    page = queries.list_rounds(db.session(), current_actor(), page_number(request.args.get("page")))
    return render_template("mentors/rounds/list.html", page=page)


@blueprint.route("/rounds/new", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def new_round() -> Answer:
    """Open a round; who is in it comes next."""
    form, status = RoundForm(first=utc_now().astimezone(CHINA).date()), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = rounds.open_round(db.session(), current_actor(), now=utc_now(), **form.said())
                db.session.commit()
                return redirect(url_for("mentors.add_to_round", round_id=made.id, side="startups"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("mentors/rounds/edit.html", form=form, desk=None), status


@blueprint.route("/rounds/<int:round_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def edit_round(round_id: int) -> Answer:
    """Another name, other days."""
    session, actor, status = db.session(), current_actor(), 200
    desk = queries.read_desk(session, actor, round_id)
    form = RoundForm(obj=desk.round, first=desk.first, last=desk.last)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                rounds.edit_round(session, actor, now=utc_now(), round_id=round_id, **form.said())
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("mentors.show_round", round_id=round_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                desk = queries.read_desk(session, actor, round_id)
    return render_template("mentors/rounds/edit.html", form=form, desk=desk), status


@blueprint.route("/rounds/<int:round_id>")
@requires(Action.SEE_MENTORING)
def show_round(round_id: int) -> str:
    """A round's assignment: what could not be, how it compares, and who has whom, by startup or by mentor."""
    session, actor = db.session(), current_actor()
    desk = queries.read_desk(session, actor, round_id)
    by = "mentors" if request.args.get("by") == "mentors" else "startups"
    tallies, last = queries.compare(session, desk) if desk.round.proposed_at else ([], None)
    lines, number = list_lines(desk, by), page_number(request.args.get("page"))
    page = Page.cut(lines, number)
    return render_template("mentors/rounds/show.html", desk=desk, by=by, tallies=tallies, last=last, page=page,
                           unmet=list_unmet(desk), has_room=desk.has_room)  # fmt: skip


@blueprint.route("/rounds/<int:round_id>/propose", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def propose_round(round_id: int) -> Response:
    """Look for the best assignment; what was changed by hand is gone."""
    try:
        found = assigning.propose_round(db.session(), current_actor(), now=utc_now(), round_id=round_id,
                                        rank=rank_pairs)  # fmt: skip
        db.session.commit()
        said = ngettext("%(num)s pair is proposed; no assignment has a higher total.",
                        "%(num)s pairs are proposed; no assignment has a higher total.", len(found.pairs))  # fmt: skip
        flash(said, "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("mentors.show_round", round_id=round_id), 303)


@blueprint.route("/rounds/<int:round_id>/publish", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def publish_round(round_id: int) -> Answer:
    """What publishing brings about; (posted) bring it about."""
    session, actor, form, status = db.session(), current_actor(), PublishForm(), 200
    desk = queries.read_desk(session, actor, round_id)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = assigning.publish_round(session, actor, now=utc_now(), round_id=round_id,
                                               despite_shortages=form.despite_shortages.data)  # fmt: skip
                db.session.commit()
                said = ngettext("Published: %(num)s mentorship begins. Both sides are told.",
                                "Published: %(num)s mentorships begin. Both sides are told.", len(made))  # fmt: skip
                flash(said, "success")
                return redirect(url_for("mentors.show_round", round_id=round_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                desk = queries.read_desk(session, actor, round_id)
    return render_template("mentors/rounds/publish.html", desk=desk, form=form, unmet=list_unmet(desk),
                           sides=[len({pair[place] for pair in desk.chosen}) for place in (0, 1)]), status  # fmt: skip


@blueprint.route("/rounds/<int:round_id>/discard", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def discard_round(round_id: int) -> Response:
    """Let nothing come of it."""
    try:
        rounds.discard_round(db.session(), current_actor(), now=utc_now(), round_id=round_id)
        db.session.commit()
        flash(_("The round is discarded."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("mentors.show_round", round_id=round_id), 303)
