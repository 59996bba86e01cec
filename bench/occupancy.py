"""`python -m bench.occupancy`: a year of 1,000,000 allocations over 2,000 units, asked as the application asks.

The same rows are added up by one statement written by hand, as a measure of what the machine can do.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from incubator import i18n
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import MEASURES
from incubator.reports.measuring.question import Question
from incubator.spaces.operations import add_floor, create_site
from tests.cast import NOW, Cast, assemble_cast
from tests.database import Databases

UNITS = int(os.environ.get("BENCH_UNITS", "2000"))
ALLOCATIONS = int(os.environ.get("BENCH_ALLOCATIONS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
LET = UNITS // 2
"""Offices and desks: two agreements each in the year. The other half are rooms, booked by the hour."""
MONTH = date(2026, 10, 1), date(2026, 10, 31)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
MONTH_LIMIT, YEAR_LIMIT = 1.0, 10.0

SEED = """
INSERT INTO units (operator_id, site_id, floor_id, code, kind, purpose, area_m2, in_service)
SELECT :o, :site, :floor, 'U' || n, CASE WHEN n > :let THEN 'room' WHEN n % 2 = 0 THEN 'desk' ELSE 'office' END,
       CASE WHEN n > :let THEN 'public_service' ELSE 'incubation' END, 5 + n % 40, '[2025-01-01,)'
FROM generate_series(1, :units) n;
INSERT INTO resources (operator_id, site_id, code, name, kind, takes, capacity, granularity_minutes)
SELECT :o, :site, code, code, 'meeting_room', 'all', 8, 15 FROM units WHERE site_id = :site AND kind = 'room';
INSERT INTO resource_units (operator_id, resource_id, unit_id)
SELECT :o, r.id, u.id FROM resources r JOIN units u ON u.code = r.code AND u.site_id = r.site_id
WHERE r.site_id = :site;
INSERT INTO startups (operator_id, code, name, kind)
SELECT :o, 'B' || n, '团队' || n, 'team' FROM generate_series(1, 500) n;
INSERT INTO programmes (operator_id, kind, name, created_at)
SELECT :o, 'programme', 'P' || n, now() FROM generate_series(1, 5) n;
INSERT INTO enrolments (operator_id, programme_id, startup_id, days, created_at)
SELECT :o, (SELECT min(id) FROM programmes) + id % 5, id, '[2026-03-01,)', now() FROM startups WHERE code LIKE 'B%';
INSERT INTO residencies (operator_id, startup_id, site_id, number, starts_on)
SELECT :o, s.id, :site, 'R' || n, '2026-01-01' FROM generate_series(0, 2 * :let - 1) n
JOIN startups s ON s.code = 'B' || (1 + n % 500);
INSERT INTO allocations (operator_id, site_id, unit_id, period, holder_kind, holder_id)
SELECT :o, :site, id, CASE half WHEN 0 THEN tstzrange('2025-09-01 00:00+08', '2026-06-16 00:00+08')
                                ELSE tstzrange('2026-07-01 00:00+08', NULL) END,
       'residency', (SELECT min(id) FROM residencies) + (2 * id + half) % (2 * :let)
FROM units, generate_series(0, 1) half WHERE site_id = :site AND kind <> 'room';
WITH made AS (
    INSERT INTO bookings (operator_id, site_id, resource_id, startup_id, period, price_minor, currency, quote,
                          created_at, attendees, unit_id, check_in_until, arrived_at, arrival_source)
    SELECT :o, :site, r.resource_id, s.id, tstzrange(at, at + interval '1 hour'), 5000 * (n % 2), 'CNY', '{}', at,
           1 + n % 8, r.unit_id, CASE WHEN n % 4 = 0 THEN at END, CASE WHEN n % 3 = 0 THEN at END,
           CASE WHEN n % 3 = 0 THEN 'door' END
    FROM resource_units r CROSS JOIN generate_series(0, :each - 1) n
    CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01 08:30+08' + (n / :a_day) * interval '1 day'
                               + (n % :a_day) * interval '210 minutes') t(at)
    JOIN startups s ON s.code = 'B' || (1 + (n + r.unit_id) % 500)
    RETURNING id, unit_id, period
)
INSERT INTO allocations (operator_id, site_id, unit_id, period, holder_kind, holder_id)
SELECT :o, :site, unit_id, period, 'booking', id FROM made
"""

BY_HAND = """
SELECT date_trunc('month', lower(period) AT TIME ZONE 'Asia/Shanghai'), holder_kind,
       sum(upper(period) - lower(period)), count(*)
FROM allocations WHERE voided_at IS NULL AND period && tstzrange('2026-01-01 00:00+08', '2027-01-01 00:00+08')
GROUP BY 1, 2
"""


def seed(session: Session, cast: Cast) -> int:
    """The site with its units, and a year's ledger; what it stands on is there, so that every foreign key holds."""
    site = create_site(session, cast.manager, now=NOW, code="S", name="场地", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    each = -(-(ALLOCATIONS - 2 * LET) // (UNITS - LET))
    values = {"o": cast.operator_id, "site": site.id, "floor": floor.id, "units": UNITS, "let": LET, "each": each,
              "a_day": -(-each // 365)}  # fmt: skip
    session.flush()
    for statement in SEED.split(";\n"):
        if statement.strip():
            session.execute(text(statement), values)
    return site.id


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """The least and the median of several rounds."""
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found), statistics.median(found)


def main() -> int:
    """A month, a year by month, by startup and by the hour; fails above the limits."""
    i18n.compile_catalogues()
    with Databases(f"occupancy{os.getpid()}").copy() as database:
        owner = create_engine(database.owner_url.replace("postgresql://", "postgresql+psycopg://"))
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            cast = assemble_cast(session)
            begun = time.perf_counter()
            site_id = seed(session, cast)
            session.commit()
            print(f"seeded in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
            with owner.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
            rows = session.execute(text("SELECT count(*) FROM allocations")).scalar_one()
            counted: list[str] = []
            event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
            hand, hand_median = timed(lambda: session.execute(text(BY_HAND)).all())
            print(f"{rows:,} allocations, {UNITS:,} units; one statement by hand: {hand:.2f} s ({hand_median:.2f})\n")
            print("| asked | lines | statements | least s | median s | times the statement by hand |")
            print("| --- | ---: | ---: | ---: | ---: | ---: |")
            every = tuple(MEASURES)
            late = False
            for name, question, limit in (
                ("a month: area, desks, time", Question(("area", "desks", "time"), *MONTH), MONTH_LIMIT),
                ("a month: every measure", Question(every, *MONTH), MONTH_LIMIT),
                ("a month by startup", Question(("area", "time", "free_use"), *MONTH, ("startup",)), MONTH_LIMIT),
                ("the year by month: area, desks, time", Question(("area", "desks", "time"), *YEAR, ("month",)),
                 YEAR_LIMIT),
                ("the year by month: every measure", Question(every, *YEAR, ("month",)), YEAR_LIMIT),
                ("the year by month and programme", Question(("area", "time"), *YEAR, ("month", "programme")),
                 YEAR_LIMIT),
                ("the year by weekday and hour", Question(("time",), *YEAR, ("weekday", "hour")), YEAR_LIMIT),
                ("the year by unit", Question(("area", "time"), *YEAR, ("unit",)), YEAR_LIMIT),
            ):
                counted.clear()
                answer = ask(session, cast.finance, question)
                statements = len(counted)
                least, median = timed(lambda question=question: ask(session, cast.finance, question))
                late = late or least > limit
                print(f"| {name} | {len(answer.lines):,} | {statements} | {least:.2f} | {median:.2f} "
                      f"| {least / hand:.1f} |", flush=True)  # fmt: skip
            assert ask(session, cast.finance, Question(("bookings",), *YEAR, site_ids=(site_id,))).totals
        engine.dispose()
        owner.dispose()
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
