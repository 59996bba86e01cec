"""On random ledgers every measure, by every dimension, is what a model says that looks at each single minute."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, count
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.core.periods import days_between, local_instant
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import MEASURES, OCCUPANCY
from incubator.reports.measuring.question import Question
from incubator.spaces.hours_queries import get_own_hours, get_site_calendar
from incubator.spaces.models import (
    Allocation,
    CalendarOverride,
    Floor,
    OpeningHours,
    Resource,
    ResourceHours,
    ResourceUnit,
    Site,
    Unit,
)
from incubator.spaces.rules import opening_intervals, resource_openings
from incubator.startups.models import Enrolment, Programme, Residency, Startup
from tests.cast import Cast

PLACES = [
    ("America/New_York", date(2026, 10, 29), date(2026, 11, 4)),  # 1 November has 25 hours
    ("Europe/London", date(2026, 3, 26), date(2026, 4, 2)),  # 29 March has 23
    ("Asia/Shanghai", date(2026, 9, 28), date(2026, 10, 11)),  # holidays and swapped days
    ("Australia/Lord_Howe", date(2026, 3, 31), date(2026, 4, 7)),  # half an hour is put back
]
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = count(1)
CUTS = [
    (), ("unit",), ("kind", "floor"), ("site", "month"), ("day",), ("weekday",), ("hour",), ("startup",), ("programme",),
    ("startup", "hour"), ("unit", "day"), ("month", "programme", "kind"),
]  # fmt: skip
SHARED = {name for name, measure in MEASURES.items() if measure.is_share and not measure.of_holder}


@dataclass
class Story:
    """What was made, as the model needs it."""

    site: Site
    zone: ZoneInfo
    first: date
    last: date
    units: list[Unit]
    uses: list[tuple[Allocation, Booking | Residency | None]] = field(default_factory=list)
    startups: dict[int, Startup] = field(default_factory=dict)
    programmes: dict[int, list[tuple[int, date, date | None]]] = field(default_factory=dict)
    seats: dict[int, int] = field(default_factory=dict)
    hall: Resource | None = None


def tell(session: Session, cast: Cast, random: Random) -> Story:
    zone_name, first, last = random.choice(PLACES)
    zone = ZoneInfo(zone_name)
    session.add(site := Site(code=f"X{next(NUMBERS)}", name="随机", zone=zone_name, created_at=CREATED))
    session.flush()
    changes = first + timedelta(days=random.randrange(2, 7))
    a, b = sorted(random.sample(range(0, 1441, 15), 2))
    hours = [("workday", 540, 1080, None, changes), ("workday", a, b, changes, None)]
    hours += [("restday", 0, 1440, None, None)] if random.random() < 0.4 else []
    session.add_all(OpeningHours(site_id=site.id, day_kind=kind, opens_minute=o, closes_minute=c, valid=Range(f, t))
                    for kind, o, c, f, t in hours)  # fmt: skip
    session.add(CalendarOverride(site_id=site.id, on=first + timedelta(days=1), day_kind="closed"))
    floors = [Floor(site_id=site.id, name=name, level=level) for level, name in enumerate(("一层", "二层"))]
    session.add_all(floors)
    session.flush()
    units = []
    for code, kind, purpose in (("H1", "hall", "public_service"), ("H2", "hall", "public_service"),
                                ("R1", "room", "public_service"), ("D1", "desk", "incubation"),
                                ("O1", "office", "incubation"), ("P1", "parking", "incubation")):  # fmt: skip
        since = first + timedelta(days=random.randrange(-9, 5)) if random.random() < 0.4 else None
        until = last - timedelta(days=random.randrange(-9, 5)) if random.random() < 0.4 else None
        if since and until and until <= since:
            until = None
        units.append(Unit(site_id=site.id, floor_id=random.choice(floors).id, code=code, kind=kind, purpose=purpose,
                          area_m2=Decimal(random.randrange(100, 9999)) / 100, in_service=Range(since, until)))  # fmt: skip
    session.add_all(units)
    hall = Resource(site_id=site.id, code="H", name="厅", kind="hall", capacity=random.randrange(2, 60))
    half = Resource(site_id=site.id, code="HA", name="半厅", kind="hall", capacity=random.randrange(1, 30))
    room = Resource(site_id=site.id, code="R", name="室", kind="meeting_room", capacity=random.randrange(1, 9))
    session.add_all([hall, half, room])
    session.flush()
    o = {"operator_id": cast.operator_id}
    session.add_all([
        ResourceUnit(**o, resource_id=hall.id, unit_id=units[0].id), ResourceUnit(**o, resource_id=hall.id, unit_id=units[1].id),
        ResourceUnit(**o, resource_id=half.id, unit_id=units[0].id), ResourceUnit(**o, resource_id=room.id, unit_id=units[2].id),
        ResourceHours(resource_id=room.id, day_kind="workday", opens_minute=600, closes_minute=960, valid=Range(None, None)),
    ])
    story = Story(site, zone, first, last, units, hall=hall)
    story.seats = {units[0].id: half.capacity, units[1].id: hall.capacity // 2, units[2].id: room.capacity}
    for number in range(3):
        startup = Startup(code=f"Z-{next(NUMBERS)}", name=f"公司{number}", kind="team")
        session.add(startup)
        session.flush()
        story.startups[startup.id] = startup
    for _ in range(2):
        session.add(programme := Programme(kind="programme", name=f"P{next(NUMBERS)}", created_at=CREATED))
        session.flush()
        for startup_id in story.startups:
            if random.random() < 0.6:
                since = first + timedelta(days=random.randrange(-5, 6))
                until = since + timedelta(days=random.randrange(1, 20)) if random.random() < 0.6 else None
                session.add(Enrolment(programme_id=programme.id, startup_id=startup_id, days=Range(since, until), created_at=CREATED))
                story.programmes.setdefault(startup_id, []).append((programme.id, since, until))
    _fill(session, story, random)
    session.flush()
    return story


def _fill(session: Session, story: Story, random: Random) -> None:
    """The ledger: rows one after the other on each unit, at times with nothing between, at times not on the minute."""
    start_of_all = local_instant(story.first - timedelta(days=3), 0, story.zone)
    free_from = {unit.id: start_of_all for unit in story.units}
    for unit in [*story.units] * 7:
        if free_from[unit.id] is None:
            continue
        wish = free_from[unit.id] + timedelta(minutes=random.choice([0, 0, 0, 45, 600, 1441]))
        if random.random() < 0.5:
            local = wish.astimezone(story.zone).date() + timedelta(days=1)
            wish = local_instant(local, 0, story.zone)
            end: datetime | None = local_instant(local + timedelta(days=random.randrange(1, 6)), random.choice([0, 0, 720]), story.zone)
        else:
            end = wish + timedelta(minutes=random.choice([30, 90, 700, 1500, 4000]), seconds=random.choice([0, 0, 0, 30]))
        kind = random.choice(["residency", "residency", "booking", "booking", "closure", "buffer"])
        voided = random.random() < 0.15
        if kind == "residency" and random.random() < 0.1:
            end = None
        holder: Booking | Residency | None = None
        startup_id = random.choice([*story.startups])
        if kind == "residency":
            holder = Residency(startup_id=startup_id, site_id=story.site.id, number=f"N{next(NUMBERS)}", starts_on=story.first)
        elif kind == "booking":
            assert end is not None
            outcome = random.choice(["", "arrived", "missed", "excused", "cancelled"])
            paid = random.random() < 0.5
            holder = Booking(
                site_id=story.site.id, resource_id=story.hall.id, startup_id=startup_id if paid or random.random() < 0.5 else None,
                period=Range(wish, end), price_minor=100 if paid else 0, attendees=random.choice([None, 1, 7]), created_at=CREATED,
                check_in_until=wish if outcome in ("missed", "excused") or random.random() < 0.5 else None,
                arrived_at=wish if outcome == "arrived" else None, arrival_source="door" if outcome == "arrived" else None,
                no_show_at=wish if outcome in ("missed", "excused") else None,
                excused_at=wish if outcome == "excused" else None, excuse="误报" if outcome == "excused" else None,
                cancelled_at=wish if outcome == "cancelled" else None, cancel_reason="改期" if outcome == "cancelled" else None,
            )  # fmt: skip
            voided = voided or outcome == "cancelled"
        if holder is not None:
            session.add(holder)
            session.flush()
        taken = [unit]
        h1, h2 = story.units[:2]
        if kind == "booking" and unit is h1 and free_from[h2.id] is not None and free_from[h2.id] <= wish:
            taken.append(h2)  # the whole hall
        for each in taken:
            row = Allocation(
                site_id=story.site.id, unit_id=each.id, period=Range(wish, end), holder_kind=kind, created_at=CREATED,
                holder_id=holder.id if holder is not None else 1, voided_at=CREATED if voided else None,
                void_reason="取消" if voided else None,
            )  # fmt: skip
            session.add(row)
            session.flush()
            story.uses.append((row, holder))
            if not voided:
                free_from[each.id] = end


class Model:
    """Sums by key, minute by minute and day by day."""

    def __init__(self, session: Session, story: Story) -> None:
        self.story = story
        self.days = list(days_between(story.first, story.last))
        calendar = get_site_calendar(session, story.site)
        hall, room = story.units[0], story.units[2]
        at_site = opening_intervals(calendar, story.first, story.last)
        self.open = {unit.id: at_site for unit in story.units}
        resource = next(iter(session.query(ResourceUnit).filter(ResourceUnit.unit_id == room.id))).resource_id
        own = get_own_hours(session, resource, story.first, story.last)
        self.open[room.id] = resource_openings(calendar, own, story.first, story.last)
        assert hall.id in self.open
        self.known: dict[tuple[object, ...], dict] = {}
        sums: dict[tuple[str, int], list] = {}
        for name, keys, numerator, denominator in chain(self._minutes(), self._days(), self._begun()):
            cell = sums.setdefault((name, id(keys)), [name, keys, Decimal(0), 0])  # an hour's minutes have one and the same keys
            cell[2] += numerator
            cell[3] += denominator
        self.cells = [*sums.values()]

    def in_service(self, unit: Unit, on: date) -> bool:
        return (unit.in_service.lower or date.min) <= on < (unit.in_service.upper or date.max)

    def keys(self, unit: Unit, on: date, hour: int | None, startup: int | None) -> dict:
        asked = (unit.id, on, hour, startup)
        if asked not in self.known:
            self.known[asked] = self._keys(unit, on, hour, startup)
        return self.known[asked]

    def _keys(self, unit: Unit, on: date, hour: int | None, startup: int | None) -> dict:
        mine = sorted({p for p, a, b in self.story.programmes.get(startup or 0, []) if a <= on and (b is None or on < b)})
        return {"site": unit.site_id, "floor": unit.floor_id, "kind": unit.kind, "unit": unit.id, "startup": startup,
                "programme": "+".join(map(str, mine)) or None, "month": f"{on:%Y-%m}", "day": on.isoformat(),
                "weekday": on.isoweekday(), "hour": hour}  # fmt: skip

    def _live(self, unit: Unit):
        return [(row, holder) for row, holder in self.story.uses if row.unit_id == unit.id and row.voided_at is None]

    def people(self, row: Allocation, holder: Booking | Residency | None) -> int:
        if not isinstance(holder, Booking) or holder.attendees is None:
            return self.story.seats.get(row.unit_id, 0)
        together = sorted(r.unit_id for r, h in self.story.uses if h is holder and r.voided_at is None)
        share, rest = divmod(holder.attendees, len(together))
        return share + (together.index(row.unit_id) < rest)

    def _minutes(self):
        zone = self.story.zone
        start = int(local_instant(self.story.first, 0, zone).timestamp()) // 60
        end = int(local_instant(self.story.last, 1440, zone).timestamp()) // 60
        clock = [datetime.fromtimestamp(60 * minute, UTC).astimezone(zone) for minute in range(start, end)]
        for unit in self.story.units:
            service = unit.purpose == "public_service" and unit.kind != "parking"
            opened = set()
            for each in self.open[unit.id]:
                opened |= set(range(int(each.start.timestamp()) // 60, int(each.end.timestamp()) // 60))
            held = {}
            for row, holder in self._live(unit):
                if row.holder_kind not in ("booking", "residency"):
                    continue
                until = end * 60 if row.period.upper is None else row.period.upper.timestamp()
                first = int(-(-row.period.lower.timestamp() // 60))
                for minute in range(max(start, first), min(end, int(until // 60))):
                    held[minute] = row, holder
            seats = self.story.seats.get(unit.id, 0)
            for minute, local in zip(range(start, end), clock, strict=True):
                if not self.in_service(unit, local.date()):
                    continue
                row, holder = held.get(minute, (None, None))
                key = self.keys(unit, local.date(), local.hour, holder.startup_id if holder else None)
                used = Decimal(row is not None)
                if service:
                    yield "time_24h", key, used, 1
                    if minute in opened:
                        yield "time", key, used, 1
                        yield "seats", key, Decimal(self.people(row, holder)) if row else Decimal(0), seats
                if isinstance(holder, Booking):
                    yield "checked_in", key, Decimal(holder.arrived_at is not None), 1
                    yield "free_use", key, Decimal(holder.price_minor == 0), 1
                    yield "paid_use", key, Decimal(holder.price_minor > 0), 1

    def _days(self):
        for unit in self.story.units:
            incubation = unit.purpose == "incubation" and unit.kind != "parking"
            public = unit.purpose == "public_service"
            for on in self.days:
                if not self.in_service(unit, on):
                    continue
                a, b = local_instant(on, 0, self.story.zone), local_instant(on, 1440, self.story.zone)
                covered, begins = timedelta(), None
                for row, holder in self._live(unit):
                    if row.holder_kind == "residency":
                        lower, upper = row.period.lower.astimezone(UTC), row.period.upper
                        covered += max(timedelta(), min(b, upper.astimezone(UTC) if upper else b) - max(a, lower))
                        if lower <= a and (upper is None or a < upper):
                            begins = holder
                let = covered == b - a
                key = self.keys(unit, on, None, begins.startup_id if let else None)
                edges = [("", True), ("_at_start", on.day == 1), ("_at_end", (on + timedelta(days=1)).day == 1)]
                for suffix, counts in edges:
                    if incubation and counts:
                        yield f"area{suffix}", key, unit.area_m2 * let, unit.area_m2
                    if incubation and counts and unit.kind == "desk":
                        yield f"desks{suffix}", key, Decimal(let), 1
                yield "companies_area", key, Decimal(0), unit.area_m2  # all are teams
                yield "service_area", key, unit.area_m2 * public, unit.area_m2
                yield "incubated_area", key, unit.area_m2 * (public or let), unit.area_m2

    def _begun(self):
        bookings = {holder.id: holder for _, holder in self.story.uses if isinstance(holder, Booking)}
        for booking in bookings.values():
            on = booking.period.lower.astimezone(self.story.zone)
            mine = [row for row, holder in self.story.uses if holder is booking]
            first = min(row.unit_id for row in [row for row in mine if row.voided_at is None] or mine)
            unit = next(unit for unit in self.story.units if unit.id == first)
            if booking.cancelled_at or not self.story.first <= on.date() <= self.story.last or not self.in_service(unit, on.date()):
                continue
            key = self.keys(unit, on.date(), on.hour, booking.startup_id)
            missed = booking.no_show_at is not None and booking.excused_at is None
            yield "bookings", key, Decimal(1), 0
            yield "no_shows", key, Decimal(missed), int(booking.check_in_until is not None)

    def sums(self, dimensions: tuple[str, ...]):
        above, below = defaultdict(Decimal), defaultdict(Decimal)
        free = [name for name in dimensions if name not in ("startup", "programme")]
        for name, keys, numerator, denominator in self.cells:
            key = tuple(keys[each] for each in dimensions)
            above[name, key] += numerator
            below[name, tuple(keys[each] for each in (free if name in SHARED else dimensions))] += denominator
        return above, below


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_every_measure_by_every_dimension_is_that_of_the_minute_grid(session: Session, cast: Cast, random: Random) -> None:
    nested = session.begin_nested()
    try:
        story = tell(session, cast, random)
        model = Model(session, story)
        for dimensions in CUTS:
            measures = tuple(name for name, each in MEASURES.items() if each.subject == OCCUPANCY and set(dimensions) <= set(each.dimensions))
            answer = ask(session, cast.finance, Question(measures, story.first, story.last, dimensions, site_ids=(story.site.id,)))
            above, below = model.sums(dimensions)
            free = [place for place, name in enumerate(dimensions) if name not in ("startup", "programme")]
            lines = {line.key: line.amounts for line in answer.lines}
            for name in measures:
                found = {key: amounts[name].numerator for key, amounts in lines.items() if amounts[name].numerator}
                assert found == {key: value for (each, key), value in above.items() if each == name and value}, (name, dimensions)
                for key, amounts in lines.items():
                    wanted = tuple(key[place] for place in free) if name in SHARED else key
                    if MEASURES[name].is_share:
                        assert amounts[name].denominator == below.get((name, wanted), 0), (name, dimensions, key)
                total = answer.totals[name]
                assert total.numerator == sum(value for (each, _), value in above.items() if each == name)
                if MEASURES[name].is_share:
                    assert total.denominator == sum(value for (each, _), value in below.items() if each == name)
    finally:
        nested.rollback()
        session.expire_all()


