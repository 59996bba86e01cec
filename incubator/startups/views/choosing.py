"""What signing and amending share: a site's units to choose from, and what the chosen ones come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash
from flask_babel import gettext as _

from incubator.core.errors import Refusal
from incubator.core.periods import local_instant
from incubator.documents.formats import day as day_text
from incubator.documents.formats import number
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.pricing.rules import check_day
from incubator.pricing.rules.proration import CALENDAR_DAYS
from incubator.spaces.models import Unit
from incubator.spaces.operations import Taken
from incubator.startups.forms import UnitChoice, UnitsForm
from incubator.startups.presenting import natural
from incubator.startups.queries import HeldBy
from incubator.startups.rules import ResidencyTerm
from incubator.startups.rules.limits import Crossed
from incubator.startups.rules.schedule import AS_IT_IS, FREE, Span, check_schedule, make_spans


def day_of(text: str | None) -> date | None:
    """A day that can be meant; None for all else."""
    try:
        day = date.fromisoformat(text or "")
        check_day(day)
    except (ValueError, Refusal):
        return None
    return day


def midnights(first: date, last: date | None, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """From the first day's local midnight to that after the last; what ends before it begins has no end."""
    start, end = local_instant(first, 0, zone), None if last is None else local_instant(last, 24 * 60, zone)
    return start, None if end is not None and end <= start else end


def in_order(units: Iterable[Unit], floors: Mapping[int, str], on: date) -> list[Unit]:
    """The units that are in service on the day or later, floor by floor, as people count: D2 before D10."""
    places = list(floors)
    there = [unit for unit in units if unit.in_service.upper is None or unit.in_service.upper > on]
    return sorted(there, key=lambda unit: (places.index(unit.on_floor), unit.kind != "office", natural(unit.code)))


def choice_of(unit: Unit, held: HeldBy | None, zone: ZoneInfo) -> UnitChoice:
    """A unit as plain values, with who has it then."""
    held_from = held.start.astimezone(zone).date() if held else None
    # the ledger's end is the first instant that is free again
    held_until = (held.end.astimezone(zone) - timedelta(microseconds=1)).date() if held and held.end else None
    return UnitChoice(unit.id, unit.code, unit.kind, unit.area_m2, unit.on_floor, held, held_from, held_until)


def show_refusal(form: UnitsForm, refusal: Refusal) -> int:
    """The sentence above the page, or at its field; and at the unit that another holds."""
    status = refuse(form, refusal)
    if isinstance(refusal, Taken):
        form.row(refusal.unit_id)["taken"].errors = [_("Taken by another.")]
    return status


def area_of(choices: Iterable[UnitChoice]) -> Decimal:
    """In m², together."""
    return sum((choice.area_m2 for choice in choices), Decimal(0))


def spans_typed(form: UnitsForm, choice: UnitChoice, first: date, last: date | None) -> list[Span]:
    """A unit's prices by what is typed so far: none before there is a rent, and what it is by."""
    row: Any = form.row(choice.id)
    if row["rent"].data is None or row["basis"].data not in dict(row["basis"].choices):
        return []
    schedule = form.schedule()
    service = None
    if row["service"].data is not None and row["service_basis"].data in dict(row["service_basis"].choices):
        service = row["service_basis"].data, row["service"].data
    typed: dict[str, Any] = {"basis": row["basis"].data, "rent": row["rent"].data, "fee": row["fee"].data,
                             "service": service, "first": first, "last": last}  # fmt: skip
    try:
        check_schedule(schedule, first, last)
        return make_spans(schedule=schedule, **typed)
    except Refusal:
        return make_spans(schedule=AS_IT_IS, **typed)


def term_of(choice: UnitChoice, span: Span, last: date | None, proration: str = CALENDAR_DAYS) -> ResidencyTerm:
    """A price as what a month is charged from."""
    ends_on = None if span.after is None else span.after - timedelta(days=1)
    if last is not None:
        ends_on = last if ends_on is None else min(ends_on, last)
    return ResidencyTerm(
        0, 0, "", 0, choice.id, choice.code, choice.kind, choice.area_m2, span.charge_kind, span.basis,
        span.unit_price, "CNY", span.first, ends_on, span.reason, proration,
    )  # fmt: skip


def usual_terms(terms: Sequence[ResidencyTerm], on: date) -> list[ResidencyTerm]:
    """The prices of a day, and where it is free of rent, those that follow."""
    found: dict[tuple[int, str], ResidencyTerm] = {}
    for term in sorted(terms, key=lambda term: term.starts_on):
        if term.reason != FREE and (term.ends_on is None or term.ends_on >= on):
            found.setdefault((term.unit_id, term.charge_kind), term)
    return list(found.values())


def warning_words(crossed: Crossed) -> str:
    """A limit that is crossed, as a sentence."""
    locale = reader_locale()
    if crossed.kind == "time":
        return _("It lasts beyond %(day)s, the end of the %(months)s months for which this startup may be incubated.",
                 day=day_text(crossed.last_day, locale), months=crossed.months_most)  # fmt: skip
    if crossed.kind == "open":
        return _("It has no last day; this startup may be incubated until %(day)s, for %(months)s months.",
                 day=day_text(crossed.last_day, locale), months=crossed.months_most)  # fmt: skip
    if crossed.kind == "area":
        return _("With it the startup has %(area)s m²; incubated companies may have %(most)s m² at the most.",
                 area=number(crossed.area_m2, locale, 2), most=number(crossed.area_most, locale))  # fmt: skip
    return _("The company was set up longer before it entered than incubated companies may be.")


def warn(warnings: Iterable[Crossed]) -> None:
    """Say on the next page what was crossed, and leave it to people. That an agreement has no last day is no news to
    whoever left it out: it stood beside the form, and when the time comes to its end they are told."""
    for crossed in warnings:
        if crossed.kind != "open":
            flash(warning_words(crossed), "warning")

