"""The people of a startup, their categories, and all people of all startups."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.queries import documents_by_id, list_documents
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.startups import operations, queries
from incubator.startups.forms.people import PER_CENT, MemberForm, NewMemberForm, StandingForm, WithdrawForm
from incubator.startups.operations.people import may_edit_people
from incubator.startups.queries import TeamMember
from incubator.startups.rules.limits import limits_on
from incubator.startups.rules.people import CATEGORIES, ROLES
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/startups/<int:startup_id>/team")
@requires(Action.SEE_PEOPLE, Action.SEE_OWN_STARTUP)
def team(startup_id: int) -> str:
    """Who founds and works in a startup, with their categories."""
    session, actor = db.session(), current_actor()
    startup = queries.get_startup(session, actor, startup_id)
    members = queries.list_team(session, actor, startup_id)
    return render_template("startups/team.html", startup=startup, members=members, today=_today(),
                           may_edit=may_edit_people(actor, startup_id))  # fmt: skip


@blueprint.route("/startups/<int:startup_id>/team/new", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS, Action.EDIT_OWN_STARTUP)
def new_member(startup_id: int) -> Answer:
    """Somebody founds or works in it from a day on."""
    session, actor = db.session(), current_actor()
    startup, form, status = queries.get_startup(session, actor, startup_id), NewMemberForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                post = operations.add_post(session, actor, now=utc_now(), secret=_secret(), startup_id=startup_id,
                                           **form.said())  # fmt: skip
                db.session.commit()
                return redirect(url_for("startups.show_member", startup_id=startup_id, post_id=post.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/new_member.html", startup=startup, form=form), status


@blueprint.route("/startups/<int:startup_id>/team/<int:post_id>", methods=["GET", "POST"])
@requires(Action.SEE_PEOPLE, Action.SEE_OWN_STARTUP)
def show_member(startup_id: int, post_id: int) -> Answer:
    """One of them: post, categories with their evidence; and (posted) what changed."""
    form, status = _form(queries.get_member(db.session(), current_actor(), post_id)), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.edit_post(db.session(), current_actor(), now=utc_now(), post_id=post_id, **form.said())
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.team", startup_id=startup_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return _show(startup_id, post_id, form, _standing_form(startup_id, formdata=None)), status


@blueprint.route("/startups/<int:startup_id>/team/<int:post_id>/standings", methods=["POST"])
@requires(Action.MANAGE_STARTUPS, Action.EDIT_OWN_STARTUP)
def claim_standing(startup_id: int, post_id: int) -> Answer:
    """Say of which category somebody is."""
    form, status = _standing_form(startup_id), 422
    if form.validate():
        try:
            operations.claim_standing(db.session(), current_actor(), now=utc_now(), post_id=post_id, **form.said())
            db.session.commit()
            flash(_("Noted. It counts once your operator has seen the evidence and confirmed it."), "success")
            return redirect(url_for("startups.show_member", startup_id=startup_id, post_id=post_id), 303)
        except Refusal as refusal:
            refusal.field = form.field_of(refusal.field)
            status = refuse(form, refusal)
    return _show(startup_id, post_id, None, form), status


@blueprint.route(
    "/startups/<int:startup_id>/team/<int:post_id>/standings/<int:standing_id>/confirm", methods=["POST"]
)
@requires(Action.MANAGE_STARTUPS)
def confirm_standing(startup_id: int, post_id: int, standing_id: int) -> Response:
    """The evidence has been seen."""
    try:
        operations.confirm_standing(db.session(), current_actor(), now=utc_now(), standing_id=standing_id)
        db.session.commit()
        flash(_("Confirmed: it counts for the days that it says."), "success")
    except Conflict as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.show_member", startup_id=startup_id, post_id=post_id), 303)


@blueprint.route(
    "/startups/<int:startup_id>/team/<int:post_id>/standings/<int:standing_id>/withdraw", methods=["POST"]
)
@requires(Action.MANAGE_STARTUPS, Action.EDIT_OWN_STARTUP)
def withdraw_standing(startup_id: int, post_id: int, standing_id: int) -> Response:
    """It was wrong."""
    try:
        operations.withdraw_standing(db.session(), current_actor(), now=utc_now(), standing_id=standing_id,
                                     post_id=post_id, reason=WithdrawForm().reason.data or "")  # fmt: skip
        db.session.commit()
        flash(_("Withdrawn: it counts on no day."), "success")
    except Refusal as refusal:
        if refusal.field is None and not isinstance(refusal, Conflict):
            raise
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.show_member", startup_id=startup_id, post_id=post_id), 303)


@blueprint.route("/startups/limits")
@requires(Action.SEE_STARTUPS)
def list_limits() -> str:
    """Who comes near the limits of incubation, today or as on another day."""
    on = _day(request.args.get("on"))
    rows = queries.list_limits(db.session(), current_actor(), on)
    return render_template("startups/list_limits.html", rows=rows, on=on, limits=limits_on(on))


@blueprint.route("/individuals")
@requires(Action.SEE_PEOPLE)
def list_humans() -> str:
    """Everybody who founds or works in a startup on a day, by category, each once."""
    session, actor = db.session(), current_actor()
    search, on = (clean(request.args.get("q")) or "")[:100], _day(request.args.get("on"))
    category = request.args.get("category", "") if request.args.get("category") in CATEGORIES else ""
    role = request.args.get("role", "") if request.args.get("role") in ROLES else ""
    page = queries.list_humans(session, actor, on, page=page_number(request.args.get("page")), category=category,
                               role=role, search=search)  # fmt: skip
    counts = queries.count_categories(session, actor, on, role)
    return render_template("startups/list_humans.html", page=page, counts=counts, on=on, category=category, role=role,
                           search=search)  # fmt: skip


def _show(startup_id: int, post_id: int, form: MemberForm | None, standing_form: StandingForm) -> str:
    session, actor = db.session(), current_actor()
    startup = queries.get_startup(session, actor, startup_id)
    member = queries.get_member(session, actor, post_id)
    return render_template(
        "startups/show_member.html", startup=startup, member=member, today=_today(), standing_form=standing_form,
        form=form or _form(member, formdata=None), may_edit=may_edit_people(actor, startup_id),
        documents=documents_by_id(session, actor, [each.document_id for each in member.standings if each.document_id]),
    )  # fmt: skip


def _standing_form(startup_id: int, **more: Any) -> StandingForm:
    form = StandingForm(**more)
    page = list_documents(db.session(), current_actor(), startup_id=startup_id, with_withdrawn=False)
    form.offer_documents(row.document for row in page.rows)
    return form


def _form(member: TeamMember, **more: Any) -> MemberForm:
    share = member.post.share_bp
    return MemberForm(
        name=member.individual.name, name_en=member.individual.name_en, title=member.post.title, last=member.last,
        share=None if share is None else Decimal(share) / PER_CENT, **more,
    )  # fmt: skip


def _secret() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()


def _today() -> date:
    return utc_now().astimezone(CHINA).date()


def _day(text: str | None) -> date:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return _today()
    return found if 1900 < found.year < 2200 else _today()
