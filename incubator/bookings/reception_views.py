"""Pages of the reception: the day's visitors, whoever just comes in, and how long their data are kept."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, visitor_queries
from incubator.bookings.views import blueprint
from incubator.bookings.visiting import Guest
from incubator.bookings.visitor_forms import RetentionForm, WalkInForm
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import list_sites
from incubator.startups.queries import own_site_id

Answer = str | Response | tuple[str, int]


@blueprint.route("/desk/visitors")
@requires(Action.BOOK_FOR_OTHERS)
def desk_visitors() -> str:
    """The visitors of a site's day: who is awaited, who is here, who has left."""
    db_session, actor, now = db.session(), current_actor(), utc_now()
    sites = list(list_sites(db_session, actor))
    if not sites:
        return render_template("bookings/timeline_empty.html")
    site = _site(sites)
    today = today_at(site, now)
    on = _day(request.args.get("date")) or today
    search = visitor_queries.clean_search(request.args.get("q"))
    page = visitor_queries.list_at_desk(db_session, actor, site=site, on=on, search=search,
                                        page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("bookings/desk_visitors.html", page=page, site=site, sites=sites, on=on, today=today,
                           search=search, now=now)  # fmt: skip


def _day(text: str | None) -> date | None:
    """The day that an address asks for; NotFound for one that nobody means."""
    try:
        on = date.fromisoformat(text) if text else None
        if on is not None:
            check_day(on, "date")
    except (ValueError, Refusal):
        raise NotFound(N_("There is no such day; write it as 2026-10-31.")) from None
    return on


def _site(sites: list[Site]) -> Site:
    wanted = request.values.get("site", type=row_id) or own_site_id(db.session(), current_actor(), utc_now())
    return next((each for each in sites if each.id == wanted), sites[0])


@blueprint.route("/desk/visitors/new", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_OTHERS)
def walk_in() -> Answer:
    """Let in somebody whom nobody has announced."""
    db_session, actor, status = db.session(), current_actor(), 200
    sites = list(list_sites(db_session, actor))
    if not sites:
        return render_template("bookings/timeline_empty.html")
    form, site = WalkInForm(), _site(sites)
    hosts = visitor_queries.list_hosts(db_session, actor)
    form.offer_hosts(hosts, lambda startup: named(startup, reader_locale()), _("Operator"))
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _receive(form, site)
            except Refusal as refusal:
                refusal.field = (refusal.field or "").removeprefix("guests-0-") or None
                status = refuse(form, refusal)
    return render_template("bookings/walk_in.html", form=form, site=site, sites=sites,
                           days=visitor_queries.get_visitor_days(db_session)), status  # fmt: skip


def _receive(form: WalkInForm, site: Site) -> Response:
    startup_id, host_id = form.chosen()
    guest = Guest(form.name.data or "", "", form.company.data or "", form.note.data or "")
    operations.receive_walk_in(db.session(), current_actor(), now=utc_now(), guest=guest, host_id=host_id,
                               startup_id=startup_id, site_id=site.id)  # fmt: skip
    db.session.commit()
    flash(_("They are in, and whoever receives them is told."), "success")
    return redirect(url_for("bookings.desk_visitors", site=site.id), 303)


@blueprint.route("/desk/visitors/retention", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def visitor_retention() -> Answer:
    """How long after a visit the visitor's data are kept."""
    form, db_session, status = RetentionForm(), db.session(), 200
    if request.method == "GET":
        form.days.data = visitor_queries.get_visitor_days(db_session)
    elif not form.validate():
        status = 422
    else:
        try:
            operations.set_visitor_days(db_session, current_actor(), now=utc_now(), days=form.days.data or 0)
            db_session.commit()
            flash(_("It holds from now on, for visits that were, too."), "success")
            return redirect(url_for("bookings.desk_visitors"), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return render_template("bookings/visitor_retention.html", form=form), status
