"""Pages of `bookings`: the timeline of a day, booking, one's bookings."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, queries
from incubator.bookings.forms import OWN_USE, BookingForm, CancelForm
from incubator.bookings.operations.book import check_holder, check_wish
from incubator.bookings.suggesting import Suggestion, suggest
from incubator.bookings.timeline import Day, day_as_data, see_day
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.paging import page_number
from incubator.core.periods import local_day
from incubator.database import db
from incubator.documents.formats import money, named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.pricing.queries import quote_booking
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations.ledger import Taken
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_resource, get_site, list_resources, list_sites
from incubator.startups.models import Startup

blueprint = Blueprint("bookings", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(timeline_resources=_resources_as_data)
    state.app.jinja_env.filters.update(local_date=lambda at, zone: at.astimezone(ZoneInfo(zone)).date().isoformat())


def _resources_as_data(day: Day) -> list[dict[str, object]]:
    return [
        {
            "id": row.resource.id,
            "name": named(row.resource, reader_locale()),
            "note": ngettext("%(num)d seat", "%(num)d seats", row.resource.capacity),
        }
        for row in day.rows
    ]


def _stretch_words() -> dict[str, str]:
    return {"own": _("My booking"), "booking": _("Booking"), "taken": _("Taken"), "residency": _("Let"),
            "closure": _("Closure")}  # fmt: skip


@blueprint.route("/timeline")
@requires(Action.SEE_TIMELINE)
def timeline() -> str:
    """The day of a site: every resource, what is taken, what is free."""
    session, actor = db.session(), current_actor()
    sites = list_sites(session, actor)
    if not sites:
        return render_template("bookings/timeline_empty.html")
    wanted = request.args.get("site", type=int)
    site = get_site(session, actor, wanted) if wanted else sites[0]
    today = today_at(site, utc_now())
    on = _date(request.args.get("date")) or today
    day = see_day(session, actor, site, on)
    words = _stretch_words()
    return render_template(
        "bookings/timeline.html", day=day, site=site, sites=sites, on=on, today=today, words=words,
        before=on - timedelta(days=1), after=on + timedelta(days=1), data=day_as_data(day, words),
        may_book=actor.can(Action.BOOK), holders=_holders(), own_use=OWN_USE, request_key=secrets.token_urlsafe(16),
    )  # fmt: skip


@blueprint.route("/timeline/quote")
@requires(Action.BOOK)
def quote() -> Response:
    """What a booking would cost, or why it can't be made; for the dialog and the form."""
    form = _form(request.args)
    try:
        resource, start, end = _wish(form)
        check_holder(db.session(), current_actor(), form.holder())
        site = get_site(db.session(), current_actor(), resource.site_id)
        check_wish(db.session(), current_actor(), resource, site, start, end, form.attendees.data, utc_now())
        price = quote_booking(db.session(), resource=resource, start=start, end=end, free=form.holder() is None)
    except Refusal as refusal:
        return jsonify({"error": sentence(refusal, reader_locale())})
    shown = _("Free of charge") if price.free else money(price.gross_minor, price.currency, reader_locale())
    return jsonify({"price": shown, "minutes": price.minutes})


@blueprint.route("/bookings/new", methods=["GET", "POST"])
@requires(Action.BOOK)
def new() -> str | Response | tuple[str, int]:
    """Book by form: check the price, then confirm. Where it can't be, say why and what can."""
    form, status, suggestion = _form(request.values), 200, None
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                resource, start, end = _wish(form)
                booking = operations.book(
                    db.session(), current_actor(), now=utc_now(), resource_id=resource.id, start=start, end=end,
                    startup_id=form.holder(), title=form.title.data or "", attendees=form.attendees.data,
                    request_key=form.request_key.data,
                )  # fmt: skip
                db.session.commit()
                flash(_("Booked."), "success")
                return redirect(url_for("bookings.show", booking_id=booking.id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                if isinstance(refusal, Taken):
                    suggestion = _suggest(form)
    if not form.request_key.data:
        form.request_key.data = secrets.token_urlsafe(16)
    return render_template("bookings/new.html", form=form, suggestion=suggestion), status


def _suggest(form: BookingForm) -> Suggestion:
    resource, start, end = _wish(form)
    return suggest(db.session(), current_actor(), resource, start, end, utc_now())


@blueprint.route("/bookings")
@requires(Action.SEE_ALL_BOOKINGS, Action.BOOK)
def list_bookings() -> str:
    """Bookings, the latest first: all for staff, one's own for a startup's people."""
    session, actor = db.session(), current_actor()
    sites = list_sites(session, actor)
    site_id, on = request.args.get("site", type=int), _date(request.args.get("date"))
    window = None
    if on is not None and sites:
        site = next((site for site in sites if site.id == site_id), sites[0])
        window = local_day(on, ZoneInfo(site.zone))
    state = request.args.get("state", "")
    page = queries.list_bookings(
        session, actor, page=page_number(request.args.get("page")), site_id=site_id, window=window,
        startup_id=request.args.get("startup", type=int),
        cancelled={"cancelled": True, "confirmed": False}.get(state),
    )  # fmt: skip
    return render_template("bookings/list_bookings.html", page=page, sites=sites, site_id=site_id, on=on, state=state,
                           now=utc_now())  # fmt: skip


@blueprint.route("/bookings/<int:booking_id>")
@requires(Action.SEE_ALL_BOOKINGS, Action.BOOK)
def show(booking_id: int) -> str:
    """One booking, how its price came about, and how to cancel it."""
    row = queries.get_booking_row(db.session(), current_actor(), booking_id)
    return render_template("bookings/show.html", row=row, form=CancelForm(), now=utc_now())


@blueprint.route("/bookings/<int:booking_id>/cancel", methods=["POST"])
@requires(Action.BOOK)
def cancel(booking_id: int) -> str | Response | tuple[str, int]:
    """Cancel it, or end it early."""
    form = CancelForm()
    try:
        booking = operations.cancel(db.session(), current_actor(), now=utc_now(), booking_id=booking_id,
                                    reason=form.reason.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        row = queries.get_booking_row(db.session(), current_actor(), booking_id)
        return render_template("bookings/show.html", row=row, form=form, now=utc_now()), status
    flash(_("Cancelled: the time is free again, nothing is charged.") if booking.cancelled_at
          else _("Ended early: the rest is free again."), "success")  # fmt: skip
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _form(values: object) -> BookingForm:
    """The form with the choices that this actor has."""
    form = BookingForm(formdata=values if request.method == "POST" or request.args else None)  # type: ignore[arg-type]
    resources, sites = _resources()
    names = {site.id: site.name_en if reader_locale() == "en" and site.name_en else site.name for site in sites}
    form.resource_id.choices = [
        (each.id, f"{names[each.site_id]} · {each.name_en if reader_locale() == 'en' and each.name_en else each.name}")
        for each in resources
    ]
    form.startup_id.choices = _holders()
    if form.startup_id.data is None and form.startup_id.choices:
        form.startup_id.data = form.startup_id.choices[0][0]
    if form.on.data is None and sites:
        form.on.data = today_at(sites[0], utc_now())
    return form


def _resources() -> tuple[Sequence[Resource], Sequence[Site]]:
    return list_resources(db.session(), current_actor()), list_sites(db.session(), current_actor())


def _holders() -> list[tuple[int, str]]:
    """For whom the actor books: their own startups; staff for the operator itself and for any."""
    actor = current_actor()
    query = select(Startup.id, Startup.name, Startup.name_en).order_by(Startup.name)
    if not actor.can(Action.BOOK_FOR_OTHERS):
        query = query.where(Startup.id.in_(actor.startup_ids))
    english = reader_locale() == "en"
    found = [(row.id, row.name_en if english and row.name_en else row.name) for row in db.session.execute(query)]
    own = [(OWN_USE, _("Own use, free of charge"))] if actor.can(Action.BOOK_FOR_OTHERS) else []
    return own + found


def _wish(form: BookingForm) -> tuple[Resource, datetime, datetime]:
    if form.resource_id.data is None or None in (form.on.data, form.start.data, form.end.data):
        raise Refusal(N_("Choose a resource, a day and two times."))
    resource = get_resource(db.session(), current_actor(), form.resource_id.data)
    site = get_site(db.session(), current_actor(), resource.site_id)
    start, end = form.period(ZoneInfo(site.zone))
    return resource, start, end


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound from None
