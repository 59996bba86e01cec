"""Days on which a site does not follow its calendar."""

from __future__ import annotations

from datetime import date

from flask import abort, flash, redirect
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.spaces import forms, ledger_queries, operations
from incubator.spaces.views.blueprint import blueprint, site_address, site_of


@blueprint.route("/sites/<int:site_id>/days/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_day(site_id: int) -> Answer:
    """A date that does not follow the calendar."""
    site, form = site_of(site_id), forms.DayForm()

    def add() -> str:
        operations.override_day(db.session(), current_actor(), now=utc_now(), site=site, on=forms.day_of(form.on),
                                day_kind=form.day_kind.data, note=form.note.data or "")  # fmt: skip
        booked = ledger_queries.count_bookings_on(db.session(), site, forms.day_of(form.on))
        if booked and form.day_kind.data == "closed":
            flash(ngettext("%(num)d booking stands on that day; nobody was told.",
                           "%(num)d bookings stand on that day; nobody was told.", booked), "warning")  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/new_day.html", add, _("The day is set."), site=site)


@blueprint.route("/sites/<int:site_id>/days/<on>/follow", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def follow_calendar(site_id: int, on: str) -> Response:
    """Let a date follow the calendar again."""
    site = site_of(site_id)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        abort(404)
    operations.follow_calendar(db.session(), current_actor(), now=utc_now(), site=site, on=day)
    db.session.commit()
    flash(_("The day follows the calendar again."), "success")
    return redirect(site_address(site), 303)
