"""From agreed terms to prices day by day: rent-free times, steps, what ends and what begins. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct
from msgspec.structs import replace

from incubator.core.errors import N_, Refusal
from incubator.pricing.rules import HIGHEST_PRICE
from incubator.pricing.rules.proposals import STEP_MONTHS
from incubator.startups.rules.limits import add_months

FREE, STEP = "free", "step"
REASONS = ("", FREE, STEP)
FEN = Decimal("0.01")
MOST_STEPS = 40
A_DAY = timedelta(days=1)


class FreeTime(Struct, frozen=True):
    """No rent is owed from `first` to `last`, both inclusive; fees go on."""

    first: date
    last: date


class Steps(Struct, frozen=True):
    """The rent changes every so many months: by a percentage of what it was, or by an amount of yuan."""

    every_months: int
    percent: Decimal | None = None
    amount: Decimal | None = None
    times: int | None = None
    """How often; None: as long as the agreement runs."""
    then: Steps | None = None
    """How it steps afterwards, counted from the last of these."""

    def in_turn(self) -> Iterator[Steps]:
        """These, and what follows them."""
        yield self
        if self.then is not None:
            yield from self.then.in_turn()


class Schedule(Struct, frozen=True):
    """What of a rent is agreed beyond its first price."""

    free: tuple[FreeTime, ...] = ()
    steps: Steps | None = None


AS_IT_IS = Schedule()


class Span(Struct, frozen=True):
    """A price from a day on: until the day before `after`, or until the agreement's end (None)."""

    charge_kind: str
    basis: str
    unit_price: Decimal
    first: date
    after: date | None
    reason: str = ""


def check_schedule(schedule: Schedule, first: date, last: date | None) -> None:
    """Refusal where it can't be meant: free times outside the term or over one another, steps without an end."""
    before: FreeTime | None = None
    for each in sorted(schedule.free, key=lambda free: free.first):
        if each.last < each.first:
            raise Refusal(N_("The last day must not come before the first."), field="free")
        if each.first < first or (last is not None and each.last > last):
            raise Refusal(N_("The rent-free time lies outside the time that is agreed for."), field="free")
        if before is not None and each.first <= before.last:
            raise Refusal(N_("Two rent-free times overlap."), field="free")
        before = each
    if schedule.steps is not None:
        for steps in schedule.steps.in_turn():
            _check_steps(steps, last)


def _check_steps(steps: Steps, last: date | None) -> None:
    if (steps.percent is None) == (steps.amount is None):
        raise Refusal(N_("A rent steps by a percentage or by an amount."), field="steps")
    if not STEP_MONTHS[0] <= steps.every_months <= STEP_MONTHS[1]:
        raise Refusal(N_("Give a number of months from %(fewest)s to %(most)s."), field="steps",
                      fewest=STEP_MONTHS[0], most=STEP_MONTHS[1])  # fmt: skip
    if steps.percent is not None and (not -100 < steps.percent <= 100 or steps.percent == 0):
        raise Refusal(N_("Give a percentage such as 5 or -2.5."), field="steps")
    if steps.amount is not None and (steps.amount == 0 or abs(steps.amount) > HIGHEST_PRICE):
        raise Refusal(N_("Give an amount in yuan such as 2 or -0.5."), field="steps")
    if steps.times is not None and not 1 <= steps.times <= MOST_STEPS:
        raise Refusal(N_("Give a number of steps from 1 to %(most)s."), field="steps", most=MOST_STEPS)
    if steps.then is not None and steps.times is None:
        raise Refusal(N_("Say how often the rent steps before it steps otherwise."), field="steps")
    if last is None and steps.times is None:
        raise Refusal(N_("Without a last day, say how often the rent steps."), field="steps")


def step_prices(price: Decimal, steps: Steps | None, first: date, last: date | None) -> list[tuple[date, Decimal]]:
    """The rent from the first day on: (day, price) for it and for each step within the term.

    80.00 with 5 % every 12 months: 80.00, 84.00, 88.20, 92.61, 97.24. Each is made from the one before as it was
    written, rounded half up to the fen (97.2405 → 97.24), or to as many places as the first price has. Never below 0.
    With 5 % once and then 8 %: 80.00, 84.00, 90.72, 97.98.
    """
    found = [(first, price)]
    places, day = min(FEN, Decimal(1).scaleb(_exponent(price))), first
    for rule in steps.in_turn() if steps else ():
        since = day
        for number in range(1, (rule.times or MOST_STEPS) + 1):
            day = add_months(since, rule.every_months * number)
            if last is not None and day > last:
                return found
            price = price + rule.amount if rule.amount is not None else price * (100 + (rule.percent or 0)) / 100
            price = max(Decimal(0), price).quantize(places, ROUND_HALF_UP)
            if price > HIGHEST_PRICE:
                raise Refusal(N_("By these steps the rent becomes higher than a price can be."), field="steps")
            found.append((day, price))
    return found


def _exponent(price: Decimal) -> int:
    exponent = price.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # a price is a number
    return exponent


def make_spans(
    *, basis: str, rent: Decimal, fee: Decimal | None, schedule: Schedule, first: date, last: date | None,
    service: tuple[str, Decimal] | None = None,
) -> list[Span]:  # fmt: skip
    """A unit's prices from `first` on.

    75.00 from 16 October 2026, free until 15 November, 5 % every 12 months, until 15 October 2028: 0.00 from
    16 October, 75.00 from 16 November, 78.75 from 16 October 2027. The last one has no end of its own: it ends with
    the agreement, and goes on where that is renewed. `service` is the service fee with what it is by.
    """
    rents = step_prices(rent, schedule.steps, first, last)
    ends: list[date | None] = [*(day for day, _ in rents[1:]), None]
    spans = [
        Span("rent", basis, price, day, after, STEP if day != first else "")
        for (day, price), after in zip(rents, ends, strict=True)
    ]
    for free in schedule.free:
        spans = [part for span in spans for part in _let_free(span, free)]
    found = _joined(spans)
    if fee is not None:
        found.append(Span("property_fee", "m2_month", fee, first, None))
    if service is not None:
        found.append(Span("service_fee", *service, first, None))
    return found


def _let_free(span: Span, free: FreeTime) -> list[Span]:
    """What is left of a price with a free time in it: before, the free time at 0, after."""
    first = max(span.first, free.first)
    after = free.last + A_DAY if span.after is None else min(span.after, free.last + A_DAY)
    if first >= after or span.reason == FREE:
        return [span]
    parts = [replace(span, first=first, after=after, unit_price=Decimal(0), reason=FREE)]
    if span.first < first:
        parts.insert(0, replace(span, after=first))
    if span.after is None or after < span.after:
        parts.append(replace(span, first=after))
    return parts


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that follow each other at one price for one reason are one: a free time over a step, for instance."""
    found: list[Span] = []
    for span in spans:
        before = found[-1] if found else None
        if before and before.after == span.first and before == replace(span, first=before.first, after=before.after):
            found[-1] = replace(before, after=span.after)
        else:
            found.append(span)
    return found


def price_on(spans: Iterable[Span], charge_kind: str, on: date) -> Decimal | None:
    """What is asked on a day; None: nothing is agreed for it."""
    return next(
        (each.unit_price for each in spans
         if each.charge_kind == charge_kind and each.first <= on and (each.after is None or on < each.after)),
        None,
    )  # fmt: skip
