"""Pages of the waitlist: what one waits for, an offer, and joining the line."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, wait_queries
from incubator.bookings.forms import OfferForm, WaitForm
from incubator.bookings.planning import price_one
from incubator.bookings.rules import wall_period
from incubator.bookings.views import blueprint, offer
from incubator.bookings.wording import formula_of, price_of
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.core.periods import Interval
from incubator.database import db
from incubator.documents.refusing import refuse, tell
from incubator.i18n import reader_locale
from incubator.spaces.queries import get_resource, get_site

Answer = str | Response | tuple[str, int]


@blueprint.route("/waitlist")
@requires(Action.BOOK)
def waitlist() -> str:
    """What one waits for, what is offered, and what became of it; staff see everybody's."""
    page = wait_queries.list_waits(db.session(), current_actor(), page=page_number(request.args.get("page")))
    return render_template("bookings/waitlist.html", page=page, now=utc_now())


@blueprint.route("/waitlist/new", methods=["GET", "POST"])
@requires(Action.BOOK)
def join_waitlist() -> Answer:
    """Wait for a time that is taken, or for any time within a window."""
    form, status = WaitForm(formdata=request.form if request.method == "POST" else request.args or None), 200
    offer(form)
    form.startup_id.choices = [choice for choice in form.startup_id.choices if choice[0]]
    if request.method == "GET":
        form.propose()
    elif not form.validate():
        status = 422
    else:
        try:
            return _join(form)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return render_template("bookings/join_waitlist.html", form=form), status


def _join(form: WaitForm) -> Response:
    session, actor = db.session(), current_actor()
    resource = get_resource(session, actor, form.resource_id.data)
    zone = ZoneInfo(get_site(session, actor, resource.site_id).zone)
    assert form.on.data and form.start.data is not None and form.end.data is not None  # required
    window = Interval(*wall_period(form.on.data, form.start.data, form.end.data, zone))
    if form.until_on.data and form.until_on.data > form.on.data:
        last = wall_period(form.until_on.data, form.start.data, form.end.data, zone)[1]
        window = Interval(window.start, last)
    wait = operations.join_waitlist(
        session, actor, now=utc_now(), resource_id=resource.id, start=window.start, end=window.end,
        minutes=form.minutes.data or window.minutes, startup_id=form.startup_id.data, title=form.title.data or "",
        attendees=form.attendees.data,
    )  # fmt: skip
    session.commit()
    flash(_("It is free for you right now.") if wait.offered else _("You are in line. We write to you."), "success")
    return redirect(url_for("bookings.show_wait", wait_id=wait.id), 303)


@blueprint.route("/waitlist/<int:wait_id>")
@requires(Action.BOOK)
def show_wait(wait_id: int) -> str:
    """One wait: its place in the line, or the offer with its price."""
    session, actor, now, locale = db.session(), current_actor(), utc_now(), reader_locale()
    row = wait_queries.get_wait_row(session, actor, wait_id)
    form, priced = OfferForm(formdata=None), None
    if row.state(now) == "offered":
        offered = row.wait.offered
        assert offered is not None and offered.lower is not None and offered.upper is not None  # of one that is offered
        priced = price_one(session, resource=row.resource, site=row.site, start=offered.lower, end=offered.upper,
                           startup_id=row.wait.startup_id, now=now)  # fmt: skip
        form.agreed_minor.data = str(priced.to_pay_minor)
    return render_template(
        "bookings/show_wait.html", row=row, form=form, now=now, state=row.state(now),
        before=wait_queries.count_before(session, row.wait), price=price_of(priced, locale) if priced else "",
        formula=formula_of(priced, locale) if priced else "", length=timedelta(minutes=row.wait.minutes),
    )  # fmt: skip


@blueprint.route("/waitlist/<int:wait_id>/take", methods=["POST"])
@requires(Action.BOOK)
def take_offer(wait_id: int) -> Response:
    """Book what is offered."""
    form = OfferForm()
    try:
        booking = operations.take_offer(db.session(), current_actor(), now=utc_now(), wait_id=wait_id,
                                        consent=form.consent())  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("bookings.show_wait", wait_id=wait_id), 303)
    flash(_("Booked."), "success")
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)


@blueprint.route("/waitlist/<int:wait_id>/leave", methods=["POST"])
@requires(Action.BOOK)
def leave_waitlist(wait_id: int) -> Response:
    """Wait no longer."""
    try:
        operations.leave_waitlist(db.session(), current_actor(), now=utc_now(), wait_id=wait_id)
        db.session.commit()
        flash(_("You are no longer in line."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("bookings.waitlist"), 303)
