"""What plans include: an allowance for each stay, given at once, ending with it; numbers worked by hand.

Room 1 costs 50.00 an hour; it is 09:00 on 1 October 2026 in Shanghai.
"""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.allowance_lists import get_allowance_row, list_allowances
from incubator.bookings.allowances import list_paid
from incubator.bookings.included import list_included
from incubator.bookings.operations import end_allowance, end_included, give_included, include_allowance, settle_due
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.pricing.models import Allowance, PlanAllowance
from incubator.startups.models import Programme
from incubator.startups.operations import add_programme, end_enrolment, enrol
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for
from tests.cast import NOW, Cast
from tests.conftest import Browser


@pytest.fixture
def plan(session: Session, cast: Cast, place: Place) -> Programme:
    return add_programme(session, cast.manager, now=NOW, kind="plan", name="流动套餐")


def include(session: Session, cast: Cast, plan: Programme, **more: object) -> PlanAllowance:
    values = {"name": "每月一小时", "minutes": 60, "repeats": "month", "valid_from": date(2026, 10, 1),
              "resource_kind": "meeting_room"} | more  # fmt: skip
    return include_allowance(session, cast.finance, now=NOW, programme_id=plan.id, **values)  # type: ignore[arg-type]


def enter(session: Session, cast: Cast, plan: Programme, startup_id: int, first: date, last: date | None = None) -> int:
    return enrol(session, cast.manager, now=NOW, programme_id=plan.id, startup_id=startup_id, starts_on=first,
                 ends_on=last).id  # fmt: skip


def paid(session: Session, booking_id: int) -> int:
    return sum(each.value_minor for each in list_paid(session, [booking_id])[booking_id])


def test_who_is_in_it_has_it_at_once_for_what_is_booked_already(
    session: Session, cast: Cast, place: Place, plan: Programme
) -> None:
    enter(session, cast, plan, cast.startup_a, date(2026, 10, 1))
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 12))  # 100.00
    assert paid(session, booking.id) == 0
    include(session, cast, plan)
    assert paid(session, booking.id) == 5000  # an hour of two
    (row,) = list_allowances(session, cast.founder_a, now=NOW).rows
    assert (row.programme and row.programme.id, row.left_minutes, row.last_day) == (plan.id, 0, None)


def test_who_comes_later_has_it_from_their_first_day_until_their_last(
    session: Session, cast: Cast, place: Place, plan: Programme
) -> None:
    include(session, cast, plan)
    before = book_for(session, cast.founder_b, place, at(9, 10), at(9, 11))
    within = book_for(session, cast.founder_b, place, at(13, 10), at(13, 11))
    after = book_for(session, cast.founder_b, place, at(21, 10), at(21, 11))
    stay = enter(session, cast, plan, cast.startup_b, date(2026, 10, 12), date(2026, 10, 20))
    assert give_included(session, cast.system, now=NOW) == 1
    assert give_included(session, cast.system, now=NOW) == 0
    assert [paid(session, each.id) for each in (before, within, after)] == [0, 5000, 0]
    end_enrolment(session, cast.manager, now=NOW, enrolment_id=stay, ends_on=date(2026, 10, 31))
    settle_due(session, cast.system, now=NOW)
    assert [paid(session, each.id) for each in (before, within, after)] == [0, 5000, 0]  # one hour a month
    end_enrolment(session, cast.manager, now=NOW, enrolment_id=stay, ends_on=date(2026, 10, 12))
    settle_due(session, cast.system, now=NOW)
    assert [paid(session, each.id) for each in (before, within, after)] == [0, 0, 0]
    (row,) = list_allowances(session, cast.finance, now=NOW).rows
    assert row.last_day == date(2026, 10, 12)


def test_each_stay_has_its_own_and_a_stay_that_is_over_none(
    session: Session, cast: Cast, place: Place, plan: Programme
) -> None:
    enter(session, cast, plan, cast.startup_a, date(2026, 8, 1), date(2026, 8, 31))
    enter(session, cast, plan, cast.startup_a, date(2026, 10, 1), date(2026, 10, 31))
    enter(session, cast, plan, cast.startup_a, date(2026, 12, 1))
    include(session, cast, plan)
    rows = list_allowances(session, cast.finance, now=NOW).rows
    assert [(row.terms.first, row.last_day) for row in rows] == [
        (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 12, 1), None)]  # fmt: skip
    assert [each.startups for each in list_included(session, cast.auditor)] == [1]


def test_newcomers_get_it_no_more_and_one_s_own_can_be_ended(
    session: Session, cast: Cast, place: Place, plan: Programme
) -> None:
    enter(session, cast, plan, cast.startup_a, date(2026, 10, 1))
    included = include(session, cast, plan)
    end_included(session, cast.finance, now=NOW, included_id=included.id)
    with pytest.raises(Conflict):
        end_included(session, cast.finance, now=NOW, included_id=included.id)
    enter(session, cast, plan, cast.startup_b, date(2026, 10, 1))
    assert give_included(session, cast.system, now=NOW) == 0
    (allowance,) = session.execute(select(Allowance)).scalars()
    end_allowance(session, cast.finance, now=NOW, allowance_id=allowance.id, ends_on=date(2026, 10, 5), reason="误发")
    assert get_allowance_row(session, cast.finance, allowance.id, now=NOW).last_day == date(2026, 10, 5)


def test_what_can_t_be_included(session: Session, cast: Cast, plan: Programme) -> None:
    for fault in ({"name": " "}, {"minutes": 0}, {"repeats": "day"}, {"resource_kind": "castle"}):
        with pytest.raises(Refusal):
            include(session, cast, plan, **fault)
    with pytest.raises(NotFound):
        include_allowance(session, cast.finance, now=NOW, programme_id=2**40, name="X", minutes=60, repeats="month",
                          valid_from=date(2026, 10, 1))  # fmt: skip
    with pytest.raises(Forbidden):
        include_allowance(session, cast.front_desk, now=NOW, programme_id=plan.id, name="X", minutes=60,
                          repeats="month", valid_from=date(2026, 10, 1))  # fmt: skip
    with pytest.raises(NotFound):
        end_included(session, cast.finance, now=NOW, included_id=2**40)


def test_finance_includes_hours_in_the_page(client: Browser, session: Session, cast: Cast, plan: Programme) -> None:
    enter(session, cast, plan, cast.startup_a, date(2026, 10, 1))
    client.sign_in(cast.finance)
    assert "暂无套餐包含免费额度" in client.get("/allowances/included").text
    here = f"/programmes/{plan.id}/allowances/new"
    wish = {"name": "每月两小时", "hours": "2", "repeats": "month", "resource_kind": "meeting_room", "site_id": "",
            "valid_from": "2026-10-01"}  # fmt: skip
    bad = client.post(here, data=wish | {"hours": "abc"})
    assert bad.status_code == 422 and "每月两小时" in bad.text
    assert client.post(here, data=wish).status_code == 303
    page = client.get("/allowances/included").text
    assert "每月两小时" in page and "流动套餐" in page
    (included,) = session.execute(select(PlanAllowance)).scalars()
    client.post(f"/allowances/included/{included.id}/end")
    assert "不给新加入者" in client.get("/allowances/included").text
    (allowance,) = session.execute(select(Allowance)).scalars()
    assert "流动套餐" in client.get(f"/allowances/{allowance.id}").text
    client.sign_in(cast.founder_a)
    assert "流动套餐" in client.get(f"/allowances/{allowance.id}").text
    assert client.get("/allowances/included").status_code == 403
