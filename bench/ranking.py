"""`python -m bench.ranking`: 2,000 mentors ranked for one need, and 200 startups by 80 mentors as pairs."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import Engine, create_engine, event, insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from bench.databases import durable
from incubator.accounts.models import Person
from incubator.database import Base, set_operator
from incubator.mentors.models import (
    HelpField,
    Mentor,
    MentorAppointment,
    MentorConflict,
    MentorDay,
    MentorField,
    MentorHours,
    MentoringNeed,
    MentorSession,
    Mentorship,
    MentorSite,
    NeedField,
    SessionFeedback,
)
from incubator.mentors.queries.ranking import rank_for_need, rank_pairs
from incubator.spaces.models import Allocation, Unit
from incubator.spaces.operations import create_site
from incubator.startups.models import Startup
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase

MENTORS = int(os.environ.get("BENCH_MENTORS", "2000"))
STARTUPS, PAIRED, ROUNDS = 200, 80, 30
FIELDS = 30
HELD = 4
"""Sessions of each mentor so far, two a year; every other mentor has another in the coming fortnight."""


def seed(session: Session, cast: Cast) -> MentoringNeed:
    """Mentors with hours, fields, sites, appointments, other days, sessions held and ahead, feedback, conflicts."""
    random, o = Random(7), {"operator_id": cast.operator_id}
    sites = [
        create_site(session, cast.manager, now=NOW, code=f"S{n}", name=f"场地{n}", hours=[("workday", 540, 1080)],
                    open_from=date(2026, 1, 1))
        for n in range(3)
    ]  # fmt: skip
    for number, site in enumerate(sites):
        site.latitude, site.longitude = Decimal("22.5") + number, Decimal("113.9")
    session.flush()

    def add(table: type[Base], rows: list[dict[str, object]]) -> list[int]:
        if "id" not in table.__table__.columns:
            session.execute(insert(table), [o | row for row in rows])
            return []
        query = insert(table).returning(table.__table__.columns.id, sort_by_parameter_order=True)
        return list(session.execute(query, [o | row for row in rows]).scalars())

    fields = add(HelpField, [{"name": f"领域{n}", "created_at": NOW} for n in range(FIELDS)])
    people = add(Person, [{"name": f"导师{n}", "email": f"m{n}@example.com"} for n in range(MENTORS)])
    units = add(Unit, [
        {"site_id": sites[n % 3].id, "code": f"M{n}", "kind": "mentor", "purpose": "public_service", "area_m2": 0,
         "in_service": Range(date(2026, 1, 1), None)}
        for n in range(MENTORS)
    ])  # fmt: skip
    mentors = add(Mentor, [
        {"person_id": people[n], "number": n + 1, "unit_id": units[n], "site_id": sites[n % 3].id, "kind": "technical",
         "industries": random.sample(["65", "64", "39", "27", "73"], 2), "capacity_hours": random.randrange(4, 20),
         "stages": random.sample(["idea", "prototype", "seed", "early", "growth"], 2), "created_at": NOW,
         "languages": random.sample(["zh", "en", "yue"], 2), "approved_at": NOW, "meeting_link": "",
         "paused_at": NOW if n % 50 == 0 else None}
        for n in range(MENTORS)
    ])  # fmt: skip
    everybody = range(MENTORS)
    of_mentors = [(each, field_id) for each in mentors for field_id in random.sample(fields, 3)]
    add(MentorField, [{"mentor_id": mentor_id, "field_id": field_id} for mentor_id, field_id in of_mentors])
    add(MentorSite, [{"mentor_id": mentors[n], "site_id": sites[(n + 1) % 3].id} for n in everybody if n % 3 == 0])
    add(MentorHours, [
        {"mentor_id": mentors[n], "weekday": day, "opens_minute": opens, "closes_minute": opens + 180}
        for n in everybody for day in random.sample(range(1, 8), 3) for opens in (random.randrange(16, 40) * 30,)
    ])  # fmt: skip
    add(MentorDay, [{"mentor_id": mentors[n], "on": NOW.date() + timedelta(days=5)} for n in everybody if n % 10 == 0])
    add(MentorAppointment, [
        {"mentor_id": mentors[n], "year": 2026, "number": n + 1, "title": "创业导师", "made_at": NOW,
         "term": Range(date(2026, 1, 1), date(2027, 1, 1) if n % 40 else date(2026, 10, 8)),
         "days": Range(date(2026, 1, 1), date(2027, 1, 1) if n % 40 else date(2026, 10, 8))}
        for n in everybody
    ])  # fmt: skip
    startups = add(Startup, [
        {"code": f"B-{n}", "name": f"企业{n}", "name_key": f"企业{n}", "kind": "team", "industry_code": "6513"}
        for n in range(STARTUPS)
    ])  # fmt: skip
    sessions = []
    for n in everybody:
        starts = [NOW - timedelta(days=180 * each + 3) for each in range(HELD)]
        starts.append(NOW + timedelta(days=random.randrange(1, 14) if n % 2 else 30))
        sessions += [{
            "mentor_id": mentors[n], "startup_id": random.choice(startups), "site_id": sites[n % 3].id, "title": "辅导",
            "period": Range(start, start + timedelta(hours=1)), "way": "online", "booked_at": NOW,
        } for start in starts]  # fmt: skip
    made = add(MentorSession, sessions)
    per = HELD + 1
    add(SessionFeedback, [
        {"session_id": made[n * per + each], "side": "startup", "person_id": people[0], "given_at": NOW,
         "rating": random.randrange(2, 6)}
        for n in everybody for each in range(HELD) if random.random() < 0.7
    ])  # fmt: skip
    add(Allocation, [
        {"site_id": row["site_id"], "unit_id": units[place // per], "period": row["period"], "holder_kind": "session",
         "holder_id": made[place]}
        for place, row in enumerate(sessions)
    ])  # fmt: skip
    add(Mentorship, [
        {"startup_id": startups[n % STARTUPS], "mentor_id": mentors[n], "made_at": NOW,
         "days": Range(date(2026, 7, 1), date(2027, 1, 1))}
        for n in everybody if n % 2
    ])  # fmt: skip
    add(MentorConflict, [
        {"mentor_id": mentors[n], "startup_id": startups[0], "kind": "invested", "declared_at": NOW}
        for n in everybody if n % 100 == 1
    ])  # fmt: skip
    needs = add(MentoringNeed, [
        {"startup_id": each, "title": "融资", "created_at": NOW, "stage": "seed", "languages": ["zh", "en"],
         "times": ["afternoon"], "site_id": sites[0].id}
        for each in startups
    ])  # fmt: skip
    add(NeedField, [{"need_id": each, "field_id": one} for each in needs for one in random.sample(fields, 3)])
    return session.execute(select(MentoringNeed).where(MentoringNeed.id == needs[0])).scalar_one()


def timed(engine: Engine, name: str, rounds: int, work: Callable[[], object]) -> None:
    """The best and the median of some rounds after one to warm up, and the statements of one."""
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    work()
    count, took = len(statements), []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - begun))
    print(f"| {name} | {count} | {min(took):.0f} ms | {statistics.median(took):.0f} ms |")


def analyse(database: TestDatabase) -> None:
    """What autovacuum does within a minute in a database that is used."""
    engine = create_engine(database.settings().owner_database_url)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    engine.dispose()


def main() -> None:
    """Seed, rank, and print."""
    with durable("ranking").copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            cast = assemble_cast(session)
            need = seed(session, cast)
            session.commit()
        analyse(database)
        with Session(engine) as session:
            set_operator(session, cast.operator_id)
            session.add(need)
            now = datetime(2026, 10, 1, 1, tzinfo=UTC)
            session.refresh(need)
            startups = list(session.execute(select(MentoringNeed.startup_id)).scalars())
            mentors = list(session.execute(select(Mentor.id).limit(PAIRED)).scalars())
            print("| work | statements | best | median |\n| --- | ---: | ---: | ---: |")
            timed(engine, f"{MENTORS:,} mentors ranked for a need", ROUNDS,
                  lambda: rank_for_need(session, cast.manager, need, now=now))  # fmt: skip
            timed(engine, f"{STARTUPS} × {PAIRED} pairs scored", 5,
                  lambda: rank_pairs(session, cast.manager, startup_ids=startups, mentor_ids=mentors,
                                     now=now))  # fmt: skip
        engine.dispose()


if __name__ == "__main__":
    main()
