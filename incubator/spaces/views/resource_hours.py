"""A resource's own opening hours and its exceptional days."""

from __future__ import annotations

from datetime import date, timedelta

from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.spaces import forms, hours_queries, ledger_queries, operations, queries, resource_queries
from incubator.spaces.operations.sites import today_at
from incubator.spaces.resource_forms import ResourceDayForm
from incubator.spaces.views.blueprint import blueprint, resource_address, site_of


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/hours", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def set_resource_hours(site_id: int, resource_id: int) -> Answer:
    """Hours of its own from a day on, proposed from those of today, or from its site's."""
    session, site, form = db.session(), site_of(site_id), forms.HoursForm()
    resource = queries.get_resource(session, current_actor(), resource_id, site_id)
    today = today_at(site, utc_now())
    calendar, own = hours_queries.get_open_hours(session, site, resource_id, today, today)
    if request.method == "GET":
        form.from_on.data = today + timedelta(days=1)
        form.propose(own.hours_on(today))

    def change() -> str:
        operations.set_resource_hours(session, current_actor(), now=utc_now(), resource=resource, hours=form.hours(),
                                      from_on=forms.day_of(form.from_on))  # fmt: skip
        return resource_address(resource)

    return answer(
        form, "spaces/set_resource_hours.html", change, _("The opening hours are set."), site=site, resource=resource,
        back=resource_address(resource), of_site=calendar.hours_on(today),
        days=resource_queries.list_resource_days(session, resource_id, today), later=own.hours_after(today),
    )  # fmt: skip


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/days/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_resource_day(site_id: int, resource_id: int) -> Answer:
    """Other hours for one date, or none."""
    site, form = site_of(site_id), ResourceDayForm()
    resource = queries.get_resource(db.session(), current_actor(), resource_id, site_id)

    def add() -> str:
        (opens, closes), on = form.minutes(), forms.day_of(form.on)
        operations.set_resource_day(
            db.session(), current_actor(), now=utc_now(), resource=resource, on=on, opens=opens, closes=closes,
            note=form.note.data or "",
        )  # fmt: skip
        units = queries.list_resource_units(db.session(), [resource.id])[resource.id]
        booked = ledger_queries.count_bookings_on(db.session(), site, on, [unit.id for unit in units])
        if booked and opens is None:
            flash(ngettext("%(num)d booking stands on that day; nobody was told.",
                           "%(num)d bookings stand on that day; nobody was told.", booked), "warning")  # fmt: skip
        return resource_address(resource)

    return answer(form, "spaces/new_resource_day.html", add, _("The day is set."), site=site, resource=resource,
                  back=resource_address(resource))  # fmt: skip


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/days/<on>/clear", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def clear_resource_day(site_id: int, resource_id: int, on: str) -> Response:
    """Let a date have its usual hours again."""
    resource = queries.get_resource(db.session(), current_actor(), resource_id, site_id)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        abort(404)
    operations.clear_resource_day(db.session(), current_actor(), now=utc_now(), resource=resource, on=day)
    address = resource_address(resource)
    db.session.commit()
    flash(_("The day has its usual hours again."), "success")
    return redirect(address, 303)
