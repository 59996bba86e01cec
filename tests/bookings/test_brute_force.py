"""What is free by a survey, against every minute of three days looked at by itself, in what the database holds.

Berlin, where the night between the first two days has an hour twice: bookings and closures over midnight, time kept
free beside them, a site's and a resource's own hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.bookings.availability import survey
from incubator.bookings.operations import add_rule, book
from incubator.bookings.rules import fits
from incubator.core.errors import Refusal
from incubator.core.periods import Interval, local_instant
from incubator.spaces.models import Allocation, OpeningHours, Resource, ResourceDay, ResourceHours, ResourceUnit, Site
from incubator.spaces.operations import set_resource_day, set_resource_hours
from incubator.spaces.operations.closures import close_units
from tests.bookings.test_free_times import make_berlin, rolled_back
from tests.cast import NOW, Cast
from tests.effort import examples

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY, SUNDAY, MONDAY = date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)
MINUTE = timedelta(minutes=1)
GRID = 45

spans = st.tuples(st.integers(-8, 100), st.integers(1, 10))
"""Steps of 45 minutes since Saturday's midnight; before it, and beyond Monday's, too."""
codes = st.sampled_from(["A", "AB", "ANY"])


@given(
    booked=st.lists(st.tuples(codes, spans), max_size=6), closed=st.lists(st.tuples(st.sampled_from("ABC"), spans), max_size=3),
    buffers=st.lists(st.tuples(codes, st.sampled_from([0, 5, 45]), st.sampled_from([0, 20, 90])), max_size=2),
    own=st.lists(st.tuples(codes, st.sampled_from([(0, 600), (480, 1440), (600, 900)]), st.booleans()), max_size=2),
)  # fmt: skip
@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_free_is_what_no_minute_speaks_against(
    session: Session, cast: Cast, booked: Sequence[tuple[str, tuple[int, int]]], closed: Sequence[tuple[str, tuple[int, int]]],
    buffers: Sequence[tuple[str, int, int]], own: Sequence[tuple[str, tuple[int, int], bool]],
) -> None:  # fmt: skip
    with rolled_back(session):
        site, units, resources = make_berlin(session, cast.manager)
        midnight = local_instant(SATURDAY, 0, BERLIN)
        for number, (code, before, after) in enumerate(buffers):
            with suppress(Refusal):  # it asks for nothing
                add_rule(session, cast.manager, now=NOW, name=f"r{number}", resource_id=resources[code].id,
                         buffer_before_minutes=before, buffer_after_minutes=after)  # fmt: skip
        for code, (start, steps) in booked:
            with suppress(Refusal), session.begin_nested():  # those that meet
                book(session, cast.manager, now=NOW, resource_id=resources[code].id, startup_id=None,
                     start=midnight + MINUTE * GRID * start, end=midnight + MINUTE * GRID * (start + steps))  # fmt: skip
        for code, (start, steps) in closed:
            with suppress(Refusal), session.begin_nested():
                close_units(session, cast.manager, now=NOW, site=site, units=[units[code]], reason="维修",
                            start=midnight + MINUTE * 7 * start, end=midnight + MINUTE * 7 * (start + 3 * steps))  # fmt: skip
        for code, (opens, closes), exceptional in own:
            if exceptional:
                set_resource_day(
                    session, cast.manager, now=NOW, resource=resources[code], on=SUNDAY, opens=opens, closes=closes
                )
            else:
                set_resource_hours(session, cast.manager, now=NOW, resource=resources[code], from_on=date(2026, 1, 2),
                                   hours=[("restday", opens, closes), ("workday", opens, closes)])  # fmt: skip
        session.flush()
        check(session, cast, site)


def check(session: Session, cast: Cast, site: Site) -> None:
    """Every minute from Saturday to Monday, of every resource."""
    seen = survey(session, cast.founder_a, site, SATURDAY, MONDAY)
    assert seen.window.minutes == 3 * 1440 + 60, "one hour comes twice"
    for line in seen.lines:
        held = held_of(session, line.resource)
        before, after = line.terms.buffers
        openings = seen.openings_of(line, SATURDAY, MONDAY)
        open_at = open_minutes(session, site, line.resource)
        at = seen.window.start
        while at < seen.window.end:
            clear = [all(end <= at - before or at + MINUTE + after <= start for start, end in unit) for unit in held]
            by_hand = (all(clear) if line.resource.takes == "all" else any(clear)) and at in open_at
            minute = Interval(at, at + MINUTE)
            said = fits(line.lanes, minute) and fits([openings], minute)
            assert said == by_hand, f"{line.resource.code} at {at.astimezone(BERLIN)}"
            at += MINUTE


def held_of(session: Session, resource: Resource) -> list[list[tuple[datetime, datetime]]]:
    """What the ledger holds of each of its units, as it stands there."""
    found: dict[int, list[tuple[datetime, datetime]]] = {
        unit_id: [] for unit_id in session.execute(
            select(ResourceUnit.unit_id).where(ResourceUnit.resource_id == resource.id)).scalars()
    }  # fmt: skip
    for unit_id, start, end in session.execute(
        select(Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period))
        .where(Allocation.voided_at.is_(None), Allocation.unit_id.in_(found))
    ):  # fmt: skip
        found[unit_id].append((start, end))
    return list(found.values())


def open_minutes(session: Session, site: Site, resource: Resource) -> set[datetime]:
    """The minutes at which both the site and the resource are open, by the wall clock and what the tables say."""
    house = session.execute(select(OpeningHours).where(OpeningHours.site_id == site.id)).scalars().all()
    own = session.execute(select(ResourceHours).where(ResourceHours.resource_id == resource.id)).scalars().all()
    days = {
        row.on: row
        for row in session.execute(select(ResourceDay).where(ResourceDay.resource_id == resource.id)).scalars()
    }
    found = set()
    at = local_instant(SATURDAY, 0, BERLIN).astimezone(UTC)
    while at.astimezone(BERLIN).date() <= MONDAY:
        local = at.astimezone(BERLIN)
        kind = "workday" if local.weekday() < 5 else "restday"
        holding = [row for row in own if local.date() in row.valid]
        mine = (
            [(row.opens_minute, row.closes_minute) for row in holding if row.day_kind == kind]
            if holding
            else [(0, 1440)]
        )
        if (day := days.get(local.date())) is not None:
            mine = [(day.opens_minute, day.closes_minute)] if day.opens_minute is not None else []  # type: ignore[list-item]
        theirs = [
            (row.opens_minute, row.closes_minute)
            for row in house
            if row.day_kind == kind and local.date() in row.valid
        ]
        if is_within(at, theirs) and is_within(at, mine):
            found.add(at)
        at += MINUTE
    return found


def is_within(at: datetime, hours: Sequence[tuple[int, int]]) -> bool:
    """Whether some hours hold an instant; the ends are wall times, none of them in the hour that comes twice."""
    on = at.astimezone(BERLIN).date()
    return any(local_instant(on, opens, BERLIN) <= at < local_instant(on, closes, BERLIN) for opens, closes in hours)
