"""Calendars: the page of secret addresses, the feeds that they open, and one booking as a file."""

from __future__ import annotations

import hashlib

from flask import current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, public, requires
from incubator.accounts.operations.keys import has_key, issue_key, open_key, revoke_key
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter
from incubator.bookings import queries
from incubator.bookings.calendars import MEDIA_TYPE, calendar_text, entry_of
from incubator.bookings.feeds import FEED_SOURCES, KINDS, check_feed, list_feeds, read_feed
from incubator.bookings.views import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.database import db
from incubator.i18n import LOCALES, reader_locale
from incubator.notices.languages import translations
from incubator.settings import Settings
from incubator.spaces.queries import get_resource, get_site

FEEDS = "240 per minute"
"""From one address: an office of people whose programs all ask at once."""


@blueprint.route("/calendars")
@requires(Action.BOOK, Action.MENTOR)
def calendars() -> str:
    """The calendars that one may subscribe to."""
    return _calendars()


def _calendars(made: tuple[str, int] | None = None, address: str = "") -> str:
    feeds = list_feeds(db.session(), current_actor())
    return render_template("bookings/calendars.html", feeds=feeds, made=made, address=address)


@blueprint.route("/calendars/<kind>/<int:opens_id>", methods=["POST"])
@requires(Action.BOOK, Action.MENTOR)
def change_calendar(kind: str, opens_id: int) -> str:
    """Make a new address, which is shown this once, or withdraw the present one."""
    session, actor, now = db.session(), current_actor(), utc_now()
    check_feed(session, actor, kind, opens_id)
    address = ""
    if request.form.get("do") == "withdraw":
        revoke_key(session, actor, now=now, kind=KINDS[kind], opens_id=opens_id)
    else:
        token = issue_key(session, actor, now=now, kind=KINDS[kind], opens_id=opens_id)
        address = _base_url() + url_for("bookings.feed", kind=kind, token=token, lang=reader_locale())
    session.commit()
    return _resource(opens_id, address) if kind == "resource" else _calendars((kind, opens_id), address)


@blueprint.route("/resources/<int:resource_id>/calendar")
@requires(Action.BOOK_FOR_OTHERS)
def resource_calendar(resource_id: int) -> str:
    """The address of a resource's calendar."""
    return _resource(resource_id)


def _resource(resource_id: int, address: str = "") -> str:
    session, actor = db.session(), current_actor()
    resource = get_resource(session, actor, resource_id)
    return render_template(
        "bookings/resource_calendar.html", resource=resource, site=get_site(session, actor, resource.site_id),
        in_use=has_key(session, kind=KINDS["resource"], opens_id=resource_id), address=address,
    )  # fmt: skip


@blueprint.route("/feeds/<kind>/<token>.ics")
@public
@limiter.limit(FEEDS)
def feed(kind: str, token: str) -> Response:
    """A calendar, for a program that nobody is signed in at; unchanged since it last asked: 304."""
    if kind not in KINDS:
        raise NotFound
    session = db.session()
    opened = open_key(session, token, kind=KINDS[kind])
    asked = request.args.get("lang", "")
    locale = asked if asked in LOCALES else LOCALES[0]
    text = read_feed(session, opened, kind, locale=locale, base_url=_base_url(), now=utc_now(),
                     more=current_app.extensions[FEED_SOURCES])  # fmt: skip
    return _as_file(text, "calendar.ics")


@blueprint.route("/bookings/<int:booking_id>.ics")
@requires(Action.SEE_ALL_BOOKINGS, Action.BOOK)
def booking_ics(booking_id: int) -> Response:
    """One booking, for one's own calendar."""
    locale = reader_locale()
    row = queries.get_booking_row(db.session(), current_actor(), booking_id)
    entry = entry_of(row, locale=locale, say=translations(locale).gettext, base_url=_base_url())
    return _as_file(calendar_text([entry], entry.summary), f"booking-{booking_id}.ics")


def _as_file(text: bytes, name: str) -> Response:
    answer = make_response(text)
    answer.headers["Content-Type"] = MEDIA_TYPE
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(hashlib.sha256(text).hexdigest()[:32])
    return answer.make_conditional(request)


def _base_url() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url
