"""Sites: all of them, one, a new one, its name and its opening hours."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.spaces import (
    closure_queries,
    forms,
    hours_queries,
    ledger_queries,
    operations,
    plan_queries,
    queries,
    rules,
)
from incubator.spaces.operations.sites import today_at
from incubator.spaces.views.blueprint import blueprint, site_address, site_of

AHEAD = timedelta(days=120)
"""How far ahead a site's page shows the days that are no plain weekdays."""


@blueprint.route("/sites")
@requires(Action.SEE_SPACES)
def list_sites() -> str:
    """All sites with what is in them."""
    sites = queries.list_sites(db.session(), current_actor())
    return render_template("spaces/list_sites.html", sites=sites, counts=queries.count_units(db.session(), utc_now()))


@blueprint.route("/sites/<int:site_id>")
@requires(Action.SEE_SPACES)
def show_site(site_id: int) -> str:
    """One site: its hours, floors, units as they are now, and what one can book."""
    session, actor, now = db.session(), current_actor(), utc_now()
    site = queries.get_site(session, actor, site_id)
    today, calendar = today_at(site, now), hours_queries.get_site_calendar(session, site)
    resources = queries.list_resources(session, actor, site.id)
    closures = closure_queries.list_closures(session, site.id, now)
    return render_template(
        "spaces/show_site.html", site=site, floors=queries.list_floors(session, actor, site.id),
        by_floor=ledger_queries.list_units_now(session, actor, site, now), resources=resources,
        resource_units=queries.list_resource_units(session, [each.id for each in resources]),
        hours_now=calendar.hours_on(today), hours_later=calendar.hours_after(today),
        holidays=[span for span in rules.exceptional_days(calendar, today, today + AHEAD) if not span.own],
        provisional=rules.provisional_years(calendar, today, today + AHEAD),
        overrides=closure_queries.list_overrides(session, site.id, today), closures=closures,
        plans=plan_queries.list_plans(session, actor, site.id),
        closed_units=closure_queries.list_closed_units(session, [each.id for each in closures]),
    )  # fmt: skip


@blueprint.route("/sites/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_site() -> Answer:
    """A new site, open from the first of this year."""
    form = forms.SiteForm()

    def create() -> str:
        now = utc_now()
        first = now.astimezone(ZoneInfo(form.zone.data)).date().replace(month=1, day=1)
        site = operations.create_site(
            db.session(), current_actor(), now=now, code=form.code.data or "", name=form.name.data or "",
            name_en=form.name_en.data or "", address=form.address.data or "", zone=form.zone.data,
            calendar=form.calendar.data, hours=form.hours(), open_from=first,
        )  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/new_site.html", create, _("The site is there. Next: its first floor."))


@blueprint.route("/sites/<int:site_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def edit_site(site_id: int) -> Answer:
    """Another name for a site, or its address put right."""
    site = site_of(site_id)
    form = forms.SiteNameForm(obj=site)

    def edit() -> str:
        operations.edit_site(db.session(), current_actor(), now=utc_now(), site=site, name=form.name.data or "",
                             name_en=form.name_en.data or "", address=form.address.data or "",
                             latitude=form.latitude.data, longitude=form.longitude.data)  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/edit_site.html", edit, _("The changes are kept."), site=site)


@blueprint.route("/sites/<int:site_id>/hours", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def set_hours(site_id: int) -> Answer:
    """Other opening hours from a day on, proposed from those of today."""
    site, form = site_of(site_id), forms.HoursForm()
    if request.method == "GET":
        today = today_at(site, utc_now())
        form.from_on.data = today + timedelta(days=1)
        form.propose(hours_queries.get_site_calendar(db.session(), site).hours_on(today))

    def change() -> str:
        operations.set_opening_hours(db.session(), current_actor(), now=utc_now(), site=site, hours=form.hours(),
                                     from_on=forms.day_of(form.from_on))  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/set_hours.html", change, _("The opening hours are set."), site=site)
