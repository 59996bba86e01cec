"""Pages of `pricing`: the price lists of each site."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.pricing import queries
from incubator.pricing.forms import TariffForm
from incubator.pricing.operations import create_tariff
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_resources, list_sites

blueprint = Blueprint("pricing", __name__)


@blueprint.route("/tariffs")
@requires(Action.SEE_PRICES)
def list_tariffs() -> str:
    """Each site's price lists, the one in force marked."""
    now = utc_now()
    rows = [
        (tariff, site, today_at(site, now) in tariff.valid, last_day(tariff.valid.upper))
        for tariff, site in queries.list_tariffs(db.session(), current_actor())
    ]
    return render_template("pricing/list_tariffs.html", rows=rows, sites=list_sites(db.session(), current_actor()))


def last_day(upper: object) -> object:
    """The last day of a range that PostgreSQL gives with its first day after."""
    return upper - timedelta(days=1) if upper is not None else None  # type: ignore[operator]  # a date


@blueprint.route("/tariffs/<int:tariff_id>")
@requires(Action.SEE_PRICES)
def show_tariff(tariff_id: int) -> str:
    """One price list."""
    session, actor = db.session(), current_actor()
    tariff = queries.get_tariff(session, actor, tariff_id)
    site = get_site(session, actor, tariff.site_id)
    resources = {resource.id: resource for resource in list_resources(session, actor, site.id)}
    return render_template("pricing/show_tariff.html", tariff=tariff, site=site, resources=resources,
                           items=queries.list_items(session, tariff.id),
                           last_day=last_day(tariff.valid.upper))  # fmt: skip


@blueprint.route("/tariffs/new", methods=["GET", "POST"])
@requires(Action.MANAGE_PRICES)
def new_tariff() -> str | Response | tuple[str, int]:
    """A new price list; the one before it ends the day before."""
    form, status = TariffForm(), 200
    form.site_id.choices = [(site.id, site.name) for site in list_sites(db.session(), current_actor())]
    if request.method == "GET":
        form.site_id.data = request.args.get("site", type=int)
    else:
        status = 422
        if form.validate() and form.valid_from.data is not None:
            try:
                tariff = create_tariff(
                    db.session(), current_actor(), now=utc_now(), name=form.name.data or "",
                    site=get_site(db.session(), current_actor(), form.site_id.data),
                    valid_from=form.valid_from.data, items=form.lines(),
                )  # fmt: skip
                db.session.commit()
                flash(_("The tariff is in force from its first day on."), "success")
                return redirect(url_for("pricing.show_tariff", tariff_id=tariff.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("pricing/new_tariff.html", form=form), status
