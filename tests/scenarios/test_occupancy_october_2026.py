"""The occupancy of October 2026, told through the operations that people use: every fraction of issue 2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from sqlalchemy.orm import Session

from incubator.core.periods import days_between
from incubator.jobs.freezing import FREEZE_OCCUPANCY
from incubator.jobs.operations import claim, keep_timetable
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.frozen.proving import check_content
from incubator.reports.presenting import FigureShown, Shown
from incubator.reports.queries import get_frozen, measure_occupancy
from tests.cast import Cast
from tests.scenarios.october import OCTOBER, October

TEN_PAST_MIDNIGHT = datetime(2026, 11, 1, 0, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def shown(session: Session, cast: Cast, october: October) -> Iterator[Shown]:
    yield Shown(measure_occupancy(session, cast.finance, october.site.id, OCTOBER).content)


def fraction(figure: FigureShown) -> Fraction:
    return Fraction(figure.numerator) / Fraction(figure.denominator)


def test_the_statutory_calendar_has_18_working_days() -> None:
    days = list(days_between(OCTOBER.first, OCTOBER.last))
    working = [day for day in days if chinese_calendar.is_workday(day)]
    assert len(working) == 18
    assert not any(chinese_calendar.is_workday(date(2026, 10, day)) for day in range(1, 8))
    assert chinese_calendar.is_workday(date(2026, 10, 10)) and date(2026, 10, 10).isoweekday() == 6


def test_incubation_area_by_day_weighted_area(shown: Shown) -> None:
    figure = shown.figure("area")
    assert figure.numerator == 30 * 31 + Decimal("54.5") * 16 + 12 * 31
    assert figure.denominator == Decimal("108.5") * 31
    assert figure.share == Decimal("0.6464")  # 0.646350… for display


def test_desks_by_desk_days(shown: Shown) -> None:
    assert (shown.figure("desks").numerator, shown.figure("desks").denominator) == (62, 124)


def test_the_meeting_room_by_opening_hours(shown: Shown) -> None:
    figure = shown.figure("time")
    assert fraction(figure) == Fraction(11, 2) / (18 * 9)
    assert (figure.numerator, figure.denominator) == (330, 18 * 9 * 60)
    a, b, own = shown.rows("time")
    assert (a.counted, a.left_out) == (90, ())
    assert (b.counted, b.left_out) == (60, (("outside_opening", 60),))  # charged, and not counted
    assert (own.counted, own.startup) == (180, None)  # free, and counted


def test_each_figure_is_the_sum_of_its_rows(shown: Shown) -> None:
    for figure in shown.figures:
        assert sum(row.contribution for row in shown.rows(figure.measure)) == figure.numerator


def test_on_the_first_of_november_the_job_freezes_it(session: Session, cast: Cast, october: October) -> None:
    (asked,) = [
        run
        for run in keep_timetable(session, cast.system, now=TEN_PAST_MIDNIGHT, jobs=[FREEZE_OCCUPANCY])
        if run.period == "2026-10"
    ]
    assert asked.due_at == TEN_PAST_MIDNIGHT
    run = claim(session, now=TEN_PAST_MIDNIGHT, worker="w", jobs=["freeze_occupancy"])
    assert run is not None
    FREEZE_OCCUPANCY.run(session, cast.system, run, lambda _done, _total: None)
    frozen = get_frozen(session, cast.auditor, october.site.id, OCTOBER, None)
    live = measure_occupancy(session, cast.auditor, october.site.id, OCTOBER)
    answer = check_content(OCCUPANCY, frozen.content, frozen.sha256, live)
    assert answer.intact and answer.current
    assert [figure["numerator"] for figure in frozen.figures] == ["2174", "62", "330"]
