"""What a home page says of a day, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from incubator.spaces.models import PURPOSES, UNIT_KINDS
from incubator.web.today import (
    Share,
    SitePlace,
    Steps,
    UnitNow,
    arriving_until,
    days_by_zone,
    ending_until,
    falling_due,
    is_due,
    occupancy_now,
)

CREATED = datetime(2026, 7, 31, 16, 30, tzinfo=UTC)
SHANGHAI = SitePlace(1, "SH", "上海", "", "Asia/Shanghai", CREATED)
SUZHOU = SitePlace(2, "SZ", "苏州", "", "Asia/Shanghai", CREATED)
LONDON = SitePlace(3, "LO", "伦敦", "London", "Europe/London", CREATED)


def unit(code: str, holder: str | None, kind: str = "desk", purpose: str = "incubation", area: str = "6.00") -> UnitNow:
    return UnitNow(0, 1, code, kind, purpose, Decimal(area), holder)


def test_sites_of_one_zone_share_a_day() -> None:
    days = days_by_zone([SHANGHAI, LONDON, SUZHOU], datetime(2026, 10, 31, 16, 30, tzinfo=UTC))
    assert [(day.zone, day.site_ids, day.today) for day in days] == [
        ("Asia/Shanghai", (1, 2), date(2026, 11, 1)),
        ("Europe/London", (3,), date(2026, 10, 31)),
    ]
    assert days[0].day.start == datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert str(days[0].last_month) == "2026-10" and str(days[1].last_month) == "2026-09"


def test_residencies_and_bookings_occupy_and_a_closed_desk_stays_in_the_total() -> None:
    now = occupancy_now([unit("D1", "residency"), unit("D2", "booking"), unit("D3", "closure"), unit("D4", None)])
    assert now.desks == Share(Decimal(2), Decimal(4), Decimal(1), Decimal(1))
    assert now.desks.share == Decimal("0.5000") and now.desks.hundredths == 50
    assert now.area == Share(Decimal(12), Decimal(24), Decimal(6), Decimal(6))


def test_only_the_incubation_area_counts() -> None:
    now = occupancy_now([
        unit("O1", "residency", "office", area="30.00"),
        unit("R1", "booking", "room", "public_service"),
        unit("P1", "residency", "parking"),
        unit("D9", "residency", "desk", "operator"),
    ])  # fmt: skip
    assert (now.area.taken, now.area.total) == (Decimal("30.00"), Decimal("30.00"))
    assert now.desks.total == 0 and now.desks.share is None and now.desks.hundredths == 0


@given(st.lists(st.builds(
    unit, st.just("U"), st.sampled_from(["residency", "booking", "closure", None]), st.sampled_from(UNIT_KINDS),
    st.sampled_from(PURPOSES), st.decimals("0", "500", places=2).map(str),
)))  # fmt: skip
def test_a_share_is_never_more_than_one(units: list[UnitNow]) -> None:
    for share in (occupancy_now(units).desks, occupancy_now(units).area):
        assert 0 <= share.booked <= share.taken <= share.taken + share.closed <= share.total
        assert 0 <= share.hundredths <= 100


def test_a_report_is_due_from_the_month_in_which_the_site_began() -> None:
    # 16:30 UTC on 31 July is 1 August in Shanghai, and still July in London
    july, august = days_by_zone([SHANGHAI], datetime(2026, 8, 15, tzinfo=UTC))[0].last_month, None
    assert not is_due(SHANGHAI, july) and is_due(LONDON, july)
    assert is_due(SHANGHAI, july + 1) and august is None


def test_the_edges_of_the_week_and_of_thirty_days() -> None:
    assert arriving_until(date(2026, 10, 12)) == date(2026, 10, 18)
    assert ending_until(date(2026, 10, 1)) == date(2026, 10, 31)


def test_the_next_due_day_and_what_falls_due_then() -> None:
    due = [(date(2026, 11, 15), 115500), (date(2026, 11, 15), 5000), (date(2026, 12, 15), 100), (date(2026, 10, 15), 9)]
    assert falling_due(due, date(2026, 11, 3)) == (date(2026, 11, 15), 120500)
    assert falling_due(due, date(2026, 11, 15)) == (date(2026, 11, 15), 120500)
    assert falling_due(due, date(2027, 1, 1)) is None


def test_the_next_step_is_the_first_that_is_missing() -> None:
    nothing = Steps(*[False] * 7)
    assert (nothing.done, nothing.next, nothing.all_done) == (0, "site", False)
    some = Steps(site=True, unit=True, resource=False, tariff=True, startup=False, booking=False, team=True)
    assert (some.done, some.next) == (4, "resource")
    assert (Steps(*[True] * 7).all_done, Steps(*[True] * 7).next) == (True, None)
