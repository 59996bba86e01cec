"""Closures: units out of use for a time, and in use again."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.spaces import closure_queries, forms, operations, queries
from incubator.spaces.operations.sites import today_at
from incubator.spaces.views.blueprint import blueprint, site_address, site_of


@blueprint.route("/sites/<int:site_id>/closures/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_closure(site_id: int) -> Answer:
    """Units out of use for some time: all of them or none."""
    session, actor = db.session(), current_actor()
    site, form = site_of(site_id), forms.ClosureForm()
    units = {unit.id: unit for unit in queries.list_usable_units(session, actor, site_id, today_at(site, utc_now()))}
    form.units.offer(units.values(), queries.list_floors(session, actor, site_id))
    if request.method == "GET":
        form.units.data = request.args.getlist("unit", type=row_id)

    def close() -> str:
        start, end = form.period(ZoneInfo(site.zone))
        operations.close_units(session, actor, now=utc_now(), site=site, start=start, end=end,
                               reason=form.reason.data or "",
                               units=[units[unit_id] for unit_id in form.units.data or ()])  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/new_closure.html", close, _("The units are out of use for that time."), site=site)


@blueprint.route("/sites/<int:site_id>/closures/<int:closure_id>/lift", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def lift_closure(site_id: int, closure_id: int) -> Response:
    """Put units into use again."""
    site = site_of(site_id)
    closure = closure_queries.get_closure(db.session(), current_actor(), site_id, closure_id)
    operations.lift_closure(db.session(), current_actor(), now=utc_now(), closure=closure)
    db.session.commit()
    flash(_("The units are in use again."), "success")
    return redirect(site_address(site), 303)
