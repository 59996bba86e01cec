"""Holds: made from the chart, extended, let go, and taken over by an agreement."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_floors, list_usable_units
from incubator.startups import operations, queries
from incubator.startups.forms.amending import ExtendHoldForm, HoldForm
from incubator.startups.models import UnitHold
from incubator.startups.queries.chart import list_startup_names
from incubator.startups.queries.residencies import list_running
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.choosing import day_of

USUAL_DAYS = timedelta(days=13)


@blueprint.route("/sites/<int:site_id>/holds/new", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
def new_hold(site_id: int) -> Answer:
    """Keep units for somebody; or go on at once to an agreement for them."""
    session, actor, now = db.session(), current_actor(), utc_now()
    site, form, status = get_site(session, actor, site_id), HoldForm(), 200
    usable = list_usable_units(session, actor, site_id, today_at(site, now))
    units = {unit.id: unit for unit in usable if unit.purpose == "incubation"}
    form.units.offer(units.values(), list_floors(session, actor, site_id))
    _offer_startups(form)
    if request.method == "GET":
        first = max(day_of(request.args.get("first")) or today_at(site, now), today_at(site, now))
        form.first.data, form.last.data = first, first + USUAL_DAYS
        form.units.data = request.args.getlist("unit", type=row_id)
    elif form.validate():
        try:
            hold = _hold(form, site, units)
            db.session.commit()
            flash(_("The units are held."), "success")
            return redirect(url_for("startups.show_hold", hold_id=hold.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    else:
        status = 422
    return render_template("startups/new_hold.html", form=form, site=site), status


def _hold(form: HoldForm, site: Site, units: dict[int, Unit]) -> UnitHold:
    session, actor, (first, last) = db.session(), current_actor(), form.days()
    startup = queries.get_startup(session, actor, form.startup_id.data) if form.startup_id.data else None
    return operations.hold_units(
        session, actor, now=utc_now(), site=site, units=[units[unit_id] for unit_id in form.units.data or ()],
        first=first, last=last, startup=startup, for_whom=form.for_whom.data or "", reason=form.reason.data or "",
    )  # fmt: skip


def _offer_startups(form: HoldForm) -> None:
    form.startup_id.choices = [("", _("none yet")), *_startup_choices()]


def _startup_choices() -> list[tuple[int, str]]:
    locale = reader_locale()
    startups = list_startup_names(db.session(), current_actor())
    return [(each.id, f"{each.code} {named(each, locale)}") for each in startups]


@blueprint.route("/sites/<int:site_id>/residencies/begin")
@requires(Action.MANAGE_RESIDENCIES)
def begin_residency(site_id: int) -> Response:
    """From units that were chosen, and a startup, to its agreement."""
    site = get_site(db.session(), current_actor(), site_id)
    asked = request.args
    units, first = asked.getlist("units", type=row_id), day_of(asked.get("first"))
    startup_id = asked.get("startup_id", type=row_id)
    if startup_id is None:
        flash(_("Choose the startup that the agreement is with."), "danger")
        return redirect(url_for("startups.new_hold", site_id=site.id, unit=units, first=first), 303)
    startup = queries.get_startup(db.session(), current_actor(), startup_id)
    return redirect(url_for("startups.new_residency", startup_id=startup.id, site=site.id, unit=units,
                            starts_on=first, hold=asked.get("hold", type=row_id)), 303)  # fmt: skip


@blueprint.route("/holds/<int:hold_id>")
@requires(Action.SEE_STARTUPS)
def show_hold(hold_id: int) -> str:
    """A hold: what, for whom, until when; and what can be done with it."""
    return _show(hold_id, ExtendHoldForm(formdata=None))


@blueprint.route("/holds/<int:hold_id>/enlarge")
@requires(Action.MANAGE_RESIDENCIES)
def enlarge_from_hold(hold_id: int) -> Response:
    """From a hold to the agreement that is to be enlarged by its units."""
    hold = queries.get_hold(db.session(), current_actor(), hold_id)
    residency_id = request.args.get("residency_id", type=row_id)
    if residency_id is None:
        flash(_("Choose the agreement that is enlarged."), "danger")
        return redirect(url_for("startups.show_hold", hold_id=hold_id), 303)
    residency = queries.get_residency(db.session(), current_actor(), residency_id)
    return redirect(url_for("startups.amend", residency_id=residency.id, kind="enlarge", hold=hold.id), 303)


@blueprint.route("/holds/<int:hold_id>/extend", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def extend_hold(hold_id: int) -> Answer:
    """Keep its units for longer."""
    hold, form, status = queries.get_hold(db.session(), current_actor(), hold_id), ExtendHoldForm(), 422
    if form.validate() and form.last.data:
        try:
            operations.extend_hold(db.session(), current_actor(), now=utc_now(), hold=hold, last=form.last.data)
            db.session.commit()
            flash(_("The hold lasts longer."), "success")
            return redirect(url_for("startups.show_hold", hold_id=hold_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _show(hold_id, form), status


@blueprint.route("/holds/<int:hold_id>/release", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def release_hold(hold_id: int) -> Response:
    """Let its units go."""
    hold = queries.get_hold(db.session(), current_actor(), hold_id)
    operations.release_hold(db.session(), current_actor(), now=utc_now(), hold=hold)
    db.session.commit()
    flash(_("The units are free again."), "success")
    return redirect(url_for("startups.rent_control", site=hold.site_id), 303)


def _show(hold_id: int, form: ExtendHoldForm) -> str:
    session, actor = db.session(), current_actor()
    hold = queries.get_hold(session, actor, hold_id)
    residency = queries.get_residency(session, actor, hold.residency_id) if hold.residency_id else None
    startup = queries.get_startup(session, actor, hold.startup_id) if hold.startup_id else None
    may_sign = not hold.released_at and actor.can(Action.MANAGE_RESIDENCIES)
    startups = _startup_choices() if may_sign and not startup else []
    running = list_running(session, actor, hold.site_id, utc_now(), of=hold.startup_id) if may_sign else []
    return render_template(
        "startups/show_hold.html", hold=hold, site=get_site(session, actor, hold.site_id), form=form, startup=startup,
        units=queries.list_hold_units(session, [hold.id])[hold.id], residency=residency, startups=startups,
        running=running,
    )  # fmt: skip
