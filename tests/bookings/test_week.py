"""A site's week: what is drawn of each day, and how long it can be booked, worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from incubator.bookings.months import DayState
from incubator.bookings.operations import book
from incubator.bookings.weeks import Strip, Week, WeekCell, see_week
from incubator.spaces.models import Resource
from incubator.spaces.operations.closures import close_units
from tests.bookings.conftest import Place
from tests.bookings.filling import at, says
from tests.bookings.test_free_times import make_berlin
from tests.cast import NOW, Cast
from tests.conftest import Browser

MONDAY = date(2026, 10, 12)
OPEN = Strip(540, 540, "open")


def cell(week: Week, resource: Resource, on: date) -> WeekCell:
    (row,) = [row for row in week.rows if row.resource.id == resource.id]
    (found,) = [each for each in row.cells if each.day.on == on]
    return found


def test_a_week_by_hand(session: Session, cast: Cast, place: Place) -> None:
    """Open 09:00 to 18:00. A has the room on Monday 10:00-12:30, B on Tuesday all day; on Thursday it is closed at noon."""
    book(session, cast.founder_a, now=NOW, resource_id=place.room.id, start=at(12, 10), end=at(12, 12, 30),
         startup_id=cast.startup_a, title="周会")  # fmt: skip
    book(session, cast.founder_b, now=NOW, resource_id=place.room.id, start=at(13, 9), end=at(13, 18),
         startup_id=cast.startup_b)  # fmt: skip
    close_units(
        session,
        cast.manager,
        now=NOW,
        site=place.site,
        units=[place.units["R1"]],
        start=at(15, 12),
        end=at(15, 13),
        reason="检修",
    )
    week = see_week(session, cast.founder_a, place.site, date(2026, 10, 14), NOW)
    assert (week.days[0], week.days[6], week.hours) == (MONDAY, date(2026, 10, 18), (8, 20))
    monday, tuesday, wednesday, thursday, _, saturday, _ = [cell(week, place.room, each) for each in week.days]
    assert monday.strips == (OPEN, Strip(600, 150, "own"))
    assert (monday.day.free, monday.day.hundredths) == (timedelta(hours=6.5), 72)
    assert (tuesday.day.state, tuesday.strips) == (DayState.FULL, (OPEN, Strip(540, 540, "taken")))
    assert wednesday.strips == (OPEN,)
    assert thursday.strips == (OPEN, Strip(720, 60, "closure"))
    assert (saturday.day.state, saturday.strips) == (DayState.CLOSED, ())
    assert set(week.kinds) == {"own", "taken", "closure"}
    staff = see_week(session, cast.front_desk, place.site, MONDAY, NOW)
    assert cell(staff, place.room, date(2026, 10, 13)).strips[-1].kind == "booking"


def test_a_pool_is_taken_only_where_none_of_it_is_free(session: Session, cast: Cast, place: Place) -> None:
    """One of two desks from 9 to 12, the other from 11 to 13: none is left from 11 to 12."""
    for start, end in ((9, 12), (11, 13)):
        book(session, cast.founder_b, now=NOW, resource_id=place.pool.id, start=at(12, start), end=at(12, end),
             startup_id=cast.startup_b)  # fmt: skip
    pool = cell(see_week(session, cast.founder_a, place.site, MONDAY, NOW), place.pool, MONDAY)
    assert pool.strips == (OPEN, Strip(660, 60, "taken"))
    assert pool.day.free == timedelta(hours=8)


def test_a_night_is_drawn_to_midnight_on_both_days_and_by_the_wall_clock(session: Session, cast: Cast) -> None:
    """In Berlin the night to 25 October 2026 is an hour longer; what lasts from 22:30 to 06:00 is drawn as that."""
    site, _, resources = make_berlin(session, cast.manager)
    start = at(25, 4, 30)  # 22:30 on Saturday, in Berlin
    book(session, cast.manager, now=NOW, resource_id=resources["A"].id, start=start, end=start + timedelta(hours=8.5),
         startup_id=None)  # fmt: skip
    week = see_week(session, cast.manager, site, date(2026, 10, 25), NOW)
    saturday, sunday = (cell(week, resources["A"], date(2026, 10, each)) for each in (24, 25))
    assert saturday.strips == (Strip(0, 1440, "open"), Strip(1350, 90, "booking"))
    assert sunday.strips == (Strip(0, 1440, "open"), Strip(0, 360, "booking"))
    assert week.hours == (0, 24)


def test_the_page_leads_to_each_day(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    clock(at(12, 8))
    page = client.sign_in(cast.founder_a).get("/timeline?view=week&date=2026-10-14")
    assert page.status_code == 200
    assert page.text.count(f"/timeline?site={place.site.id}&amp;date=2026-10-13") >= 1 + 5
    assert "9 时" in says(page) and "不开放" in says(page)
    assert "date=2026-10-21" in page.text, "a week on"
