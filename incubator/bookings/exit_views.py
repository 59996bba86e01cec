"""Bookings of a startup after its last day: shown, and cancelled together."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.models import Booking
from incubator.bookings.operations import cancel
from incubator.bookings.queries import BookingRow, list_booking_rows
from incubator.bookings.views import blueprint
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound
from incubator.core.periods import local_instant
from incubator.database import db
from incubator.startups.queries import get_startup
from incubator.startups.queries.exits import last_exit

AT_ONCE = 200


@blueprint.route("/startups/<int:startup_id>/bookings-after-exit")
@requires(Action.MANAGE_EXITS)
def after_exit(startup_id: int) -> str:
    """What a startup that leaves has still booked."""
    session, actor = db.session(), current_actor()
    startup = get_startup(session, actor, startup_id)
    return render_template("bookings/after_exit.html", startup=startup, last=last_exit(session, startup_id),
                           rows=list_after_exit(session, actor, startup_id, utc_now()), most=AT_ONCE)  # fmt: skip


@blueprint.route("/startups/<int:startup_id>/bookings-after-exit/cancel", methods=["POST"])
@requires(Action.MANAGE_EXITS)
def cancel_after_exit(startup_id: int) -> Response:
    """Cancel them all, without a fee; their makers are told."""
    session, actor, now = db.session(), current_actor(), utc_now()
    get_startup(session, actor, startup_id)
    rows = list_after_exit(session, actor, startup_id, now)
    for row in rows:
        cancel(session, actor, now=now, booking_id=row.booking.id, reason=_("The startup has left."), charge_fee=False)
    db.session.commit()
    count = len(rows)
    flash(ngettext("%(num)d booking is cancelled.", "%(num)d bookings are cancelled.", count), "success")
    return redirect(url_for("bookings.after_exit", startup_id=startup_id), 303)


def list_after_exit(session: Session, actor: Actor, startup_id: int, now: datetime) -> list[BookingRow]:
    """The bookings that begin after its last day and have not begun; NotFound for who has not left."""
    actor.require(Action.MANAGE_EXITS)
    last = last_exit(session, startup_id)
    if last is None:
        raise NotFound
    start = Booking.starts_at
    wanted = [Booking.startup_id == startup_id, Booking.cancelled_at.is_(None), start > now,
              start >= _after(last.happened_on)]  # fmt: skip
    return list_booking_rows(session, wanted, most=AT_ONCE)


def _after(day: date) -> datetime:
    return local_instant(day + timedelta(days=1), 0, ZoneInfo(str(CHINA)))
