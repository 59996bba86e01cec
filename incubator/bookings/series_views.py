"""Pages of series: a new one with its preview, one and its end, and the change of a booking."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, queries, wording
from incubator.bookings.forms import ANY, BookingForm
from incubator.bookings.operations.change import plan_change
from incubator.bookings.operations.series import list_scope, plan_extension, wish_of
from incubator.bookings.planning import Plan, plan_series
from incubator.bookings.series_forms import SCOPE_NAMES, ChangeForm, EndSeriesForm, ExtendForm, SeriesForm
from incubator.bookings.views import blueprint, new_key, offer
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.core.recurrence import Recurrence
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale

Answer = str | Response | tuple[str, int]
EXTENSION = timedelta(days=91)
"""What a page proposes as the new end: a quarter later."""


@blueprint.route("/bookings/series/new", methods=["GET", "POST"])
@requires(Action.BOOK)
def new_series() -> Answer:
    """A booking that comes back: look at every day first, then book all, or all that can be had."""
    posted = request.method == "POST"
    form, plan, status = SeriesForm(formdata=request.form if posted else request.args or None), None, 200
    offer(form)
    if not posted:
        form.skip_holidays.data = True
        form.weekdays.data = form.weekdays.data or ([form.on.data.weekday()] if form.on.data else [])
    else:
        status = 422
        if form.validate():
            try:
                plan = _preview(form)
                if request.form.get("do") in ("all", "free"):
                    return _book_series(form)
                status = 200
            except operations.SeriesRefused as refusal:
                plan, status = refusal.plan, refuse(form, refusal)
            except Refusal as refusal:
                status = refuse(form, refusal)
    form.request_key.data = form.request_key.data or new_key()
    form.agreed_minor.data = str(plan.total_minor) if plan else ""
    shown = _shown(plan, form.left_out())
    return render_template("bookings/new_series.html", form=form, plan=plan, shown=shown), status


def _terms(form: SeriesForm) -> operations.SeriesTerms:
    assert form.on.data and form.start.data is not None and form.end.data is not None  # required
    return operations.SeriesTerms(
        form.resource_id.data, form.holder(), form.recurrence(), form.on.data, form.start.data, form.end.data,
        form.title.data or "", form.attendees.data, form.unit(), form.left_out(),
    )  # fmt: skip


def _preview(form: SeriesForm) -> Plan:
    session, actor = db.session(), current_actor()
    return plan_series(session, actor, wish_of(session, actor, _terms(form)), now=utc_now())


def _book_series(form: SeriesForm) -> Response:
    series = operations.book_series(
        db.session(), current_actor(), now=utc_now(), terms=_terms(form),
        skip_refused=request.form.get("do") == "free", consent=form.consent(), request_key=form.request_key.data,
    )  # fmt: skip
    db.session.commit()
    flash(_("The series is booked."), "success")
    return redirect(url_for("bookings.show_series", series_id=series.id), 303)


def _shown(plan: Plan | None, left_out: Collection[date] = ()) -> list[wording.PlanRow]:
    """Each day as a row, those that are left out among them."""
    return [] if plan is None else wording.plan_rows(plan, reader_locale(), left_out)


@blueprint.route("/bookings/series/<int:series_id>", methods=["GET", "POST"])
@requires(Action.SEE_ALL_BOOKINGS, Action.BOOK)
def show_series(series_id: int) -> Answer:
    """Every day of a series; a later end, looked at first."""
    session, actor, now = db.session(), current_actor(), utc_now()
    series = queries.get_series(session, actor, series_id)
    rows = queries.list_series_rows(session, actor, series_id)
    form, plan, status = ExtendForm(), None, 200
    if request.method == "GET":
        last = max((row.booking.occurrence_on or series.first_on for row in rows), default=series.first_on)
        form.until.data = last + EXTENSION
    elif not form.validate():
        status = 422
    else:
        try:
            rhythm = form.recurrence(series)
            plan, _wish = plan_extension(session, actor, now=now, series=series, recurrence=rhythm,
                                         except_on=form.left_out())  # fmt: skip
            if request.form.get("do") in ("all", "free"):
                return _extend(form, series_id, rhythm)
        except operations.SeriesRefused as refusal:
            plan, status = refusal.plan, refuse(form, refusal)
        except Refusal as refusal:
            status = refuse(form, refusal)
    form.agreed_minor.data = str(plan.total_minor) if plan else ""
    coming = [row for row in rows if row.booking.cancelled_at is None and row.booking.start > now]
    return render_template(
        "bookings/show_series.html", series=series, rows=rows, form=form, plan=plan,
        shown=_shown(plan, form.left_out()), now=now, excepted=wording.except_words(series.except_on, reader_locale()),
        coming=coming, fee=_fee_of_all(coming, now),
        rhythm=wording.rhythm_words(Recurrence.parse(series.rrule, series.calendar), reader_locale()),
    ), status  # fmt: skip


def _fee_of_all(coming: list[queries.BookingRow], now: datetime) -> int:
    """What cancelling all of these costs who is no staff."""
    staff = current_actor().can(Action.BOOK_FOR_OTHERS)
    return 0 if staff else sum(operations.cancellation_fee(row.booking, now)[0] for row in coming)


def _extend(form: ExtendForm, series_id: int, rhythm: Recurrence) -> Response:
    operations.extend_series(db.session(), current_actor(), now=utc_now(), series_id=series_id, recurrence=rhythm,
                             skip_refused=request.form.get("do") == "free", consent=form.consent(),
                             except_on=form.left_out())  # fmt: skip
    db.session.commit()
    flash(_("The series is longer now."), "success")
    return redirect(url_for("bookings.show_series", series_id=series_id), 303)


@blueprint.route("/bookings/<int:booking_id>/cancel-series", methods=["POST"])
@requires(Action.BOOK)
def cancel_series(booking_id: int) -> Response:
    """Cancel this day and those after it, or all that have not begun."""
    form = EndSeriesForm()
    booking = queries.get_booking(db.session(), current_actor(), booking_id)
    try:
        if not form.validate():
            raise Refusal(N_("Choose from the list how much is to be cancelled."))
        count = operations.cancel_series(db.session(), current_actor(), now=utc_now(), booking_id=booking_id,
                                         scope=operations.Scope(form.scope.data),
                                         consent=form.consent())  # fmt: skip
        db.session.commit()
        flash(ngettext("%(num)d booking is cancelled.", "%(num)d bookings are cancelled.", count), "success")
    except Refusal as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
    if booking.series_id is None:
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    return redirect(url_for("bookings.show_series", series_id=booking.series_id), 303)


@blueprint.route("/bookings/<int:booking_id>/edit", methods=["GET", "POST"])
@requires(Action.BOOK)
def edit(booking_id: int) -> Answer:
    """Another time, room or name of a booking, or of the rest of its series; the new price is shown before."""
    session, actor = db.session(), current_actor()
    row = queries.get_booking_row(session, actor, booking_id)
    form, plan, status = ChangeForm(formdata=request.form if request.method == "POST" else None), None, 200
    offer(form)
    form.startup_id.choices = [(row.booking.startup_id or 0, "")]
    if request.method == "GET":
        _fill(form, row)
    else:
        form.startup_id.data, form.startup_id.raw_data = row.booking.startup_id or 0, ["0"]
        status = 422
        if form.validate():
            try:
                if request.form.get("do") in ("all", "free"):
                    return _change(form, row)
                plan, status = _plan_change(form, row), 200
            except operations.SeriesRefused as refusal:
                plan, status = refusal.plan, refuse(form, refusal)
            except Refusal as refusal:
                status = refuse(form, refusal)
    form.agreed_minor.data = str(plan.total_minor) if plan else ""
    return render_template("bookings/edit.html", form=form, row=row, plan=plan, shown=_shown(plan),
                           scopes=SCOPE_NAMES), status  # fmt: skip


def _fill(form: ChangeForm, row: queries.BookingRow) -> None:
    zone = ZoneInfo(row.site.zone)
    start, end = row.booking.start.astimezone(zone), row.booking.end.astimezone(zone)
    form.resource_id.data, form.on.data = row.resource.id, start.date()
    form.start.data, form.end.data = start.time(), end.time()
    form.title.data, form.attendees.data = row.booking.title, row.booking.attendees
    form.startup_id.data, form.unit_id.data = row.booking.startup_id or 0, row.booking.unit_id or ANY


def _to(form: BookingForm, scope: operations.Scope) -> operations.Change:
    assert form.start.data is not None and form.end.data is not None  # required
    on = form.on.data if scope is operations.Scope.THIS else None
    return operations.Change(form.resource_id.data, form.start.data, form.end.data, form.title.data or "",
                             form.attendees.data, on, form.unit())  # fmt: skip


def _plan_change(form: ChangeForm, row: queries.BookingRow) -> Plan:
    session, actor, now, scope = db.session(), current_actor(), utc_now(), operations.Scope(form.scope.data)
    bookings = list_scope(session, actor, now=now, booking_id=row.booking.id, scope=scope) or [row.booking]
    return plan_change(session, actor, now=now, bookings=bookings, to=_to(form, scope))


def _change(form: ChangeForm, row: queries.BookingRow) -> Response:
    scope, now = operations.Scope(form.scope.data), utc_now()
    changed = operations.change(
        db.session(), current_actor(), now=now, booking_id=row.booking.id, scope=scope, to=_to(form, scope),
        skip_refused=request.form.get("do") == "free", consent=form.consent(),
    )  # fmt: skip
    db.session.commit()
    flash(ngettext("%(num)d booking is changed.", "%(num)d bookings are changed.", len(changed)), "success")
    return redirect(url_for("bookings.show", booking_id=row.booking.id), 303)

