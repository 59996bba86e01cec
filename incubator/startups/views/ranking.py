"""The ranked list, the record of each application, and what is decided."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import PAGE_SIZE, Page, page_number
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.startups.decision_papers import letter_name, letter_of
from incubator.startups.forms.selection import DecisionForm, ManyForm, WithdrawOfferForm
from incubator.startups.models import SelectionStage
from incubator.startups.operations import decisions as deciding
from incubator.startups.queries import stages as queries
from incubator.startups.queries.calls import get_call
from incubator.startups.queries.closed import require_open
from incubator.startups.queries.records import Record, get_record, get_told
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.selection import done, today


@blueprint.route("/selection/stages/<int:stage_id>/ranking", methods=["GET", "POST"])
@requires(Action.SEE_SELECTION)
def show_ranking(stage_id: int) -> Answer:
    """The ranked list; (posted) one decision about all that are chosen."""
    session, actor, form, status = db.session(), current_actor(), ManyForm(), 200
    stage = queries.get_stage(session, actor, stage_id)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = deciding.decide_many(session, actor, now=utc_now(), stage_id=stage_id,
                                            application_ids=form.application_ids.data or [], **form.said())  # fmt: skip
                db.session.commit()
                said = ngettext("%(num)s application is decided.", "%(num)s applications are decided.", len(made))
                flash(said, "success")
                return redirect(url_for("startups.show_ranking", stage_id=stage_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    rows, number = queries.list_ranking(session, actor, stage), page_number(request.args.get("page"))
    page = Page(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, len(rows))
    return render_template(
        "startups/selection/ranking.html", stage=stage, call=get_call(session, actor, stage.call_id), page=page,
        form=form, chosen=set(form.application_ids.data or []), today=today(),
        undecided=sum(row.decision is None or row.decision.stage_id != stage.id for row in rows),
    ), status  # fmt: skip


@blueprint.route("/selection/applications/<int:application_id>", methods=["GET", "POST"])
@requires(Action.SEE_SELECTION)
def show_record(application_id: int) -> Answer:
    """An application's record: its reviews, decisions and offers; (posted) one more decision."""
    session, actor, form, status = db.session(), current_actor(), DecisionForm(), 200
    record = get_record(session, actor, application_id)
    stage = _stage_now(record)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                deciding.decide(session, actor, now=utc_now(), application_id=application_id,
                                stage_id=stage.id if stage else None, **form.said())  # fmt: skip
                db.session.commit()
                flash(_("It is decided, and the applicant is told."), "success")
                return redirect(url_for("startups.show_record", application_id=application_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                record = get_record(session, actor, application_id)
    return render_template(
        "startups/selection/record.html", record=record, form=form, stage=stage, now=utc_now(), today=today(),
        withdraw_form=WithdrawOfferForm(formdata=None),
    ), status  # fmt: skip


@blueprint.route("/selection/offers/<int:offer_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_SELECTION)
def withdraw_offer(offer_id: int) -> Response:
    """Take an offer back that nobody has answered."""
    session, actor, form = db.session(), current_actor(), WithdrawOfferForm()
    application_id = queries.application_of_offer(session, actor, offer_id)
    return done(lambda now: deciding.withdraw_offer(session, actor, now=now, offer_id=offer_id,
                                                    reason=form.reason.data or ""),
                _("The offer is withdrawn, and the applicant is told."),
                lambda _made: url_for("startups.show_record", application_id=application_id))  # fmt: skip


@blueprint.route("/selection/applications/<int:application_id>/decisions/<int:decision_id>/letter.pdf")
@requires(Action.SEE_SELECTION)
def decision_letter(application_id: int, decision_id: int) -> Download:
    """The letter of a decision, as its applicant has it."""
    session, actor = db.session(), current_actor()
    require_open(session, actor, get_record(session, actor, application_id).application)
    told = get_told(session, decision_id)
    if told.application.id != application_id or told.application.erased_at is not None:
        raise NotFound
    return as_download(letter_of(session, told, utc_now()), letter_name(told))


def as_download(content: bytes, name: str) -> Download:
    """A PDF to keep."""
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Download(content, mimetype="application/pdf", headers=headers)


def _stage_now(record: Record) -> SelectionStage | None:
    """The stage that a decision is made after: the last live one that the application is in."""
    live = [each.stage for each in record.stages if each.stage.retired_at is None]
    return live[-1] if live else None
