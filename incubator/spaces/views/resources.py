"""Resources: a new one, what one is made of, and the end of one."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.spaces import operations, queries
from incubator.spaces.operations.sites import today_at
from incubator.spaces.resource_forms import ResourceForm
from incubator.spaces.views.blueprint import blueprint, resource_address, site_address, site_of


@blueprint.route("/sites/<int:site_id>/resources/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_resource(site_id: int) -> Answer:
    """Something to book."""
    session, actor = db.session(), current_actor()
    site, form = site_of(site_id), ResourceForm()
    units = {unit.id: unit for unit in queries.list_usable_units(session, actor, site_id, today_at(site, utc_now()))}
    form.units.offer(units.values(), queries.list_floors(session, actor, site_id))
    form.offer_steps()

    def add() -> str:
        resource = operations.add_resource(session, actor, now=utc_now(), site=site, **form.facts(),
                                           units=[units[unit_id] for unit_id in form.units.data or ()])  # fmt: skip
        return resource_address(resource)

    return answer(form, "spaces/new_resource.html", add, _("It can be booked now, once it has a price."), site=site,
                  resource=None)  # fmt: skip


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def edit_resource(site_id: int, resource_id: int) -> Answer:
    """What a resource is called and made of."""
    session, actor, site = db.session(), current_actor(), site_of(site_id)
    resource = queries.get_resource(session, actor, resource_id, site_id)
    today = today_at(site, utc_now())
    units = {unit.id: unit for unit in queries.list_usable_units(session, actor, site_id, today, resource_id)}
    form = ResourceForm(obj=resource)
    form.units.offer(units.values(), queries.list_floors(session, actor, site_id))
    form.offer_steps(resource.granularity_minutes)
    if request.method == "GET":
        form.furnish(resource.tags)
        form.units.data = [unit.id for unit in queries.list_resource_units(session, [resource_id])[resource_id]]

    def edit() -> str:
        operations.edit_resource(session, actor, now=utc_now(), resource=resource, **form.facts(resource.tags),
                                 units=[units[unit_id] for unit_id in form.units.data or ()])  # fmt: skip
        return resource_address(resource)

    return answer(form, "spaces/new_resource.html", edit, _("The changes are kept."), site=site, resource=resource)


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/retire", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def retire_resource(site_id: int, resource_id: int) -> Response:
    """Let it no longer be booked."""
    site = site_of(site_id)
    resource = queries.get_resource(db.session(), current_actor(), resource_id, site_id)
    operations.retire_resource(db.session(), current_actor(), now=utc_now(), resource=resource)
    code = resource.code
    db.session.commit()
    flash(_("%(code)s can't be booked any more. What is booked already stays.", code=code), "success")
    return redirect(site_address(site), 303)
