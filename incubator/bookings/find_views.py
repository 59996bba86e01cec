"""The page on which one finds something to book, over all sites."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings.find_form import FindForm
from incubator.bookings.find_queries import search
from incubator.bookings.finding import LENGTHS, Loosening
from incubator.bookings.views import blueprint, holders
from incubator.core.clock import utc_now
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import day, duration, named, number
from incubator.i18n import reader_locale
from incubator.spaces.amenities import amenity_of, furnish, same_tag
from incubator.spaces.forms import RESOURCE_KIND_NAMES
from incubator.spaces.models import RESOURCE_KINDS, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import list_sites, list_tags
from incubator.startups.queries import own_site_id


@blueprint.route("/bookings/find")
@requires(Action.BOOK)
def find() -> str | tuple[str, int]:
    """What fits a demand, the best first; where nothing does, what to ask less of."""
    session, actor, now = db.session(), current_actor(), utc_now()
    sites = list_sites(session, actor)
    form = _form(sites, list_tags(session, actor))
    if not sites or (request.args and not form.validate()):
        return render_template("bookings/find.html", form=form, found=None), 422 if sites else 200
    own = own_site_id(session, actor, now)
    home = next((site for site in sites if site.id == own), sites[0])
    demand = form.demand(today_at(home, now))
    found = search(session, actor, sites, demand, startup_id=form.startup_id.data or None, own_site_id=own, now=now,
                   page=page_number(request.args.get("page")))  # fmt: skip
    instead = [
        (_less(each, sites), url_for("bookings.find", **_asked(form, each)), each.found) for each in found.instead
    ]
    return render_template("bookings/find.html", form=form, found=found, demand=demand, instead=instead,
                           asked=_asked(form), furnish=furnish)  # fmt: skip


def _form(sites: Sequence[Site], tags: Sequence[str]) -> FindForm:
    """The form with the choices of this operator, and the usual ones chosen."""
    locale = reader_locale()
    form = FindForm(formdata=request.args or None)
    form.kind.choices = [("", _("Anything")), *((kind, RESOURCE_KIND_NAMES[kind]) for kind in RESOURCE_KINDS)]
    form.minutes.choices = [(each, duration(timedelta(minutes=each), locale)) for each in LENGTHS]
    form.site_id.choices = [(0, _("All sites")), *((site.id, named(site, locale)) for site in sites)]
    form.tags.choices = sorted({same_tag(tag): _tag_name(tag) for tag in tags}.items(), key=lambda each: each[1])
    form.startup_id.choices = holders()
    for each, usual in ((form.minutes, 60), (form.site_id, 0), (form.startup_id, form.startup_id.choices[0][0])):
        if not each.raw_data:
            each.data = usual
    for each, usual in ((form.kind, ""), (form.when, "week"), (form.part, "any")):
        if not each.raw_data:
            each.data = usual
    return form


def _tag_name(tag: str) -> str:
    known = amenity_of(tag)
    return _(known.name) if known else tag


def _asked(form: FindForm, less: Loosening | None = None) -> dict[str, Any]:
    """The form's address, or that of the same with one thing less."""
    asked = {"kind": form.kind.data, "people": form.people.data, "minutes": form.minutes.data, "when": form.when.data,
             "on": form.on.data, "until": form.until.data, "part": form.part.data, "site_id": form.site_id.data,
             "tags": form.tags.data, "startup_id": form.startup_id.data}  # fmt: skip
    if less is not None:
        wider = less.demand
        asked |= {"kind": wider.kind or "", "people": wider.people, "minutes": wider.minutes, "tags": list(wider.tags),
                  "site_id": wider.site_id or 0}  # fmt: skip
        asked |= {"part": "any"} if less.what == "part" else {}
        asked |= {"when": "days", "on": wider.first, "until": wider.last} if less.what == "later" else {}
    return {key: value for key, value in asked.items() if value not in (None, "", [])}


def _less(each: Loosening, sites: Sequence[Site]) -> str:
    """What one would do without."""
    locale = reader_locale()
    return {
        "tag": lambda: _("Without: %(what)s", what=_tag_name(each.tag)),
        "kind": lambda: _("Of any kind"),
        "site": lambda: _("At all sites"),
        "part": lambda: _("At any time of day"),
        "people": lambda: _("For %(count)s people", count=number(each.demand.people or 0, locale)),
        "shorter": lambda: _("For %(time)s only", time=duration(timedelta(minutes=each.demand.minutes), locale)),
        "later": lambda: _("In the seven days from %(day)s", day=day(each.demand.first, locale)),
    }[each.what]()
