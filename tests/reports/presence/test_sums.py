"""The database's sums against the same sums made in the plainest way, minute by minute."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.core.periods import Interval, Month
from incubator.reports.presence.models import PresenceBadge, PresenceBatch, PresenceEvent
from incubator.reports.presence.operations import add_source
from incubator.reports.presence.queries import list_events, measure_presence
from incubator.reports.presence.rules import person_hash
from incubator.reports.presence.sums import sum_month
from tests.cast import Cast
from tests.reports.world import World

OCTOBER, SHANGHAI = Month(2026, 10), ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def source_of(session: Session, cast: Cast, world: World, kind: str = "door", name: str = "东门") -> PresenceBatch:
    """A source and an empty batch of it."""
    source, _secret = add_source(session, cast.manager, now=NOW, sealing_keys=["k"], site_id=world.site_id, kind=kind,
                                 name=name, capacity=40 if kind == "sensor" else None)  # fmt: skip
    batch = PresenceBatch(source_id=source.id, sha256=bytes(32), way="api", accepted=0, known=0, refused=0,
                          received_at=NOW)  # fmt: skip
    session.add(batch)
    session.flush()
    return batch


def put(session: Session, world: World, batch: PresenceBatch, start: datetime, minutes: int | None,
        person: bytes | None, startup_id: int | None = None, kind: str = "door") -> PresenceEvent:  # fmt: skip
    put.number = getattr(put, "number", 0) + 1  # type: ignore[attr-defined] # each its own id
    row = PresenceEvent(
        source_id=batch.source_id, batch_id=batch.id, site_id=world.site_id, external_id=f"e{put.number}",  # type: ignore[attr-defined]
        kind=kind, person_hash=person, startup_id=startup_id, starts_at=start,
        ends_at=None if minutes is None else start + timedelta(minutes=minutes), on=start.astimezone(SHANGHAI).date(),
    )  # fmt: skip
    session.add(row)
    return row


@pytest.mark.parametrize("seed", range(6))
def test_days_people_and_most_at_once_are_those_of_a_minute_grid(
    session: Session, cast: Cast, world: World, seed: int
) -> None:
    dice = Random(seed)
    batches = [source_of(session, cast, world, kind, kind) for kind in ("door", "wifi")]
    people = [person_hash(b"s", cast.operator_id, f"{seed}-{number}") for number in range(6)]
    startups = [world.startups[who] for who in "ABC"]
    badges: list[tuple[bytes, int, date, date]] = []
    for person in people[:5]:
        for _ in range(2):  # the second entry covers some days of the first: it counts there
            first = date(2026, 10, dice.randrange(1, 8))
            last = first + timedelta(days=dice.randrange(2, 9))
            badges.append((person, dice.choice(startups), first, last))
            session.add(PresenceBadge(person_hash=person, startup_id=badges[-1][1], created_at=NOW,
                                      days=Range(first, last + timedelta(days=1))))  # fmt: skip
            session.flush()
    events = []
    for _ in range(60):
        batch = dice.choice(batches)
        start = datetime(2026, 10, 1, tzinfo=SHANGHAI) + timedelta(minutes=dice.randrange(6 * 1440))
        own = dice.choice(startups) if dice.random() < 0.2 else None
        length = None if dice.random() < 0.3 else dice.randrange(1, 900)
        events.append(put(session, world, batch, start, length, dice.choice(people), own))
    session.flush()
    openings = [Interval(datetime(2026, 10, day, 9, tzinfo=SHANGHAI), datetime(2026, 10, day, 18, tzinfo=SHANGHAI))
                for day in (1, 2, 4, 6)]  # fmt: skip
    sums = sum_month(session, world.site_id, OCTOBER, SHANGHAI, openings)

    def whose(each: PresenceEvent) -> int | None:
        covering = [startup for person, startup, first, last in badges
                    if person == each.person_hash and first <= each.on <= last]  # fmt: skip
        return each.startup_id or (covering[-1] if covering else None)

    days = defaultdict(lambda: [0, set(), 0])
    grid = defaultdict(lambda: defaultdict(set))
    for each in events:
        end = each.ends_at or each.starts_at + timedelta(minutes=1)
        of = days[whose(each), each.on]
        of[0] += 1
        of[1].add(each.person_hash)
        of[2] += not any(opening.start < end and each.starts_at < opening.end for opening in openings)
        at = each.starts_at
        while at < end:
            grid[whose(each)][at].add(each.person_hash)
            at += timedelta(minutes=1)
    found = {(startup, day.on): (day.events, day.people, day.outside) for startup, of in sums.days.items() for day in of}
    assert found == {key: (of[0], len(of[1]), of[2]) for key, of in days.items()}
    assert sums.peaks == {startup: max(map(len, minutes.values())) for startup, minutes in grid.items() if startup}
    assert sums.people == {startup: len(set().union(*minutes.values())) for startup, minutes in grid.items() if startup}
    shared = {person.hex(): {whose(each) for each in events if each.person_hash == person} - {None} for person in people}
    assert {key: set(of) for key, _kind, of in sums.shared} == {key: of for key, of in shared.items() if len(of) > 1}


def test_who_works_into_the_night_is_not_found_and_who_comes_at_three_is(
    session: Session, cast: Cast, world: World
) -> None:
    """Open from 9 to 18 on working days. 17:00 to 02:00 began while open; 03:00 to 04:00 lies outside; 02:00 to 09:30
    reaches into the next opening; the Saturday is closed; from 23:00 to 10:00 reaches into the morning."""
    batch, person = source_of(session, cast, world), bytes(32)
    for start, hours in (("2026-10-20T17:00", 9), ("2026-10-21T03:00", 1), ("2026-10-22T02:00", 7.5),
                         ("2026-10-24T10:00", 2), ("2026-10-26T23:00", 11)):  # fmt: skip
        put(session, world, batch, datetime.fromisoformat(f"{start}+08:00"), int(hours * 60), person,
            world.startups["A"])  # fmt: skip
    session.flush()
    report = measure_presence(session, cast.manager, world.site_id, OCTOBER, now=NOW)
    outside = {day.on.day: day.outside for day in report.party(world.startups["A"]).days}
    assert outside == {20: 0, 21: 1, 22: 0, 24: 1, 26: 0}
    behind = list_events(session, cast.auditor, report.site, OCTOBER, page=1, startup_id=world.startups["A"],
                         kind="out_of_hours")  # fmt: skip
    assert [row.event.on.day for row in behind.rows] == [21, 24], "the rows of the finding are those that it counts"


def test_of_the_lists_of_a_month_the_latest_counts(session: Session, cast: Cast, world: World) -> None:
    """First five by number; then a list of three people, of whom one is on B's list, too."""
    a, b = world.startups["A"], world.startups["B"]
    source, _secret = add_source(session, cast.manager, now=NOW, sealing_keys=["k"], site_id=world.site_id,
                                 kind="social_insurance", name="社保")  # fmt: skip
    one, two, three = (bytes([number]) * 32 for number in (1, 2, 3))
    first = datetime(2026, 10, 1, tzinfo=SHANGHAI)
    for number, rows in enumerate(([(a, None, 5)], [(a, one, None), (a, two, None), (a, three, None)], [(b, one, None)])):
        batch = PresenceBatch(source_id=source.id, sha256=bytes(32), way="api", accepted=0, known=0, refused=0,
                              received_at=NOW)  # fmt: skip
        session.add(batch)
        session.flush()
        for place, (startup, person, count) in enumerate(rows):
            session.add(PresenceEvent(
                source_id=source.id, batch_id=batch.id, site_id=world.site_id, external_id=f"{number}-{place}",
                kind="social_insurance", person_hash=person, startup_id=startup, count=count, starts_at=first,
                on=date(2026, 10, 1),
            ))  # fmt: skip
    session.flush()
    report = measure_presence(session, cast.auditor, world.site_id, OCTOBER, now=NOW)
    assert (report.party(a).insured, report.party(b).insured) == (3, 1)
    (shared,) = [each.finding for each in report.found if each.finding.kind == "one_in_many"]
    assert [code for code, _name in shared.facts["startups"]] == ["S-A", "S-B"]  # type: ignore[union-attr,attr-defined]


def test_a_month_of_many_events_is_quick_in_few_statements(session: Session, cast: Cast, world: World) -> None:
    batch = source_of(session, cast, world)
    session.execute(text("""
        INSERT INTO presence_badges (operator_id, person_hash, startup_id, days, created_at)
        SELECT :operator, sha256(cast(cast(n AS text) AS bytea)), (cast(:startups AS bigint[]))[1 + n % 3], '[2026-01-01,)', now()
        FROM generate_series(1, 2000) n"""),
        {"operator": cast.operator_id, "startups": [world.startups[who] for who in "ABC"]})  # fmt: skip
    session.execute(text("""
        INSERT INTO presence_events (operator_id, source_id, batch_id, site_id, external_id, kind, person_hash,
            starts_at, ends_at, on_date)
        SELECT :operator, :source, :batch, :site, 'e' || d || '-' || n, 'door', sha256(cast(cast(n % 2200 AS text) AS bytea)),
            at, at + interval '3 hours', cast(timezone('Asia/Shanghai', at) AS date)
        FROM generate_series(0, 30) d, generate_series(1, 1613) n,
            LATERAL (SELECT timestamptz '2026-10-01 00:00+08' + d * interval '1 day' + n * 7 % 1400 * interval '1 minute') t(at)
        """), {"operator": cast.operator_id, "source": batch.source_id, "batch": batch.id, "site": world.site_id})  # fmt: skip
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    began = perf_counter()
    report = measure_presence(session, cast.manager, world.site_id, OCTOBER, now=NOW)
    took = perf_counter() - began
    assert sum(day.events for party in report.sums.parties for day in party.days) + report.sums.unknown == 50_003
    assert len(statements) <= 18
    assert took < 12, "200,000 took 2.4 s on a machine with little else to do"


