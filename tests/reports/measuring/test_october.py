"""October 2026 of the worked example, asked of the cells: every measure by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import OCCUPANCY, measures_of_subject
from incubator.reports.measuring.question import Amount, Question
from tests.cast import Cast
from tests.reports.world import World

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def sums(amount: Amount) -> tuple[Decimal, Decimal | None]:
    return amount.numerator, amount.denominator


def test_every_measure_of_the_worked_example(session: Session, cast: Cast, world: World) -> None:
    found = ask(session, cast.finance, Question(tuple(each.name for each in measures_of_subject(OCCUPANCY)), FIRST, LAST)).totals
    assert {name: sums(amount) for name, amount in found.items()} == {
        "area": (Decimal("2174"), Decimal("3363.5")),  # 64.64 %
        "area_at_start": (Decimal("42"), Decimal("108.5")),  # O1 and two desks
        "area_at_end": (Decimal("96.5"), Decimal("108.5")),  # O2 as well
        "desks": (62, 124),
        "desks_at_start": (2, 4),
        "desks_at_end": (2, 4),
        "companies_area": (30 * 31 + Decimal("54.5") * 16, Decimal("128.5") * 31),  # team C is no company
        "service_area": (20 * 31, Decimal("128.5") * 31),
        "incubated_area": (2174 + 20 * 31, Decimal("128.5") * 31),
        "time": (330, 9720),  # 3.40 %
        "time_24h": (390, 31 * 1440),
        "seats": (330, 9720),  # the room has one seat, and no booking names its people
        "checked_in": (0, 390),
        "no_shows": (0, 0),
        "free_use": (180, 390),
        "paid_use": (210, 390),
        "bookings": (3, None),
    }


def test_parts_by_startup_are_shares_of_the_whole(session: Session, cast: Cast, world: World) -> None:
    answer = ask(session, cast.finance, Question(("area", "free_use"), FIRST, LAST, ("startup",)))
    assert [(answer.label("startup", line.key[0]).name.split()[0], *sums(line.amounts["area"]),
             *sums(line.amounts["free_use"])) for line in answer.lines] == [
        ("S-A", 930, Decimal("3363.5"), 0, 90),
        ("S-B", 872, Decimal("3363.5"), 0, 120),
        ("S-C", 372, Decimal("3363.5"), 0, 0),
        ("Used", 0, Decimal("3363.5"), 180, 180),  # the operator itself
    ]  # fmt: skip
    assert sums(answer.totals["area"]) == (2174, Decimal("3363.5"))


def test_by_weekday_and_hour(session: Session, cast: Cast, world: World) -> None:
    answer = ask(session, cast.finance, Question(("time",), FIRST, LAST, ("weekday", "hour")))
    used = {line.key: line.amounts["time"].numerator for line in answer.lines if line.amounts["time"].numerator}
    assert used == {(6, 10): 60, (6, 11): 30, (2, 17): 60, (3, 9): 60, (3, 10): 60, (3, 11): 60}
    open_on_saturday = [line for line in answer.lines if line.key[0] == 6]
    assert [line.key[1] for line in open_on_saturday] == list(range(9, 18))  # the 10th works
    assert all(line.amounts["time"].denominator == 60 for line in open_on_saturday)


def test_filters_keep_the_whole_below(session: Session, cast: Cast, world: World) -> None:
    only_a = Question(("area", "bookings"), FIRST, LAST, filters=(("startup", (world.startups["A"],)),))
    assert sums(ask(session, cast.finance, only_a).totals["area"]) == (930, Decimal("3363.5"))
    assert sums(ask(session, cast.finance, only_a).totals["bookings"]) == (1, None)
    desks = Question(("area",), FIRST, LAST, filters=(("kind", ("desk",)), ("day", ("2026-10-05",))))
    assert sums(ask(session, cast.finance, desks).totals["area"]) == (12, 24)


def test_what_makes_no_sense_is_refused(session: Session, cast: Cast, world: World) -> None:
    for question in (
        Question((), FIRST, LAST),
        Question(("nothing",), FIRST, LAST),
        Question(("area",), LAST, FIRST),
        Question(("area",), FIRST, LAST, ("hour",)),
        Question(("area",), FIRST, LAST, ("colour",)),
        Question(("area",), FIRST, LAST, ("site", "site")),
        Question(("area",), FIRST, date(2036, 1, 1)),
    ):
        with pytest.raises(Refusal):
            ask(session, cast.finance, question)
    with pytest.raises(NotFound):
        ask(session, cast.finance, Question(("area",), FIRST, LAST, site_ids=(10**9,)))
    for actor in (cast.front_desk, cast.founder_a, cast.mentor):
        with pytest.raises(Forbidden):
            ask(session, actor, Question(("area",), FIRST, LAST))
