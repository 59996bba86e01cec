"""Pages of allowances: all of them, one with its ledger, a new one, and one's own."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.bookings import allowance_lists, allowance_wording
from incubator.bookings.allowance_forms import AllowanceForm, EndAllowanceForm
from incubator.bookings.operations.allowances import end_allowance, grant_allowance
from incubator.bookings.views import blueprint
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import day, named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites
from incubator.startups.queries import get_startup, list_startups_residencies

Answer = str | Response | tuple[str, int]


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        entry_words=allowance_wording.entry_words, allowance_state=allowance_wording.allowance_state,
        minutes_text=lambda minutes: allowance_wording.minutes_text(minutes, reader_locale()),
        given_text=lambda allowance: allowance_wording.given_text(
            allowance.minutes, allowance.repeats, reader_locale()
        ),
        china_zone=CHINA.key,
    )  # fmt: skip


@blueprint.route("/allowances")
@requires(Action.SEE_PRICES)
def list_allowances() -> str:
    """What every startup has, and what of it is left today."""
    session, actor = db.session(), current_actor()
    search, startup_id = (clean(request.args.get("q")) or "")[:100], request.args.get("startup", type=row_id)
    startup = get_startup(session, actor, startup_id) if startup_id is not None else None
    page = allowance_lists.list_allowances(session, actor, now=utc_now(), page=page_number(request.args.get("page")),
                                           startup_id=startup_id, search=search)  # fmt: skip
    return render_template("bookings/list_allowances.html", page=page, search=search, startup=startup)


@blueprint.route("/my/allowances")
@requires(Action.SEE_OWN_STARTUP)
def my_allowances() -> str:
    """What one's startup has left, and every line that led to it."""
    session, actor = db.session(), current_actor()
    rows = allowance_lists.list_allowances(session, actor, now=utc_now()).rows
    entries = allowance_lists.list_entries(session, page=page_number(request.args.get("page")),
                                           startup_ids=actor.startup_ids)  # fmt: skip
    return render_template("bookings/my_allowances.html", rows=[row for row in rows if row.state != "over"],
                           entries=entries)  # fmt: skip


@blueprint.route("/allowances/<int:allowance_id>")
@requires(Action.SEE_PRICES, Action.SEE_OWN_STARTUP)
def show_allowance(allowance_id: int) -> str:
    """One allowance: what it gives, what is left, its ledger, and how to end it."""
    form = EndAllowanceForm(formdata=None)
    form.ends_on.data = utc_now().astimezone(CHINA).date()
    return _show(allowance_id, form)


def _show(allowance_id: int, form: EndAllowanceForm) -> str:
    session, actor = db.session(), current_actor()
    row = allowance_lists.get_allowance_row(session, actor, allowance_id, now=utc_now())
    entries = allowance_lists.list_entries(session, page=page_number(request.args.get("page")),
                                           allowance_id=allowance_id)  # fmt: skip
    return render_template("bookings/show_allowance.html", row=row, entries=entries, form=form)


@blueprint.route("/allowances/new", methods=["GET", "POST"])
@requires(Action.MANAGE_PRICES)
def new_allowance() -> Answer:
    """Choose a startup, then say what it is given; it counts for what is booked already, too."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    startup_id = request.args.get("startup", type=row_id)
    if startup_id is None:
        startups = allowance_lists.list_startup_names(session, actor)
        return render_template("bookings/new_allowance.html", form=None, startup=None, startups=startups)
    startup, form, status = get_startup(session, actor, startup_id), AllowanceForm(), 200
    agreements = [
        (each.id, f"{each.number} · {named(site, locale)} · {_term(each.starts_on, each.ends_on)}")
        for each, site in list_startups_residencies(session, [startup_id])
    ]
    form.offer([(site.id, named(site, locale)) for site in list_sites(session, actor)], agreements)
    if request.method == "GET":
        form.valid_from.data = Month.of(utc_now().astimezone(CHINA).date()).first
        form.resource_kind.data = "meeting_room"
    elif not form.validate():
        status = 422
    else:
        try:
            return _grant(form, startup_id)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return render_template("bookings/new_allowance.html", form=form, startup=startup, startups=[]), status


def _term(first: date, last: date | None) -> str:
    locale = reader_locale()
    if last is None:
        return _("from %(day)s on", day=day(first, locale))
    return f"{day(first, locale)} – {day(last, locale)}"


def _grant(form: AllowanceForm, startup_id: int) -> Response:
    allowance = grant_allowance(db.session(), current_actor(), now=utc_now(), startup_id=startup_id, **form.asked())
    db.session.commit()
    flash(_("It is given, and pays at once for what is booked already."), "success")
    return redirect(url_for("bookings.show_allowance", allowance_id=allowance.id), 303)


@blueprint.route("/allowances/<int:allowance_id>/end", methods=["POST"])
@requires(Action.MANAGE_PRICES)
def end_an_allowance(allowance_id: int) -> Answer:
    """Let it end on a day."""
    form, status = EndAllowanceForm(), 422
    if form.validate():
        assert form.ends_on.data is not None, "validated"
        try:
            end_allowance(db.session(), current_actor(), now=utc_now(), allowance_id=allowance_id,
                          ends_on=form.ends_on.data, reason=form.reason.data or "")  # fmt: skip
            db.session.commit()
            flash(_("It ends on that day. What is booked for later pays its price."), "success")
            return redirect(url_for("bookings.show_allowance", allowance_id=allowance_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _show(allowance_id, form), status
