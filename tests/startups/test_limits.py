"""The limits of incubation, on both sides of each threshold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.notices.models import Notice, OutboxMail
from incubator.notices.operations import choose_notices
from incubator.notices.rules import KINDS
from incubator.notices.writing import write_notices
from incubator.spaces.models import Floor, Unit
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.letters import WRITERS
from incubator.startups.models import Residency
from incubator.startups.operations import UnitTerms, end_residency, sign_residency
from incubator.startups.operations.limit_notices import remind_of_limits
from incubator.startups.queries import get_startup, list_limits
from incubator.startups.rules.limits import Stay, add_months, check_stay, months_between, step_on
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


@pytest.mark.parametrize(("on", "step"), [
    (date(2026, 7, 14), ""), (date(2026, 7, 15), "six"), (date(2026, 10, 14), "six"), (date(2026, 10, 15), "three"),
    (date(2027, 1, 14), "three"), (date(2027, 1, 15), "over"),
])  # fmt: skip
def test_six_and_three_months_before_its_last_day_and_after_it(on: date, step: str) -> None:
    assert step_on(date(2027, 1, 14), on) == step


def let(session: Session, cast: Cast, area: str = "30", starts_on: date = ENTERED) -> Residency:
    """An office of so many m² to startup A."""
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2020, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="O1", kind="office", purpose="incubation",
                    area_m2=Decimal(area), in_service_from=date(2020, 1, 1))  # fmt: skip
    return sign_residency(session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
                          starts_on=starts_on, units=[UnitTerms(unit, "m2_month", Decimal(10))])  # fmt: skip


def at(on: date) -> datetime:
    """Ten in the morning of that day in Shanghai."""
    return datetime(on.year, on.month, on.day, 2, tzinfo=UTC)


def letters(session: Session, cast: Cast, on: date) -> list[tuple[str, str]]:
    """What the worker writes on a day: to whom, with which subject."""
    remind_of_limits(session, cast.system, now=at(on))
    write_notices(session, now=at(on), base_url="https://x", writers=WRITERS)
    rows = session.execute(select(OutboxMail).where(OutboxMail.created_at == at(on)).order_by(OutboxMail.id)).scalars()
    return sorted((mail.to_address.split("@")[0], mail.subject) for mail in rows)


def test_who_is_told_of_each_step_once_in_their_language(session: Session, cast: Cast) -> None:
    let(session, cast)
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en' WHERE email LIKE 'anna@%%'")
    assert letters(session, cast, date(2026, 7, 14)) == []
    six = [("anna", "Time of incubation ends in 6 months: 甲科技有限公司"), ("mia", "孵化期还剩 6 个月：甲科技有限公司")]
    assert letters(session, cast, date(2026, 7, 15)) == six
    assert remind_of_limits(session, cast.system, now=at(date(2026, 7, 15))) == 0, "the worker comes by again"
    assert letters(session, cast, date(2026, 7, 16)) == letters(session, cast, date(2026, 10, 14)) == []
    assert [subject for _, subject in letters(session, cast, date(2026, 10, 15))] == [
        "Time of incubation ends in 3 months: 甲科技有限公司", "孵化期还剩 3 个月：甲科技有限公司"]
    assert letters(session, cast, date(2027, 1, 14)) == []
    assert letters(session, cast, date(2027, 1, 15)) == [
        ("anna", "Time of incubation is over: 甲科技有限公司"), ("mia", "孵化期已满：甲科技有限公司")]
    (mail,) = session.execute(select(OutboxMail).where(OutboxMail.created_at == at(date(2027, 1, 15)),
                                                       OutboxMail.to_address.like("mia@%"))).scalars()  # fmt: skip
    assert "48 个月的孵化期已于2027年1月14日期满" in mail.text_body and f"https://x/startups/{cast.startup_a}" in mail.text_body


def test_who_was_over_long_ago_is_not_told_and_neither_is_who_has_left(session: Session, cast: Cast) -> None:
    residency = let(session, cast, starts_on=date(2022, 1, 15))
    assert letters(session, cast, date(2026, 10, 1)) == [], "since January"
    assert remind_of_limits(session, cast.system, now=at(date(2026, 2, 13))) == 1, "thirty days ago"
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 2, 1), reason="搬走")
    write_notices(session, now=at(date(2026, 2, 13)), base_url="https://x", writers=WRITERS)
    assert set(session.execute(select(Notice.outcome).where(Notice.kind == "limit")).scalars()) == {"stale"}


def test_too_large_an_area_is_told_once_for_each_area(session: Session, cast: Cast) -> None:
    let(session, cast, "1200.5", date(2026, 1, 1))
    choose_notices(session, cast.founder_a, now=NOW, wanted=[kind for kind, may in KINDS.items() if may and kind != "limit"])
    assert letters(session, cast, date(2026, 10, 1)) == [("mia", "使用面积超过上限：甲科技有限公司")]
    assert letters(session, cast, date(2026, 10, 2)) == []
    (mail,) = session.execute(select(OutboxMail)).scalars()
    assert "使用面积为 1,200.50 平方米，在孵企业最多为 1,000 平方米" in mail.text_body


def test_an_open_ended_agreement_is_warned_of_once_beside_its_form(client: Browser, session: Session, cast: Cast) -> None:
    site = let(session, cast, starts_on=date(2026, 1, 1)).site_id
    client.sign_in(cast.manager)
    floor = session.execute(select(Unit)).scalars().one()
    new = add_unit(session, cast.manager, now=NOW, floor=session.get_one(Floor, (cast.operator_id, floor.floor_id)), code="O2",
                   kind="office", purpose="incubation", area_m2=Decimal(30), in_service_from=date(2020, 1, 1))  # fmt: skip
    form = {"starts_on": "2026-10-01", "steps-0-by": "", f"unit_{new.id}-taken": "y", f"unit_{new.id}-rent": "10",
            f"unit_{new.id}-basis": "m2_month"}  # fmt: skip
    words = "协议未约定到期日；该企业最长可孵化 48 个月，至2029年12月31日为止。"
    preview = client.post(f"/startups/{cast.startup_a}/residencies/preview?site={site}", data=form).get_data(as_text=True)
    assert preview.count(words) == 1
    answer = client.post(f"/startups/{cast.startup_a}/residencies/new?site={site}", data=form)
    assert answer.status_code == 303 and "48 个月" not in client.get(answer.location).get_data(as_text=True)
    late = client.post(f"/startups/{cast.startup_a}/residencies/preview?site={site}", data=form | {"ends_on": "2030-01-01"})
    assert "协议期超过2029年12月31日" in late.get_data(as_text=True)
