"""`make bench`: the heavy work of the product on a fresh database, each with rows, seconds and rows a second."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.assignment import main as assign_mentors
from bench.load import main as put_load_on_a_year
from bench.ranking import main as rank_mentors
from bench.rating import main as rate_subsidies
from incubator import i18n
from incubator.bookings.operations import book
from incubator.core.periods import Month
from incubator.database import set_operator
from incubator.documents.operations import store_file
from incubator.jobs.demo.loading import load_demo
from incubator.jobs.job import Run
from incubator.jobs.workbook.job import import_workbook
from incubator.jobs.workbook.sheets import BY_KEY
from incubator.reports.queries import measure_occupancy
from tests.bookings.conftest import make_place
from tests.cast import NOW, assemble_cast
from tests.database import Databases

ROWS = 20_000
SINGLE = 200
SHANGHAI = ZoneInfo("Asia/Shanghai")


def timed(name: str, count: int, work: Callable[[], object]) -> None:
    """Do it once and print how long it took."""
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    print(f"| {name} | {count:,} | {seconds:.2f} s | {count / seconds:,.0f} |")


def booking_workbook() -> bytes:
    """A year of quarter hours of one room, as a workbook."""
    file = io.BytesIO()
    book_ = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book_.add_worksheet("bookings")
    keys = [column.key for column in BY_KEY["bookings"].columns]
    sheet.write_row(0, 0, keys)
    for number in range(ROWS):
        at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=15 * number)
        end = at + timedelta(minutes=15)
        row = ["NS", "R1", "S-A", f"{at:%Y-%m-%d}", f"{at:%H:%M}", f"{end:%H:%M}".replace("00:00", "24:00"), "x", 2]
        sheet.write_row(number + 1, 0, row)
    book_.close()
    return file.getvalue()


def main() -> None:
    """Import, single bookings, the demo, a month's report."""
    i18n.compile_catalogues()
    databases = Databases(f"bench{os.getpid()}")
    print("| work | rows | time | rows a second |\n| --- | ---: | ---: | ---: |")
    with databases.copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine, expire_on_commit=False) as session:
            cast = assemble_cast(session)
            place = make_place(session, cast.manager)
            content = booking_workbook()
            file = store_file(session, cast.manager, now=NOW, name="b.xlsx", media_type="x", content=content)
            session.commit()
            run = Run(1, cast.operator_id, "import_workbook", None, "1", {"file_id": file.id}, 1, None, "bench", NOW)

            def import_all() -> None:
                import_workbook(session, cast.manager, run, lambda done, total: None)
                session.commit()

            def book_one_by_one() -> None:
                for number in range(SINGLE):
                    later = timedelta(days=number // 30, minutes=number % 30 * 15)
                    start = datetime(2026, 10, 12, 9, tzinfo=SHANGHAI) + later
                    book(session, cast.manager, now=NOW, resource_id=place.hall.id, start=start,
                         end=start + timedelta(minutes=15), startup_id=cast.startup_a)  # fmt: skip
                    session.commit()

            timed("import of a workbook's bookings", ROWS, import_all)
            timed("bookings one by one, each committed", SINGLE, book_one_by_one)
            month = Month.of(date(2026, 5, 1))
            site_id = place.site.id
            timed("a month's occupancy over them", 1, lambda: measure_occupancy(session, cast.manager, site_id, month))
        engine.dispose()
    with databases.copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:

            def demo() -> None:
                load_demo(session, now=NOW)
                session.commit()
                set_operator(session, None)

            timed("the demo's year, posted and frozen", 1, demo)
        engine.dispose()


if __name__ == "__main__":
    main()
    assign_mentors()
    rank_mentors()
    rate_subsidies()
    put_load_on_a_year()
