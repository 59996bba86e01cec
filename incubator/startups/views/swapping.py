"""Swapping units: two startups' agreements amended on one day, in one transaction, with what changes for each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
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
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_floors, list_units
from incubator.startups import operations, queries
from incubator.startups.forms import UnitChoice, with_units
from incubator.startups.forms.amending import SwapForm
from incubator.startups.models import Residency
from incubator.startups.operations import Amendment
from incubator.startups.operations.amending import get_standing
from incubator.startups.queries.residencies import list_running
from incubator.startups.rules.limits import Crossed
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


class Pair(Struct, frozen=True):
    """Two agreements at one site: this one, and the one it swaps with."""

    mine: Ground
    theirs: Ground

    @property
    def sides(self) -> tuple[tuple[Ground, Ground], tuple[Ground, Ground]]:
        """Each with the other."""
        return (self.mine, self.theirs), (self.theirs, self.mine)

    @property
    def address(self) -> dict[str, int]:
        """What the page's address says of it."""
        return {"residency_id": self.mine.residency.id, "other": self.theirs.residency.id}


@blueprint.route("/residencies/<int:residency_id>/swap", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
def swap(residency_id: int) -> Answer:
    """Let units of two agreements change hands on one day; without the other one, choose it."""
    pair = _pair(residency_id)
    if pair is None:
        return _choose(residency_id)
    form, status = _form(pair), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                crossed = [each for side, other in pair.sides for each in _crossed(form, side, other)]
                names = _swap(form, pair)
                db.session.commit()
                flash(_("The units are swapped: amendments %(mine)s and %(theirs)s stand.", mine=names[0],
                        theirs=names[1]), "success")  # fmt: skip
                warn(crossed)
                return redirect(url_for("startups.show_residency", residency_id=residency_id), 303)
            except Refusal as refusal:
                status = show_refusal(form, refusal)
                pair = _pair(residency_id) or pair
    return render_template("startups/swap.html", form=form, pair=pair, previews=_previews(form, pair)), status


@blueprint.route("/residencies/<int:residency_id>/swap/preview", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def preview_swap(residency_id: int) -> Answer:
    """What the swap that is being filled in would change for both; changes nothing."""
    pair = _pair(residency_id)
    if pair is None:
        return "", 204
    form = _form(pair)
    form.validate()
    return render_template("startups/_swap_summary.html", pair=pair, previews=_previews(form, pair))


def _choose(residency_id: int) -> str:
    session, actor = db.session(), current_actor()
    residency = queries.get_residency(session, actor, residency_id)
    return render_template(
        "startups/choose_partner.html", residency=residency, site=get_site(session, actor, residency.site_id),
        partners=list_running(session, actor, residency.site_id, utc_now(), but=residency.startup_id),
        startup=queries.get_startup(session, actor, residency.startup_id),
    )  # fmt: skip


def _pair(residency_id: int) -> Pair | None:
    """Both agreements as they stand; None where the other is not chosen, or none that can be swapped with."""
    session, actor = db.session(), current_actor()
    mine = queries.get_residency(session, actor, residency_id)
    other_id = request.args.get("other", type=row_id)
    if other_id is None:
        return None
    theirs = queries.get_residency(session, actor, other_id)
    if theirs.site_id != mine.site_id or theirs.startup_id == mine.startup_id:
        return None
    site = get_site(session, actor, mine.site_id)
    units = {unit.id: unit for unit in list_units(session, actor, site.id)}
    floors = {floor.id: floor.name for floor in list_floors(session, actor, site.id)}
    on = _day_asked(mine, theirs, today_at(site, utc_now()))
    grounds = []
    for residency in (mine, theirs):
        standing = get_standing(session, residency)
        startup = queries.get_startup(session, actor, residency.startup_id)
        grounds.append(Ground(residency, startup, site, floors, units, standing, on, residency.ends_on))
    return Pair(*grounds)


def _day_asked(mine: Residency, theirs: Residency, today: date) -> date:
    """As typed, or the first of next month, where both run then; else the first or last day on which both do."""
    if request.method == "POST":
        return day_of(request.form.get("effective_on")) or max(mine.starts_on, theirs.starts_on)
    last = min(mine.ends_on or date.max, theirs.ends_on or date.max)
    return min(max((Month.of(today) + 1).first, mine.starts_on, theirs.starts_on), last)


def _form(pair: Pair) -> SwapForm:
    session, zone, site = db.session(), ZoneInfo(pair.mine.site.zone), pair.mine.site
    both = [("residency", side.residency.id) for side, _other in pair.sides]
    choices: list[UnitChoice] = []
    for side, other in pair.sides:
        span = midnights(side.effective_on, other.ends_on, zone)
        held = queries.list_conflicts(session, site.id, *span, but=both)
        units = in_order((side.units[each] for each in side.had), side.floors, side.effective_on)
        choices += [choice_of(unit, held.get(unit.id), zone) for unit in units]
    form = with_units(SwapForm, choices)
    if request.method == "GET":
        form.effective_on.data = pair.mine.effective_on
        for side, _other in pair.sides:
            terms = [term for term in queries.list_terms(session, [side.residency.id]) if term.unit_id in side.had]
            form.copy(usual_terms(terms, side.effective_on))
        if len(pair.mine.had) != len(pair.theirs.had):
            for choice in form.choices:
                form.row(choice.id)["taken"].data = False
    return form


def _given(form: SwapForm, side: Ground) -> list[UnitChoice]:
    """The ticked units that the side has: what it gives."""
    return [choice for choice in form.chosen() if choice.id in side.had]


def _swap(form: SwapForm, pair: Pair) -> list[str]:
    amendments = []
    for side, other in pair.sides:
        gives, takes = ({choice.id for choice in _given(form, each)} for each in (side, other))
        amendments.append(Amendment(
            side.residency, side.effective_on, side.ends_on,
            units=[terms for terms in form.terms(side.units) if terms.unit.id in takes],
            as_before=[side.units[each] for each in sorted(side.had - gives)], schedule=form.schedule(),
            signed_on=form.signed_on.data, note=form.note.data or "",
        ))  # fmt: skip
    made = operations.amend_residencies(db.session(), current_actor(), now=utc_now(), amendments=amendments)
    return [f"{side.residency.number}/{each.number}" for (side, _other), each in zip(pair.sides, made, strict=True)]


def _crossed(form: SwapForm, side: Ground, other: Ground) -> list[Crossed]:
    gives = {choice.id for choice in _given(form, side)}
    area = area_of(_given(form, other)) + sum((side.units[each].area_m2 for each in side.had - gives), start=Decimal(0))
    found = queries.check_agreement(db.session(), side.startup, on=side.effective_on, ends_on=side.ends_on,
                                    area_m2=area, but_id=side.residency.id)  # fmt: skip
    return [each for each in found if each.kind == "area"]


def _previews(form: SwapForm, pair: Pair) -> list[tuple[Ground, Preview]]:
    """What changes for each of the two."""
    choices = {choice.id: choice for choice in form.choices}
    found = []
    for side, other in pair.sides:
        gives, takes = ({choice.id for choice in _given(form, each)} for each in (side, other))
        prices: dict[int, list[Span] | None] = dict.fromkeys(sorted(side.had - gives))
        for unit_id in takes:
            prices[unit_id] = spans_typed(form, choices[unit_id], side.effective_on, side.ends_on)
        taken = [choices[each] for each in takes if choices[each].held is not None]
        found.append((side, compare(side, choices, prices, taken=taken, crossed=_crossed(form, side, other))))
    return found
