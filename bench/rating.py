"""`python -m bench.rating`: 5,000 companies × 12 charges × 6 schemes, read and rated in batches, nothing written."""

from __future__ import annotations

import resource
import time
from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import create_engine, event, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from bench.databases import durable
from incubator.core.identifiers import complete_credit_code
from incubator.core.periods import Month
from incubator.jobs.demo.policies import P1, P1B, P2, P6
from incubator.spaces.operations import create_site
from incubator.startups.models import Individual, Post, Residency, Startup
from incubator.subsidies.operations.evidence import Proof, record_fact
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.queries.active import list_scheme_rules
from incubator.subsidies.queries.facts import load_parties
from incubator.subsidies.queries.used import load_tally
from incubator.subsidies.rules.engine import asked_of, rate
from incubator.subsidies.rules.items import Item
from tests.cast import NOW, Cast, assemble_cast

COMPANIES, CHARGES, BATCH = 5_000, 12, 500
OCTOBER = Month(2026, 10)
FEE = {"covers": ["property_fee"], "how": {"share": "0.10"}, "bearer": {"kind": "sponsor"}}
OWN = {"covers": ["rent"], "how": {"share": "0.05"}, "together": {"order": 1}, "bearer": {"kind": "operator"}}


def seed(session: Session, cast: Cast, count: int) -> int:
    """Companies with an agreement and a founder each, six schemes, and what the site is recognised as."""
    o = {"operator_id": cast.operator_id}
    site = create_site(session, cast.manager, now=NOW, code="S", name="场地", hours=[], open_from=date(2026, 1, 1))
    record_fact(session, cast.finance, now=NOW, name="site.recognised", value="carrier", first=date(2026, 1, 1),
                proof=Proof("认定文件"), site_id=site.id)  # fmt: skip
    rules = [("P1", P1.rule), ("P1b", P1B.rule), ("P2", P2.rule), ("Y", P6.rule), ("FEE", FEE), ("OWN", OWN)]
    for code, rule in rules:
        scheme = create_scheme(session, cast.finance, now=NOW, code=code, name=code)
        add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="办法",
                           rule=rule)  # fmt: skip
    ids = list(session.execute(insert(Startup).returning(Startup.id), [
        o | {"code": f"B-{n}", "name": f"公司{n}", "kind": "company", "registered_on": date(2026, 1, 5),
             "credit_code": complete_credit_code(f"91440300MB{n:07}")} for n in range(count)
    ]).scalars())  # fmt: skip
    session.execute(insert(Residency), [
        o | {"startup_id": each, "site_id": site.id, "number": f"R-{each}", "starts_on": date(2025, 12, 1)}
        for each in ids
    ])  # fmt: skip
    people = list(session.execute(insert(Individual).returning(Individual.id), [
        o | {"name": f"创始人{n}", "id_kind": "passport", "id_hash": n.to_bytes(32, "big"), "created_at": NOW}
        for n in range(count)
    ]).scalars())  # fmt: skip
    session.execute(insert(Post), [
        o | {"startup_id": startup, "individual_id": person, "role": "founder", "created_at": NOW,
             "days": Range(date(2025, 1, 1), None)} for startup, person in zip(ids, people, strict=True)
    ])  # fmt: skip
    return site.id


def charges(startup_id: int) -> list[Item]:
    """Rent, fee and utilities of four units."""
    first, last = OCTOBER.first, OCTOBER.last
    return [
        Item(number, ("rent", "property_fee", "utilities")[number % 3], 30_000 + startup_id % 97 * 700 + number * 13,
             OCTOBER, first, last, "office", Decimal("30.00"))
        for number in range(CHARGES)
    ]  # fmt: skip


class Rated(Struct, frozen=True):
    """What it took."""

    companies: int
    decisions: int
    seconds: float
    worked: float
    """Seconds of the processor, of this process."""
    statements: int
    mb_before: int
    mb_most: int


def measure(companies: int) -> Rated:
    """Read and rate a month of so many companies."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    with durable("rating").copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            cast = assemble_cast(session)
            site_id = seed(session, cast, companies)
            session.commit()
            ids = list(session.execute(select(Startup.id).where(Startup.code.startswith("B-"))).scalars())
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            event.listen(engine, "before_cursor_execute", count)
            begun, worked, granted, decisions = time.perf_counter(), time.process_time(), 0, 0
            schemes = list_scheme_rules(session, site_id, OCTOBER)
            for start in range(0, len(ids), BATCH):
                batch = ids[start : start + BATCH]
                parties = load_parties(session, site_id, OCTOBER, batch, asked_of(schemes))
                tally = load_tally(session, schemes, parties.values(), site_id, OCTOBER)
                for startup_id in batch:
                    found = rate(parties[startup_id], charges(startup_id), schemes, tally)
                    decisions += len(found)
                    granted += sum(each.amount_minor for each in found)
                session.expunge_all()
            seconds, worked = time.perf_counter() - begun, time.process_time() - worked
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        engine.dispose()
    assert granted > 0
    return Rated(len(ids), decisions, seconds, worked, statements, before // 1024, peak // 1024)


def main() -> None:
    """Time, statements and memory."""
    found = measure(COMPANIES)
    batches = -(-found.companies // BATCH)
    print("| companies | decisions | seconds | of the process | a second | statements | a batch | MB first | MB most |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(f"| {found.companies:,} | {found.decisions:,} | {found.seconds:.1f} | {found.worked:.1f} "
          f"| {found.decisions / found.seconds:,.0f} | {found.statements} | {found.statements / batches:.1f} "
          f"| {found.mb_before} | {found.mb_most} |")  # fmt: skip


if __name__ == "__main__":
    main()
