"""`python -m bench.posting`: 10,000 invoices of three lines, under one scheme with a cap, posted in one run."""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
from msgspec import Struct
from sqlalchemy import create_engine, event, func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from bench.databases import durable
from incubator.billing.models import Invoice, InvoiceLine, OpenItem
from incubator.billing.models import Posting as PostingRow
from incubator.billing.operations.posting import post_month
from incubator.core.identifiers import complete_credit_code
from incubator.core.periods import Month
from incubator.pricing.operations import set_tax_status
from incubator.spaces.models import Unit
from incubator.spaces.operations import add_floor, create_site
from incubator.startups.models import Residency, ResidencyPrice, Startup
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast, assemble_cast
from tests.scenarios.october import SCHEME_Y

STARTUPS = int(os.environ.get("BENCH_INVOICES", "10000"))
LIMIT_SECONDS = 60
OCTOBER = Month(2026, 10)
AFTER = datetime(2026, 11, 1, 1, tzinfo=UTC)
PRICES = (("rent", "m2_month", "80.00"), ("property_fee", "m2_month", "10.00"), ("service_fee", "unit_month", "99.00"))


def seed(session: Session, cast: Cast, count: int) -> int:
    """Companies with one office each, and three prices for it; the operator is a general taxpayer."""
    o = {"operator_id": cast.operator_id}
    site = create_site(session, cast.manager, now=NOW, code="S", name="场地", hours=[], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    scheme = create_scheme(session, cast.finance, now=NOW, code="Y", name="租金补贴")
    add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="办法",
                       rule=SCHEME_Y)  # fmt: skip
    startups = list(session.execute(insert(Startup).returning(Startup.id), [
        o | {"code": f"B-{n:05}", "name": f"公司{n}", "kind": "company", "registered_on": date(2026, 1, 5),
             "credit_code": complete_credit_code(f"91440300MB{n:07}")} for n in range(count)
    ]).scalars())  # fmt: skip
    units = list(session.execute(insert(Unit).returning(Unit.id), [
        o | {"site_id": site.id, "floor_id": floor.id, "code": f"U{n:05}", "kind": "office", "purpose": "incubation",
             "area_m2": Decimal("20.00") + n % 40, "in_service": Range(date(2026, 1, 1), None)} for n in range(count)
    ]).scalars())  # fmt: skip
    residencies = list(session.execute(insert(Residency).returning(Residency.id), [
        o | {"startup_id": each, "site_id": site.id, "number": f"R-{each}", "starts_on": date(2026, 8, 1)}
        for each in startups
    ]).scalars())  # fmt: skip
    session.execute(insert(ResidencyPrice), [
        o | {"residency_id": residency, "unit_id": unit, "charge_kind": kind, "basis": basis,
             "unit_price": Decimal(price), "currency": "CNY", "days": Range(date(2026, 8, 1), None)}
        for residency, unit in zip(residencies, units, strict=True) for kind, basis, price in PRICES
    ])  # fmt: skip
    return site.id


class Posted(Struct, frozen=True):
    """What it took."""

    invoices: int
    lines: int
    postings: int
    seconds: float
    worked: float
    """Seconds of the processor, of this process."""
    statements: int
    mb_before: int
    mb_most: int


def measure(invoices: int) -> Posted:
    """Post a month of so many invoices."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    with durable("posting").copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            cast = assemble_cast(session)
            site_id = seed(session, cast, invoices)
            session.commit()
            with psycopg.connect(database.owner_url, autocommit=True) as owner:
                owner.execute("ANALYZE")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            event.listen(engine, "before_cursor_execute", count)
            begun, worked = time.perf_counter(), time.process_time()
            post_month(session, cast.finance, now=AFTER, site_id=site_id, month=OCTOBER)
            session.commit()
            seconds, worked = time.perf_counter() - begun, time.process_time() - worked
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            event.remove(engine, "before_cursor_execute", count)
            rows = [session.execute(select(func.count()).select_from(table)).scalar_one()
                    for table in (Invoice, InvoiceLine, PostingRow, OpenItem)]  # fmt: skip
        engine.dispose()
    assert rows[0] == rows[3] == invoices, rows
    return Posted(rows[0], rows[1], rows[2], seconds, worked, statements, before // 1024, peak // 1024)


def main() -> int:
    """Time, statements and memory of one posting; fails above the limit."""
    found = measure(STARTUPS)
    print("| invoices | lines | postings | seconds | of the process | statements | MB first | MB most |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(f"| {found.invoices:,} | {found.lines:,} | {found.postings:,} | {found.seconds:.1f} | {found.worked:.1f} "
          f"| {found.statements} | {found.mb_before} | {found.mb_most} |")  # fmt: skip
    return int(found.seconds > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
