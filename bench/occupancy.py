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
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from bench.databases import durable
from incubator.accounts.actor import Actor
from incubator.core.periods import Month
from incubator.reports.content import figures_from_rows
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import MEASURES, OCCUPANCY, measures_of_subject
from incubator.reports.measuring.question import Question
from incubator.reports.overview import list_live_rows, see_live
from incubator.reports.queries import measure_occupancy
from incubator.spaces.operations import add_floor, create_site
from tests.cast import NOW, Cast, assemble_cast

UNITS = int(os.environ.get("BENCH_UNITS", "2000"))
ALLOCATIONS = int(os.environ.get("BENCH_ALLOCATIONS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
LET = UNITS // 2
"""Offices and desks: two agreements each in the year. The other half are rooms, booked by the hour."""
MONTH = date(2026, 10, 1), date(2026, 10, 31)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
MONTH_LIMIT, YEAR_LIMIT, FREEZE_LIMIT = 1.0, 10.0, 10.0

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


def seed(session: Session, cast: Cast, allocations: int = ALLOCATIONS) -> int:
    """The site with its units, and a year's ledger; what it stands on is there, so that every foreign key holds."""
    site = create_site(session, cast.manager, now=NOW, code="S", name="场地", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    each = -(-(allocations - 2 * LET) // (UNITS - LET))
    values = {"o": cast.operator_id, "site": site.id, "floor": floor.id, "units": UNITS, "let": LET, "each": each,
              "a_day": -(-each // 365)}  # fmt: skip
    session.flush()
    for statement in SEED.split(";\n"):
        if statement.strip():
            session.execute(text(statement), values)
    return site.id


class Took(Struct, frozen=True):
    """Several rounds: the least and the median time, and the least work of this process and the server's."""

    least: float
    median: float
    work: float | None


def timed(session: Session, work: Callable[[], object]) -> Took:
    """Seconds, and seconds of a processor: what they tell on a machine that is shared. Helpers that the server starts
    for a statement are not in it; None where the server runs elsewhere."""
    server = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    times, works = [], []
    for _ in range(ROUNDS):
        begun, worked = time.perf_counter(), _worked(server)
        work()
        times.append(time.perf_counter() - begun)
        after = _worked(server)
        works.append(None if worked is None or after is None else after - worked)
    known = [each for each in works if each is not None]
    return Took(min(times), statistics.median(times), min(known) if known else None)


def _worked(server: int) -> float | None:
    """Seconds of a processor that this process and the server's have taken so far."""
    try:
        fields = Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


EVERY = tuple(MEASURES)
OF_OCCUPANCY = tuple(each.name for each in measures_of_subject(OCCUPANCY))
QUESTIONS = (
    ("a month: area, desks, time", Question(("area", "desks", "time"), *MONTH), MONTH_LIMIT),
    ("a month: every measure of occupancy", Question(OF_OCCUPANCY, *MONTH), MONTH_LIMIT),
    ("a month by startup", Question(("area", "time", "free_use"), *MONTH, ("startup",)), MONTH_LIMIT),
    ("the year by month: area, desks, time", Question(("area", "desks", "time"), *YEAR, ("month",)), YEAR_LIMIT),
    ("the year by month: every measure", Question(EVERY, *YEAR, ("month",)), YEAR_LIMIT),
    ("the year by month and programme", Question(("area", "time"), *YEAR, ("month", "programme")), YEAR_LIMIT),
    ("the year by weekday and hour", Question(("time",), *YEAR, ("weekday", "hour")), YEAR_LIMIT),
    ("the year by unit", Question(("area", "time"), *YEAR, ("unit",)), YEAR_LIMIT),
)


def works(session: Session, actor: Actor, site_id: int) -> list[tuple[str, Callable[[], int], float]]:
    """Everything that is measured: its name, what it does (how many lines come of it), and its limit in seconds."""
    month = Month.of(MONTH[0])
    asked: list[tuple[str, Callable[[], int], float]] = [
        (name, lambda question=question: len(ask(session, actor, question).lines), limit)  # type: ignore[misc]  # bound now
        for name, question, limit in QUESTIONS
    ]

    def page() -> int:
        shown = see_live(session, actor, site_id, month)
        return sum(len(shown.units(measure)) for measure in ("area", "time"))

    def rows() -> int:
        _, found = list_live_rows(session, actor, site_id, month, "time", unit=None, left_out=False, page=500)
        return len(found.page.rows)

    def frozen() -> int:
        report = measure_occupancy(session, actor, site_id, month)
        assert report.sha256 and figures_from_rows(report.content) == report.content["figures"]
        return len(report.content["rows"])

    return [
        *asked[:2], ("the month's report, as its page reads it", page, MONTH_LIMIT),
        ("a page of the rows behind its time in use", rows, MONTH_LIMIT),
        ("the month's report, as it is frozen", frozen, FREEZE_LIMIT), *asked[2:],
    ]  # fmt: skip


def compare(session: Session, engine: Engine, actor: Actor, site_id: int) -> bool:
    """The table; whether something is above its limit."""
    statements: list[str] = []

    def note(*args: Any) -> None:
        if not args[2].startswith("SET"):
            statements.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    hand = timed(session, lambda: session.execute(text(BY_HAND)).all())
    rows = session.execute(text("SELECT count(*) FROM allocations")).scalar_one()
    print(f"{rows:,} allocations, {UNITS:,} units; one statement by hand: {hand.least:.2f} s ({hand.median:.2f})\n")
    print("| asked | lines | statements | least s | median s | limit s | work s | times the statement by hand |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    late = False
    for name, work, limit in works(session, actor, site_id):
        statements.clear()
        lines, count = work(), len(statements)
        took = timed(session, work)
        late = late or took.least > limit
        worked = "" if took.work is None else f"{took.work:.2f}"
        print(f"| {name} | {lines:,} | {count} | {took.least:.2f} | {took.median:.2f} | {limit:.0f} | {worked} "
              f"| {took.least / hand.least:.1f} |", flush=True)  # fmt: skip
    return late


def month_seconds(allocations: int) -> tuple[float, float]:
    """The least times of a month's main figures and of its report's page over so many allocations."""
    with durable("occupancy").copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            cast = assemble_cast(session)
            site_id = seed(session, cast, allocations)
            session.commit()
            with psycopg.connect(database.owner_url, autocommit=True) as owner:
                owner.execute("VACUUM ANALYZE")
            main_figures, _, report, *_ = works(session, cast.finance, site_id)
            found = timed(session, main_figures[1]).least, timed(session, report[1]).least
        engine.dispose()
    return found


def main() -> int:
    """A month, its report and the year, by several cuts; fails above the limits."""
    with durable("occupancy").copy() as database:
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
            late = compare(session, engine, cast.finance, site_id)
        engine.dispose()
        owner.dispose()
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
