"""Pages of `bookings`: the timeline of a day, booking, one's bookings."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, queries, wording
from incubator.bookings.allowances import list_paid
from incubator.bookings.asking import (
    instead_of,
    price_before_asking,
    price_shown,
    quote_form,
    suggest_instead,
    wish_of_form,
)
from incubator.bookings.by_voucher import SOURCE
from incubator.bookings.forms import (
    NO_VOUCHER,
    OWN_USE,
    BookingForm,
    CancelForm,
    CheckInForm,
    DeclineForm,
    ExcuseForm,
    HoldingForm,
)
from incubator.bookings.operations.series import list_scope
from incubator.bookings.rule_wording import terms_words
from incubator.bookings.rules import Ending
from incubator.bookings.terms import Terms
from incubator.bookings.timeline import Day, day_as_data, draw_day, events_as_data, list_events, see_day
from incubator.bookings.visitor_queries import list_guests
from incubator.bookings.weeks import see_week
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.paging import LARGEST_ID, page_number
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.pricing.rules import FIRST_DAY, LAST_DAY
from incubator.spaces.models import Resource
from incubator.spaces.operations.sites import today_at
from incubator.spaces.operations.taken import Taken
from incubator.spaces.plan_queries import has_plans
from incubator.spaces.queries import get_site, list_resource_units, list_resources, list_sites
from incubator.startups.queries import own_site_id
from incubator.subsidies.queries.voucher_sources import list_bookable, list_borne
from incubator.subsidies.rules.vouchers import BOOKING_USES

blueprint = Blueprint("bookings", __name__)

@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        timeline_resources=_resources_as_data, seats=_seats, booking_state=wording.state_words,
        arrival_words=wording.arrival_words,
        hours_text=wording.hours_text,
        span_text=lambda start, end, zone: wording.span_text(start, end, zone, reader_locale()),
        local_date=lambda at, zone: wording.local_date(at, zone).isoformat(),
        slot_text=lambda time, zone: wording.slot_text(time, zone, reader_locale()),
    )  # fmt: skip


def _resources_as_data(day: Day) -> list[dict[str, object]]:
    locale = reader_locale()
    resources = [row.resource for row in day.rows]
    return [{"id": each.id, "name": named(each, locale), "note": _seats(each)} for each in resources]


def _seats(resource: Resource) -> str:
    """How many people it seats; nothing for a parking bay, an instrument and a pool of desks."""
    seated = resource.kind in ("meeting_room", "hall")
    return ngettext("%(num)d seat", "%(num)d seats", resource.capacity) if seated else ""


@blueprint.route("/timeline")
@requires(Action.SEE_TIMELINE)
def timeline() -> str:
    """The day of a site: every resource, what is taken, what is free; as a picture, or as a list."""
    session, actor, now = db.session(), current_actor(), utc_now()
    sites = list_sites(session, actor)
    if not sites:
        return render_template("bookings/timeline_empty.html")
    wanted = parse_id(request.args.get("site")) or own_site_id(session, actor, now)
    site = next((each for each in sites if wanted in (None, each.id)), None) or get_site(session, actor, wanted or 0)
    today = today_at(site, now)
    on = parse_date(request.args.get("date")) or today
    view, words = request.args.get("view"), wording.stretch_words()
    step = timedelta(days=7 if view == "week" else 1)
    page = partial(
        render_template, site=site, sites=sites, on=on, today=today, before=on - step, after=on + step, words=words,
        may_book=actor.can(Action.BOOK), has_plans=has_plans(session, site.id),
    )  # fmt: skip
    if view == "week":
        return page("bookings/week.html", week=see_week(session, actor, site, on, now))
    if view == "list":
        return page("bookings/day_list.html", view="list", day=see_day(session, actor, site, on, now))
    day = draw_day(session, actor, site, on)
    return page(
        "bookings/timeline.html", view="day", day=day, data=day_as_data(day, words), holders=holders(),
        request_key=new_key(), wall_now=f"{now.astimezone(day.zone):%Y-%m-%dT%H:%M}",
    )  # fmt: skip


@blueprint.route("/timeline/events")
@requires(Action.SEE_TIMELINE)
def timeline_events() -> Response:
    """What is taken of a site's resources on a day: for a timeline that is open already."""
    session, actor = db.session(), current_actor()
    site = get_site(session, actor, parse_id(request.args.get("site")) or 0)
    on = parse_date(request.args.get("date")) or today_at(site, utc_now())
    taken = list_events(session, actor, site, on)
    return jsonify(events=events_as_data(taken, ZoneInfo(site.zone), wording.stretch_words()))


@blueprint.route("/timeline/quote")
@requires(Action.BOOK)
def quote() -> Response | tuple[Response, int]:
    """What a booking would cost, or why it can't be made; for the dialog and the form."""
    form, now = _form(request.args, checked=False), utc_now()
    if not form.validate():
        return jsonify({"error": _first_fault(form)}), 422
    try:
        return jsonify(price_shown(*quote_form(form, now)))
    except Refusal as refusal:
        suggestion = suggest_instead(form, refusal, now)
        instead = instead_of(suggestion) if suggestion else []
        return jsonify({"error": sentence(refusal, reader_locale()), "instead": instead}), refusal.status


@blueprint.route("/bookings/new", methods=["GET", "POST"])
@requires(Action.BOOK)
def new() -> str | Response | tuple[str, int]:
    """Book by form: check the price, then confirm. Where it can't be, say why and what can."""
    answer = _book_at_once() if request.method == "POST" else None
    if isinstance(answer, Response):
        return answer
    form, status, suggestion, may_wait = _form(request.values), 200, None, False
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                if answer is not None:
                    raise answer
                return _book(form)
            except Refusal as refusal:
                status = refuse(form, refusal)
                suggestion, may_wait = suggest_instead(form, refusal, utc_now()), isinstance(refusal, Taken)
        elif form.request_key.errors:
            flash(_("The form was damaged on its way and has been mended. Please send it once more."), "danger")
        form.request_key.data = None  # nothing was booked: what is sent next is another wish
    form.request_key.data = form.request_key.data or new_key()
    price = price_before_asking(form, utc_now())
    form.agreed_minor.data = str(price["price_minor"]) if price else ""
    return render_template("bookings/new.html", form=form, suggestion=suggestion, price=price,
                           may_wait=may_wait), status  # fmt: skip


def _book_at_once() -> Response | Refusal | None:
    """Book without the lists that the form offers, which only a page shows; None: it can't be told without them.

    What is chosen is looked at by `book` itself; its vouchers and pools are few, and are chosen from a list.
    """
    form = BookingForm(request.form)
    if form.unit() or form.voucher() or not form.validate():
        return None
    try:
        return _book(form)
    except Refusal as refusal:
        db.session.rollback()
        return refusal


def _book(form: BookingForm) -> Response:
    place, start, end = wish_of_form(form)
    booking = operations.book(
        db.session(), current_actor(), now=utc_now(), resource_id=place.resource.id, start=start, end=end,
        startup_id=form.holder(), title=form.title.data or "", attendees=form.attendees.data,
        request_key=form.request_key.data, consent=form.consent(), unit_id=form.unit(), voucher_id=form.voucher(),
        place=place,
    )  # fmt: skip
    address, waits = url_for("bookings.show", booking_id=booking.id), booking.is_awaiting
    db.session.commit()
    flash(_("Your wish is noted: it is booked once it is approved.") if waits else _("Booked."), "success")
    return redirect(address, 303)


@blueprint.route("/bookings")
@requires(Action.SEE_ALL_BOOKINGS, Action.BOOK)
def list_bookings() -> str:
    """Bookings, the latest first: all for staff, one's own for a startup's people."""
    session, actor = db.session(), current_actor()
    sites = list_sites(session, actor)
    site_id, on = parse_id(request.args.get("site")), parse_date(request.args.get("date"))
    startup_id, state = parse_id(request.args.get("startup")), request.args.get("state", "")
    page = queries.list_bookings(
        session, actor, page=page_number(request.args.get("page")), site_id=site_id, on=on,
        startup_id=startup_id, state=state,
    )  # fmt: skip
    return render_template("bookings/list_bookings.html", page=page, sites=sites, site_id=site_id, on=on, state=state,
                           startup_id=startup_id, now=utc_now())  # fmt: skip


@blueprint.route("/bookings/<int:booking_id>")
@requires(Action.SEE_ALL_BOOKINGS, Action.BOOK)
def show(booking_id: int) -> str:
    """One booking, how its price came about, and how to cancel it."""
    return _show(booking_id, CancelForm())


def _show(booking_id: int, form: CancelForm, decline: DeclineForm | None = None) -> str:
    actor, now, locale = current_actor(), utc_now(), reader_locale()
    row = queries.get_booking_row(db.session(), actor, booking_id)
    fee, rule = operations.cancellation_fee(row.booking, now)
    form.agreed_minor.data = str(fee)
    paid = list_paid(db.session(), [booking_id])[booking_id]
    borne = list_borne(db.session(), SOURCE, [booking_id]).get(booking_id)
    return render_template(
        "bookings/show.html", row=row, form=form, state=row.state(now), ending=row.ending(actor, now),
        formula=wording.price_formula(row.booking, locale), paid=paid, borne=borne, fee=fee, fee_rule=rule,
        decline=decline or DeclineForm(), may_decide=row.booking.is_awaiting and actor.can(Action.BOOK_FOR_OTHERS),
        may_change=actor.can(Action.BOOK) and row.ending(actor, now) is Ending.CANCEL,
        following_fee=_fee_of_following(row, now), attendance=queries.attendance_of(row.booking), now=now,
        guests=list_guests(db.session(), actor, booking_id), may_receive=_may_receive(row, now),
        arriving=CheckInForm(), excusing=ExcuseForm(), rules=terms_words(Terms.from_data(row.booking.terms), locale),
    )  # fmt: skip


def _may_receive(row: queries.BookingRow, now: datetime) -> bool:
    """Whether the actor could invite visitors to the booking."""
    stands = row.booking.cancelled_at is None and not row.booking.is_awaiting and row.booking.left_at is None
    return stands and now < row.booking.end and current_actor().can(Action.BOOK)


def _fee_of_following(row: queries.BookingRow, now: datetime) -> int:
    """What cancelling this and the following days of its series costs who is no staff."""
    actor = current_actor()
    if row.booking.series_id is None or actor.can(Action.BOOK_FOR_OTHERS) or not actor.can(Action.BOOK):
        return 0
    following = list_scope(db.session(), actor, now=now, booking_id=row.booking.id, scope=operations.Scope.FOLLOWING)
    return sum(operations.cancellation_fee(each, now)[0] for each in following)


@blueprint.route("/bookings/<int:booking_id>/cancel", methods=["POST"])
@requires(Action.BOOK)
def cancel(booking_id: int) -> str | Response | tuple[str, int]:
    """Cancel it, or end it early."""
    form = CancelForm()
    if not form.validate():
        return _show(booking_id, form), 422
    try:
        booking = operations.cancel(db.session(), current_actor(), now=utc_now(), booking_id=booking_id,
                                    reason=form.reason.data or "", charge_fee=form.charge_fee.data,
                                    consent=form.consent())  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(booking_id, form), status
    flash(wording.end_words(booking, reader_locale()), "success")
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@blueprint.route("/bookings/<int:booking_id>/approve", methods=["POST"])
@requires(Action.BOOK_FOR_OTHERS)
def approve(booking_id: int) -> Response:
    """Let a booking stand that waits for it."""
    try:
        operations.approve(db.session(), current_actor(), now=utc_now(), booking_id=booking_id)
        db.session.commit()
        flash(_("Approved: it stands."), "success")
    except Conflict as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@blueprint.route("/bookings/<int:booking_id>/decline", methods=["POST"])
@requires(Action.BOOK_FOR_OTHERS)
def decline(booking_id: int) -> str | Response | tuple[str, int]:
    """Let a booking go that waits for approval, and say why."""
    form = DeclineForm()
    if not form.validate():
        return _show(booking_id, CancelForm(formdata=None), form), 422
    try:
        operations.decline(db.session(), current_actor(), now=utc_now(), booking_id=booking_id,
                           reason=form.reason.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show(booking_id, CancelForm(formdata=None), form), status
    flash(_("Declined: the time is free again."), "success")
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _form(values: Mapping[str, str], *, checked: bool = True) -> BookingForm:
    """The form with the choices that this actor has; `checked`: it carries the token of its page."""
    more: dict[str, Any] = {} if checked else {"meta": {"csrf": False}}
    form = BookingForm(formdata=values if request.method == "POST" or request.args else None, **more)
    offer(form)
    offer_vouchers(form)
    return form


def offer(form: BookingForm) -> None:
    """The choices that this actor has, and on a first look the usual ones chosen."""
    resources = offer_choices(form)
    offer_units(form, resources)
    if request.method == "GET":
        sites = list_sites(db.session(), current_actor())
        if form.on.raw_data in (None, []) and sites:
            form.on.data = today_at(sites[0], utc_now())


def offer_choices(form: HoldingForm) -> list[Resource]:
    """What this actor can book, their own site first, and for whom; on a first look the first of them."""
    session, actor = db.session(), current_actor()
    own, sites = own_site_id(session, actor, utc_now()), list_sites(session, actor)
    resources = sorted(list_resources(session, actor), key=lambda each: each.site_id != own)  # one's own site first
    names = {site.id: named(site, reader_locale()) for site in sites}
    form.resource_id.choices = [
        (each.id, f"{names[each.site_id]} · {named(each, reader_locale())}") for each in resources
    ]
    form.startup_id.choices = holders()
    if request.method == "GET" and form.startup_id.raw_data in (None, []) and form.startup_id.choices:
        form.startup_id.data = form.startup_id.choices[0][0]
    return resources


def offer_units(form: BookingForm, resources: Sequence[Resource]) -> None:
    """Of each pool its units, to choose one."""
    pools = [each for each in resources if each.takes == "any"]
    units = list_resource_units(db.session(), [each.id for each in pools]) if pools else {}
    form.unit_id.offer(
        (each.id, named(each, reader_locale()), [(unit.id, unit.code) for unit in units[each.id]]) for each in pools
    )


def offer_vouchers(form: BookingForm) -> None:
    """The vouchers of the reader's startups that can bear a part of a booking today, and none of them."""
    today, locale = utc_now().astimezone(CHINA).date(), reader_locale()
    found = list_bookable(db.session(), current_actor(), today, BOOKING_USES)
    form.voucher_id.choices = [(NO_VOUCHER, _("Without a voucher"))] + [
        (row.voucher.id, wording.voucher_choice(row, locale)) for row in found
    ]


def holders() -> list[tuple[int, str]]:
    """For whom the actor books, in the reader's language."""
    actor, locale = current_actor(), reader_locale()
    found = [(row.id, named(row, locale)) for row in queries.list_holders(db.session(), actor)]
    own = [(OWN_USE, _("Own use, free of charge"))] if actor.can(Action.BOOK_FOR_OTHERS) else []
    return own + found


def _first_fault(form: BookingForm) -> str:
    name, faults = next(iter(form.errors.items()))
    return _("%(field)s: %(fault)s", field=form[name].label.text, fault=faults[0])


def new_key() -> str:
    """A form's own key: the same form sent twice does its work once."""
    return secrets.token_urlsafe(16)


def parse_id(text: str | None) -> int | None:
    """A row's id in an address; None where none is given, NotFound for what no row can have."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= LARGEST_ID):
        raise NotFound
    return int(text)


def parse_date(text: str | None) -> date | None:
    try:
        on = date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound(N_("There is no such day; write it as 2026-10-31.")) from None
    if on is not None and not FIRST_DAY <= on <= LAST_DAY:
        raise NotFound(N_("%(day)s is not a day that can be meant: from 2000 to 2199."), day=on)
    return on
