"""The page of a resource."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from flask.blueprints import BlueprintSetupState

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings.resource_page import see_resource
from incubator.bookings.rule_wording import terms_words
from incubator.bookings.views import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import duration
from incubator.i18n import reader_locale
from incubator.pricing.rules import FIRST_DAY, LAST_DAY
from incubator.pricing.wording import basis_name, price_text

FIRST_MONTH, LAST_MONTH = Month.of(FIRST_DAY), Month.of(LAST_DAY)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        time_in_words=lambda span: duration(span, reader_locale()), short_hours=short_hours,
        hourly_price=lambda item: f"{price_text(item.unit_price, reader_locale())} {basis_name(item.basis)}",
    )  # fmt: skip


def short_hours(span: timedelta) -> str:
    """A length of time in hours for a narrow place, with half an hour at the finest: 6 h 40 min is 6.5."""
    halves = int(span.total_seconds() // 1800)
    return f"{halves // 2}" + (".5" if halves % 2 else "")


@blueprint.route("/resources/<int:resource_id>")
@requires(Action.SEE_TIMELINE)
def show_resource(resource_id: int) -> str:
    """One resource: what it is and has, when it is open, what it costs, and what of a month is free."""
    actor, now = current_actor(), utc_now()
    page = see_resource(db.session(), actor, resource_id, month=_month(request.args.get("month")), now=now)
    return render_template(
        "bookings/show_resource.html", page=page, resource=page.placed.resource, site=page.placed.site,
        rules=terms_words(page.terms, reader_locale()), may_book=actor.can(Action.BOOK),
        earlier=page.month - 1 if page.month > FIRST_MONTH else None,
        later=page.month + 1 if page.month < LAST_MONTH else None,
        shows_price=actor.can(Action.BOOK) or actor.can(Action.SEE_PRICES),
    )  # fmt: skip


def _month(text: str | None) -> Month | None:
    try:
        month = Month.parse(text) if text else None
    except ValueError:
        raise NotFound(N_("There is no such month; write it as 2026-10.")) from None
    if month is not None and not FIRST_MONTH <= month <= LAST_MONTH:
        raise NotFound(N_("There is no such month; write it as 2026-10."))
    return month
