"""What a form asks for: its price, what speaks against it, and what could be booked instead."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from incubator.accounts.access import current_actor
from incubator.bookings import wording
from incubator.bookings.consent import PriceChanged, PriceUnseen
from incubator.bookings.forms import ANY, BookingForm
from incubator.bookings.planning import Occurrence, SeriesWish, plan_series
from incubator.bookings.rule_wording import terms_words
from incubator.bookings.suggesting import Suggestion, suggest
from incubator.bookings.terms import Terms
from incubator.core.errors import N_, Forbidden, NotFound, Refusal
from incubator.core.periods import Interval
from incubator.database import db
from incubator.documents.formats import clock, named
from incubator.i18n import reader_locale
from incubator.spaces.models import Resource
from incubator.spaces.queries import Bookable, get_bookable


class Wished(NamedTuple):
    """What is wished for, and the instants."""

    place: Bookable
    start: datetime
    end: datetime


def wish_of_form(form: BookingForm) -> Wished:
    """What the form wishes for; Refusal where something of it is missing."""
    if form.resource_id.data is None or None in (form.on.data, form.start.data, form.end.data):
        raise Refusal(N_("Choose a resource, a day and two times."))
    place = get_bookable(db.session(), current_actor(), form.resource_id.data)
    return Wished(place, *form.period(ZoneInfo(place.site.zone)))


def quote_form(form: BookingForm, now: datetime) -> tuple[Occurrence, Terms]:
    """The price, or what speaks against it: everything that `book` asks, the ledger, too."""
    wish_of_form(form)
    assert form.on.data and form.start.data is not None and form.end.data is not None  # refused by `wish_of_form`
    wish = SeriesWish(form.resource_id.data, form.holder(), (form.on.data,), form.start.data, form.end.data,
                      attendees=form.attendees.data, unit_id=form.unit(), voucher_id=form.voucher())  # fmt: skip
    plan = plan_series(db.session(), current_actor(), wish, now=now)
    (only,) = plan.occurrences
    if only.refusal is not None:
        raise only.refusal
    return only, plan.terms


def price_before_asking(form: BookingForm, now: datetime) -> dict[str, object] | None:
    """The price that the page shows at once, so that one can book without a script; None: not yet to be said."""
    chosen = {value for value, _name in form.resource_id.choices} & {form.resource_id.data}
    holder = {value for value, _name in form.startup_id.choices} & {form.startup_id.data}
    if not (chosen and holder):
        return None
    try:
        return price_shown(*quote_form(form, now))
    except Refusal:
        return None


def price_shown(wished: Occurrence, terms: Terms) -> dict[str, object]:
    """What is left to pay, and how it comes about: what allowances and a voucher pay of it is part of that."""
    return {
        "price": wording.price_of(wished, reader_locale()),
        "formula": wording.formula_of(wished, reader_locale()),
        "price_minor": wished.to_pay_minor,
        "rules": [{"name": name, "asks": asks} for name, asks in terms_words(terms, reader_locale())],
    }


def suggest_instead(form: BookingForm, refusal: Refusal, now: datetime) -> Suggestion | None:
    """What could be booked instead of what was refused: for a rule, opening hours, too many people or somebody who was
    first; None where the wish itself makes no sense, or only its price is asked about."""
    if isinstance(refusal, PriceUnseen | PriceChanged | Forbidden | NotFound):
        return None
    try:
        place, start, end = wish_of_form(form)
        if end <= start:
            return None
        return suggest(db.session(), current_actor(), place.resource, start, end, attendees=form.attendees.data,
                       startup_id=form.holder(), now=now, unit_id=form.unit())  # fmt: skip
    except Refusal:
        return None


def instead_of(suggestion: Suggestion) -> list[dict[str, object]]:
    """What could be booked instead, as the form's fields and in words."""
    zone, locale = suggestion.site.zone, reader_locale()

    def choice(resource: Resource, slot: Interval, name: str, **more: int) -> dict[str, object]:
        fields = {"resource_id": resource.id, "on": wording.local_date(slot.start, zone).isoformat(),
                  "start": clock(slot.start, zone), "end": clock(slot.end, zone)}  # fmt: skip
        return {"fields": fields | more, "name": name,
                "time": wording.span_text(slot.start, slot.end, zone, locale)}  # fmt: skip

    own, wanted = named(suggestion.resource, locale), suggestion.wanted
    any_of_it = [choice(suggestion.resource, wanted, " · ".join((own, _("any that is free"))), unit_id=ANY)]
    return [
        *(any_of_it if suggestion.pool_is_free else []),
        *(choice(suggestion.resource, slot, own) for slot in suggestion.slots),
        *(choice(other, wanted, named(other, locale)) for other in suggestion.others),
    ]
