"""The floor plan of a site: what is free on it at a chosen time."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings.floor import LENGTHS, STEP, Floor, SeenUnit, UnitState, see_floor, span_at
from incubator.bookings.views import blueprint, parse_date, parse_id
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.spaces.queries import get_site

STATE_NAMES = {
    UnitState.FREE: _l("Free"), UnitState.MINE: _l("Mine"), UnitState.TAKEN: _l("Taken"), UnitState.LET: _l("Let"),
    UnitState.CLOSED: _l("Closed"), UnitState.OFF: _l("Not to be booked"),
}  # fmt: skip


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters["refusal_text"] = lambda refusal: sentence(refusal, reader_locale())
    state.app.jinja_env.globals.update(floor_states=STATE_NAMES, floor_words=_words)


def _words(each: SeenUnit, *, may_book: bool) -> str:
    """A unit in words: its code, what it is, and what one can do."""
    parts = [each.unit.code, str(STATE_NAMES[each.state]), each.title]
    if each.state is UnitState.FREE and may_book:
        parts.append(_("book"))
    elif each.refusal is not None:
        parts.append(sentence(each.refusal, reader_locale()))
    return _(", ").join(part for part in parts if part)


@blueprint.route("/sites/<int:site_id>/plan")
@requires(Action.SEE_TIMELINE)
def show_plan(site_id: int) -> str:
    """A floor with its units as they are at a time: which are free, and from there to booking one."""
    session, actor, now = db.session(), current_actor(), utc_now()
    site, asked = get_site(session, actor, site_id), request.args
    zone = ZoneInfo(site.zone)
    minutes = parse_id(asked.get("minutes"))
    span = span_at(parse_date(asked.get("date")), _time(asked.get("time")), minutes, now, zone)
    floor = see_floor(session, actor, site, parse_id(asked.get("plan")), span, now)
    return render_template("bookings/show_plan.html", floor=floor, site=site, may_book=actor.can(Action.BOOK),
                           lengths=sorted({*LENGTHS, span.minutes}), **_ways(floor, zone))  # fmt: skip


def _ways(floor: Floor, zone: ZoneInfo) -> dict[str, object]:
    """Where the page leads: half an hour earlier or later, now; and the bounds of its slider."""
    def at(moved: int) -> dict[str, str]:
        local = (floor.span.start + moved * STEP).astimezone(zone)
        return {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}

    local = floor.span.start.astimezone(zone)
    minute = local.hour * 60 + local.minute
    opens = [each.start.astimezone(zone) for each in floor.openings]
    first = min((each.hour * 60 for each in opens), default=8 * 60)
    last = max(((each.end - STEP).astimezone(zone).hour * 60 + 30 for each in floor.openings), default=20 * 60)
    return {
        "here": at(0), "earlier": at(-1), "later": at(1), "minute": minute,
        "slider": (min(first, minute - minute % 30), max(last, minute)),
    }  # fmt: skip


def _time(text: str | None) -> time | None:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None) if text else None
    except ValueError:
        raise NotFound(N_("There is no such time; write it as 14:30.")) from None
