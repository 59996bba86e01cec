"""Signing an agreement: the form with the site's units, what it will cost, and who stands in the way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from msgspec import Struct

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.pricing.queries import get_proposals, list_monthly_prices
from incubator.pricing.rules.proration import CALENDAR_DAYS, PRORATIONS
from incubator.spaces.models import HOLD, Site, Unit
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_floors, list_sites, list_units
from incubator.startups import operations, queries
from incubator.startups.forms import ResidencyForm, UnitChoice, residency_form
from incubator.startups.models import Residency, Startup, UnitHold
from incubator.startups.presenting import PartMonth, full_month, part_month
from incubator.startups.rules import ResidencyTerm
from incubator.startups.rules.limits import Crossed
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.choosing import (
    area_of,
    choice_of,
    day_of,
    in_order,
    midnights,
    show_refusal,
    spans_typed,
    term_of,
    usual_terms,
    warn,
)
from incubator.startups.views.picking import Picture, list_pictures


class Ground(Struct, frozen=True):
    """What the form stands on: a startup, a site, and the units it has."""

    startup: Startup
    site: Site
    floors: dict[int, str]
    """Their names, from the lowest up."""
    units: dict[int, Unit]
    follows: Residency | None
    """The agreement that this one goes on from, where it was begun from one."""
    hold: UnitHold | None = None
    """The hold whose units it takes over."""
    chosen: frozenset[int] = frozenset()
    """Units that were chosen before, on the chart or by the hold."""

    @property
    def address(self) -> dict[str, Any]:
        """What the form's address says of it."""
        return {"site": self.site.id, "follows": self.follows.id if self.follows else None,
                "hold": self.hold.id if self.hold else None}  # fmt: skip


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
                crossed = _crossed(form, ground)
                residency = _sign(form, ground)
                db.session.commit()
                flash(_("Agreement %(number)s is signed.", number=residency.number), "success")
                warn(crossed)
                return redirect(url_for("startups.show_residency", residency_id=residency.id), 303)
            except Refusal as refusal:
                status = show_refusal(form, refusal)
    return render_template("startups/new_residency.html", form=form, ground=ground, sites=sites,
                           pictures=_pictures(ground), preview=_preview(form, ground)), status  # fmt: skip


@blueprint.route("/startups/<int:startup_id>/residencies/preview", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def preview_residency(startup_id: int) -> Answer:
    """What the agreement that is being filled in would hold and cost; changes nothing."""
    ground = _ground(startup_id, list_sites(db.session(), current_actor()))
    if ground is None:
        return "", 204
    form = _form(ground)
    form.validate()
    return render_template("startups/_preview.html", preview=_preview(form, ground), choices=form.choices)


def _ground(startup_id: int, sites: Any) -> Ground | None:
    session, actor, asked = db.session(), current_actor(), request.args
    startup = queries.get_startup(session, actor, startup_id)
    follows_id, hold_id = asked.get("follows", type=row_id), asked.get("hold", type=row_id)
    follows = queries.get_residency(session, actor, follows_id) if follows_id else None
    hold = queries.get_hold(session, actor, hold_id) if hold_id else None
    first = hold.site_id if hold else follows.site_id if follows else sites[0].id if sites else None
    wanted = asked.get("site", first, type=row_id)
    if wanted is None:
        return None
    site = get_site(session, actor, wanted)
    floors = {floor.id: floor.name for floor in list_floors(session, actor, site.id)}
    units = {unit.id: unit for unit in list_units(session, actor, site.id) if unit.purpose == "incubation"}
    if hold is not None and (hold.released_at is not None or hold.site_id != site.id):
        hold = None
    chosen = set(asked.getlist("unit", type=row_id)) & set(units)
    if hold is not None:
        chosen |= {unit.id for unit in queries.list_hold_units(session, [hold.id])[hold.id]} & set(units)
    follows = follows if follows and follows.startup_id == startup_id else None
    return Ground(startup, site, floors, units, follows, hold, frozenset(chosen))


def _form(ground: Ground) -> ResidencyForm:
    """As typed; on a first visit with the term from the address, the tariff's prices, or those it goes on from."""
    starts_on, ends_on = _term_asked(ground)
    zone = ZoneInfo(ground.site.zone)
    but = [(HOLD, ground.hold.id)] if ground.hold else []
    held = queries.list_conflicts(db.session(), ground.site.id, *midnights(starts_on, ends_on, zone), but=but)
    units = in_order(ground.units.values(), ground.floors, starts_on)
    form = residency_form(choice_of(unit, held.get(unit.id), zone) for unit in units)
    if request.method == "GET":
        form.starts_on.data, form.ends_on.data = starts_on, ends_on
        form.propose(list_monthly_prices(db.session(), ground.site.id, starts_on))
        form.propose_beside(get_proposals(db.session(), ground.site.id, starts_on))
        for choice in form.choices:
            form.row(choice.id)["taken"].data = choice.id in ground.chosen
        if ground.follows is not None:
            form.copy(_terms_followed(ground.follows))
            form.go_on(ground.follows)
    return form


def _terms_followed(follows: Residency) -> list[ResidencyTerm]:
    """The prices of its last day; of an open-ended one those that it ends with."""
    last = follows.ends_on or date.max
    return [term for term in queries.list_terms(db.session(), [follows.id]) if term.ends_on in (None, last)]


def _term_asked(ground: Ground) -> tuple[date, date | None]:
    source = request.form if request.method == "POST" else request.args
    first = ground.follows.ends_on if ground.follows else None
    today = today_at(ground.site, utc_now())
    fallback = first + timedelta(days=1) if first else max(today, ground.hold.first) if ground.hold else today
    return day_of(source.get("starts_on")) or fallback, day_of(source.get("ends_on"))


def _sign(form: ResidencyForm, ground: Ground) -> Residency:
    starts_on = form.starts_on.data
    assert starts_on is not None, "validated"
    return operations.sign_residency(
        db.session(), current_actor(), now=utc_now(), startup=ground.startup, site=ground.site, starts_on=starts_on,
        ends_on=form.ends_on.data, signed_on=form.signed_on.data, number=form.number.data or None,
        units=form.terms(ground.units), schedule=form.schedule(), deposit_minor=form.agreed_deposit,
        notice_days=form.notice_days.data, hold=ground.hold, proration=form.proration.data,
        tax_included=form.tax_included,
    )  # fmt: skip


def _crossed(form: ResidencyForm, ground: Ground) -> list[Crossed]:
    chosen = form.chosen()
    if not chosen or form.starts_on.data is None:
        return []
    return queries.check_agreement(db.session(), ground.startup, on=form.starts_on.data, ends_on=form.ends_on.data,
                                   area_m2=area_of(chosen))  # fmt: skip


def _pictures(ground: Ground) -> list[Picture]:
    return list_pictures(db.session(), current_actor(), ground.site.id, set(ground.units))


class Preview(Struct, frozen=True):
    """The agreement as it would be: how much it holds, what it costs, and which units are in the way."""

    codes: list[str]
    area_m2: Decimal
    month_minor: int
    deposit_minor: int | None
    first_month: PartMonth | None
    taken: list[UnitChoice]
    crossed: list[Crossed]
    tax_included: bool


def _preview(form: ResidencyForm, ground: Ground) -> Preview:
    chosen, first = form.chosen(), form.starts_on.data
    last = form.ends_on.data if form.ends_on.data and first and form.ends_on.data >= first else None
    rule = form.proration.data if form.proration.data in PRORATIONS else CALENDAR_DAYS
    terms = [
        term_of(choice, span, last, rule)
        for choice in chosen
        for span in spans_typed(form, choice, first or date.min, last)
    ]
    month = part_month(terms, Month.of(first)) if first else None
    is_special = month is not None and any(not each.is_whole or not each.gross_minor for _, each in month.lines)
    return Preview(
        [choice.code for choice in chosen], area_of(chosen), full_month(usual_terms(terms, first or date.min)),
        form.agreed_deposit, month if is_special else None, [choice for choice in chosen if choice.held is not None],
        _crossed(form, ground), form.tax_included,
    )  # fmt: skip
