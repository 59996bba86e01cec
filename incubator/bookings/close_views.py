"""The page on which units are closed though they are booked."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations
from incubator.bookings.operations.close import Affected
from incubator.bookings.views import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.spaces.forms import ClosureForm
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_floors, list_usable_units


@blueprint.route("/sites/<int:site_id>/closures/over", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def close_over(site_id: int) -> str | Response | tuple[str, int]:
    """Look at the bookings in the way of a closure, then close: they are cancelled, and their people told."""
    session, actor = db.session(), current_actor()
    site, form, affected, status = get_site(session, actor, site_id), ClosureForm(), None, 422
    usable = list_usable_units(session, actor, site_id, today_at(site, utc_now()))
    form.units.offer(usable, list_floors(session, actor, site_id))
    if not form.validate():
        return render_template("spaces/new_closure.html", form=form, site=site), 422
    units = [unit for unit in usable if unit.id in set(form.units.data or ())]
    try:
        if request.form.get("do") == "close":
            return _close(form, site, units)
        status = 200
    except Refusal as refusal:
        status = refuse(form, refusal)
    affected = _affected(form, site, units)
    return render_template("bookings/close_over.html", form=form, site=site, units=units, affected=affected), status


def _affected(form: ClosureForm, site: Site, units: list[Unit]) -> list[Affected]:
    start, end = form.period(ZoneInfo(site.zone))
    return operations.list_affected(db.session(), current_actor(), units=units, start=start, end=end, now=utc_now())


def _close(form: ClosureForm, site: Site, units: list[Unit]) -> Response:
    start, end = form.period(ZoneInfo(site.zone))
    operations.close_over(db.session(), current_actor(), now=utc_now(), site=site, units=units, start=start, end=end,
                          reason=form.reason.data or "", agreed=request.form.get("agreed", -1, type=int))  # fmt: skip
    db.session.commit()
    flash(_("The units are closed; whoever had booked them is told."), "success")
    return redirect(url_for("spaces.show_site", site_id=site.id), 303)
