"""The page that brings a calendar file in: looked at first, time by time, then booked or closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField
from wtforms.validators import Optional

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, wording
from incubator.bookings.forms import HoldingForm
from incubator.bookings.ics import LARGEST, Incoming, read_calendar
from incubator.bookings.operations.import_calendar import plan_bookings, plan_closures
from incubator.bookings.planning import Plan
from incubator.bookings.views import blueprint, new_key, offer_choices
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval
from incubator.database import db
from incubator.documents.formats import money, sentence, weekday
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import get_resource, get_site

KEPT_SECONDS = 6 * 3600
"""How long a page that was looked at can still be sent."""


class ImportForm(HoldingForm):
    """A file, what its times are to be, and of what; the times that were read travel with the page, signed."""

    file = FileField(_l("Calendar file (.ics)"), validators=[Optional()])
    what = SelectField(_l("As"), choices=[("bookings", _l("Bookings")), ("closures", _l("Closures"))],
                       default="bookings")  # fmt: skip
    read = HiddenField()


@blueprint.route("/bookings/import", methods=["GET", "POST"])
@requires(Action.BOOK)
def import_calendar() -> str | Response | tuple[str, int]:
    """Choose a file and look at its times; then book or close all, or all that can be had."""
    form, plan, status, left_out = ImportForm(), None, 200, 0
    _offer(form)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                times, left_out = _times(form)
                if request.form.get("do") in ("all", "free"):
                    return _import(form, times)
                plan, status = _plan(form, times), 200
            except operations.SeriesRefused as refusal:
                plan, status = refusal.plan, refuse(form, refusal)
            except Refusal as refusal:
                status = refuse(form, refusal)
    form.request_key.data = form.request_key.data or new_key()
    form.agreed_minor.data = str(plan.total_minor) if plan else ""
    return render_template("bookings/import_calendar.html", form=form, plan=plan, shown=_shown(plan),
                           left_out=left_out), status  # fmt: skip


def _offer(form: ImportForm) -> None:
    offer_choices(form)
    if not current_actor().can(Action.MANAGE_SPACES):
        form.what.choices = form.what.choices[:1]


def _times(form: ImportForm) -> tuple[list[Incoming], int]:
    """What the file holds, read now or on the page before; Refusal where there is neither."""
    zone = _zone(form)
    if form.file.data:
        read = read_calendar(form.file.data.stream.read(LARGEST + 1), ZoneInfo(zone), utc_now())
        form.read.data = _signer().dumps({
            "person": current_actor().person_id, "zone": zone, "left_out": read.left_out,
            "times": [(each.time.start.timestamp(), each.time.end.timestamp(), each.title) for each in read.times],
        })  # fmt: skip
        return read.times, read.left_out
    if not form.read.data:
        raise Refusal(N_("Choose a calendar file."), field="file")
    try:
        kept: dict[str, Any] = _signer().loads(form.read.data, max_age=KEPT_SECONDS)
    except BadSignature:
        raise Refusal(N_("This page is too old or was damaged. Choose the file again."), field="file") from None
    if kept["person"] != current_actor().person_id or kept["zone"] != zone:
        raise Refusal(N_("That site has another time zone. Choose the file again."), field="file")
    times = [Incoming(Interval(_instant(start), _instant(end)), title) for start, end, title in kept["times"]]
    return times, kept["left_out"]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=ZoneInfo("UTC"))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="calendar-import")


def _zone(form: ImportForm) -> str:
    session, actor = db.session(), current_actor()
    return get_site(session, actor, get_resource(session, actor, form.resource_id.data).site_id).zone


def _plan(form: ImportForm, times: list[Incoming]) -> Plan:
    session, actor, resource_id = db.session(), current_actor(), form.resource_id.data
    if form.what.data == "closures":
        return plan_closures(session, actor, resource_id=resource_id, times=times)
    return plan_bookings(session, actor, resource_id=resource_id, startup_id=form.holder(), times=times, now=utc_now())


def _import(form: ImportForm, times: list[Incoming]) -> Response:
    session, actor, now, only_free = db.session(), current_actor(), utc_now(), request.form.get("do") == "free"
    if form.what.data == "closures":
        count = operations.import_closures(session, actor, now=now, resource_id=form.resource_id.data, times=times,
                                           reason=_("Imported"), skip_refused=only_free)  # fmt: skip
        flash(ngettext("%(num)d closure is made.", "%(num)d closures are made.", count), "success")
    else:
        count = operations.import_bookings(
            session, actor, now=now, resource_id=form.resource_id.data, startup_id=form.holder(), times=times,
            skip_refused=only_free, consent=form.consent(), request_key=form.request_key.data,
        )  # fmt: skip
        said = ngettext("%(num)d booking is made.", "%(num)d bookings are made.", count)
        flash(said if count else _("These were booked already."), "success")
    session.commit()
    return redirect(url_for("bookings.show_resource", resource_id=form.resource_id.data), 303)


def _shown(plan: Plan | None) -> list[wording.PlanRow]:
    """Each time as a row: when, what, price, and what speaks against it."""
    if plan is None:
        return []
    locale, zone, rows = reader_locale(), plan.site.zone, []
    for each in plan.occurrences:
        assert each.start is not None and each.end is not None  # times of a file have both
        when = f"{weekday(each.on, locale)} {wording.span_text(each.start, each.end, zone, locale)}"
        price = money(each.to_pay_minor, each.quote.currency, locale) if each.quote and not each.quote.free else ""
        fault = sentence(each.refusal, locale) if each.refusal else ""
        rows.append(wording.PlanRow(each.on, when, each.title, price, fault))
    return rows
