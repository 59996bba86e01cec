"""Pages of `startups`: startups, their agreements, and what a founder sees of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.pricing.queries import tariff_in_force
from incubator.pricing.rules import price_month
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_sites, list_units
from incubator.startups import forms, operations, queries
from incubator.startups.models import Residency, Startup
from incubator.startups.rules import ResidencyTerm, term_state

blueprint = Blueprint("startups", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(startup_kinds=forms.KIND_NAMES, residency_states=forms.STATE_NAMES)


@dataclass(frozen=True)
class Agreement:
    """An agreement as a page shows it: state today, its terms, what a full month costs."""

    residency: Residency
    site: Site
    state: str
    terms: list[ResidencyTerm]
    today: date

    @property
    def month_minor(self) -> int:
        """A full month before subsidies."""
        month = Month.of(self.today)
        priced = (
            price_month(unit_price=term.unit_price, quantity=term.quantity, month=month, starts_on=month.first,
                        ends_on=None)
            for term in self.terms
        )  # fmt: skip
        return sum(price.gross_minor for price in priced if price)

    @property
    def units(self) -> list[str]:
        return sorted({term.unit_code for term in self.terms})

    @property
    def area_m2(self) -> Any:
        return sum({term.unit_id: term.area_m2 for term in self.terms}.values())

    @property
    def days_left(self) -> int | None:
        """Days until the last one, that one included; None: open-ended."""
        return None if self.residency.ends_on is None else (self.residency.ends_on - self.today).days + 1


def _agreements(startup_ids: list[int]) -> list[Agreement]:
    now = utc_now()
    rows = queries.list_residencies(db.session(), startup_ids)
    terms = queries.list_terms(db.session(), [residency.id for residency, _site in rows])
    found = []
    for residency, site in rows:
        today = today_at(site, now)
        mine = [term for term in terms if term.residency_id == residency.id]
        state = term_state(residency.starts_on, residency.ends_on, today)
        found.append(Agreement(residency, site, state, mine, today))
    return found


@blueprint.route("/startups")
@requires(Action.SEE_STARTUPS)
def list_startups() -> str:
    """All startups, found by name, code or credit code."""
    search, kind = request.args.get("q", ""), request.args.get("kind", "")
    page = queries.list_startups(db.session(), current_actor(), page=page_number(request.args.get("page")),
                                 search=search, kind=kind)  # fmt: skip
    return render_template("startups/list_startups.html", page=page, search=search, kind=kind)


@blueprint.route("/startups/new", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def new_startup() -> Answer:
    """Register a team or a company."""
    form, status = forms.StartupForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                startup = operations.register_startup(db.session(), current_actor(), now=utc_now(), **_facts(form))
                db.session.commit()
                flash(_("%(name)s is registered. Next: its agreement.", name=startup.name), "success")
                return redirect(url_for("startups.show", startup_id=startup.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_startup.html", form=form, startup=None), status


@blueprint.route("/startups/<int:startup_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_STARTUPS)
def edit(startup_id: int) -> Answer:
    """Correct a startup's facts, or let a team become a company."""
    startup = queries.get_startup(db.session(), current_actor(), startup_id)
    form, status = forms.StartupForm(obj=startup), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.edit_startup(db.session(), current_actor(), now=utc_now(), startup=startup, **_facts(form))
                db.session.commit()
                flash(_("The changes are kept."), "success")
                return redirect(url_for("startups.show", startup_id=startup_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_startup.html", form=form, startup=startup), status


def _facts(form: forms.StartupForm) -> dict[str, Any]:
    return {
        "name": form.name.data or "", "kind": form.kind.data, "name_en": form.name_en.data or "",
        "credit_code": form.credit_code.data or None, "registered_on": form.registered_on.data,
        "industry": form.industry.data or "", "contact_name": form.contact_name.data or "",
        "contact_email": form.contact_email.data or "", "contact_phone": form.contact_phone.data or "",
    }  # fmt: skip


@blueprint.route("/startups/<int:startup_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show(startup_id: int) -> str:
    """A startup: its facts, agreements and people."""
    startup = queries.get_startup(db.session(), current_actor(), startup_id)
    people = queries.list_people(db.session(), startup.id)
    sites = list_sites(db.session(), current_actor())
    return render_template("startups/show.html", startup=startup, agreements=_agreements([startup.id]), people=people,
                           sites=sites)  # fmt: skip


@blueprint.route("/my/startup")
@requires(Action.SEE_OWN_STARTUP)
def mine() -> str:
    """The founder's own: agreement, units, price."""
    startups = queries.list_own_startups(db.session(), current_actor())
    agreements = _agreements([startup.id for startup in startups])
    return render_template("startups/mine.html", startups=startups, agreements=agreements)


@blueprint.route("/residencies/<int:residency_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show_residency(residency_id: int) -> str:
    """An agreement: term, units, agreed prices."""
    residency = queries.get_residency(db.session(), current_actor(), residency_id)
    startup = queries.get_startup(db.session(), current_actor(), residency.startup_id)
    (agreement,) = [each for each in _agreements([startup.id]) if each.residency.id == residency_id]
    return render_template("startups/show_residency.html", startup=startup, agreement=agreement, form=forms.EndForm())


@blueprint.route("/startups/<int:startup_id>/residencies/new", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
def new_residency(startup_id: int) -> Answer:
    """Sign an agreement at a site; prices are proposed from the tariff in force."""
    startup = queries.get_startup(db.session(), current_actor(), startup_id)
    site = get_site(db.session(), current_actor(), request.args.get("site", type=int) or 0)
    form, status = forms.ResidencyForm(), 200
    units = {unit.id: unit for unit in list_units(db.session(), current_actor(), site.id)}
    form.units.choices = [(unit.id, f"{unit.code} · {unit.area_m2} m²") for unit in units.values()]
    if request.method == "GET":
        _propose(form, site)
    elif form.validate():
        try:
            residency = _sign(form, startup, site, units)
            db.session.commit()
            flash(_("Agreement %(number)s is signed.", number=residency.number), "success")
            return redirect(url_for("startups.show_residency", residency_id=residency.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    else:
        status = 422
    return render_template("startups/new_residency.html", form=form, startup=startup, site=site), status


def _sign(form: forms.ResidencyForm, startup: Startup, site: Site, units: dict[int, Any]) -> Residency:
    rent, starts_on = form.rent.data, form.starts_on.data
    assert rent is not None and starts_on is not None
    terms = [
        operations.UnitTerms(units[unit_id], form.rent_basis.data, rent, form.property_fee.data)
        for unit_id in form.units.data or ()
    ]
    return operations.sign_residency(
        db.session(), current_actor(), now=utc_now(), startup=startup, site=site, starts_on=starts_on,
        ends_on=form.ends_on.data, signed_on=form.signed_on.data, units=terms,
    )  # fmt: skip


def _propose(form: forms.ResidencyForm, site: Site) -> None:
    today = today_at(site, utc_now())
    form.starts_on.data = today
    for item in tariff_in_force(db.session(), site.id, today):
        if item.charge_kind == "rent" and form.rent.data is None:
            form.rent_basis.data, form.rent.data = item.basis, item.unit_price
        if item.charge_kind == "property_fee" and form.property_fee.data is None:
            form.property_fee.data = item.unit_price


@blueprint.route("/residencies/<int:residency_id>/end", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def end_residency(residency_id: int) -> Answer:
    """End an agreement before its term."""
    residency = queries.get_residency(db.session(), current_actor(), residency_id)
    form, status = forms.EndForm(), 422
    if form.validate() and form.ends_on.data is not None:
        try:
            operations.end_residency(db.session(), current_actor(), now=utc_now(), residency=residency,
                                     ends_on=form.ends_on.data, reason=form.reason.data or "")  # fmt: skip
            db.session.commit()
            flash(_("The agreement ends on that day; its units are free from the next."), "success")
            return redirect(url_for("startups.show_residency", residency_id=residency_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    startup = queries.get_startup(db.session(), current_actor(), residency.startup_id)
    (agreement,) = [each for each in _agreements([startup.id]) if each.residency.id == residency_id]
    return render_template("startups/show_residency.html", startup=startup, agreement=agreement, form=form), status
