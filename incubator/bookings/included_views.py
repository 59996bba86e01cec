"""Pages of what programmes and plans include."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import included
from incubator.bookings.allowance_forms import IncludedForm
from incubator.bookings.operations import end_included, include_allowance
from incubator.bookings.views import blueprint
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Refusal
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites
from incubator.startups.queries import get_programme

Answer = str | Response | tuple[str, int]


@blueprint.route("/allowances/included")
@requires(Action.SEE_PRICES)
def list_included() -> str:
    """What each programme and plan includes."""
    rows = included.list_included(db.session(), current_actor())
    return render_template("bookings/list_included.html", rows=rows)


@blueprint.route("/programmes/<int:programme_id>/allowances/new", methods=["GET", "POST"])
@requires(Action.MANAGE_PRICES)
def new_included(programme_id: int) -> Answer:
    """Let a programme or plan include hours."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    programme, form, status = get_programme(session, actor, programme_id), IncludedForm(), 200
    form.offer_places([(site.id, named(site, locale)) for site in list_sites(session, actor)])
    if request.method == "GET":
        form.valid_from.data = Month.of(utc_now().astimezone(CHINA).date()).first
        form.resource_kind.data = "meeting_room"
    elif not form.validate():
        status = 422
    else:
        try:
            include_allowance(session, actor, now=utc_now(), programme_id=programme_id, **form.asked())
            db.session.commit()
            flash(_("It is included: every startup that is in it has it at once."), "success")
            return redirect(url_for("bookings.list_included"), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return render_template("bookings/new_included.html", form=form, programme=programme), status


@blueprint.route("/allowances/included/<int:included_id>/end", methods=["POST"])
@requires(Action.MANAGE_PRICES)
def end_an_included(included_id: int) -> Response:
    """Let newcomers get it no more."""
    try:
        end_included(db.session(), current_actor(), now=utc_now(), included_id=included_id)
        db.session.commit()
        flash(_("Newcomers get it no more; who has it keeps it."), "success")
    except Conflict as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("bookings.list_included"), 303)
