"""`python -m bench.importing`: 20,000 bookings of one room from a workbook; and single ones, each committed."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.databases import durable
from incubator.bookings.operations import book
from incubator.documents.operations import store_file
from incubator.jobs.job import Run
from incubator.jobs.workbook.job import import_workbook
from incubator.jobs.workbook.sheets import BY_KEY
from tests.bookings.conftest import make_place
from tests.cast import NOW, assemble_cast

ROWS, SINGLE = 20_000, 200
SHANGHAI = ZoneInfo("Asia/Shanghai")


def booking_workbook(rows: int) -> bytes:
    """Quarter hours of one room, one after the other, as a workbook."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = workbook.add_worksheet("bookings")
    sheet.write_row(0, 0, [column.key for column in BY_KEY["bookings"].columns])
    for number in range(rows):
        at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=15 * number)
        end = at + timedelta(minutes=15)
        row = ["NS", "R1", "S-A", f"{at:%Y-%m-%d}", f"{at:%H:%M}", f"{end:%H:%M}".replace("00:00", "24:00"), "x", 2]
        sheet.write_row(number + 1, 0, row)
    workbook.close()
    return file.getvalue()


def measure(rows: int, single: int = 0) -> tuple[float, float]:
    """Seconds of the import, and of so many single bookings after it."""
    with durable("importing").copy() as database:
        engine = create_engine(database.settings().database_url)
        with Session(engine, expire_on_commit=False) as session:
            cast = assemble_cast(session)
            place = make_place(session, cast.manager)
            file = store_file(session, cast.manager, now=NOW, name="b.xlsx", media_type="x",
                              content=booking_workbook(rows))  # fmt: skip
            session.commit()
            run = Run(1, cast.operator_id, "import_workbook", None, "1", {"file_id": file.id}, 1, None, "bench", NOW)
            begun = time.perf_counter()
            import_workbook(session, cast.manager, run, lambda done, total: None)
            session.commit()
            imported = time.perf_counter()
            for number in range(single):
                later = timedelta(days=number // 30, minutes=number % 30 * 15)
                start = datetime(2026, 10, 12, 9, tzinfo=SHANGHAI) + later
                book(session, cast.manager, now=NOW, resource_id=place.hall.id, start=start,
                     end=start + timedelta(minutes=15), startup_id=cast.startup_a)  # fmt: skip
                session.commit()
            booked = time.perf_counter()
        engine.dispose()
    return imported - begun, booked - imported


def main() -> None:
    """Both."""
    imported, booked = measure(ROWS, SINGLE)
    print("| work | rows | seconds | rows a second |\n| --- | ---: | ---: | ---: |")
    print(f"| import of a workbook's bookings | {ROWS:,} | {imported:.2f} | {ROWS / imported:,.0f} |")
    print(f"| bookings one by one, each committed | {SINGLE} | {booked:.2f} | {SINGLE / booked:,.0f} |")


if __name__ == "__main__":
    main()
