"""A committed story on a database of its own, and connections that post at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.billing.models import Charge, Invoice
from incubator.billing.operations.posting import post_month
from incubator.core.periods import Month
from incubator.database import set_operator
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Startup
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.subsidies.models import Decision
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase
from tests.scenarios.october import AFTER_OCTOBER, tell_october


def settle(session: Session, cast: Cast, code: str, startup: Startup, rent: str, starts_on: date) -> Site:
    """One more site with one unit, that the startup rents by the month."""
    site = create_site(session, cast.manager, now=NOW, code=code, name=code, hours=[], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="U1", kind="office", purpose="incubation",
                    area_m2=Decimal("20.00"), in_service_from=date(2026, 1, 1))  # fmt: skip
    sign_residency(session, cast.manager, now=NOW, startup=startup, site=site, starts_on=starts_on,
                   units=[UnitTerms(unit, "unit_month", Decimal(rent))])  # fmt: skip
    return site


@dataclass(frozen=True)
class Posting:
    """A month to be posted."""

    site_id: int
    month: Month
    now: datetime = AFTER_OCTOBER


class Stage:
    """October, and startup A at two more sites from August on, at 9,000.00 a month each."""

    def __init__(self, database: TestDatabase) -> None:
        self.owner_url = database.owner_url
        self.engine = create_engine(database.settings().database_url, pool_size=20, max_overflow=0)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            october = tell_october(session, self.cast)
            more = [settle(session, self.cast, code, october.a, "9000.00", date(2026, 8, 1)) for code in ("FT", "BA")]
            self.sites = [october.site.id, *(site.id for site in more)]
            session.commit()

    @contextmanager
    def connection(self) -> Iterator[Session]:
        """One more connection, rolled back at the end unless it commits."""
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            yield session

    def post(self, session: Session, posting: Posting) -> list[Invoice]:
        return post_month(session, self.cast.finance, now=posting.now, site_id=posting.site_id, month=posting.month)

    def run(self, posting: Posting, outcomes: list[BaseException | None], gate: threading.Barrier | None = None) -> None:
        """Post in a transaction of its own; what it ended with goes to `outcomes`."""
        with self.connection() as session:
            session.connection()
            if gate:
                gate.wait()
            try:
                self.post(session, posting)
                session.commit()
                outcomes.append(None)
            except BaseException as error:
                outcomes.append(error)

    def race(self, postings: Sequence[Posting]) -> list[list[BaseException | None]]:
        """All at once; the outcome of each, in a list of its own."""
        gate, outcomes = threading.Barrier(len(postings)), [list[BaseException | None]() for _ in postings]
        threads = [
            threading.Thread(target=self.run, args=(posting, found, gate))
            for posting, found in zip(postings, outcomes, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    @contextmanager
    def waiting_for(self, *postings: Posting) -> Iterator[list[BaseException | None]]:
        """Others post meanwhile: inside the block each waits for a lock, or has ended; after it, all have ended."""
        outcomes: list[BaseException | None] = []
        threads = [threading.Thread(target=self.run, args=(posting, outcomes)) for posting in postings]
        for thread in threads:
            thread.start()
        with psycopg.connect(self.owner_url, autocommit=True) as watcher:
            waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while watcher.execute(waits).fetchall()[0][0] < sum(thread.is_alive() for thread in threads):
                pass
        try:
            yield outcomes
        finally:
            for thread in threads:
                thread.join()

    def kill(self, session: Session) -> None:
        """End the server's side of a connection, as a crash would."""
        (pid,) = session.connection().exec_driver_sql("SELECT pg_backend_pid()").one()
        with psycopg.connect(self.owner_url, autocommit=True) as watcher:
            watcher.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    def forget_schemes(self) -> None:
        """As at an operator that has none."""
        with psycopg.connect(self.owner_url, autocommit=True) as owner:
            owner.execute("TRUNCATE schemes, scheme_versions CASCADE")

    def numbers(self) -> list[tuple[int, int]]:
        """Year and number of every invoice, in order."""
        with self.connection() as session:
            rows = session.execute(select(Invoice.year, Invoice.number).order_by(Invoice.year, Invoice.number)).all()
            return [(year, number) for year, number in rows]

    def charges(self) -> list[tuple[str, int, date]]:
        """The source and month of every charge."""
        with self.connection() as session:
            rows = session.execute(select(Charge.source_kind, Charge.source_id, Charge.month)).all()
            return sorted((kind, source_id, month) for kind, source_id, month in rows)

    def granted(self) -> dict[int, int]:
        """What each startup was given in all."""
        with self.connection() as session:
            rows = session.execute(
                select(Decision.startup_id, func.sum(Decision.amount_minor)).group_by(Decision.startup_id)
            ).all()
            return {startup_id: int(given) for startup_id, given in rows}
