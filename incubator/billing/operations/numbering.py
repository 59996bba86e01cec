"""Numbers without gaps: the row of a series and year is locked until the commit, so that two never take one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.billing.models import NumberSeries
from incubator.database import current_operator

INVOICES, RECEIPTS, JOURNAL = "INV", "RCT", "JV"
FAPIAOS, FAPIAO_BATCHES = "FP", "FPB"


def lock_series(session: Session, series: str, year: int) -> NumberSeries:
    """The row of a series and year, locked until the commit; made with the first number."""
    locked = (
        select(NumberSeries)
        .where(NumberSeries.series == series, NumberSeries.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.execute(locked).scalar_one_or_none()
    if found is None:
        row = {"operator_id": current_operator(session), "series": series, "year": year, "last_number": 0}
        session.execute(insert(NumberSeries).values(row).on_conflict_do_nothing())
        found = session.execute(locked).scalar_one()
    return found


def take_numbers(session: Session, series: str, year: int, count: int = 1) -> range:
    """The next `count` numbers of a series and year: after 41, three are 42, 43 and 44."""
    row = lock_series(session, series, year)
    first = row.last_number + 1
    row.last_number += count
    session.flush()
    return range(first, first + count)
