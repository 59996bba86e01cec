"""When occupancy is due: ten past midnight of the first, in each site's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.periods import Month
from incubator.jobs.job import Job
from incubator.jobs.models import JobRun
from incubator.jobs.operations import keep_timetable
from incubator.jobs.timetable import Daily, Monthly
from incubator.spaces.models import Site
from tests.cast import Cast

MONTHLY = Monthly(minute=10)
TIDY = Job("tidy", "Tidy", lambda *_: {}, schedule=MONTHLY)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "month", "due_at"),
    [
        ("Asia/Shanghai", "2026-10", "2026-10-31 16:10"),
        ("Asia/Shanghai", "2026-12", "2026-12-31 16:10"),  # the turn of the year
        ("UTC", "2026-02", "2026-03-01 00:10"),
        ("America/New_York", "2026-10", "2026-11-01 04:10"),  # its clocks change two hours later
        ("America/New_York", "2026-11", "2026-12-01 05:10"),
        ("Asia/Kathmandu", "2026-10", "2026-10-31 18:25"),  # 5:45 ahead
        ("Pacific/Kiritimati", "2026-10", "2026-10-31 10:10"),  # the first to reach November
        ("Pacific/Pago_Pago", "2026-10", "2026-11-01 11:10"),  # the last: 25 hours later
        ("Asia/Amman", "2016-03", "2016-03-31 22:00"),  # 1 April began at 01:00: 00:10 never was
    ],
)
def test_due_at_ten_past_local_midnight(zone: str, month: str, due_at: str) -> None:
    assert MONTHLY.due_at(Month.parse(month), ZoneInfo(zone)) == utc(due_at)


@pytest.mark.parametrize(
    ("since", "now", "months"),
    [
        ("2026-07-14 02:00", "2026-09-30 16:09", ["2026-07", "2026-08"]),  # one minute before
        ("2026-07-14 02:00", "2026-09-30 16:10", ["2026-07", "2026-08", "2026-09"]),  # three, oldest first
        ("2026-07-31 16:00", "2026-08-31 16:10", ["2026-08"]),  # made on 1 August in Shanghai: July is not its month
        ("2026-07-31 15:59", "2026-08-31 16:10", ["2026-07", "2026-08"]),
        ("2026-11-03 00:00", "2026-12-31 17:00", ["2026-11", "2026-12"]),
        ("2026-10-01 00:00", "2026-10-02 00:00", []),
        ("2027-01-01 00:00", "2026-10-02 00:00", []),  # the clock was set back before the site's creation
    ],
)
def test_what_is_due(since: str, now: str, months: list[str]) -> None:
    due = MONTHLY.due(ZoneInfo("Asia/Shanghai"), utc(since), utc(now))
    assert [str(each.period) for each in due] == months


def test_at_most_twelve_months_are_made_up() -> None:
    due = MONTHLY.due(ZoneInfo("Asia/Shanghai"), utc("2020-01-01 00:00"), utc("2026-10-05 00:00"))
    assert [str(each.period) for each in (due[0], due[-1])] == ["2025-10", "2026-09"]
    assert len(due) == 12


@pytest.mark.parametrize("now", ["2026-10-31 16:09:59", "2026-10-31 16:10", "2026-11-30 16:10", "2026-12-31 23:00"])
def test_the_next_one_is_the_first_not_due(now: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    upcoming = MONTHLY.next(zone, utc(now))
    due = MONTHLY.due(zone, utc("2026-01-01 00:00"), utc(now))
    assert upcoming.due_at > utc(now)
    last = due[-1].period
    assert isinstance(last, Month) and upcoming.period == last + 1


@pytest.mark.parametrize(
    ("zone", "since", "now", "due", "upcoming"),
    [
        ("Asia/Shanghai", "2026-07-14", "2026-11-25 23:29", "2026-11-25", "2026-11-26"),  # 07:29 of the 26th
        ("Asia/Shanghai", "2026-07-14", "2026-11-25 23:30", "2026-11-26", "2026-11-27"),
        ("America/New_York", "2026-07-14", "2026-11-26 12:30", "2026-11-26", "2026-11-27"),
        ("Asia/Shanghai", "2026-11-26", "2026-11-25 23:29", None, "2026-11-26"),  # opened on the 26th
    ],
)
def test_each_day_at_half_past_seven(zone: str, since: str, now: str, due: str | None, upcoming: str) -> None:
    daily = Daily(minute=450)
    found = [str(each.period) for each in daily.due(ZoneInfo(zone), utc(f"{since} 00:00"), utc(now))]
    assert found == ([due] if due else [])
    assert str(daily.next(ZoneInfo(zone), utc(now)).period) == upcoming
    assert daily.time == "07:30"


def test_after_an_outage_of_a_week_one_day_does_the_work_of_all() -> None:
    due = Daily(minute=0).due(ZoneInfo("Asia/Shanghai"), utc("2026-07-14 00:00"), utc("2026-11-26 01:00"))
    assert [str(each.period) for each in due] == ["2026-11-26"]


def test_work_of_single_days_is_made_up_in_order() -> None:
    """Three days without a worker; on the fourth at 09:00 in Shanghai. And at most 31 days back."""
    since, shanghai = utc("2026-07-14 00:00"), ZoneInfo("Asia/Shanghai")
    due = Daily(minute=450, each=True).due(shanghai, since, utc("2026-11-26 01:00"))
    assert [str(each.period) for each in due][-4:] == ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26"]
    assert len(due) == 31 and due == sorted(due, key=lambda each: each.due_at)
    young = Daily(minute=450, each=True).due(shanghai, utc("2026-11-24 20:00"), utc("2026-11-26 01:00"))
    assert [str(each.period) for each in young] == ["2026-11-25", "2026-11-26"]


def make_site(session: Session, code: str, zone: str, created_at: str) -> int:
    site = Site(code=code, name=code, zone=zone, created_at=utc(created_at))
    session.add(site)
    session.flush()
    return site.id


def test_each_site_by_its_own_zone_and_each_period_once(session: Session, cast: Cast) -> None:
    shanghai = make_site(session, "SH", "Asia/Shanghai", "2026-08-15 00:00")
    york = make_site(session, "NY", "America/New_York", "2026-09-15 00:00")
    now = utc("2026-10-31 20:00")  # November in Shanghai, still October in New York
    made = keep_timetable(session, cast.system, now=now, jobs=[TIDY])
    assert [(run.site_id, run.period) for run in made] == [
        (shanghai, "2026-08"), (shanghai, "2026-09"), (shanghai, "2026-10"), (york, "2026-09"),
    ]  # fmt: skip
    assert keep_timetable(session, cast.system, now=now, jobs=[TIDY]) == []
    assert keep_timetable(session, cast.system, now=now - timedelta(days=40), jobs=[TIDY]) == []  # set back
    later = keep_timetable(session, cast.system, now=now + timedelta(hours=9), jobs=[TIDY])
    assert [(run.site_id, run.period) for run in later] == [(york, "2026-10")]
    due = session.execute(select(JobRun.due_at).where(JobRun.site_id == york, JobRun.period == "2026-10")).scalar_one()
    assert due == utc("2026-11-01 04:10")


def test_what_is_the_operators_is_done_at_its_first_site_alone(session: Session, cast: Cast) -> None:
    first = make_site(session, "SH", "Asia/Shanghai", "2026-08-15 00:00")
    make_site(session, "NY", "America/New_York", "2026-08-15 00:00")
    nightly = Job("count", "Count", lambda *_: {}, schedule=Daily(minute=120), once=True)
    made = keep_timetable(session, cast.system, now=utc("2026-11-26 00:00"), jobs=[nightly])
    assert [(run.site_id, run.period) for run in made] == [(first, "2026-11-26")]
    assert keep_timetable(session, cast.system, now=utc("2026-11-26 01:00"), jobs=[nightly]) == []
