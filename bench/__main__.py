"""`make bench`: everything that is measured, one after the other; `python -m bench.NAME` does one of it."""

from __future__ import annotations

import sys
import time

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench import assignment, growth, importing, load, occupancy, pages, posting, ranking, rating
from bench.databases import durable
from incubator.core.clock import utc_now
from incubator.database import set_operator
from incubator.jobs.demo.loading import load_demo


def demo() -> None:
    """The demo's year: every operation of the product, one by one."""
    with durable("demo").copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            begun = time.perf_counter()
            load_demo(session, now=utc_now())
            session.commit()
            print(f"The demo's year, posted, claimed and frozen: {time.perf_counter() - begun:.1f} s")
            set_operator(session, None)
        engine.dispose()


def main() -> int:
    """Each part under its name; fails where one is above its limit."""
    failed = 0
    for name, part in (
        ("over HTTP", load.main), ("import", importing.main), ("mentors assigned", assignment.main),
        ("mentors ranked", ranking.main), ("subsidies rated", rating.main), ("invoices posted", posting.main),
        ("occupancy", occupancy.main), ("growth", growth.main), ("pages", pages.main), ("the demo", demo),
    ):  # fmt: skip
        print(f"\n## {name}\n", flush=True)
        failed |= int(part() or 0)
    return failed


if __name__ == "__main__":
    sys.exit(main())
