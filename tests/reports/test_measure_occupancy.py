"""The report from the ledger: the example's figures, its rows, and a bounded number of statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.core.canonical import canonical_json
from incubator.core.errors import Forbidden, NotFound
from incubator.database import as_operator
from incubator.reports.content import figures_from_rows
from incubator.reports.queries import measure_occupancy
from incubator.spaces.models import Closure
from tests.cast import Cast
from tests.reports.world import CREATED, NOVEMBER_FIRST, OCTOBER, book, let, make_october, take


@contextmanager
def count_statements(session: Session) -> Iterator[list[str]]:
    seen: list[str] = []
    connection = session.connection()

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("SELECT", "WITH", "INSERT", "UPDATE")):
            seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


def test_the_example(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    content = measure_occupancy(session, cast.finance, world.site_id, OCTOBER).content
    assert content["figures"] == [
        {"measure": "area", "numerator": "2174", "denominator": "3363.5", "units": 6},
        {"measure": "desks", "numerator": "62", "denominator": "124", "units": 4},
        {"measure": "time", "numerator": "330", "denominator": "9720", "units": 1},
    ]
    assert (content["opening"]["days"], content["opening"]["minutes"]) == (18, 9720)
    assert figures_from_rows(content) == content["figures"]
    used = [row for row in content["rows"] if row["unit"] == world.unit("R1")]
    assert [(row["from"], row["counted"], row["left_out"]) for row in used] == [
        ("2026-10-10T10:00:00+08:00", 90, []),
        ("2026-10-20T17:00:00+08:00", 60, [["outside_opening", 60]]),
        ("2026-10-21T09:00:00+08:00", 180, []),  # free, and counted as use
    ]
    assert [row["startup"] and row["startup"]["code"] for row in used] == ["S-A", "S-B", None]
    assert (used[0]["label"], used[0]["label_en"]) == ("会议室一", "Meeting room 1")


def test_voided_and_closed_are_shown_and_not_counted(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    cancelled = book(session, world, "A", "2026-10-22 09:00", "2026-10-22 12:00")
    session.execute(
        text("UPDATE allocations SET voided_at = now(), void_reason = '客户改期' WHERE id = :id"), {"id": cancelled}
    )
    start = NOVEMBER_FIRST - timedelta(days=3)
    closure = Closure(site_id=world.site_id, reason="空调检修", period=Range(start, NOVEMBER_FIRST), created_at=CREATED)
    session.add(closure)
    session.flush()
    take(session, world, "D4", ("closure", closure.id), start, NOVEMBER_FIRST)
    content = measure_occupancy(session, cast.auditor, world.site_id, OCTOBER).content
    assert [figure["numerator"] for figure in content["figures"]] == ["2174", "62", "330"]
    assert [figure["denominator"] for figure in content["figures"]] == ["3363.5", "124", "9720"]
    left = {row["label"]: (row["counted"], row["left_out"], row["note"]) for row in content["rows"] if row["left_out"]}
    assert left["空调检修"] == (0, [["closure", 3]], "")
    notes = [row["note"] for row in content["rows"] if row["left_out"] == [["voided", 180]]]
    assert notes == ["客户改期"]


def test_only_those_who_may_see_reports_and_only_their_own_sites(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    for actor in (cast.front_desk, cast.founder_a, cast.member_a, cast.mentor):
        with pytest.raises(Forbidden):
            measure_occupancy(session, actor, world.site_id, OCTOBER)
    with as_operator(session, cast.other_operator_id), pytest.raises(NotFound):
        measure_occupancy(session, cast.other_owner, world.site_id, OCTOBER)


def test_as_many_statements_for_many_rows_as_for_few(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    with count_statements(session) as few:
        measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    for day in range(1, 31):
        book(session, world, "A", f"2026-10-{day:02d} 13:00", f"2026-10-{day:02d} 13:30")
    let(session, world, "B", ["D3", "D4"], date(2026, 10, 5))
    session.expire_all()
    with count_statements(session) as many:
        measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    assert len(few) == len(many) <= 32


def test_the_same_ledger_gives_the_same_bytes(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    first = measure_occupancy(session, cast.finance, world.site_id, OCTOBER)
    session.expire_all()
    second = measure_occupancy(session, cast.owner, world.site_id, OCTOBER)
    assert first.canonical == second.canonical == canonical_json(first.content)
