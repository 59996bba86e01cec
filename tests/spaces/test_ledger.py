"""The allocation ledger: its overlap table, what it refuses, and what giving back leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import NotFound, Refusal
from incubator.spaces.ledger_queries import holding_at
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.operations import (
    LedgerRow,
    Taken,
    add_floor,
    add_unit,
    allocate,
    allocate_any,
    allocate_many,
    create_site,
    release,
    retire_unit,
)
from tests.cast import NOW, Cast

NINE = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def make_units(session: Session, actor: Actor, codes: Sequence[str]) -> tuple[Site, list[Unit]]:
    site = create_site(session, actor, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, actor, now=NOW, site=site, name="1F")
    units = [
        add_unit(session, actor, now=NOW, floor=floor, code=code, kind="room", purpose="public_service",
                 area_m2=Decimal(20), in_service_from=date(2026, 1, 1))
        for code in codes
    ]  # fmt: skip
    return site, units


def take(session: Session, actor: Actor, units: Sequence[Unit], holder: int, start: datetime, end: datetime) -> None:
    allocate(session, actor, now=NOW, holder=("booking", holder), units=units, start=start, end=end)


def take_any(
    session: Session, actor: Actor, units: Sequence[Unit], holder: int, start: datetime, end: datetime
) -> Unit:
    return allocate_any(session, actor, now=NOW, holder=("booking", holder), units=units, start=start, end=end)


@pytest.mark.parametrize(
    ("start", "end", "clashes"),
    [
        (-2, -1, False),  # before
        (-1, 0, False),  # right before
        (-1, 1, True),  # into its first half
        (0, 2, True),  # exactly the same
        (0.5, 1.5, True),  # inside
        (-1, 3, True),  # around
        (1, 3, True),  # over its end
        (2, 3, False),  # right after
        (3, 4, False),  # after
    ],
)
def test_which_periods_clash_with_nine_to_eleven(
    session: Session, cast: Cast, start: float, end: float, clashes: bool
) -> None:
    _, units = make_units(session, cast.manager, ["R1"])
    take(session, cast.manager, units, 1, NINE, NINE + hours(2))
    if clashes:
        with pytest.raises(Taken) as refused:
            take(session, cast.manager, units, 2, NINE + hours(start), NINE + hours(end))
        assert str(refused.value) == "R1 is taken on 2026-10-12 from 09:00 to 11:00."
    else:
        take(session, cast.manager, units, 2, NINE + hours(start), NINE + hours(end))


def test_a_refused_taker_leaves_nothing_and_the_transaction_goes_on(session: Session, cast: Cast) -> None:
    _, (a, b) = make_units(session, cast.manager, ["A", "B"])
    take(session, cast.manager, [b], 1, NINE, NINE + hours(1))
    with pytest.raises(Taken):
        take(session, cast.manager, [a, b], 2, NINE, NINE + hours(1))
    take(session, cast.manager, [a], 3, NINE, NINE + hours(1))
    assert session.execute(select(func.count()).select_from(Allocation)).scalar_one() == 2


def test_open_ended_holds_for_ever(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[a], start=NINE, end=None)
    with pytest.raises(Taken, match="from 2026-10-12 09:00:00\\+08:00 on"):
        take(session, cast.manager, [a], 2, NINE + hours(100_000), NINE + hours(100_001))


def test_release_voids_what_had_not_begun_and_cuts_what_had(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    take(session, cast.manager, [a], 1, NINE, NINE + hours(2))
    take(session, cast.manager, [a], 2, NINE + hours(2), NINE + hours(4))
    release(session, cast.manager, now=NOW, holder=("booking", 1), reason="left early", at=NINE + hours(1))
    (voided,) = release(session, cast.manager, now=NOW, holder=("booking", 2), reason="cancelled")
    cut = session.execute(select(Allocation).where(Allocation.holder_id == 1)).scalar_one()
    assert (cut.period.upper, cut.voided_at) == (NINE + hours(1), None)
    assert (voided.voided_by, voided.void_reason, voided.voided_at) == (cast.manager.person_id, "cancelled", NOW)
    take(session, cast.manager, [a], 3, NINE + hours(1), NINE + hours(4))  # both are free again


def test_many_rows_all_or_none(session: Session, cast: Cast) -> None:
    _, (a, b) = make_units(session, cast.manager, ["A", "B"])
    rows = [
        LedgerRow(a.id, NINE, NINE + hours(1), "booking", 1),
        LedgerRow(b.id, NINE, NINE + hours(1), "booking", 2),
    ]
    allocate_many(session, cast.manager, now=NOW, rows=rows)
    clash = [
        LedgerRow(a.id, NINE + hours(1), NINE + hours(2), "booking", 3),
        LedgerRow(b.id, NINE + hours(0.5), NINE + hours(2), "booking", 4),
    ]
    with pytest.raises(Taken) as refused:
        allocate_many(session, cast.manager, now=NOW, rows=clash)
    assert (refused.value.unit_id, refused.value.index) == (b.id, 1)
    assert session.execute(select(func.count()).select_from(Allocation)).scalar_one() == 2


def test_many_rows_that_meet_each_other(session: Session, cast: Cast) -> None:
    _, (a, b) = make_units(session, cast.manager, ["A", "B"])
    rows = [
        LedgerRow(b.id, NINE + hours(2), NINE + hours(3), "booking", 1),
        LedgerRow(a.id, NINE, None, "residency", 2),
        LedgerRow(b.id, NINE + hours(1), NINE + hours(2.5), "booking", 3),
    ]
    with pytest.raises(Taken, match="B is taken on 2026-10-12 from 10:00 to 11:30") as refused:
        allocate_many(session, cast.manager, now=NOW, rows=rows)
    assert refused.value.index == 0
    assert session.execute(select(func.count()).select_from(Allocation)).scalar_one() == 0


def test_a_full_pool_says_which_will_be_free_first(session: Session, cast: Cast) -> None:
    _, (a, b, c) = make_units(session, cast.manager, ["A", "B", "C"])
    take(session, cast.manager, [a], 1, NINE, NINE + hours(5))
    take(session, cast.manager, [b], 2, NINE, NINE + hours(1))
    take(session, cast.manager, [b], 3, NINE + hours(1), NINE + hours(3))
    allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[c], start=NINE, end=None)
    with pytest.raises(Taken) as refused:
        take_any(session, cast.manager, [a, b, c], 4, NINE, NINE + hours(2))
    said = "All 3 units are taken at that time; B is the first to be free, at 2026-10-12 12:00:00+08:00."
    assert str(refused.value) == said
    assert take_any(session, cast.manager, [a, b, c], 5, NINE + hours(3), NINE + hours(4)) == b


def test_a_pool_that_is_let_for_good(session: Session, cast: Cast) -> None:
    _, units = make_units(session, cast.manager, ["A", "B"])
    allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=units, start=NINE, end=None)
    with pytest.raises(Taken, match=r"^All 2 units are taken at that time\.$"):
        take_any(session, cast.manager, units, 4, NINE, NINE + hours(2))


def test_a_unit_is_held_only_while_it_is_in_service(session: Session, cast: Cast) -> None:
    _, (a, b) = make_units(session, cast.manager, ["A", "B"])
    retire_unit(session, cast.manager, now=NOW, unit=a, last_on=date(2026, 10, 12))
    midnight = datetime(2026, 10, 12, 16, tzinfo=UTC)
    take(session, cast.manager, [a], 1, NINE, midnight)  # until the last minute of its last day
    for start, end in ((NINE, midnight + hours(1)), (midnight, midnight + hours(1))):
        with pytest.raises(Refusal, match="A is in service until 2026-10-12, not longer"):
            take(session, cast.manager, [a, b], 2, start, end)
    with pytest.raises(Refusal, match="A is in service from 2026-01-01 on, not before"):
        take(
            session,
            cast.manager,
            [a],
            3,
            datetime(2025, 12, 31, 15, tzinfo=UTC),
            datetime(2025, 12, 31, 17, tzinfo=UTC),
        )
    with pytest.raises(Refusal, match="not longer"):
        allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[a], start=NINE, end=None)
    rows = [LedgerRow(a.id, midnight, midnight + hours(1), "booking", 9)]
    with pytest.raises(Refusal, match="not longer"):
        allocate_many(session, cast.manager, now=NOW, rows=rows)
    assert take_any(session, cast.manager, [a, b], 4, midnight, midnight + hours(1)) == b


def test_a_pool_out_of_service(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    retire_unit(session, cast.manager, now=NOW, unit=a, last_on=date(2026, 10, 11))
    with pytest.raises(Refusal, match="A is in service until 2026-10-11"):
        take_any(session, cast.manager, [a], 4, NINE, NINE + hours(1))


def test_the_same_unit_named_twice_is_taken_once(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    take(session, cast.manager, [a, a], 1, NINE, NINE + hours(1))
    (row,) = release(session, cast.manager, now=NOW, holder=("booking", 1), reason="cancelled")
    assert row.unit_id == a.id


def test_nothing_to_take_and_no_time_to_take_it(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    with pytest.raises(Refusal, match="no unit to take"):
        take(session, cast.manager, [], 1, NINE, NINE + hours(1))
    with pytest.raises(Refusal, match="end must come after the start"):
        take(session, cast.manager, [a], 1, NINE, NINE)
    with pytest.raises(Refusal, match="end must come after the start"):
        allocate_many(session, cast.manager, now=NOW, rows=[LedgerRow(a.id, NINE, NINE, "booking", 1)])
    with pytest.raises(NotFound, match="no such unit"):
        allocate_many(session, cast.manager, now=NOW, rows=[LedgerRow(0, NINE, NINE + hours(1), "booking", 1)])


def test_releasing_twice_changes_nothing_more(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    take(session, cast.manager, [a], 1, NINE, NINE + hours(1))
    assert len(release(session, cast.manager, now=NOW, holder=("booking", 1), reason="cancelled")) == 1
    assert release(session, cast.finance, now=NOW + hours(1), holder=("booking", 1), reason="again") == []
    row = session.execute(select(Allocation)).scalar_one()
    assert (row.void_reason, row.voided_at, row.voided_by) == ("cancelled", NOW, cast.manager.person_id)


def test_the_application_can_delete_nothing_of_the_ledger(session: Session, cast: Cast) -> None:
    _, (a,) = make_units(session, cast.manager, ["A"])
    take(session, cast.manager, [a], 1, NINE, NINE + hours(1))
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(delete(Allocation))


@pytest.mark.parametrize("again_until", [NINE + hours(240), None])
def test_who_comes_back_to_a_unit_and_leaves_early_keeps_nothing_free(
    session: Session, cast: Cast, again_until: datetime | None
) -> None:
    """An agreement gave a unit back and took it again; ended before that, the second time is void, and nothing follows it."""
    _, [room] = make_units(session, cast.manager, ["R1"])
    for start, end in ((NINE, NINE + hours(24)), (NINE + hours(72), again_until)):
        allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[room], start=start, end=end)
    changed = release(session, cast.manager, now=NOW, holder=("residency", 1), reason="ended", at=NINE + hours(12))
    assert [(row.period.upper, row.voided_at) for row in changed] == [(NINE + hours(12), None), (again_until, NOW)]
    assert session.execute(select(func.count()).select_from(Allocation)).scalar_one() == 2


def test_who_holds_a_unit_at_an_instant_is_found_as_by_looking_at_each_row(session: Session, cast: Cast) -> None:
    _, units = make_units(session, cast.manager, ["D1", "D2", "D3", "D4", "D5"])
    week, second = timedelta(days=7), timedelta(seconds=1)
    ends = [NINE + second, NINE + week - second, NINE + week, NINE + week + second, None]
    rows = [LedgerRow(unit.id, NINE, end, "residency", number)
            for number, (unit, end) in enumerate(zip(units, ends, strict=True))]  # fmt: skip
    allocate_many(session, cast.manager, now=NOW, rows=rows)
    for at, holders in ((NINE - second, 0), (NINE, 5), (NINE + second, 4), (NINE + week - second, 3),
                        (NINE + week, 2), (NINE + week + second, 1), (NINE + 99 * week, 1)):  # fmt: skip
        found = session.execute(select(Allocation.unit_id).where(holding_at(at))).scalars().all()
        looked = session.execute(select(Allocation.unit_id).where(Allocation.period.contains(at))).scalars().all()
        assert sorted(found) == sorted(looked) and len(found) == holders
