"""What a series would book: each occurrence with its price, or with what speaks against it; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.bookings.allowances import Allowances, foresee, local_date
from incubator.bookings.by_voucher import borne_of, orders_of
from incubator.bookings.members import outside_days
from incubator.bookings.models import Booking
from incubator.bookings.queries import check_holder
from incubator.bookings.rulebook import Quotas, holder_ids, limits_for, list_rules, place_of, survey_quotas, terms_of
from incubator.bookings.rules import GRACE, Wish, doors_of, refusals, wall_period
from incubator.bookings.terms import Terms, Use
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Interval
from incubator.pricing.allowances import COMING, Paid, Payable
from incubator.pricing.queries import list_price_items
from incubator.pricing.rules import PriceItem, Quote, Unpriced, free_quote, pick_item, quote
from incubator.spaces.hours_queries import get_own_hours, get_site_calendar
from incubator.spaces.ledger_queries import list_held
from incubator.spaces.models import Resource, Site, Unit
from incubator.spaces.operations.ledger import LedgerRow, rows_for
from incubator.spaces.operations.taken import Taken
from incubator.spaces.queries import Bookable, get_bookable, inclusive_dates
from incubator.spaces.rules import OwnHours, Service, SiteCalendar, check_service
from incubator.startups.rules.booking_limits import Limit
from incubator.subsidies.rules.vouchers import Borne

NEVER = datetime.min.replace(tzinfo=UTC)


class SeriesWish(Struct, frozen=True):
    """The same booking on several days: wall times of the site, so that a change of clocks moves none."""

    resource_id: int
    startup_id: int | None
    days: tuple[date, ...]
    start: time
    end: time
    """00:00 is the end of the day."""
    title: str = ""
    attendees: int | None = None
    grace: timedelta = GRACE
    """How late it may be sent."""
    unit_id: int | None = None
    """The one of a pool that is wanted; None: any."""
    voucher_id: int | None = None
    """A voucher that is to bear its share, of a booking on a single day."""


class Occurrence(Struct, frozen=True):
    """One day of a series: what it would take and cost, or why it can't be (`refusal`)."""

    on: date
    start: datetime | None = None
    end: datetime | None = None
    quote: Quote | None = None
    units: tuple[Unit, ...] = ()
    refusal: Refusal | None = None
    paid: tuple[Paid, ...] = ()
    """What allowances would pay of its price."""
    title: str = ""
    """Of its own; empty: that of the wish."""
    borne: Borne | None = None
    """What a voucher would bear of what allowances leave."""

    @property
    def to_bear_minor(self) -> int:
        """What allowances leave of its price, for a voucher to bear a share of."""
        return (self.quote.gross_minor if self.quote else 0) - sum(each.value_minor for each in self.paid)

    @property
    def to_pay_minor(self) -> int:
        """What is left to pay of its price."""
        return self.to_bear_minor - (self.borne.value_minor if self.borne else 0)

    def is_same_as(self, booking: Booking, resource: Resource) -> bool:
        """Whether it is the same room and time that a booking has: then it keeps its place in line for allowances."""
        return (booking.resource_id, booking.start, booking.end) == (resource.id, self.start, self.end)


class Plan(Struct):
    """All days of a series, in order."""

    place: Bookable
    terms: Terms
    occurrences: list[Occurrence] = field(default_factory=list)

    @property
    def site(self) -> Site:
        return self.place.site

    @property
    def resource(self) -> Resource:
        return self.place.resource

    @property
    def free(self) -> list[Occurrence]:
        """Those that can be booked."""
        return [each for each in self.occurrences if each.refusal is None]

    @property
    def refused(self) -> list[Occurrence]:
        return [each for each in self.occurrences if each.refusal is not None]

    @property
    def total_minor(self) -> int:
        """What those that can be booked leave to pay together, allowances and vouchers counted."""
        return sum(each.to_pay_minor for each in self.free)

    def ledger_rows(self, occurrence: Occurrence, booking_id: int) -> list[LedgerRow]:
        """What the occurrence takes, and what is kept free beside it."""
        start, end = occurrence.start, occurrence.end
        assert start is not None and end is not None  # of one that can be booked
        return rows_for(("booking", booking_id), occurrence.units, start, end, self.terms.buffers)


class _Ground(Struct):
    actor: Actor
    site: Site
    calendar: SiteCalendar
    resource: Resource
    terms: Terms
    units: Sequence[Unit]
    items: Sequence[PriceItem]
    quotas: Quotas
    taken: dict[int, list[Interval]]
    own: OwnHours
    outside: frozenset[date]
    """Days on which the startup books as an outsider."""
    limits: Mapping[int, Limit] = field(default_factory=dict)


def plan_series(
    session: Session, actor: Actor, wish: SeriesWish, *, now: datetime, leave_out: Collection[int] = (),
    instead: Mapping[date, Booking] | None = None,
) -> Plan:  # fmt: skip
    """Each day of the wish against rules, quotas, ledger, tariff and allowances, its own earlier days counted; twelve
    statements.

    `leave_out` are bookings that the wish is to take the place of: what they hold counts as free; `instead` says which
    of them each day is to become.
    """
    plan, calendar = _begin(session, actor, wish)
    spans: list[Wanted] = []
    for on in sorted(set(wish.days)):
        try:
            spans.append(Wanted(on, Interval(*wall_period(on, wish.start, wish.end, calendar.zone))))
        except Refusal as refusal:
            plan.occurrences.append(Occurrence(on, refusal=refusal))
        except ValueError:
            plan.occurrences.append(
                Occurrence(on, refusal=Refusal(N_("The end must come after the start."), field="end"))
            )
    return _fill(session, actor, plan, calendar, wish, spans, now, leave_out, instead or {})


def plan_spans(
    session: Session, actor: Actor, wish: SeriesWish, spans: Sequence[tuple[Interval, str]], *, now: datetime
) -> Plan:
    """The same of times that follow no rhythm, each with a title: what a calendar file holds, in order."""
    plan, calendar = _begin(session, actor, wish)
    wanted = [Wanted(_day(span.start, calendar), span, title) for span, title in sorted(spans)]
    return _fill(session, actor, plan, calendar, wish, wanted, now, (), {})


class Wanted(Struct, frozen=True):
    """A time that is wished for, and its local day."""

    on: date
    time: Interval
    title: str = ""


def _begin(session: Session, actor: Actor, wish: SeriesWish) -> tuple[Plan, SiteCalendar]:
    check_holder(session, actor, wish.startup_id)
    place = get_bookable(session, actor, wish.resource_id)
    terms = terms_of(list_rules(session, holder_ids(wish.startup_id)), place.resource)
    return Plan(place, terms), get_site_calendar(session, place.site)


def _fill(
    session: Session, actor: Actor, plan: Plan, calendar: SiteCalendar, wish: SeriesWish, spans: Sequence[Wanted],
    now: datetime, leave_out: Collection[int], instead: Mapping[date, Booking],
) -> Plan:  # fmt: skip
    if spans:
        times = [each.time for each in spans]
        ground = _survey(session, actor, wish, plan.place, calendar, plan.terms, times, leave_out, now)
        plan.occurrences += [_check(ground, wish, each, now) for each in spans]
    plan.occurrences.sort(key=lambda each: (each.on, each.start or NEVER))
    _foresee(session, plan, wish, now, leave_out, instead)
    if wish.voucher_id is not None or instead:
        _foresee_vouchers(session, plan, wish, now, instead)
    return plan


def price_one(
    session: Session, *, resource: Resource, site: Site, start: datetime, end: datetime, startup_id: int | None,
    now: datetime, voucher_id: int | None = None, allowances: Allowances | None = None,
) -> Occurrence:  # fmt: skip
    """What one booking would cost, and allowances and a voucher would pay of it, whether or not it could be had."""
    on = local_date(start, site.zone)
    quote = _quote_one(session, resource, on, start, end, startup_id)
    use = Payable(COMING, now, on, quote.minutes, quote.gross_minor, resource.kind, site.id, quote.currency)
    paid = foresee(session, startup_id, [use], allowances=allowances).get(COMING, ())
    found = Occurrence(on, start, end, quote, paid=paid)
    if voucher_id is None:
        return found
    return replace(found, borne=borne_of(session, resource, startup_id, voucher_id, found.to_bear_minor, now))


def _quote_one(
    session: Session, resource: Resource, on: date, start: datetime, end: datetime, startup_id: int | None
) -> Quote:  # fmt: skip
    if startup_id is None:
        return free_quote(start, end)
    items = list_price_items(session, resource.site_id)
    outside = on in outside_days(session, items, startup_id, [on])
    item = pick_item(items, resource_id=resource.id, resource_kind=resource.kind, on=on, outside=outside)
    if item is None:
        raise Unpriced(resource.name)
    return quote(item, start, end)


def _foresee_vouchers(
    session: Session, plan: Plan, wish: SeriesWish, now: datetime, instead: Mapping[date, Booking]
) -> None:
    """What a voucher would bear of each day that can be booked: of a new booking the one that is wished for, of one
    that is changed the one that it has."""
    orders = orders_of(session, [booking.id for booking in instead.values()])
    for number, each in enumerate(plan.occurrences):
        was = instead.get(each.on)
        order = None if was is None else orders.get(was.id)
        voucher_id = wish.voucher_id if was is None else order.voucher.id if order else None
        if each.refusal is not None or each.quote is None or voucher_id is None:
            continue
        try:
            borne = borne_of(session, plan.resource, wish.startup_id, voucher_id, each.to_bear_minor, now, order)
            plan.occurrences[number] = replace(each, borne=borne if borne.value_minor else None)
        except Refusal as refusal:
            plan.occurrences[number] = replace(each, refusal=refusal)


def _foresee(
    session: Session, plan: Plan, wish: SeriesWish, now: datetime, leave_out: Collection[int],
    instead: Mapping[date, Booking],
) -> None:  # fmt: skip
    """Let each day that can be booked know what allowances would pay of it."""
    uses: dict[int, Payable] = {}
    for number, each in enumerate(plan.occurrences):
        if each.refusal is not None or each.quote is None:
            continue
        booking_id, since, was = COMING + number, now, instead.get(each.on)
        if was is not None:
            stays = each.is_same_as(was, plan.resource)
            booking_id, since = was.id, (was.moved_at or was.created_at) if stays else now
        uses[number] = Payable(booking_id, since, each.on, each.quote.minutes, each.quote.gross_minor,
                               plan.resource.kind, plan.site.id, each.quote.currency)  # fmt: skip
    paid = foresee(session, wish.startup_id, list(uses.values()), leave_out)
    plan.occurrences = [
        replace(each, paid=paid.get(uses[number].booking_id, ())) if number in uses else each
        for number, each in enumerate(plan.occurrences)
    ]  # fmt: skip


def _survey(
    session: Session, actor: Actor, wish: SeriesWish, place: Bookable, calendar: SiteCalendar, terms: Terms,
    spans: Sequence[Interval], leave_out: Collection[int], now: datetime,
) -> _Ground:  # fmt: skip
    resource, site = place.resource, place.site
    whole = Interval(spans[0].start, max(span.end for span in spans))
    before, after = terms.buffers
    units = pick_units(resource, place.units, wish.unit_id)
    taken: dict[int, list[Interval]] = {unit.id: [] for unit in units}
    for held in list_held(session, site.id, whole.start - before, whole.end + after, taken):
        if held.holder_kind in ("booking", "buffer") and held.holder_id in leave_out:
            continue
        taken[held.unit_id].append(Interval(held.start, held.end or whole.end + after))
    bound = wish.startup_id is not None and not actor.can(Action.BOOK_FOR_OTHERS)
    quotas = survey_quotas(
        session, terms.rules if bound else (), startup_id=wish.startup_id, person_id=actor.person_id,
        zone=calendar.zone, around=whole, now=now, leave_out=leave_out,
    )  # fmt: skip
    own = get_own_hours(session, resource.id, _day(whole.start, calendar), _day(whole.end, calendar))
    items = list_price_items(session, site.id)
    outside = outside_days(session, items, wish.startup_id, {_day(span.start, calendar) for span in spans})
    limits = limits_for(session, actor, wish.startup_id)
    return _Ground(actor, site, calendar, resource, terms, units, items, quotas, taken, own, outside, limits)


def _day(at: datetime, calendar: SiteCalendar) -> date:
    return at.astimezone(calendar.zone).date()


def _check(ground: _Ground, wish: SeriesWish, wanted: Wanted, now: datetime) -> Occurrence:
    on, span = wanted.on, wanted.time
    try:
        _check_rules(ground, wish, on, span, now)
        units = _choose(ground, wish, span)
        price = _price(ground, wish, on, span)
    except Refusal as refusal:
        return Occurrence(on, span.start, span.end, refusal=refusal, title=wanted.title)
    before, after = ground.terms.buffers
    for unit in units:
        ground.taken[unit.id].append(Interval(span.start - before, span.end + after))
    use = Use(span, place_of(ground.resource), wish.startup_id, ground.actor.person_id)
    ground.quotas = replace(ground.quotas, uses=[*ground.quotas.uses, use])
    return Occurrence(on, span.start, span.end, price, tuple(units), title=wanted.title)


def _check_rules(ground: _Ground, wish: SeriesWish, on: date, span: Interval, now: datetime) -> None:
    by_staff = ground.actor.can(Action.BOOK_FOR_OTHERS)
    doors = doors_of(ground.resource.name, ground.resource.name_en, ground.calendar, ground.own, on)
    asked = Wish(span.start, span.end, ground.terms, ground.resource.capacity, wish.attendees, ground.calendar.zone,
                 by_staff, ground.actor.roles, holder_ids(wish.startup_id), doors, wish.grace,
                 ground.limits)  # fmt: skip
    for refusal in refusals(asked, doors.openings, now):
        raise refusal
    if wish.startup_id is not None and not by_staff and (broken := ground.quotas.refusal(ground.terms, span)):
        raise broken


def pick_units(resource: Resource, units: Sequence[Unit], unit_id: int | None) -> Sequence[Unit]:
    """What a booking may take: of a pool the one that is wanted, else any of its units; of all others all of them."""
    if unit_id is None:
        return units
    chosen = [unit for unit in units if unit.id == unit_id]
    if resource.takes == "all" or not chosen:
        raise Refusal(N_("This can't be chosen of “%(resource)s”: choose another one, or any."), field="unit_id",
                      resource=resource)  # fmt: skip
    return chosen


def _choose(ground: _Ground, wish: SeriesWish, span: Interval) -> Sequence[Unit]:
    """All units of the resource, or any free one; Taken where that is not to be had."""
    before, after = ground.terms.buffers
    wanted = Interval(span.start - before, span.end + after)
    clashes = {unit.id: next((held for held in sorted(ground.taken[unit.id]) if held.overlaps(wanted)), None)
               for unit in ground.units}  # fmt: skip
    free = [unit for unit in ground.units if clashes[unit.id] is None]
    if not free or (ground.resource.takes == "all" and len(free) < len(ground.units)):
        unit = next(unit for unit in ground.units if clashes[unit.id] is not None)
        clash = clashes[unit.id]
        assert clash is not None
        beside = clash.end <= span.start or span.end <= clash.start
        taken = Taken(unit, clash.start, clash.end, ground.site.zone, beside=beside)
        raise taken if wish.unit_id is not None else taken.of(ground.resource)
    services = {unit.id: Service(unit.code, unit.site_id, *inclusive_dates(unit.in_service), ground.calendar.zone)
                for unit in free}  # fmt: skip
    if ground.resource.takes == "all":
        for unit in free:
            check_service(services[unit.id], span.start, span.end)
        return free
    unfit: Refusal | None = None
    for unit in free:
        try:
            check_service(services[unit.id], span.start, span.end)
            return [unit]
        except Refusal as refusal:
            unfit = refusal
    assert unfit is not None
    raise unfit


def _price(ground: _Ground, wish: SeriesWish, on: date, span: Interval) -> Quote:
    if wish.startup_id is None:
        return free_quote(span.start, span.end)
    resource = ground.resource
    item = pick_item(ground.items, resource_id=resource.id, resource_kind=resource.kind, on=on,
                     outside=on in ground.outside)  # fmt: skip
    if item is None:
        raise Unpriced(resource.name)
    return quote(item, span.start, span.end)
