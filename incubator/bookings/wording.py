"""Bookings in words: when, at what price, where they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from incubator.bookings.allowance_wording import paid_formula
from incubator.bookings.models import Booking
from incubator.bookings.planning import Occurrence, Plan
from incubator.bookings.rules import State
from incubator.core.errors import N_
from incubator.core.periods import Interval
from incubator.core.recurrence import Recurrence
from incubator.documents.formats import clock, day, money, named, number, sentence, weekday
from incubator.pricing.wording import composed_formula, price_text
from incubator.subsidies.queries.vouchers import VoucherRow

STATES: dict[State, tuple[str, str]] = {
    State.AWAITING: (N_("Awaiting approval"), "orange"),
    State.CONFIRMED: (N_("Confirmed"), "green"),
    State.RUNNING: (N_("In use"), "azure"),
    State.OVER: (N_("Over"), "secondary"),
    State.ENDED_EARLY: (N_("Cut short"), "secondary"),
    State.CANCELLED: (N_("Cancelled"), "secondary"),
}
"""Its name and its tone."""


ORDINALS = {1: N_("first"), 2: N_("second"), 3: N_("third"), 4: N_("fourth"), 5: N_("fifth"), -1: N_("last")}
MOST_NAMED = 5
"""Days that a sentence names one by one; of more it says how many they are."""
ARRIVALS = {
    "door": N_("by the code at the door"),
    "front_desk": N_("seen by the front desk"),
    "person": N_("by their own word"),
}
"""The evidence of an arrival."""


def arrival_words(source: str) -> str:
    """How one knows that somebody came."""
    return _(ARRIVALS[source])


def state_words(state: State) -> tuple[str, str]:
    """A state's name in the reader's language, and its tone."""
    name, tone = STATES[state]
    return _(name), tone


def stretch_words() -> dict[str, str]:
    """What the timeline calls each kind of stretch."""
    return {"own": _("My booking"), "booking": _("Booking"), "taken": _("Taken"), "residency": _("Let"),
            "closure": _("Closure"), "awaiting": _("Awaiting approval")}  # fmt: skip


def hours_text(start: datetime, end: datetime, zone: str) -> str:
    """`10:00–11:30`; the midnight that ends the day is 24:00."""
    return f"{clock(start, zone)}–{_end_clock(start, end, zone)}"


def span_text(start: datetime, end: datetime, zone: str, locale: str) -> str:
    """2026年10月10日 10:00–11:30, with the second day where it ends on another."""
    first = local_date(start, zone)
    if local_date(end, zone) > first and _end_clock(start, end, zone) != "24:00":
        return f"{day(first, locale)} {clock(start, zone)} – {day(local_date(end, zone), locale)} {clock(end, zone)}"
    return f"{day(first, locale)} {hours_text(start, end, zone)}"


def slot_text(time: Interval, zone: str, locale: str) -> str:
    """周六 2026年10月10日 10:00–11:30."""
    return f"{weekday(local_date(time.start, zone), locale)} {span_text(time.start, time.end, zone, locale)}"


def local_date(at: datetime, zone: str) -> date:
    """The site's day."""
    return at.astimezone(ZoneInfo(zone)).date()


def _end_clock(start: datetime, end: datetime, zone: str) -> str:
    text = clock(end, zone)
    is_next_midnight = text == "00:00" and local_date(end, zone) == local_date(start, zone) + timedelta(days=1)
    return "24:00" if is_next_midnight else text


def price_formula(booking: Booking, locale: str) -> str:
    """How the price that was agreed came about: 90 minutes at 50.00 yuan an hour = ¥75.00; empty where it is free."""
    data: dict[str, Any] = booking.quote
    if data.get("free", True):
        return ""
    return _formula(data["minutes"], Decimal(data["unit_price"]), booking.price_minor, booking.currency, locale, data)


def end_words(booking: Booking, locale: str) -> str:
    """What became of a booking that was cancelled or ended early, as it is told."""
    if booking.cancelled_at is None:
        return _("Ended early: the rest is free again.")
    if booking.fee_minor:
        return _("Cancelled: the time is free again; %(fee)s is charged.",
                 fee=money(booking.fee_minor, booking.currency, locale))  # fmt: skip
    return _("Cancelled: the time is free again, nothing is charged.")


def price_of(wished: Occurrence, locale: str) -> str:
    """What a booking would leave to pay: ¥75.00, ¥25.00 where an allowance or a voucher pays the rest, or free."""
    quote = wished.quote
    assert quote is not None  # of one that can be booked
    return _("Free of charge") if quote.free else money(wished.to_pay_minor, quote.currency, locale)


def voucher_choice(row: VoucherRow, locale: str) -> str:
    """A voucher to choose: V-2026-0001 · Innovation voucher · bears 50%, ¥850.00 left."""
    bears = _("bears %(share)s%%, %(left)s left", share=number(row.series.share_percent, locale),
              left=money(row.balance.left, "CNY", locale))  # fmt: skip
    return " · ".join([row.voucher.label, named(row.series, locale), bears])


def formula_of(wished: Occurrence, locale: str) -> str:
    """How that comes about; empty where it is free."""
    quote = wished.quote
    if quote is None or quote.free:
        return ""
    said = _formula(quote.minutes, quote.unit_price, quote.gross_minor, quote.currency, locale, quote.more())
    borne = None if wished.borne is None else (wished.borne.voucher, wished.borne.value_minor)
    return paid_formula(said, wished.paid, wished.to_pay_minor, quote.currency, locale, borne)


def _formula(
    minutes: int, unit_price: Decimal, gross_minor: int, currency: str, locale: str, more: dict[str, Any]
) -> str:  # fmt: skip
    if more.get("parts"):
        return composed_formula(more, money(gross_minor, currency, locale), locale)
    return _("%(minutes)s minutes at %(price)s yuan an hour = %(gross)s", minutes=number(minutes, locale),
             price=price_text(unit_price, locale), gross=money(gross_minor, currency, locale))  # fmt: skip


class PlanRow(NamedTuple):
    """A time before it is booked: when, what is said beside it, its price, and what speaks against it."""

    on: date
    when: str
    note: str
    price: str = ""
    fault: str = ""
    left_out: bool = False


def plan_rows(plan: Plan, locale: str, left_out: Collection[date] = ()) -> list[PlanRow]:
    """Each day of a series as a row: those of the plan, and those that were left out of it."""
    rows = [
        PlanRow(each.on, day(each.on, locale), weekday(each.on, locale), price_of(each, locale) if each.quote else "",
                sentence(each.refusal, locale) if each.refusal else "")
        for each in plan.occurrences
    ]  # fmt: skip
    rows += [PlanRow(on, day(on, locale), weekday(on, locale), left_out=True) for on in left_out]
    return sorted(rows, key=lambda row: row.on)


def except_words(days: Sequence[date], locale: str) -> str:
    """The days that a series leaves out, as far as they are few; empty where there are none."""
    if len(days) > MOST_NAMED:
        return ngettext("%(num)d day is left out", "%(num)d days are left out", len(days))
    listed = ("、" if locale == "zh_Hans" else ", ").join(day(each, locale) for each in days)
    return _("without %(days)s", days=listed) if days else ""


def _monthly(rhythm: Recurrence, weekday_name: str) -> str:
    """`monthly on the second Mon`, `every 3 months on day 12`."""
    often = _("monthly") if rhythm.interval == 1 else _("every %(number)s months", number=rhythm.interval)
    if rhythm.nth is not None:
        return _("%(often)s on the %(nth)s %(day)s", often=often, nth=_(ORDINALS[rhythm.nth]), day=weekday_name)
    if rhythm.monthday == -1:
        return _("%(often)s on the last day", often=often)
    return _("%(often)s on day %(day)s", often=often, day=rhythm.monthday)


def rhythm_words(rhythm: Recurrence, locale: str) -> str:
    """`every 2 weeks on Mon, Wed, 10 times, not on statutory holidays`."""
    names = [weekday(date(2024, 1, 1) + timedelta(days=each), locale) for each in sorted(set(rhythm.weekdays))]
    listed = ("、" if locale == "zh_Hans" else ", ").join(names)
    if rhythm.calendar == "working":
        said = _("every working day")
    elif rhythm.freq == "WEEKLY":
        said = (_("weekly on %(days)s", days=listed) if rhythm.interval == 1
                else _("every %(number)s weeks on %(days)s", number=rhythm.interval, days=listed))  # fmt: skip
    elif rhythm.freq == "DAILY":
        said = _("every day") if rhythm.interval == 1 else _("every %(number)s days", number=rhythm.interval)
    else:
        said = _monthly(rhythm, listed)
    end = (_("until %(day)s", day=day(rhythm.until, locale)) if rhythm.until
           else _("%(count)s times", count=rhythm.count))  # fmt: skip
    parts = [said, end] + ([_("not on statutory holidays")] if rhythm.calendar == "skip" else [])
    return ("，" if locale == "zh_Hans" else ", ").join(parts)
