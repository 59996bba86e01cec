"""Startups: found, registered, corrected, shown."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.spaces.queries import list_sites
from incubator.startups import operations, queries
from incubator.startups.forms import StartupForm, capital_of
from incubator.startups.models import Startup
from incubator.startups.operations import KnownStartup
from incubator.startups.queries.exits import list_exits_of, list_followers
from incubator.startups.views.blueprint import Answer, agreements_of, blueprint


@blueprint.route("/startups")
@requires(Action.SEE_STARTUPS)
def list_startups() -> str:
    """All startups, found by name, code or credit code, by kind, site, and whether they are in residence."""
    search = (clean(request.args.get("q")) or "")[:100]
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    sites = list_sites(db.session(), current_actor())
    site_id = request.args.get("site", type=row_id)
    site_id = site_id if site_id in {site.id for site in sites} else None
    page = queries.list_startups(
        db.session(), current_actor(), now=utc_now(), page=page_number(request.args.get("page")), search=search,
        kind=kind, state=state, site_id=site_id,
    )  # fmt: skip
    return render_template("startups/list_startups.html", page=page, search=search, kind=kind, state=state,
                           sites=sites, site_id=site_id)  # fmt: skip


@blueprint.route("/startups/new", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def new_startup() -> Answer:
    """Register a team or a company."""
    form, status, known = StartupForm(), 200, None
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                startup = operations.register_startup(db.session(), current_actor(), now=utc_now(), **form.facts())
                db.session.commit()
                flash(_("%(name)s is registered. Next: its agreement.", name=startup.name), "success")
                return redirect(url_for("startups.show", startup_id=startup.id), 303)
            except Refusal as refusal:
                status, known = refuse(form, refusal), _known(refusal)
    return render_template("startups/edit_startup.html", form=form, startup=None, known=known), status


@blueprint.route("/startups/<int:startup_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def edit(startup_id: int) -> Answer:
    """Correct a startup's facts, or let a team become a company."""
    startup = queries.get_startup(db.session(), current_actor(), startup_id)
    form, status, known = StartupForm(obj=startup, **capital_of(startup)), 200, None
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.edit_startup(db.session(), current_actor(), now=utc_now(), startup=startup, **form.facts())
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.show", startup_id=startup_id), 303)
            except Refusal as refusal:
                status, known = refuse(form, refusal), _known(refusal)
    return render_template("startups/edit_startup.html", form=form, startup=startup, known=known), status


def _known(refusal: Refusal) -> Startup | None:
    """The startup that has this credit code already, so that the page can lead to it."""
    if not isinstance(refusal, KnownStartup):
        return None
    return queries.get_startup(db.session(), current_actor(), refusal.startup_id)


@blueprint.route("/startups/<int:startup_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show(startup_id: int) -> str:
    """A startup: its facts, agreements and people."""
    session, actor = db.session(), current_actor()
    startup = queries.get_startup(session, actor, startup_id)
    rows = [(residency, startup, site) for residency, site in queries.list_startups_residencies(session, [startup_id])]
    exits = list_exits_of(session, [startup_id])
    return render_template(
        "startups/show.html", startup=startup, agreements=agreements_of(session, rows, utc_now()),
        people=queries.list_people(session, startup_id), stays=queries.list_stays_of(session, startup_id),
        today=utc_now().astimezone(CHINA).date(),
        exits=exits, followers=list_followers(session, startup_id) if exits else [], follows=_follows(startup),
        has_sites=actor.can(Action.MANAGE_RESIDENCIES) and bool(list_sites(session, actor)),
    )  # fmt: skip


def _follows(startup: Startup) -> Startup | None:
    """The startup that its founders had before: for staff."""
    actor = current_actor()
    if startup.follows_id is None or not actor.can(Action.SEE_STARTUPS):
        return None
    return queries.get_startup(db.session(), actor, startup.follows_id)
