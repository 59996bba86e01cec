"""The sums over a month's events, made by the database: days, people, the most at once, sessions at closed hours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.core.periods import Interval, Month
from incubator.reports.presence.rules import DaySum, SensorDay

# whose an event is: as its source said, or as the badge's latest entry for that day says; a moment is one minute;
# who checks in without a badge is known by the desk
SEEN = """
    WITH those AS MATERIALIZED (
        SELECT id, on_date, starts_at, coalesce(ends_at, starts_at + interval '1 minute') AS ends_at, person_hash,
            unit_id, startup_id
        FROM presence_events
        WHERE site_id = :site AND on_date BETWEEN :first AND :last AND kind IN ('door', 'wifi', 'desk')
    ), whose AS (
        SELECT DISTINCT ON (them.person_hash, them.on_date) them.person_hash, them.on_date, badge.startup_id
        FROM (SELECT DISTINCT person_hash, on_date FROM those WHERE startup_id IS NULL) them
        JOIN presence_badges badge ON badge.person_hash = them.person_hash AND badge.days @> them.on_date
        ORDER BY them.person_hash, them.on_date, badge.id DESC
    ), seen AS MATERIALIZED (
        SELECT those.on_date, those.starts_at, those.ends_at, those.person_hash,
            coalesce(those.startup_id, whose.startup_id) AS startup_id,
            coalesce(encode(those.person_hash, 'hex'), 'desk ' || those.unit_id, '') AS who
        FROM those LEFT JOIN whose USING (person_hash, on_date)
    )"""

DAYS = text(SEEN + """, opened AS (
        SELECT day, range_agg(tstzrange(since, until)) AS times
        FROM jsonb_to_recordset(cast(:openings AS jsonb)) AS given(day date, since timestamptz, until timestamptz)
        GROUP BY day
    )
    SELECT startup_id, on_date, count(*), count(DISTINCT who),
        count(*) FILTER (WHERE times IS NULL OR NOT times && tstzrange(starts_at, ends_at))
    FROM seen LEFT JOIN opened ON opened.day = seen.on_date
    GROUP BY startup_id, on_date ORDER BY startup_id, on_date""")  # noqa: S608  no value stands in it

# one person's overlapping sessions are one stretch, so that two sources don't make two people of them
PEAKS = text(SEEN + """, marked AS (
        SELECT startup_id, who, starts_at, ends_at, starts_at > max(ends_at) OVER (
            PARTITION BY startup_id, who ORDER BY starts_at, ends_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_new
        FROM seen WHERE startup_id IS NOT NULL
    ), numbered AS (
        SELECT *, count(*) FILTER (WHERE is_new) OVER (PARTITION BY startup_id, who ORDER BY starts_at, ends_at
            ROWS UNBOUNDED PRECEDING) AS stretch
        FROM marked
    ), stretches AS (
        SELECT startup_id, who, min(starts_at) AS starts_at, max(ends_at) AS ends_at
        FROM numbered GROUP BY startup_id, who, stretch
    ), changes AS (
        SELECT startup_id, at, sum(step) AS step
        FROM (SELECT startup_id, starts_at AS at, 1 AS step FROM stretches
              UNION ALL SELECT startup_id, ends_at, -1 FROM stretches) both_ends
        GROUP BY startup_id, at
    ), levels AS (
        SELECT startup_id, sum(step) OVER (PARTITION BY startup_id ORDER BY at) AS there FROM changes
    )
    SELECT people.startup_id, people.people, peaks.peak
    FROM (SELECT startup_id, count(DISTINCT who) AS people FROM seen WHERE startup_id IS NOT NULL
          GROUP BY startup_id) people
    JOIN (SELECT startup_id, cast(max(there) AS integer) AS peak FROM levels GROUP BY startup_id) peaks
        USING (startup_id)""")  # noqa: S608

SENSORS = text("""
    SELECT event.source_id, source.name, source.capacity, event.on_date, max(event.count)
    FROM presence_events event JOIN presence_sources source ON source.id = event.source_id
    WHERE event.site_id = :site AND event.on_date BETWEEN :first AND :last AND event.kind = 'sensor'
        AND source.capacity IS NOT NULL
    GROUP BY event.source_id, source.name, source.capacity, event.on_date
    ORDER BY event.source_id, event.on_date""")

# of a startup's month the latest list counts, whichever site's source brought it
LISTED = """
    SELECT event.startup_id, event.person_hash, event.count, event.batch_id,
        max(event.batch_id) OVER (PARTITION BY event.startup_id) AS latest
    FROM presence_events event WHERE event.kind = 'social_insurance' AND event.on_date = :first
        AND event.startup_id IS NOT NULL"""

INSURED = text(f"""
    SELECT startup_id, cast(coalesce(max(count), count(DISTINCT person_hash)) AS integer)
    FROM ({LISTED}) listed WHERE batch_id = latest GROUP BY startup_id""")  # noqa: S608

SHARED = text(SEEN + f"""
    SELECT encode(person_hash, 'hex'), evidence, array_agg(DISTINCT startup_id)
    FROM (SELECT person_hash, 'seen' AS evidence, startup_id FROM seen
          WHERE person_hash IS NOT NULL AND startup_id IS NOT NULL
          UNION ALL SELECT person_hash, 'insured', startup_id FROM ({LISTED}) listed
          WHERE batch_id = latest AND person_hash IS NOT NULL) both_kinds
    GROUP BY person_hash, evidence HAVING count(DISTINCT startup_id) > 1
    ORDER BY count(DISTINCT startup_id) DESC, person_hash LIMIT 500""")  # noqa: S608
"""At the most 500 people: a site where there are more has another trouble."""


class Sums(Struct, frozen=True):
    """By startup; None: events that are nobody's."""

    days: dict[int | None, tuple[DaySum, ...]]
    people: dict[int, int]
    peaks: dict[int, int]
    insured: dict[int, int]
    sensors: tuple[SensorDay, ...]
    shared: tuple[tuple[str, str, tuple[int, ...]], ...]


def sum_month(session: Session, site_id: int, month: Month, zone: ZoneInfo, openings: Sequence[Interval]) -> Sums:
    """A site's month in seven statements: 200,000 events took 2.4 s."""
    # the planner can't know how many rows a month of badges comes to, and must not go through them one by one
    session.execute(text("SET LOCAL enable_nestloop = off"))
    asked = {"site": site_id, "first": month.first, "last": month.last}
    days: dict[int | None, list[DaySum]] = {}
    for startup_id, *values in session.execute(DAYS, asked | {"openings": json.dumps(_by_day(month, zone, openings))}):
        days.setdefault(startup_id, []).append(DaySum(*values))
    peaks = session.execute(PEAKS, asked).all()
    first = {"first": month.first}
    sums = Sums(
        {key: tuple(value) for key, value in days.items()},
        {row[0]: row[1] for row in peaks},
        {row[0]: row[2] for row in peaks},
        {row[0]: row[1] for row in session.execute(INSURED, first)},
        tuple(SensorDay(*row) for row in session.execute(SENSORS, asked)),
        tuple((row[0], row[1], tuple(row[2])) for row in session.execute(SHARED, asked)),
    )
    session.execute(text("SET LOCAL enable_nestloop = on"))
    return sums


def _by_day(month: Month, zone: ZoneInfo, openings: Sequence[Interval]) -> list[dict[str, str]]:
    """The openings that a session which begins on a day can meet: it lasts 24 hours at the most, so the next day's,
    too."""
    found = []
    for opening in openings:
        since, until = opening.start.isoformat(), opening.end.isoformat()
        on, last = opening.start.astimezone(zone).date(), opening.end.astimezone(zone).date()
        day: date = on - timedelta(days=1)
        while day <= last:
            if month.first <= day <= month.last:
                found.append({"day": day.isoformat(), "since": since, "until": until})
            day += timedelta(days=1)
    return found
