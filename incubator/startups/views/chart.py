"""The rent-control chart: units by floor and month, what is let, held, in repair or free, and from there to a hold."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from msgspec import Struct

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import day as day_text
from incubator.documents.formats import named
from incubator.i18n import reader_locale
from incubator.spaces.models import Floor, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_sites
from incubator.spaces.rules import natural_key
from incubator.startups import queries
from incubator.startups.queries.chart import get_lettings, looked_at
from incubator.startups.rules.chart import (
    AHEAD_MONTHS,
    COMING,
    ENDING,
    FREE,
    HELD,
    LET,
    OFF,
    REPAIR,
    STATES,
    Bar,
    Row,
    Scale,
    Vacancy,
    lay_out,
    vacancy_on,
)
from incubator.startups.rules.limits import add_months
from incubator.startups.views.blueprint import Answer, blueprint

WIDTHS = {12: 84, 24: 44, 36: 32}
"""How many months are shown at once, and how wide each of them is."""
USUAL_MONTHS = 24
LETTER, WIDE_LETTER = 7, 13
STATE_WORDS = {
    LET: _l("let"), ENDING: _l("ending"), COMING: _l("coming"), HELD: _l("held"), REPAIR: _l("in repair"),
    FREE: _l("free"), OFF: _l("not in service"),
}  # fmt: skip


class FloorRows(Struct, frozen=True):
    """A floor's offices and rooms, and its desks, which can be folded."""

    floor: Floor
    rooms: list[Row]
    desks: list[Row]

    @property
    def counts(self) -> dict[str, int]:
        """How many of its desks are what today: by their first bar."""
        states = [row.bars[0].state for row in self.desks if row.bars]
        return {state: states.count(state) for state in STATES if state in states}


class Chart(Struct, frozen=True):
    """All that the page shows."""

    site: Site
    scale: Scale
    floors: list[FloorRows]
    vacancies: list[tuple[int, Vacancy]]
    today: int | None
    """Where today is; None: not on this chart."""

    @property
    def months(self) -> list[tuple[Month, int]]:
        return [(self.scale.first + n, n * self.scale.width) for n in range(self.scale.months)]


@blueprint.route("/rent-control")
@requires(Action.SEE_STARTUPS)
def rent_control() -> Answer:
    """The chart of a site from a month on; a handful of statements, however many units there are."""
    session, actor, asked = db.session(), current_actor(), request.args
    sites = list_sites(session, actor)
    wanted = asked.get("site", type=row_id)
    if wanted is None and not sites:
        return render_template("startups/no_rent_control.html")
    site = get_site(session, actor, wanted) if wanted is not None else sites[0]
    months = asked.get("months", USUAL_MONTHS, type=int)
    chart = _chart(site, _month(asked.get("from")), months if months in WIDTHS else USUAL_MONTHS)
    holds = queries.list_holds(session, actor, site.id)
    return render_template("startups/rent_control.html", chart=chart, site=site, sites=sites, holds=holds,
                           widths=list(WIDTHS), state_words=STATE_WORDS, bar_words=bar_words,
                           bar_label=bar_label, bar_address=bar_address)  # fmt: skip


def _month(text: str | None) -> Month | None:
    try:
        return Month.parse(text or "")
    except ValueError:
        return None


def _chart(site: Site, first: Month | None, months: int) -> Chart:
    session, actor = db.session(), current_actor()
    today = today_at(site, utc_now())
    scale = Scale(first or Month.of(today), months, WIDTHS[months])
    days = scale.first.first, scale.last.last
    found = get_lettings(session, actor, site, *looked_at(*days, today, max(AHEAD_MONTHS)))
    ordered = sorted(found.units, key=lambda unit: (unit.kind != "office", natural_key(unit.code)))
    rows = lay_out(ordered, found.stretches, *days, today)
    floors = [
        FloorRows(floor, [row for row in rows if row.unit.floor_id == floor.id and row.unit.kind != "desk"],
                  [row for row in rows if row.unit.floor_id == floor.id and row.unit.kind == "desk"])
        for floor in found.floors
    ]  # fmt: skip
    vacancies = [(ahead, vacancy_on(found.units, found.stretches, add_months(today, ahead))) for ahead in AHEAD_MONTHS]
    return Chart(site, scale, [each for each in floors if each.rooms or each.desks], vacancies,
                 scale.at(today) if days[0] <= today <= days[1] else None)  # fmt: skip


def bar_words(row: Row, bar: Bar) -> str:
    """A bar in words: D1, let to 甲科技, until 31 March 2027."""
    locale = reader_locale()
    parts = [row.unit.code, str(STATE_WORDS[bar.state])]
    if bar.stretch is None:
        first, last = day_text(bar.first, locale), day_text(bar.last, locale)
        parts.append(_("%(first)s to %(last)s", first=first, last=last))
        return _(", ").join(parts)
    if bar.stretch.name:
        parts.append(named(bar.stretch, locale))
    first = day_text(bar.stretch.first, locale)
    if bar.stretch.last is None:
        parts.append(_("from %(day)s on", day=first))
    else:
        parts.append(_("%(first)s to %(last)s", first=first, last=day_text(bar.stretch.last, locale)))
    return _(", ").join(parts)


def bar_label(bar: Bar, width: int) -> str:
    """What stands in a bar, as much of it as has room: who has the unit, or what it is."""
    words = str(STATE_WORDS[bar.state])
    if bar.stretch is not None and bar.stretch.name:
        words = named(bar.stretch, reader_locale())
        if bar.state in (HELD, REPAIR):
            words = f"{STATE_WORDS[bar.state]} · {words}"
    room, shown = width - 10, ""
    for letter in words:
        room -= LETTER if letter.isascii() else WIDE_LETTER
        if room < 0:
            return shown[:-1] + "…" if len(shown) > 2 else ""
        shown += letter
    return shown


def bar_address(site: Site, row: Row, bar: Bar) -> str:
    """Where a bar leads; empty: nowhere."""
    if bar.stretch is None:
        if bar.state != FREE or not current_actor().can(Action.MANAGE_RESIDENCIES):
            return ""
        return url_for("startups.new_hold", site_id=site.id, unit=row.unit.id, first=bar.first)
    if bar.stretch.holder_kind == "residency":
        return url_for("startups.show_residency", residency_id=bar.stretch.holder_id)
    if bar.stretch.holder_kind == "hold":
        return url_for("startups.show_hold", hold_id=bar.stretch.holder_id)
    return url_for("spaces.show_unit", site_id=site.id, unit_id=row.unit.id)


def shown_months(chart: Chart) -> dict[str, Any]:
    """What the address says of a chart."""
    return {"site": chart.site.id, "from": str(chart.scale.first), "months": chart.scale.months}
