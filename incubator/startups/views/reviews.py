"""My reviews: what is due, and one application at a time with the rubric beside it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.operations import open_content
from incubator.documents.refusing import refuse
from incubator.startups.forms.selection import ConflictForm, review_form
from incubator.startups.operations import reviews as reviewing
from incubator.startups.queries import reviews as queries
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.selection import done, today


@blueprint.route("/reviews")
@requires(Action.REVIEW)
def my_reviews() -> str:
    """What one has still to review, by the day it is due; or what one has done."""
    session, actor, finished = db.session(), current_actor(), request.args.get("show") == "done"
    page = queries.list_my_reviews(session, actor, done=finished, page=page_number(request.args.get("page")))
    waiting = page.total if not finished else queries.count_my_reviews(session, actor)
    return render_template("startups/selection/my_reviews.html", page=page, finished=finished, waiting=waiting,
                           today=today())  # fmt: skip


@blueprint.route("/reviews/<int:review_id>", methods=["GET", "POST"])
@requires(Action.REVIEW)
def show_review(review_id: int) -> Answer:
    """One application with its rubric; (posted) saved as a draft, or submitted."""
    session, actor, status = db.session(), current_actor(), 200
    sheet = queries.get_sheet(session, actor, review_id)
    given = {f"score_{key}": score for key, score in sheet.scores.items()}
    form = review_form(sheet.criteria, obj=sheet.review, **given)
    if request.method == "POST":
        status, submits = 422, request.form.get("do") == "submit"
        if form.validate():
            try:
                do = reviewing.submit_review if submits else reviewing.save_review
                do(session, actor, now=utc_now(), review_id=review_id, **form.said(sheet.criteria))
                db.session.commit()
                thanks, kept = _("Your review is submitted. Thank you."), _("The draft is kept; only you see it.")
                flash(thanks if submits else kept, "success")
                return redirect(url_for("startups.show_review", review_id=review_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                sheet = queries.get_sheet(session, actor, review_id)
    return render_template("startups/selection/review.html", sheet=sheet, form=form, today=today(),
                           conflict_form=ConflictForm(formdata=None)), status  # fmt: skip


@blueprint.route("/reviews/<int:review_id>/conflict", methods=["POST"])
@requires(Action.REVIEW)
def declare_conflict(review_id: int) -> Response:
    """The reviewer can't be impartial about this one."""
    form = ConflictForm()
    return done(
        lambda now: reviewing.declare_conflict(db.session(), current_actor(), now=now, review_id=review_id,
                                               reason=form.reason.data or ""),
        _("The conflict is on the record. You will not be asked about this application again."),
        lambda made: url_for("startups.my_reviews") if made else url_for("startups.show_review", review_id=review_id),
    )  # fmt: skip


@blueprint.route("/reviews/<int:review_id>/files/<int:question_id>")
@requires(Action.REVIEW)
def review_file(review_id: int, question_id: int) -> Response:
    """A file of the application; where the stage is blind, under a name that tells nothing."""
    file, name = queries.get_review_file(db.session(), current_actor(), review_id, question_id)
    return send_file(open_content(db.session(), file), mimetype=file.media_type, as_attachment=True, download_name=name)
