"""Requests as those see them who answer: the queue, the figures, categories and target times."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.spaces.queries import get_site, list_sites
from incubator.startups.forms.requests import (
    PRIORITY_NAMES,
    VIEW_NAMES,
    AnswerForm,
    AssignForm,
    CategoryForm,
    ChangeForm,
    LevelsForm,
    level_fields,
)
from incubator.startups.models import Request
from incubator.startups.operations import request_settings as settings
from incubator.startups.operations import requests as operations
from incubator.startups.queries import requests as reads
from incubator.startups.queries.request_figures import get_figures
from incubator.startups.queries.request_settings import get_category, list_categories, list_handlers, list_levels
from incubator.startups.rules.requests import PRIORITIES
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.requests import act, offer_categories, offer_handlers

MONTHS_SHOWN = 12


@blueprint.route("/requests")
@requires(Action.SEE_REQUESTS)
def list_requests() -> str:
    """What startups ask: what is late, due today, nobody's; by site, category and priority."""
    session, actor, now = db.session(), current_actor(), utc_now()
    view = request.args.get("view", "todo")
    view = view if view in reads.VIEWS else "todo"
    sites, categories = list_sites(session, actor), list_categories(session, actor, also_closed=True)
    site_id, category_id = request.args.get("site", type=row_id), request.args.get("category", type=row_id)
    search, priority = (clean(request.args.get("q")) or "")[:100], request.args.get("priority", "")
    page = reads.list_requests(
        session, actor, now=now, view=view, page=page_number(request.args.get("page")), search=search,
        site_id=site_id, category_id=category_id, priority=priority,
    )  # fmt: skip
    counts = reads.count_requests(session, actor, now=now, search=search, site_id=site_id, category_id=category_id,
                                  priority=priority)  # fmt: skip
    return render_template(
        "startups/list_requests.html", page=page, view=view, views=VIEW_NAMES, counts=counts, now=now, sites=sites,
        categories=categories, site_id=site_id, category_id=category_id, search=search, priority=priority,
    )  # fmt: skip


@blueprint.route("/requests/<int:request_id>/answer", methods=["POST"])
@requires(Action.HANDLE_REQUESTS)
def answer_request(request_id: int) -> Answer:
    """Answer, ask back, resolve, or note."""
    form = AnswerForm()

    def do() -> Request:
        session, actor, now, text = db.session(), current_actor(), utc_now(), form.text.data or ""
        if form.then.data == "note":
            return operations.note_on_request(session, actor, now=now, request_id=request_id, text=text)
        if form.then.data == "resolve":
            return operations.resolve_request(session, actor, now=now, request_id=request_id, text=text,
                                              photos=form.contents())  # fmt: skip
        return operations.answer_request(session, actor, now=now, request_id=request_id, text=text,
                                         photos=form.contents(), wait=form.then.data == "wait")  # fmt: skip

    return act(request_id, form, do, _("It is on the record."), answer=form)


@blueprint.route("/requests/<int:request_id>/take", methods=["POST"])
@requires(Action.HANDLE_REQUESTS)
def take_request(request_id: int) -> Answer:
    """Look after it."""
    return act(request_id, None, lambda: operations.take_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id), _("It is yours now."))  # fmt: skip


@blueprint.route("/requests/<int:request_id>/assign", methods=["POST"])
@requires(Action.HANDLE_REQUESTS)
def assign_request(request_id: int) -> Answer:
    """Give it to a colleague."""
    form = AssignForm()
    offer_handlers(form, list_handlers(db.session(), current_actor()))
    return act(request_id, form, lambda: operations.assign_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id, person_id=form.person_id.data),
        _("It is given to them."), assign=form)  # fmt: skip


@blueprint.route("/requests/<int:request_id>/change", methods=["POST"])
@requires(Action.HANDLE_REQUESTS)
def change_request(request_id: int) -> Answer:
    """Another category or priority."""
    form = ChangeForm()
    offer_categories(form, reads.get_request(db.session(), current_actor(), request_id).category_id)
    return act(request_id, form, lambda: operations.change_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id, category_id=form.category_id.data,
        priority=form.priority.data, reason=form.reason.data or ""), _("It is changed."), change=form)  # fmt: skip


@blueprint.route("/requests/figures")
@requires(Action.SEE_REQUESTS)
def request_figures() -> str:
    """How soon requests are answered and resolved, and how satisfied startups are."""
    session, actor, now = db.session(), current_actor(), utc_now()
    this = Month.of(now.astimezone(CHINA).date())
    months = [this - back for back in range(MONTHS_SHOWN)]
    asked = request.args.get("month", "")
    chosen = next((month for month in months if str(month) == asked), None)
    site_id, sites = request.args.get("site", type=row_id), list_sites(session, actor)
    site_id = site_id if site_id in {site.id for site in sites} else None
    figures = get_figures(session, actor, now=now, first=chosen or months[-1], last=chosen or this, site_id=site_id)
    return render_template("startups/request_figures.html", figures=figures, months=months, chosen=chosen, sites=sites,
                           site_id=site_id)  # fmt: skip


@blueprint.route("/requests/settings")
@requires(Action.MANAGE_REQUESTS)
def request_settings() -> str:
    """What requests can be about, and the target times of each site."""
    session, actor = db.session(), current_actor()
    people = {person.id: person.name for person in list_handlers(session, actor)}
    sites = list_sites(session, actor)
    return render_template(
        "startups/request_settings.html", categories=list_categories(session, actor, also_closed=True), people=people,
        sites=[(site, list_levels(session, site.id)) for site in sites], priorities=list(reversed(PRIORITIES)),
    )  # fmt: skip


@blueprint.route("/requests/categories/new", methods=["GET", "POST"])
@requires(Action.MANAGE_REQUESTS)
def new_category() -> Answer:
    """One more category."""
    return _edit_category(None, CategoryForm())


@blueprint.route("/requests/categories/<int:category_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_REQUESTS)
def edit_category(category_id: int) -> Answer:
    """A category's names, priority and who looks after it."""
    category = get_category(db.session(), current_actor(), category_id)
    return _edit_category(category_id, CategoryForm(obj=category, closed=category.closed_at is not None))


@blueprint.route("/sites/<int:site_id>/service-levels", methods=["GET", "POST"])
@requires(Action.MANAGE_REQUESTS)
def set_levels(site_id: int) -> Answer:
    """The target times of a site."""
    session, actor, status = db.session(), current_actor(), 200
    site = get_site(session, actor, site_id)
    form = LevelsForm(data=level_fields(list_levels(session, site_id)))
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                settings.set_levels(session, actor, now=utc_now(), site_id=site_id, levels=form.levels())
                session.commit()
                flash(_("The target times are kept; they hold for what is opened from now on."), "success")
                return redirect(url_for("startups.request_settings"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                site = get_site(session, actor, site_id)
    names = [(priority, PRIORITY_NAMES[priority]) for priority in reversed(PRIORITIES)]
    return render_template("startups/set_levels.html", form=form, site=site, priorities=names), status


def _edit_category(category_id: int | None, form: CategoryForm) -> Answer:
    session, actor, status = db.session(), current_actor(), 200
    people = list_handlers(session, actor)
    form.responsible_id.choices = [("", _("nobody yet")), *((person.id, person.name) for person in people)]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _kept(category_id, form)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_category.html", form=form, category_id=category_id), status


def _kept(category_id: int | None, form: CategoryForm) -> Response:
    said = {name: form[name].data for name in ("name", "name_en", "priority", "responsible_id")}
    if category_id is None:
        settings.add_category(db.session(), current_actor(), now=utc_now(), **said)
    else:
        settings.edit_category(db.session(), current_actor(), now=utc_now(), category_id=category_id,
                               closed=form.closed.data, **said)  # fmt: skip
    db.session.commit()
    flash(_("The changes are kept."), "success")
    return redirect(url_for("startups.request_settings"), 303)
