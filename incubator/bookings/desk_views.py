"""Pages of coming and going: the front desk, the door of a resource, and the telephone before it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import segno
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, public, requires
from incubator.accounts.actor import system_actor
from incubator.accounts.operations.keys import has_key, issue_key, open_key, revoke_key
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter
from incubator.bookings import operations, queries
from incubator.bookings.door import door_code, is_at_door
from incubator.bookings.forms import CheckInForm, ExcuseForm, WalkUpForm
from incubator.bookings.here import list_mine, list_offers, list_walk_ups, see_door
from incubator.bookings.views import blueprint, holders
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import tell
from incubator.i18n import reader_locale
from incubator.settings import Settings
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_resource, get_site, list_sites
from incubator.startups.queries import own_site_id

Answer = str | Response | tuple[str, int]
DOORS = "120 per minute"
"""From one address: a floor of tablets behind one line asks twice a minute each."""


@blueprint.route("/desk")
@requires(Action.BOOK_FOR_OTHERS)
def desk() -> str:
    """Today's bookings of a site, by time: who is there, who is awaited, who did not come."""
    session, actor, now = db.session(), current_actor(), utc_now()
    sites = list_sites(session, actor)
    if not sites:
        return render_template("bookings/timeline_empty.html")
    wanted = request.args.get("site", type=row_id) or own_site_id(session, actor, now)
    site = next((each for each in sites if each.id == wanted), sites[0])
    page = queries.list_bookings(session, actor, page=page_number(request.args.get("page")), site_id=site.id,
                                 on=today_at(site, now), state="confirmed", latest_first=False)  # fmt: skip
    return render_template("bookings/desk.html", page=page, site=site, sites=sites, now=now, on=today_at(site, now),
                           attendance_of=queries.attendance_of, form=CheckInForm(source="front_desk"))  # fmt: skip


@blueprint.route("/bookings/<int:booking_id>/check-in", methods=["POST"])
@requires(Action.BOOK)
def check_in(booking_id: int) -> Response:
    """Somebody has come; back to where it was said."""
    form, session, actor, now = CheckInForm(), db.session(), current_actor(), utc_now()
    booking = queries.get_booking(session, actor, booking_id)
    at_door = _is_at_door(booking.resource_id, form.code.data or "", now)
    at_desk = form.source.data == "front_desk" and actor.can(Action.BOOK_FOR_OTHERS)
    source = "door" if at_door else "front_desk" if at_desk else "person"
    try:
        operations.check_in(session, actor, now=now, booking_id=booking_id, source=source)
        session.commit()
        flash(_("Checked in."), "success")
    except Refusal as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
    if form.back.data == "desk" and actor.can(Action.BOOK_FOR_OTHERS):
        return redirect(url_for("bookings.desk", site=booking.site_id), 303)
    if form.back.data == "here":
        return redirect(url_for("bookings.here", resource_id=booking.resource_id, code=form.code.data or None), 303)
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@blueprint.route("/bookings/<int:booking_id>/excuse", methods=["POST"])
@requires(Action.BOOK_FOR_OTHERS)
def excuse(booking_id: int) -> Response:
    """Let a no-show not count."""
    form = ExcuseForm()
    try:
        operations.excuse(db.session(), current_actor(), now=utc_now(), booking_id=booking_id,
                          reason=form.excuse.data or "")  # fmt: skip
        db.session.commit()
        flash(_("Excused: it does not count."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@blueprint.route("/here/<int:resource_id>")
@requires(Action.BOOK)
def here(resource_id: int) -> str:
    """Before the door, with a telephone: check in, book now, or leave."""
    return _here(resource_id, request.args.get("code", ""))


def _here(resource_id: int, code: str) -> str:
    session, actor, now = db.session(), current_actor(), utc_now()
    resource = get_resource(session, actor, resource_id)
    site = get_site(session, actor, resource.site_id)
    door, mine, choices = see_door(session, resource, site, now), list_mine(session, actor, resource, now), holders()
    chosen = request.values.get("startup_id", type=int)
    startup_id = next((id_ for id_, _name in choices if id_ == chosen), choices[0][0] if choices else 0)
    walk_ups = list_walk_ups(session, actor, resource, site, startup_id=startup_id or None, now=now) \
        if door.is_free and choices else []  # fmt: skip
    return render_template(
        "bookings/here.html", resource=resource, site=site, door=door, mine=mine, now=now, walk_ups=walk_ups,
        attendance_of=queries.attendance_of, holders=choices, startup_id=startup_id, code=code,
        at_door=_is_at_door(resource_id, code, now), say=lambda refusal: sentence(refusal, reader_locale()),
    )  # fmt: skip


@blueprint.route("/here/<int:resource_id>/book", methods=["POST"])
@requires(Action.BOOK)
def book_here(resource_id: int) -> Answer:
    """Book from now on, and be checked in at once."""
    form, session, actor, now = WalkUpForm(), db.session(), current_actor(), utc_now()
    resource = get_resource(session, actor, resource_id)
    site = get_site(session, actor, resource.site_id)
    startup_id = form.startup_id.data or None
    choices = {each.minutes: each for each in list_walk_ups(session, actor, resource, site, startup_id=startup_id,
                                                            now=now)}  # fmt: skip
    try:
        chosen = choices.get(form.minutes.data or 0)
        if chosen is None or chosen.occurrence.start is None or chosen.occurrence.end is None:
            raise Refusal(N_("Choose how long from the list."))
        booking = operations.book(
            session, actor, now=now, resource_id=resource_id, start=chosen.occurrence.start,
            end=chosen.occurrence.end, startup_id=startup_id, consent=form.consent(), grace=chosen.grace,
            request_key=form.request_key.data,
        )  # fmt: skip
        if booking.arrived_at is None and not booking.is_awaiting:
            source = "door" if _is_at_door(resource_id, form.code.data or "", now) else "person"
            operations.check_in(session, actor, now=now, booking_id=booking.id, source=source)
        session.commit()
    except Refusal as refusal:
        session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
        return _here(resource_id, form.code.data or ""), refusal.status
    flash(_("Booked, and checked in."), "success")
    return redirect(url_for("bookings.here", resource_id=resource_id, code=form.code.data or None), 303)


@blueprint.route("/resources/<int:resource_id>/door", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def door_key(resource_id: int) -> str:
    """The address of a resource's door page for a tablet: made anew, or withdrawn."""
    session, actor, now = db.session(), current_actor(), utc_now()
    resource, address = get_resource(session, actor, resource_id), None
    if request.method == "POST":
        if request.form.get("do") == "withdraw":
            revoke_key(session, actor, now=now, kind="door", opens_id=resource.id)
        else:
            token = issue_key(session, actor, now=now, kind="door", opens_id=resource.id)
            address = _settings().base_url + url_for("bookings.door", token=token)
        session.commit()
    return render_template(
        "bookings/door_key.html", resource=resource, site=get_site(session, actor, resource.site_id), address=address,
        has_key=has_key(session, kind="door", opens_id=resource.id), qr=_qr(_here_address(resource.id, None)),
        here=_here_address(resource.id, None),
    )  # fmt: skip


@blueprint.route("/door/<token>")
@public
@limiter.limit(DOORS)
def door(token: str) -> str:
    """A door's page, for a tablet that nobody is signed in at: now, next, and a code to check in or book with.

    Who has booked is nobody's business here.
    """
    session, now = db.session(), utc_now()
    opened = open_key(session, token, kind="door")
    actor = system_actor(opened.operator_id)
    resource = get_resource(session, actor, opened.opens_id)
    site = get_site(session, actor, resource.site_id)
    code, seen = door_code(_secret(), opened.operator_id, resource.id, now), see_door(session, resource, site, now)
    return render_template(
        "bookings/door.html", door=seen, offers=list_offers(session, seen, now), resource=resource, site=site, now=now,
        qr=_qr(_here_address(resource.id, code)), on=now.astimezone(ZoneInfo(site.zone)).date(),
    )  # fmt: skip


def _is_at_door(resource_id: int, code: str, now: datetime) -> bool:
    return is_at_door(_secret(), current_actor().operator_id, resource_id, code[:64], now)


def _secret() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _here_address(resource_id: int, code: str | None) -> str:
    return _settings().base_url + url_for("bookings.here", resource_id=resource_id, code=code)


def _qr(address: str) -> str:
    """The address as an inline picture: dark on light in either theme, since readers ask for that."""
    return segno.make(address, error="m").svg_inline(scale=8, border=4, dark="#16302e", light="#ffffff", omitsize=True)
