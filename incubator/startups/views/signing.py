"""Signing an agreement: the form with the site's units, what it will cost, and who stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import row_id
from incubator.core.periods import Month, local_instant
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.pricing.queries import list_monthly_prices
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations import Taken
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_floors, list_sites, list_units
from incubator.startups import operations, queries
from incubator.startups.forms import ResidencyForm, UnitChoice, residency_form
from incubator.startups.models import Residency, Startup
from incubator.startups.presenting import PartMonth, full_month, natural, part_month
from incubator.startups.queries import HeldBy
from incubator.startups.rules import ResidencyTerm
from incubator.startups.views.blueprint import Answer, blueprint


@dataclass(frozen=True)
class Ground:
    """What the form stands on: a startup, a site, and the units it has."""

    startup: Startup
    site: Site
    floors: dict[int, str]
    """Their names, from the lowest up."""
    units: dict[int, Unit]
    follows: Residency | None
    """The agreement that this one goes on from, where it was begun from one."""


@blueprint.route("/startups/<int:startup_id>/residencies/new", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
def new_residency(startup_id: int) -> Answer:
    """Sign an agreement; prices are proposed from the tariff in force on its first day."""
    sites = list_sites(db.session(), current_actor())
    ground = _ground(startup_id, sites)
    if ground is None:
        return redirect(url_for("startups.show", startup_id=startup_id), 303)
    form, status = _form(ground), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                residency = _sign(form, ground)
                db.session.commit()
                flash(_("Agreement %(number)s is signed.", number=residency.number), "success")
                return redirect(url_for("startups.show_residency", residency_id=residency.id), 303)
            except Refusal as refusal:
                status = _refused(form, refusal)
    return render_template("startups/new_residency.html", form=form, ground=ground, sites=sites,
                           preview=_preview(form)), status  # fmt: skip


@blueprint.route("/startups/<int:startup_id>/residencies/preview", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def preview_residency(startup_id: int) -> Answer:
    """What the agreement that is being filled in would hold and cost; changes nothing."""
    ground = _ground(startup_id, list_sites(db.session(), current_actor()))
    if ground is None:
        return "", 204
    form = _form(ground)
    form.validate()
    return render_template("startups/_preview.html", preview=_preview(form), choices=form.choices)


def _ground(startup_id: int, sites: Any) -> Ground | None:
    session, actor = db.session(), current_actor()
    startup = queries.get_startup(session, actor, startup_id)
    follows_id = request.args.get("follows", type=row_id)
    follows = queries.get_residency(session, actor, follows_id) if follows_id else None
    wanted = request.args.get("site", follows.site_id if follows else sites[0].id if sites else None, type=row_id)
    if wanted is None:
        return None
    site = get_site(session, actor, wanted)
    floors = {floor.id: floor.name for floor in list_floors(session, actor, site.id)}
    units = {unit.id: unit for unit in list_units(session, actor, site.id) if unit.purpose == "incubation"}
    return Ground(startup, site, floors, units, follows if follows and follows.startup_id == startup_id else None)


def _form(ground: Ground) -> ResidencyForm:
    """As typed; on a first visit with the term from the address, the tariff's prices, or those it goes on from."""
    starts_on, ends_on = _term_asked(ground)
    zone = ZoneInfo(ground.site.zone)
    start, end = local_instant(starts_on, 0, zone), _end(ends_on, zone)
    if end is not None and end <= start:
        end = None
    held = queries.list_conflicts(db.session(), ground.site.id, start, end)
    form = residency_form(_choice(unit, held.get(unit.id), zone) for unit in _in_order(ground, starts_on))
    if request.method == "GET":
        form.starts_on.data, form.ends_on.data = starts_on, ends_on
        form.propose(list_monthly_prices(db.session(), ground.site.id, starts_on))
        if ground.follows is not None:
            form.copy(queries.list_terms(db.session(), [ground.follows.id]))
    return form


def _term_asked(ground: Ground) -> tuple[date, date | None]:
    source = request.form if request.method == "POST" else request.args
    first = ground.follows.ends_on if ground.follows else None
    fallback = first + timedelta(days=1) if first else today_at(ground.site, utc_now())
    return _day(source.get("starts_on")) or fallback, _day(source.get("ends_on"))


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
        check_day(day)
    except (ValueError, Refusal):
        return None
    return day


def _end(ends_on: date | None, zone: ZoneInfo) -> Any:
    return None if ends_on is None else local_instant(ends_on, 24 * 60, zone)


def _in_order(ground: Ground, starts_on: date) -> list[Unit]:
    """The units that are in service on the first day or later, floor by floor, as people count: D2 before D10."""
    floors = list(ground.floors)
    ends = {unit.id: unit.in_service.upper for unit in ground.units.values()}
    there = [unit for unit in ground.units.values() if (end := ends[unit.id]) is None or end > starts_on]
    return sorted(there, key=lambda unit: (floors.index(unit.floor_id), unit.kind != "office", natural(unit.code)))


def _choice(unit: Unit, held: HeldBy | None, zone: ZoneInfo) -> UnitChoice:
    held_from = held.start.astimezone(zone).date() if held else None
    # the ledger's end is the first instant that is free again
    held_until = (held.end.astimezone(zone) - timedelta(microseconds=1)).date() if held and held.end else None
    return UnitChoice(unit.id, unit.code, unit.kind, unit.area_m2, unit.floor_id, held, held_from, held_until)


def _sign(form: ResidencyForm, ground: Ground) -> Residency:
    starts_on = form.starts_on.data
    assert starts_on is not None, "validated"
    return operations.sign_residency(
        db.session(), current_actor(), now=utc_now(), startup=ground.startup, site=ground.site, starts_on=starts_on,
        ends_on=form.ends_on.data, signed_on=form.signed_on.data, number=form.number.data or None,
        units=form.terms(ground.units),
    )  # fmt: skip


def _refused(form: ResidencyForm, refusal: Refusal) -> int:
    """The sentence above the page, or at its field; and at the unit that another holds."""
    status = refuse(form, refusal)
    if isinstance(refusal, Taken):
        form.row(refusal.unit_id)["taken"].errors = [_("Taken by another.")]
    return status


@dataclass(frozen=True)
class Preview:
    """The agreement as it would be: how much it holds, what it costs, and which units are in the way."""

    codes: list[str]
    area_m2: Decimal
    month_minor: int
    first_month: PartMonth | None
    taken: list[UnitChoice]


def _preview(form: ResidencyForm) -> Preview:
    chosen = form.chosen()
    terms = [term for choice in chosen for term in _terms_of(form, choice)]
    first = part_month(terms, Month.of(form.starts_on.data)) if form.starts_on.data else None
    prorated = first is not None and any(not derivation.is_whole for _, derivation in first.lines)
    return Preview(
        [choice.code for choice in chosen], sum((choice.area_m2 for choice in chosen), Decimal(0)), full_month(terms),
        first if prorated else None, [choice for choice in chosen if choice.held is not None],
    )  # fmt: skip


def _terms_of(form: ResidencyForm, choice: UnitChoice) -> list[ResidencyTerm]:
    row, starts_on = form.row(choice.id), form.starts_on.data or date.min
    ends_on = form.ends_on.data if form.ends_on.data and form.ends_on.data >= starts_on else None
    prices = (("rent", row["basis"].data, row["rent"].data), ("property_fee", "m2_month", row["fee"].data))
    return [
        ResidencyTerm(0, 0, "", 0, choice.id, choice.code, choice.kind, choice.area_m2, kind, basis, price, "CNY",
                      starts_on, ends_on)
        for kind, basis, price in prices if price is not None
    ]  # fmt: skip
