"""Pages of `spaces`: sites, floors, units, resources, opening hours, closures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.spaces import forms, operations, queries
from incubator.spaces.models import Floor, Site, Unit
from incubator.spaces.operations.sites import today_at

blueprint = Blueprint("spaces", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What templates of all packages call kinds by."""
    state.app.jinja_env.globals.update(
        unit_kind_name=lambda kind: forms.UNIT_KIND_NAMES[kind],
        resource_kind_name=lambda kind: forms.RESOURCE_KIND_NAMES[kind],
        day_kind_name=lambda kind: forms.DAY_KIND_NAMES[kind],
        wall_time=lambda minute: f"{minute // 60:02}:{minute % 60:02}",
    )


Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class UnitNow:
    """A unit and who holds it at this moment."""

    unit: Unit
    held: queries.Held | None
    in_service: bool

    @property
    def state(self) -> str:
        """`free`, `retired`, or the kind of its holder."""
        if not self.in_service:
            return "retired"
        return self.held.holder_kind if self.held else "free"


@blueprint.route("/sites")
@requires(Action.SEE_SPACES)
def list_sites() -> str:
    """All sites with what is in them."""
    sites = queries.list_sites(db.session(), current_actor())
    return render_template("spaces/list_sites.html", sites=sites, counts=queries.count_units(db.session()))


@blueprint.route("/sites/<int:site_id>")
@requires(Action.SEE_SPACES)
def show_site(site_id: int) -> str:
    """One site: its hours, floors, units as they are now, and what one can book."""
    session, actor, now = db.session(), current_actor(), utc_now()
    site = queries.get_site(session, actor, site_id)
    held = {each.unit_id: each for each in queries.list_held(session, site.id, now, now + timedelta(minutes=1))}
    today = today_at(site, now)
    by_floor: dict[int, list[UnitNow]] = {}
    for unit in queries.list_units(session, actor, site.id):
        by_floor.setdefault(unit.floor_id, []).append(UnitNow(unit, held.get(unit.id), today in unit.in_service))
    resources = queries.list_resources(session, actor, site.id)
    closures = queries.list_closures(session, site.id, now)
    return render_template(
        "spaces/show_site.html", site=site, floors=queries.list_floors(session, actor, site.id), by_floor=by_floor,
        resources=resources, resource_units=queries.list_resource_units(session, [each.id for each in resources]),
        calendar=queries.get_site_calendar(session, site), today=today,
        overrides=queries.list_overrides(session, site.id, today), closures=closures,
    )  # fmt: skip


@blueprint.route("/sites/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_site() -> Answer:
    """A new site."""
    form = forms.SiteForm()

    def create() -> Site:
        now = utc_now()
        today = now.astimezone(ZoneInfo(form.zone.data)).date()
        return operations.create_site(
            db.session(), current_actor(), now=now, code=form.code.data or "", name=form.name.data or "",
            name_en=form.name_en.data or "", address=form.address.data or "", zone=form.zone.data,
            calendar=form.calendar.data, hours=form.hours(), open_from=today.replace(month=1, day=1),
        )  # fmt: skip

    return _answer(form, "spaces/new_site.html", create, _("The site is there. Next: its first floor."))


@blueprint.route("/sites/<int:site_id>/floors/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_floor(site_id: int) -> Answer:
    """A new floor."""
    site, form = _site(site_id), forms.FloorForm()

    def add() -> Site:
        operations.add_floor(db.session(), current_actor(), now=utc_now(), site=site, name=form.name.data or "",
                             level=form.level.data or 0)  # fmt: skip
        return site

    return _answer(form, "spaces/new_floor.html", add, _("The floor is there. Next: its units."), site)


@blueprint.route("/sites/<int:site_id>/units/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_units(site_id: int) -> Answer:
    """One unit, or a row of alike ones."""
    session, actor = db.session(), current_actor()
    site, form = _site(site_id), forms.UnitsForm()
    floors = {floor.id: floor for floor in queries.list_floors(session, actor, site_id)}
    form.floor_id.choices = [(floor.id, floor.name) for floor in floors.values()]
    if request.method == "GET":
        form.floor_id.data = request.args.get("floor", type=row_id)
        form.in_service_from.data = today_at(site, utc_now())

    def add() -> Site:
        floor: Floor = floors[form.floor_id.data]
        for code in form.codes():
            operations.add_unit(
                session, actor, now=utc_now(), floor=floor, code=code, kind=form.kind.data, purpose=form.purpose.data,
                area_m2=form.area_m2.data, in_service_from=form.in_service_from.data,
            )  # fmt: skip
        return site

    return _answer(form, "spaces/new_units.html", add, _("The units are there."), site)


@blueprint.route("/sites/<int:site_id>/resources/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_resource(site_id: int) -> Answer:
    """Something to book."""
    session, actor = db.session(), current_actor()
    site, form = _site(site_id), forms.ResourceForm()
    units = _choose_units(form, site)

    def add() -> Site:
        operations.add_resource(
            session, actor, now=utc_now(), site=site, code=form.code.data or "", name=form.name.data or "",
            name_en=form.name_en.data or "", kind=form.kind.data, takes=form.takes.data,
            capacity=form.capacity.data or 1, granularity_minutes=form.granularity_minutes.data,
            units=[units[unit_id] for unit_id in form.units.data or ()],
        )  # fmt: skip
        return site

    return _answer(form, "spaces/new_resource.html", add, _("It can be booked now, once it has a price."), site)


@blueprint.route("/sites/<int:site_id>/days/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_day(site_id: int) -> Answer:
    """A date that does not follow the calendar."""
    site, form = _site(site_id), forms.DayForm()

    def add() -> Site:
        assert form.on.data is not None
        operations.override_day(db.session(), current_actor(), now=utc_now(), site=site, on=form.on.data,
                                day_kind=form.day_kind.data, note=form.note.data or "")  # fmt: skip
        return site

    return _answer(form, "spaces/new_day.html", add, _("The day is set."), site)


@blueprint.route("/sites/<int:site_id>/closures/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_closure(site_id: int) -> Answer:
    """Units out of use for some time."""
    site, form = _site(site_id), forms.ClosureForm()
    units = _choose_units(form, site)

    def close() -> Site:
        zone = ZoneInfo(site.zone)
        assert form.start.data is not None and form.end.data is not None
        operations.close_units(
            db.session(), current_actor(), now=utc_now(), site=site, reason=form.reason.data or "",
            units=[units[unit_id] for unit_id in form.units.data or ()],
            start=form.start.data.replace(tzinfo=zone), end=form.end.data.replace(tzinfo=zone),
        )  # fmt: skip
        return site

    return _answer(form, "spaces/new_closure.html", close, _("The units are out of use for that time."), site)


@blueprint.route("/sites/<int:site_id>/closures/<int:closure_id>/lift", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def lift_closure(site_id: int, closure_id: int) -> Response:
    """Put units into use again."""
    closure = queries.get_closure(db.session(), current_actor(), site_id, closure_id)
    operations.lift_closure(db.session(), current_actor(), now=utc_now(), closure=closure)
    db.session.commit()
    flash(_("The units are in use again."), "success")
    return redirect(url_for("spaces.show_site", site_id=site_id), 303)


def _site(site_id: int) -> Site:
    return queries.get_site(db.session(), current_actor(), site_id)


def _choose_units(form: forms.ResourceForm | forms.ClosureForm, site: Site) -> dict[int, Unit]:
    units = {unit.id: unit for unit in queries.list_units(db.session(), current_actor(), site.id)}
    form.units.choices = [(unit.id, unit.code) for unit in units.values()]
    return units


def _answer(form: FlaskForm, template: str, change: Callable[[], Site], done: str, site: Site | None = None) -> Answer:
    """Show the form; or do what it asks and go to the site; or show it again with what is wrong."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                changed = change()
                db.session.commit()
                flash(done, "success")
                return redirect(url_for("spaces.show_site", site_id=changed.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template(template, form=form, site=site), status
