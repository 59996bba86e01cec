"""Amending an agreement: one form with the state from a day on, what it changes, and who stands in the way."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.pricing.queries import list_monthly_prices
from incubator.spaces.models import HOLD, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_floors, list_units
from incubator.startups import operations, queries
from incubator.startups.forms.amending import ANEW, KEEP, PRESETS, AmendForm, amend_form
from incubator.startups.models import Residency, ResidencyAmendment, UnitHold
from incubator.startups.operations import AgreedFacts
from incubator.startups.operations.amending import get_standing
from incubator.startups.rules.limits import Crossed, add_months
from incubator.startups.rules.schedule import Span
from incubator.startups.views.blueprint import Answer, blueprint
from incubator.startups.views.choosing import (
    area_of,
    choice_of,
    day_of,
    in_order,
    midnights,
    show_refusal,
    spans_typed,
    usual_terms,
    warn,
)
from incubator.startups.views.comparing import Ground, Preview, compare
from incubator.startups.views.picking import Picture, list_pictures

A_DAY = timedelta(days=1)
RENEWED_MONTHS = 12
HINTS = {
    "renew": _l("It goes on with the same units; change the last day, and the prices where they are new."),
    "move": _l("Take the tick from what is given back, and set it at what is taken instead."),
    "enlarge": _l("Set the tick at the units that are added."),
    "return": _l("Take the tick from the units that are given back; the others stay as they are."),
    "prices": _l("The units stay; what stands here is what they cost from that day on."),
}


@blueprint.route("/residencies/<int:residency_id>/amend", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
def amend(residency_id: int) -> Answer:
    """Renew, move, enlarge, give back or change prices: the state from a day on."""
    ground = _ground(residency_id)
    form, status = _form(ground), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                crossed = _crossed(form, ground)
                made = _amend(form, ground)
                db.session.commit()
                flash(_("Amendment %(number)s stands.", number=made.number), "success")
                warn(crossed)
                return redirect(url_for("startups.show_residency", residency_id=residency_id), 303)
            except Refusal as refusal:
                status = show_refusal(form, refusal)
                ground = _ground(residency_id)
    return render_template("startups/amend.html", form=form, ground=ground, preset=_preset(), presets=PRESETS,
                           hint=HINTS[_preset()], pictures=_pictures(ground),
                           preview=_preview(form, ground)), status  # fmt: skip


@blueprint.route("/residencies/<int:residency_id>/amend/preview", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def preview_amendment(residency_id: int) -> Answer:
    """What the amendment that is being filled in would change; changes nothing."""
    ground = _ground(residency_id)
    form = _form(ground)
    form.validate()
    return render_template("startups/_amend_preview.html", preview=_preview(form, ground), ground=ground,
                           choices=form.choices)  # fmt: skip


def _preset() -> str:
    asked = request.args.get("kind", "")
    return asked if asked in PRESETS else "enlarge" if request.args.get("hold") else "move"


def _ground(residency_id: int) -> Ground:
    session, actor = db.session(), current_actor()
    residency = queries.get_residency(session, actor, residency_id)
    site = get_site(session, actor, residency.site_id)
    floors = {floor.id: floor.name for floor in list_floors(session, actor, site.id)}
    standing = get_standing(session, residency)
    mine = {row.unit_id for row in standing.rows}
    units = {unit.id: unit for unit in list_units(session, actor, site.id)
             if unit.purpose == "incubation" or unit.id in mine}  # fmt: skip
    startup = queries.get_startup(session, actor, residency.startup_id)
    hold = _hold_asked(residency)
    return Ground(residency, startup, site, floors, units, standing, *_days_asked(residency, site, hold), hold)


def _hold_asked(residency: Residency) -> UnitHold | None:
    """The hold that it is enlarged from, if that still keeps units of this site, and for no other startup."""
    hold_id = request.args.get("hold", type=row_id)
    hold = queries.get_hold(db.session(), current_actor(), hold_id) if hold_id else None
    if hold is None or hold.released_at is not None or hold.site_id != residency.site_id:
        return None
    return hold if hold.startup_id in (None, residency.startup_id) else None


def _pictures(ground: Ground) -> list[Picture]:
    return list_pictures(db.session(), current_actor(), ground.site.id, set(ground.units))


def _days_asked(residency: Residency, site: Site, hold: UnitHold | None) -> tuple[date, date | None]:
    """As typed, or as the preset proposes: a renewal from the day after the last one, for a year; what was held from
    now on; all else from the first of next month."""
    if request.method == "POST":
        return (day_of(request.form.get("effective_on")) or residency.starts_on), day_of(request.form.get("ends_on"))
    today, last = today_at(site, utc_now()), residency.ends_on
    if _preset() == "renew" and last is not None:
        return last + A_DAY, add_months(last + A_DAY, RENEWED_MONTHS) - A_DAY
    first = max(today, hold.first) if hold else (Month.of(today) + 1).first
    first = max(first, residency.starts_on)
    return (first if last is None else min(first, last + A_DAY)), last


def _form(ground: Ground) -> AmendForm:
    session, zone = db.session(), ZoneInfo(ground.site.zone)
    mine = ("residency", ground.residency.id)
    span = midnights(ground.effective_on, ground.ends_on, zone)
    but = [mine, (HOLD, ground.hold.id)] if ground.hold else [mine]
    held = queries.list_conflicts(session, ground.site.id, *span, but=but)
    units = in_order(ground.units.values(), ground.floors, ground.effective_on)
    form = amend_form((choice_of(unit, held.get(unit.id), zone) for unit in units), ground.had)
    if request.method == "GET":
        form.effective_on.data, form.ends_on.data = ground.effective_on, ground.ends_on
        form.prices.data = ANEW if _preset() == "prices" else KEEP
        form.propose(list_monthly_prices(session, ground.site.id, ground.effective_on))
        last = ground.residency.ends_on
        on = min(ground.effective_on, last) if last else ground.effective_on
        terms = queries.list_terms(session, [ground.residency.id])
        form.copy(usual_terms([term for term in terms if term.unit_id in ground.had], on))
        for unit_id in _held(ground):
            form.row(unit_id)["taken"].data = True
        form.show_facts(ground.residency.deposit_minor, ground.residency.notice_days)
    return form


def _held(ground: Ground) -> set[int]:
    """The units of the hold that can be chosen here."""
    if ground.hold is None:
        return set()
    held = queries.list_hold_units(db.session(), [ground.hold.id])[ground.hold.id]
    return {unit.id for unit in in_order(held, ground.floors, ground.effective_on)} & set(ground.units)


def _amend(form: AmendForm, ground: Ground) -> ResidencyAmendment:
    assert form.effective_on.data is not None, "validated"
    return operations.amend_residency(
        db.session(), current_actor(), now=utc_now(), residency=ground.residency, effective_on=form.effective_on.data,
        ends_on=form.ends_on.data, units=form.new_terms(ground.units), as_before=form.kept(ground.units),
        schedule=form.schedule(), facts=AgreedFacts(form.deposit_minor, form.notice_days.data),
        signed_on=form.signed_on.data, note=form.note.data or "", hold=ground.hold,
    )  # fmt: skip


def _crossed(form: AmendForm, ground: Ground) -> list[Crossed]:
    chosen = form.chosen()
    if not chosen:
        return []
    return queries.check_agreement(db.session(), ground.startup, on=ground.effective_on, ends_on=form.ends_on.data,
                                   area_m2=area_of(chosen), but_id=ground.residency.id)  # fmt: skip


def _preview(form: AmendForm, ground: Ground) -> Preview:
    choices = {choice.id: choice for choice in form.choices}
    chosen = form.chosen()
    prices: dict[int, list[Span] | None] = {
        choice.id: None if form.keeps(choice.id) else spans_typed(form, choice, ground.effective_on, ground.ends_on)
        for choice in chosen
    }
    facts = AgreedFacts(form.deposit_minor, form.notice_days.data)
    has_other = facts != AgreedFacts(ground.residency.deposit_minor, ground.residency.notice_days)
    return compare(ground, choices, prices, has_other=has_other, crossed=_crossed(form, ground),
                   taken=[choice for choice in chosen if choice.held is not None])  # fmt: skip
