"""Pages of `pricing`: the price lists of each site."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.pricing import queries
from incubator.pricing.forms import TariffForm, tariff_form
from incubator.pricing.operations import create_tariff
from incubator.pricing.views.blueprint import blueprint
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_resources, list_sites, list_units


@blueprint.route("/tariffs")
@requires(Action.SEE_PRICES)
def list_tariffs() -> str:
    """Each site's price lists: the one in force with its prices, those to come and those that are over."""
    session, actor = db.session(), current_actor()
    page = queries.list_tariffs(session, actor, now=utc_now(), page=page_number(request.args.get("page")))
    by_site = {site: list(rows) for site, rows in groupby(page.rows, key=lambda row: row.site)}
    without = [site for site in list_sites(session, actor) if site not in by_site] if page.pages == 1 else []
    current = [row.tariff.id for row in page.rows if row.state == "current"]
    items = queries.list_items_in_force(session, actor, tariff_ids=current)
    tiers = queries.list_tiers(session, [item.id for found in items.values() for item in found if item.medium])
    resources = {resource.id: resource for resource in list_resources(session, actor)} if items else {}
    return render_template("pricing/list_tariffs.html", page=page, by_site=by_site, without=without, items=items,
                           resources=resources, tiers=tiers)  # fmt: skip


@blueprint.route("/tariffs/<int:tariff_id>")
@requires(Action.SEE_PRICES)
def show_tariff(tariff_id: int) -> str:
    """One price list, and its neighbours in time."""
    session, actor = db.session(), current_actor()
    row = queries.get_tariff(session, actor, tariff_id, now=utc_now())
    before, after = queries.list_neighbours(session, row.tariff)
    resources = {resource.id: resource for resource in list_resources(session, actor, row.site.id)}
    items = queries.list_items(session, tariff_id)
    tiers = queries.list_tiers(session, [item.id for item in items if item.medium])
    return render_template("pricing/show_tariff.html", row=row, before=before, after=after, resources=resources,
                           items=items, tiers=tiers)  # fmt: skip


@blueprint.route("/tariffs/new", methods=["GET", "POST"])
@requires(Action.MANAGE_PRICES)
def new_tariff() -> Answer:
    """A new price list of a site, proposed from the latest one, which ends the day before it."""
    session, actor = db.session(), current_actor()
    sites = list_sites(session, actor)
    if not sites:
        return redirect(url_for("pricing.list_tariffs"), 303)
    site = get_site(session, actor, request.args.get("site", sites[0].id, type=row_id))
    form = _form_of(site)
    if request.method == "GET":
        _propose(form, site)

    def create() -> str:
        valid_from = form.valid_from.data
        assert valid_from is not None, "validated"
        tariff = create_tariff(session, actor, now=utc_now(), site=site, name=form.name.data or "",
                               valid_from=valid_from, items=form.lines(), windows=form.windows,
                               proposals=form.proposals)  # fmt: skip
        return url_for("pricing.show_tariff", tariff_id=tariff.id)

    done = _("The prices hold from their first day on. What was agreed or booked before keeps its price.")
    return answer(form, "pricing/new_tariff.html", create, done, site=site, sites=sites)


def _form_of(site: Site) -> TariffForm:
    session, actor = db.session(), current_actor()
    kinds = {unit.kind for unit in list_units(session, actor, site.id) if unit.purpose == "incubation"}
    return tariff_form(kinds, list_resources(session, actor, site.id))


def _propose(form: TariffForm, site: Site) -> None:
    today = today_at(site, utc_now())
    latest = queries.latest_tariff(db.session(), site.id)
    form.valid_from.data = today if latest is None else _next_first(latest.valid.lower, today)
    if latest is not None:
        items = queries.list_items(db.session(), latest.id)
        form.propose_terms(latest)
        form.copy(items, queries.list_tiers(db.session(), [item.id for item in items]))


def _next_first(begins: date | None, today: date) -> date:
    """The first of the month after both today and the latest tariff's beginning."""
    return (Month.of(max(today, begins or today)) + 1).first
