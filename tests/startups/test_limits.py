"""The limits of incubation, on both sides of each threshold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.queries import get_startup, list_limits
from incubator.startups.rules.limits import Stay, add_months, check_stay, months_between
from tests.cast import NOW, Cast
from tests.conftest import Browser

ENTERED = date(2023, 1, 15)


@pytest.mark.parametrize(
    ("industry", "on", "last_day", "months", "state"),
    [
        ("6513", date(2026, 10, 15), date(2027, 1, 14), 45, "within"), ("6513", date(2026, 10, 16), date(2027, 1, 14), 45, "soon"),
        ("6513", date(2027, 1, 14), date(2027, 1, 14), 48, "soon"), ("6513", date(2027, 1, 15), date(2027, 1, 14), 48, "over"),
        ("", date(2027, 1, 15), date(2027, 1, 14), 48, "over"), ("2710", date(2027, 1, 15), date(2028, 1, 14), 48, "within"),
        ("3973", date(2028, 1, 15), date(2028, 1, 14), 60, "over"), ("3974", date(2027, 1, 15), date(2027, 1, 14), 48, "over"),
        ("65", date(2023, 2, 13), date(2027, 1, 14), 0, "within"), ("65", date(2023, 2, 14), date(2027, 1, 14), 1, "within"),
    ],
)  # fmt: skip
def test_months_by_industry(industry: str, on: date, last_day: date, months: int, state: str) -> None:
    found = check_stay(Stay(industry, ENTERED, Decimal(30)), on)
    assert (found.last_day, found.months, found.state) == (last_day, months, state)


@pytest.mark.parametrize(("industry", "area", "is_too_large"), [
    ("65", "1000", False), ("65", "1000.01", True), ("3741", "3000", False), ("3741", "3000.01", True), ("375", "1001", True),
])  # fmt: skip
def test_area_by_industry(industry: str, area: str, is_too_large: bool) -> None:
    assert check_stay(Stay(industry, ENTERED, Decimal(area)), ENTERED).is_too_large is is_too_large


@pytest.mark.parametrize(("registered_on", "early"), [
    (None, None), (date(2021, 1, 15), False), (date(2021, 1, 14), True), (date(2024, 1, 1), False),
])  # fmt: skip
def test_no_more_than_24_months_before_it_entered(registered_on: date | None, early: bool | None) -> None:
    assert check_stay(Stay("65", ENTERED, Decimal(30), registered_on), ENTERED).was_set_up_too_early is early


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_agree_with_a_walk_day_by_day(first: date, months: int) -> None:
    last = add_months(first, months) - timedelta(days=1)
    assert months_between(first, last) == months
    assert months_between(first, last - timedelta(days=1)) == max(0, months - 1)


def test_31_january_and_a_month() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 3, 1) and add_months(date(2026, 12, 31), 2) == date(2027, 3, 1)


def test_who_is_in_residence_since_when_and_on_what_area(client: Browser, session: Session, cast: Cast) -> None:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2020, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = [
        add_unit(session, cast.manager, now=NOW, floor=floor, code=code, kind="office", purpose="incubation",
                 area_m2=Decimal(area), in_service_from=date(2020, 1, 1))
        for code, area in (("O1", "30"), ("O2", "24.5"), ("O3", "50"))
    ]  # fmt: skip
    for unit, starts_on, ends_on in ((units[0], date(2023, 1, 15), date(2025, 1, 14)), (units[1], date(2025, 1, 15), None),
                                     (units[2], date(2026, 1, 1), date(2026, 12, 31))):  # fmt: skip
        sign_residency(session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
                       starts_on=starts_on, ends_on=ends_on, units=[UnitTerms(unit, "m2_month", Decimal(10))])  # fmt: skip
    (row,) = list_limits(session, cast.auditor, date(2026, 10, 1))
    assert (row.startup.id, row.stay.entered_on, row.stay.area_m2) == (cast.startup_a, date(2023, 1, 15), Decimal("74.5"))
    (later,) = list_limits(session, cast.auditor, date(2027, 1, 15))
    assert (later.stay.area_m2, later.checked.state) == (Decimal("24.5"), "over")
    assert list_limits(session, cast.auditor, date(2022, 12, 31)) == []
    client.sign_in(cast.front_desk)
    page = client.get("/startups/limits?on=2026-12-01").text
    assert "2027年1月14日" in page and "即将期满" in page
    assert client.get("/startups/limits?on=soon").status_code == 200
