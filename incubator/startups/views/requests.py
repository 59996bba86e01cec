"""Requests as a startup's people see them, and the page of one that both sides share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter, person_key
from incubator.core.clock import utc_now
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.operations import get_file
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites
from incubator.startups import queries
from incubator.startups.forms.requests import (
    OWN_VIEW_NAMES,
    AnswerForm,
    AssignForm,
    ChangeForm,
    RatingForm,
    ReopenForm,
    ReplyForm,
    RequestForm,
)
from incubator.startups.models import Request, Startup
from incubator.startups.operations import requests as operations
from incubator.startups.queries import requests as reads
from incubator.startups.queries.request_settings import list_categories, list_handlers
from incubator.startups.rules.requests import MOST_PHOTOS, may_reopen
from incubator.startups.views.blueprint import Answer, blueprint

REQUESTS = "30 per hour;100 per day"
MESSAGES = "60 per hour"
A_YEAR = 365 * 24 * 3600


@blueprint.route("/my/requests")
@requires(Action.ASK)
def my_requests() -> str:
    """What one's startup has asked of the operator."""
    view = request.args.get("view", "open")
    view = view if view in reads.OWN_VIEWS else "open"
    page = reads.list_own_requests(db.session(), current_actor(), view=view, page=page_number(request.args.get("page")))
    return render_template("startups/my_requests.html", page=page, view=view, views=OWN_VIEW_NAMES, now=utc_now())


@blueprint.route("/requests/new", methods=["GET", "POST"])
@requires(Action.ASK, Action.HANDLE_REQUESTS)
@limiter.limit(REQUESTS, key_func=person_key, methods=["POST"])
def new_request() -> Answer:
    """Ask something of the operator; staff, for a startup that has called or come."""
    session, actor, form, status = db.session(), current_actor(), RequestForm(), 200
    startup = _startup_asked(form)
    _offer_places(form, startup)
    if request.method == "GET":
        form.form_key.data, form.title.data = secrets.token_urlsafe(12), request.args.get("title", "")[:100]
        form.category_id.data = request.args.get("category", type=row_id)
    elif not form.validate():
        status = 422
    else:
        try:
            opened = operations.open_request(
                session, actor, now=utc_now(), startup_id=startup.id, site_id=form.site_id.data,
                title=form.title.data or "", text=form.text.data or "", category_id=form.category_id.data,
                priority=form.priority.data or None, unit_id=form.unit_id.data, photos=form.contents(),
                form_key=form.form_key.data or None,
            )  # fmt: skip
            session.commit()
            flash(_("%(number)s is on its way to your operator.", number=opened.label), "success")
            return redirect(url_for("startups.show_request", request_id=opened.id), 303)
        except Refusal as refusal:
            startup_id = startup.id
            status = refuse(form, refusal)
            startup = queries.get_startup(session, actor, startup_id)
    return render_template("startups/new_request.html", form=form, startup=startup, most=MOST_PHOTOS), status


@blueprint.route("/requests/<int:request_id>")
@requires(Action.ASK, Action.SEE_REQUESTS)
def show_request(request_id: int) -> str:
    """One request: where it stands, and what was said."""
    return show(request_id)


@blueprint.route("/requests/<int:request_id>/photos/<int:photo_id>")
@requires(Action.ASK, Action.SEE_REQUESTS)
def request_photo(request_id: int, photo_id: int) -> Response:
    """A photo, or (`size=small`) the small one of it; kept by this browser alone."""
    found = reads.get_request_photo(db.session(), current_actor(), request_id, photo_id)
    file = get_file(db.session(), found.small_file_id if request.args.get("size") == "small" else found.file_id)
    response = Download(file.content, mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)


@blueprint.route("/requests/<int:request_id>/reply", methods=["POST"])
@requires(Action.ASK)
@limiter.limit(MESSAGES, key_func=person_key)
def reply_to_request(request_id: int) -> Answer:
    """The startup's word."""
    form = ReplyForm()
    return act(request_id, form, lambda: operations.reply_to_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id, text=form.text.data or "",
        photos=form.contents()), _("Your message is there."), reply=form)  # fmt: skip


@blueprint.route("/requests/<int:request_id>/confirm", methods=["POST"])
@requires(Action.ASK)
def confirm_request(request_id: int) -> Answer:
    """It is solved."""
    return act(request_id, None, lambda: operations.confirm_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id),
        _("Good to hear. The request is closed."))  # fmt: skip


@blueprint.route("/requests/<int:request_id>/reopen", methods=["POST"])
@requires(Action.ASK)
def reopen_request(request_id: int) -> Answer:
    """It is not solved."""
    form = ReopenForm()
    return act(request_id, form, lambda: operations.reopen_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id, text=form.text.data or ""),
        _("The request is open again."), reopen=form)  # fmt: skip


@blueprint.route("/requests/<int:request_id>/rating", methods=["POST"])
@requires(Action.ASK)
def rate_request(request_id: int) -> Answer:
    """How good it was."""
    form = RatingForm()
    return act(request_id, form, lambda: operations.rate_request(
        db.session(), current_actor(), now=utc_now(), request_id=request_id, rating=form.rating.data,
        remark=form.remark.data or ""), _("Thank you for your opinion."), rating=form)  # fmt: skip


def act(
    request_id: int, form: Any, do: Callable[[], Request], said: str, **forms: Any
) -> Answer:
    """Do what a form of the page asks, and lead back to it; or show the page with the sentence."""
    if form is not None and not form.validate():
        return show(request_id, **forms), 422
    try:
        do()
        db.session.commit()
    except Refusal as refusal:
        if form is None:
            if isinstance(refusal, NotFound | Forbidden):
                raise
            db.session.rollback()
            flash(sentence(refusal, reader_locale()), "danger")
            return redirect(url_for("startups.show_request", request_id=request_id), 303)
        status = refuse(form, refusal)
        return show(request_id, **forms), status
    flash(said, "success")
    return redirect(url_for("startups.show_request", request_id=request_id), 303)


def show(request_id: int, **forms: Any) -> str:
    """The page of a request, with one of its forms as it was sent."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = reads.get_request_row(session, actor, request_id)
    of_staff = actor.can(Action.SEE_REQUESTS)
    answer = forms.get("answer") or AnswerForm(formdata=None)
    assign = forms.get("assign") or AssignForm(formdata=None, person_id=row.request.assigned_to)
    change = forms.get("change") or ChangeForm(
        formdata=None, category_id=row.request.category_id, priority=row.request.priority
    )
    if of_staff:
        offer_handlers(assign, list_handlers(session, actor))
        offer_categories(change, row.request.category_id)
    return render_template(
        "startups/show_request.html", row=row, turns=reads.list_turns(session, actor, request_id), now=now,
        of_staff=of_staff, answer=answer, assign=assign, change=change,
        reply=forms.get("reply") or ReplyForm(formdata=None), reopen=forms.get("reopen") or ReopenForm(formdata=None),
        rating=forms.get("rating") or RatingForm(
            formdata=None, rating=row.request.rating, remark=row.request.rating_remark
        ),
        may_reopen=may_reopen(row.request.resolved_at, now),
    )  # fmt: skip


def offer_handlers(form: AssignForm, people: list[Any]) -> None:
    """Whom a request can be given to."""
    form.person_id.choices = [("", _("nobody yet")), *((person.id, person.name) for person in people)]


def offer_categories(form: Any, also: int | None = None) -> None:
    """What it can be about: what can be chosen, and what it is of already."""
    rows = list_categories(db.session(), current_actor(), also_closed=also is not None)
    shown = [each for each in rows if each.closed_at is None or each.id == also]
    form.category_id.choices = [("", _("Other")), *((each.id, named(each, reader_locale())) for each in shown)]


def _startup_asked(form: RequestForm) -> Startup:
    """For whom: one's own startup, or the one that staff name."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    if actor.can(Action.HANDLE_REQUESTS):
        wanted = request.values.get("startup", type=row_id) or request.values.get("startup_id", type=row_id)
        startup = queries.get_startup(session, actor, wanted or 0)
        form.startup_id.choices = [(startup.id, named(startup, locale))]
        return startup
    own = [each for each in queries.list_own_startups(session, actor) if each.id in actor.startups_for(Action.ASK)]
    form.startup_id.choices = [(each.id, named(each, locale)) for each in own]
    wanted = request.values.get("startup", type=row_id) or request.values.get("startup_id", type=row_id)
    chosen = [each for each in own if each.id == wanted] or own
    if not chosen:
        raise NotFound
    return chosen[0]


def _offer_places(form: RequestForm, startup: Startup) -> None:
    places, locale = reads.list_places(db.session(), startup.id, utc_now()), reader_locale()
    sites = list_sites(db.session(), current_actor()) if current_actor().can(Action.HANDLE_REQUESTS) else places.sites
    form.site_id.choices = [(site.id, named(site, locale)) for site in sites]
    form.unit_id.choices = [("", _("not in one of our units")), *((unit.id, unit.code) for unit in places.units)]
    form.startup_id.data = startup.id
    if form.site_id.data is None and places.sites:
        form.site_id.data = places.sites[0].id
    offer_categories(form)
