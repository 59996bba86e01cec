"""Pages of meters: a site's, a new one, one with its history, an exchange."""

from __future__ import annotations

from decimal import Decimal

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.pricing import operations
from incubator.pricing.forms.meters import ExchangeForm, MeterForm, PhotoForm, RemoveForm
from incubator.pricing.queries.meters import count_meters, get_meter, list_history, list_meters
from incubator.pricing.views.blueprint import blueprint
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, get_unit, list_sites, list_units


def chosen_site() -> Site | None:
    """The site that the address names, or the first one that has meters; None: there is no site yet."""
    session, actor = db.session(), current_actor()
    asked = request.args.get("site", type=row_id)
    if asked is not None:
        return get_site(session, actor, asked)
    sites = list_sites(session, actor)
    counts = count_meters(session, actor)
    return next((site for site in sites if counts.get(site.id)), sites[0] if sites else None)


@blueprint.route("/meters")
@requires(Action.SEE_PRICES)
def list_site_meters() -> str:
    """The meters of a site with their last readings."""
    session, actor = db.session(), current_actor()
    site = chosen_site()
    rows = list_meters(session, actor, site.id) if site else []
    removed = list_meters(session, actor, site.id, removed=True) if site else []
    return render_template("pricing/list_meters.html", site=site, rows=rows, removed=removed,
                           sites=list_sites(session, actor))  # fmt: skip


@blueprint.route("/meters/new", methods=["GET", "POST"])
@requires(Action.ENTER_READINGS)
def new_meter() -> Answer:
    """A meter of a unit, or one that is shared."""
    session, actor = db.session(), current_actor()
    site = chosen_site()
    if site is None:
        return redirect(url_for("pricing.list_site_meters"), 303)
    form = MeterForm()
    form.offer([(unit.id, unit.code) for unit in list_units(session, actor, site.id)])
    if request.method == "GET":
        form.installed_on.data = today_at(site, utc_now())

    def add() -> str:
        chosen = form.unit.data or ""
        unit = get_unit(session, actor, site.id, int(chosen)) if chosen.isdigit() else None
        installed_on, reading = form.installed_on.data, form.reading.data
        assert installed_on is not None and reading is not None, "validated"
        operations.add_meter(
            session, actor, now=utc_now(), site=site, medium=form.medium.data, number=form.number.data or "",
            unit=unit, shared_by=None if unit else chosen, place=form.place.data or "", installed_on=installed_on,
            reading=reading, digits=form.digits.data or 0, factor=form.factor.data or Decimal(0),
        )  # fmt: skip
        return url_for("pricing.list_site_meters", site=site.id)

    return answer(form, "pricing/new_meter.html", add, _("The meter is entered."), site=site,
                  sites=list_sites(session, actor))  # fmt: skip


@blueprint.route("/meters/<int:meter_id>")
@requires(Action.SEE_PRICES)
def show_meter(meter_id: int) -> str:
    """A meter with all that was read from it."""
    session, actor = db.session(), current_actor()
    row = get_meter(session, actor, meter_id)
    history = list_history(session, actor, meter_id, page_number(request.args.get("page")))
    return render_template("pricing/show_meter.html", row=row, meter=row.meter, history=history, photo=PhotoForm(),
                           remove=RemoveForm(on=today_at(row.site, utc_now())))  # fmt: skip


@blueprint.route("/meters/<int:meter_id>/exchange", methods=["GET", "POST"])
@requires(Action.ENTER_READINGS)
def exchange_meter(meter_id: int) -> Answer:
    """Another device in its place."""
    session, actor = db.session(), current_actor()
    row = get_meter(session, actor, meter_id)
    form = ExchangeForm()
    if request.method == "GET":
        form.on.data, form.next_start.data = today_at(row.site, utc_now()), Decimal(0)
        form.digits.data, form.factor.data = row.meter.digits, row.meter.factor.normalize()

    def exchange() -> str:
        on, reading, begins = form.on.data, form.reading.data, form.next_start.data
        assert on is not None and reading is not None and begins is not None, "validated"
        operations.exchange_meter(
            session, actor, now=utc_now(), meter_id=meter_id, on=on, reading=reading, sure=form.sure.data,
            number=form.number.data or "", next_start=begins, digits=form.digits.data or 0,
            factor=form.factor.data or Decimal(0),
        )  # fmt: skip
        return url_for("pricing.show_meter", meter_id=meter_id)

    return answer(form, "pricing/exchange_meter.html", exchange, _("The exchange is entered."), row=row,
                  meter=row.meter)  # fmt: skip


@blueprint.route("/meters/<int:meter_id>/remove", methods=["POST"])
@requires(Action.ENTER_READINGS)
def remove_meter(meter_id: int) -> Response:
    """Nothing is expected of it from the day after on."""
    form = RemoveForm()
    row = get_meter(db.session(), current_actor(), meter_id)
    on = form.on.data if form.validate() else None
    return press(
        lambda: operations.remove_meter(db.session(), current_actor(), now=utc_now(), meter_id=meter_id,
                                        on=on or today_at(row.site, utc_now())),
        _("The meter is removed."), url_for("pricing.show_meter", meter_id=meter_id),
    )  # fmt: skip
