"""Units: what one is and who holds it, new ones, corrected ones, and their last day."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.spaces import forms, ledger_queries, operations, queries
from incubator.spaces.models import Unit
from incubator.spaces.operations.sites import today_at
from incubator.spaces.views.blueprint import blueprint, site_address, site_of


@blueprint.route("/sites/<int:site_id>/units/<int:unit_id>")
@requires(Action.SEE_SPACES)
def show_unit(site_id: int, unit_id: int) -> str:
    """One unit: what it is, what can be booked of it, and all that the ledger knows of it."""
    session, actor, now = db.session(), current_actor(), utc_now()
    site, unit = site_of(site_id), queries.get_unit(session, actor, site_id, unit_id)
    page = ledger_queries.list_ledger(session, actor, unit, now=now, page=page_number(request.args.get("page")))
    (seen,) = ledger_queries.look_at(session, site, [unit], now)
    first, last = queries.inclusive_dates(unit.in_service)
    return render_template(
        "spaces/show_unit.html", site=site, unit=unit, seen=seen, page=page, first=first, last=last,
        floor=queries.get_floor(session, actor, site_id, unit.on_floor),
        resources=queries.list_resources_of(session, unit.id),
    )  # fmt: skip


@blueprint.route("/sites/<int:site_id>/units/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_units(site_id: int) -> Answer:
    """One unit, or a row of alike ones: all of them or none."""
    session, actor = db.session(), current_actor()
    site, form = site_of(site_id), forms.UnitsForm()
    floors = {floor.id: floor for floor in queries.list_floors(session, actor, site_id)}
    form.floor_id.choices = [(floor.id, floor.name) for floor in floors.values()]
    if request.method == "GET":
        form.floor_id.data = request.args.get("floor", type=row_id)
        form.in_service_from.data = today_at(site, utc_now())

    def add() -> str:
        assert form.area_m2.data is not None  # validated
        operations.add_units(
            session, actor, now=utc_now(), floor=floors[form.floor_id.data], codes=form.codes(), kind=form.kind.data,
            purpose=form.purpose.data, area_m2=form.area_m2.data, in_service_from=forms.day_of(form.in_service_from),
            in_service_until=form.in_service_until.data,
        )  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/new_units.html", add, _("The units are there."), site=site, floors=floors)


@blueprint.route("/sites/<int:site_id>/units/<int:unit_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def edit_unit(site_id: int, unit_id: int) -> Answer:
    """A unit's code, purpose or area put right."""
    session, actor, site = db.session(), current_actor(), site_of(site_id)
    unit = queries.get_unit(session, actor, site_id, unit_id)
    form = forms.UnitForm(obj=unit)

    def edit() -> str:
        assert form.area_m2.data is not None  # validated
        operations.edit_unit(session, actor, now=utc_now(), unit=unit, code=form.code.data or "",
                             purpose=form.purpose.data, area_m2=form.area_m2.data, zone=form.zone.data)  # fmt: skip
        return _address(unit)

    return answer(form, "spaces/edit_unit.html", edit, _("The changes are kept."), site=site, unit=unit)


@blueprint.route("/sites/<int:site_id>/units/<int:unit_id>/retire", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def retire_unit(site_id: int, unit_id: int) -> Answer:
    """The last day of a unit; or none, and it is in service again."""
    session, actor, site = db.session(), current_actor(), site_of(site_id)
    unit, form = queries.get_unit(session, actor, site_id, unit_id), forms.RetireForm()
    if request.method == "GET":
        form.last_on.data = queries.inclusive_dates(unit.in_service)[1]

    def retire() -> str:
        operations.retire_unit(session, actor, now=utc_now(), unit=unit, last_on=form.last_on.data)
        return _address(unit)

    return answer(form, "spaces/retire_unit.html", retire, _("The changes are kept."), site=site, unit=unit)


def _address(unit: Unit) -> str:
    return url_for("spaces.show_unit", site_id=unit.site_id, unit_id=unit.id)
