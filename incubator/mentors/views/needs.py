"""What startups want help with, and who is suggested for it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter, person_key
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, press
from incubator.documents.formats import named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.mentors import suggesting
from incubator.mentors.forms.needs import NeedForm
from incubator.mentors.operations import needs as operations
from incubator.mentors.queries import needs as reads
from incubator.mentors.queries.fields import list_fields, read_fields
from incubator.mentors.queries.ranking import rank_for_need
from incubator.mentors.views.blueprint import blueprint
from incubator.spaces.queries import list_sites
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup, list_own_startups
from incubator.startups.queries.chart import list_startup_names
from incubator.startups.queries.requests import list_places
from incubator.startups.rules.industries import division_of

NEEDS = "30 per hour;100 per day"
FINDS = "600 per hour"


@blueprint.route("/needs")
@requires(Action.SEE_MENTORING)
def list_needs() -> str:
    """All startups' needs, the urgent first."""
    session, actor, args = db.session(), current_actor(), request.args
    view = args.get("view", "open")
    view = view if view in reads.VIEWS else "open"
    wanted: dict[str, Any] = {
        "search": (clean(args.get("q")) or "")[:100], "field_id": args.get("field", type=row_id),
        "startup_id": args.get("startup", type=row_id),
    }  # fmt: skip
    return render_template(
        "mentors/list_needs.html", view=view, wanted=wanted, fields=list_fields(session, actor),
        page=reads.list_needs(session, actor, view=view, page=page_number(args.get("page")), **wanted),
        counts=reads.count_needs(session, actor, **wanted), is_filtered=any(wanted.values()),
    )  # fmt: skip


@blueprint.route("/my/needs")
@requires(Action.SEEK_MENTORS)
def my_needs() -> str:
    """What one's own startup wants help with."""
    view = request.args.get("view", "open")
    view = view if view in reads.OWN_VIEWS else "open"
    page = reads.list_own_needs(db.session(), current_actor(), view=view, page=page_number(request.args.get("page")))
    return render_template("mentors/my_needs.html", page=page, view=view)


@blueprint.route("/needs/new", methods=["GET", "POST"])
@requires(Action.SEEK_MENTORS, Action.MANAGE_MENTORS)
@limiter.limit(NEEDS, key_func=person_key, methods=["POST"])
def new_need() -> Answer:
    """A startup says what it wants help with; staff, after a review."""
    session, actor, form, status = db.session(), current_actor(), NeedForm(), 200
    startup = _offer_startups(form)
    _offer(form, startup)
    if request.method == "GET":
        form.form_key.data, form.title.data = secrets.token_urlsafe(12), request.args.get("title", "")[:100]
    elif not form.validate() or startup is None:
        status = 422
    else:
        try:
            _find_unasked(form)
            need = operations.state_need(
                session, actor, now=utc_now(), startup_id=startup.id, facts=form.said(),
                after_review=startup.id not in actor.startups_for(Action.SEEK_MENTORS),
                form_key=form.form_key.data or None,
            )  # fmt: skip
            session.commit()
            flash(_("It is noted. These mentors fit best."), "success")
            return redirect(url_for("mentors.show_need", need_id=need.id), 303)
        except Refusal as refusal:
            startup_id = startup.id
            status = refuse(form, refusal)
            startup = get_startup(session, actor, startup_id)
    return render_template("mentors/new_need.html", form=form, startup=startup, **_found(form)), status


@blueprint.route("/needs/<int:need_id>/edit", methods=["GET", "POST"])
@requires(Action.SEEK_MENTORS, Action.MANAGE_MENTORS)
@limiter.limit(NEEDS, key_func=person_key, methods=["POST"])
def edit_need(need_id: int) -> Answer:
    """What it says from now on."""
    session, actor, form, status = db.session(), current_actor(), NeedForm(), 200
    row = reads.get_need_row(session, actor, need_id)
    form.startup_id.choices = [(row.startup.id, named(row.startup, reader_locale()))]
    form.startup_id.data = row.startup.id
    _offer(form, row.startup, also={each.id for each in row.fields})
    if request.method == "GET":
        form.put(operations.facts_of(row.need, [each.id for each in row.fields]))
    elif not form.validate():
        status = 422
    else:
        try:
            operations.change_need(session, actor, now=utc_now(), need_id=need_id, facts=form.said())
            session.commit()
            flash(_("The need is changed; the suggestions follow it."), "success")
            return redirect(url_for("mentors.show_need", need_id=need_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            row = reads.get_need_row(session, actor, need_id)
    return render_template("mentors/edit_need.html", form=form, row=row, startup=row.startup, **_found(form)), status


@blueprint.route("/needs/fields", methods=["POST"])
@requires(Action.SEEK_MENTORS, Action.MANAGE_MENTORS)
@limiter.limit(FINDS, key_func=person_key)
def find_need_fields() -> str:
    """The fields that the words typed so far speak of, while they are typed."""
    form = NeedForm()
    _offer(form, None)
    found = _found(form)
    seen, chosen = set(request.form.getlist("seen", type=row_id)), set(form.field_ids.data or ())
    form.field_ids.data = [*chosen, *(each for each in found["found"] if each not in seen | chosen)]
    return render_template("mentors/_need_fields.html", form=form, **found)


@blueprint.route("/needs/<int:need_id>")
@requires(Action.SEEK_MENTORS, Action.SEE_MENTORING)
def show_need(need_id: int) -> str:
    """One need, and the mentors for it, each with why."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = reads.get_need_row(session, actor, need_id)
    shown: dict[str, Any] = {"row": row, "may_change": operations.may_change(actor, row.startup.id)}
    if row.need.ended_at is None:
        shown |= _suggested(row, now)
    return render_template("mentors/show_need.html", **shown)


@blueprint.route("/needs/<int:need_id>/end", methods=["POST"])
@requires(Action.SEEK_MENTORS, Action.MANAGE_MENTORS)
def end_need(need_id: int) -> Response:
    """It is met, or not wanted any more."""
    ending = request.form.get("ending", "")
    return press(
        lambda: operations.end_need(db.session(), current_actor(), now=utc_now(), need_id=need_id, ending=ending),
        _("Good to hear. The need is closed as met.") if ending == "met" else _("The need is withdrawn."),
        url_for("mentors.show_need", need_id=need_id),
    )


def _suggested(row: reads.NeedRow, now: datetime) -> dict[str, Any]:
    """The page of the ranking that is asked for, in words."""
    locale, division = reader_locale(), division_of(row.startup.industry_code)
    found = rank_for_need(db.session(), current_actor(), row.need, now=now, page=page_number(request.args.get("page")))
    names = suggesting.Names(locale, {each.id: named(each, locale) for each in row.fields},
                             named(division, locale) if division else row.startup.industry)  # fmt: skip
    cards = [suggesting.card_of(each, found.wanted, found.weights, names) for each in found.page.rows]
    return {"found": found, "cards": cards, "suggesting": suggesting}


def _offer_startups(form: NeedForm) -> Startup | None:
    """For whom: one's own startup, or the one that staff choose; None: they have not chosen yet."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    wanted = request.values.get("startup_id", type=row_id) or request.args.get("startup", type=row_id)
    if actor.can(Action.MANAGE_MENTORS):
        names = list_startup_names(session, actor)
        form.startup_id.choices = [("", _("Choose a startup")), *((each.id, named(each, locale)) for each in names)]
        form.startup_id.data = wanted
        return None if wanted is None else get_startup(session, actor, wanted)
    own = [each for each in list_own_startups(session, actor) if each.id in actor.startups_for(Action.SEEK_MENTORS)]
    form.startup_id.choices = [(each.id, named(each, locale)) for each in own]
    chosen = [each for each in own if each.id == wanted] or own
    if not chosen:
        raise NotFound
    form.startup_id.data = chosen[0].id
    return chosen[0]


def _offer(form: NeedForm, startup: Startup | None, also: set[int] | None = None) -> None:
    """Fields that can be chosen (and those that the need has), and the sites where they could meet."""
    session, actor = db.session(), current_actor()
    fields = [each for each in list_fields(session, actor) if each.retired_at is None or each.id in (also or ())]
    if actor.can(Action.MANAGE_MENTORS):
        sites = list(list_sites(session, actor))
    else:
        sites = [] if startup is None else list_places(session, startup.id, utc_now()).sites
    form.offer(fields, sites, reader_locale())
    words = {"hx-post": url_for("mentors.find_need_fields"), "hx-trigger": "input changed delay:400ms",
             "hx-include": "closest form", "hx-target": "#need-fields", "hx-swap": "outerHTML"}  # fmt: skip
    for each in (form.title, form.description):
        each.render_kw = {**(each.render_kw or {}), **words}


def _found(form: NeedForm) -> dict[str, Any]:
    """The fields that the form's words speak of, in their order."""
    words = f"{form.title.data or ''}\n{form.description.data or ''}"
    offered = {value for value, _label in form.field_ids.choices or ()}
    found = [each.id for each in read_fields(db.session(), current_actor(), words) if each.id in offered]
    return {"found": found}


def _find_unasked(form: NeedForm) -> None:
    """Where no script has shown what was found, and no field is chosen: what the words speak of."""
    if not form.field_ids.data and "seen" not in request.form:
        form.field_ids.data = _found(form)["found"][: operations.MOST_FIELDS]
