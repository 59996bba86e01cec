"""The floor plan at a time: what each unit is to whom, and booking from it; and a chosen one of a pool."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.floor import Floor, UnitState, see_floor, span_at
from incubator.bookings.models import Booking, BookingSeries
from incubator.bookings.operations import (
    Change,
    SeriesRefused,
    SeriesTerms,
    add_rule,
    book_series,
    cancel,
    change,
    extend_series,
)
from incubator.bookings.queries import get_booking_row
from incubator.core.errors import Conflict, Refusal
from incubator.core.periods import Interval
from incubator.core.recurrence import Recurrence
from incubator.spaces.models import Allocation, FloorPlan, Unit
from incubator.spaces.operations import (
    add_floor,
    add_plan,
    add_unit,
    add_units,
    close_units,
    draw_shapes,
    edit_resource,
    retire_unit,
)
from incubator.spaces.operations.taken import Taken
from incubator.spaces.plans import rectangle
from incubator.startups.models import Startup
from incubator.startups.operations import UnitTerms, sign_residency
from tests.bookings.conftest import Place
from tests.bookings.filling import SHANGHAI, at, book_for, says, typed
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting
from tests.spaces.test_plans import svg

TEN = Interval(at(12, 10), at(12, 11))
"""An hour of Monday 12 October."""


@pytest.fixture
def office(session: Session, cast: Cast, place: Place) -> Unit:
    floor = add_floor(session, cast.manager, now=NOW, site=place.site, name="2F")
    return add_unit(session, cast.manager, now=NOW, floor=floor, code="O1", kind="office", purpose="incubation",
                    area_m2=Decimal(30), in_service_from=date(2026, 1, 1))  # fmt: skip


@pytest.fixture
def plan(session: Session, cast: Cast, place: Place, office: Unit) -> FloorPlan:
    plan = add_plan(session, cast.manager, now=NOW, site=place.site, name="1F", content=svg())
    units = [*place.units.values(), office]
    shapes = [rectangle(unit.id, 10 + 60 * n, 10, 50, 30) for n, unit in enumerate(units)]
    draw_shapes(session, cast.manager, now=NOW, plan=plan, shapes=shapes, revision=0)
    return plan


def see(session: Session, actor: Actor, place: Place, span: Interval = TEN, now: datetime = NOW) -> Floor:
    return see_floor(session, actor, place.site, None, span, now)


def states(floor: Floor) -> dict[str, str]:
    return {each.unit.code: str(each.state) for each in floor.units}


def let(session: Session, cast: Cast, place: Place, office: Unit, startup_id: int) -> None:
    startup = session.execute(select(Startup).where(Startup.id == startup_id)).scalar_one()
    sign_residency(session, cast.manager, now=NOW, startup=startup, site=place.site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(office, "unit_month", Decimal(900))])  # fmt: skip


def test_each_unit_is_what_it_is_to_the_reader(
    session: Session, cast: Cast, place: Place, office: Unit, plan: FloorPlan
) -> None:
    book_for(session, cast.founder_a, place, at(12, 9), at(12, 12), title="评审")
    book_for(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.half.id, title="秘密")
    close_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["P2"]], start=at(12, 8),
                end=at(12, 18), reason="粉刷")  # fmt: skip
    let(session, cast, place, office, cast.startup_b)
    mine = see(session, cast.founder_a, place)
    assert states(mine) == {"HA": "taken", "HB": "off", "O1": "let", "P1": "free", "P2": "closed", "R1": "mine", "X1": "free"}
    titles = {each.unit.code: (each.title, each.booking_id is not None, each.residency_id) for each in mine.units}
    assert titles["R1"] == ("评审 · 甲科技有限公司", True, None)
    assert titles["HA"] == ("", False, None) and titles["O1"] == ("", False, None)
    theirs = see(session, cast.founder_b, place)
    assert (states(theirs)["HA"], states(theirs)["O1"], states(theirs)["R1"]) == ("mine", "mine", "taken")
    staff = {each.unit.code: each for each in see(session, cast.front_desk, place).units}
    assert (staff["HA"].state, staff["HA"].title) == (UnitState.TAKEN, "秘密 · 乙科技有限公司")
    assert staff["O1"].residency_id is not None and staff["O1"].title == "乙科技有限公司"
    assert mine.counts[UnitState.FREE] == 2 and sum(mine.counts.values()) == 7


def test_what_is_free_leads_to_what_one_books_to_have_it(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    units = {each.unit.code: each for each in see(session, cast.founder_a, place).units}
    leads = {code: (each.resource.code, each.chosen_id) for code, each in units.items() if each.resource}
    p1, p2 = place.units["P1"].id, place.units["P2"].id
    assert leads == {"HA": ("HA", None), "HB": ("H", None), "P1": ("HOT", p1), "P2": ("HOT", p2), "R1": ("R1", None),
                     "X1": ("X1", None)}  # fmt: skip


def test_a_touching_booking_takes_nothing_and_a_buffer_is_nobody_s_use(
    session: Session, cast: Cast, place: Place, plan: FloorPlan
) -> None:
    add_rule(session, cast.manager, now=NOW, name="整备", resource_id=place.room.id, buffer_after_minutes=30)
    book_for(session, cast.founder_b, place, at(12, 9), at(12, 10))
    book_for(session, cast.founder_b, place, at(12, 11), at(12, 12), resource_id=place.pool.id, unit_id=place.units["P1"].id)
    units = {each.unit.code: each for each in see(session, cast.founder_a, place).units}
    assert units["R1"].state is UnitState.OFF and "kept free" in str(units["R1"].refusal)
    assert units["P1"].state is UnitState.FREE
    later = states(see(session, cast.founder_a, place, Interval(at(12, 10, 30), at(12, 11, 30))))
    assert (later["R1"], later["P1"], later["P2"]) == ("free", "taken", "free")


def test_closed_before_it_opens_and_off_where_a_rule_refuses(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    early = see(session, cast.founder_a, place, Interval(at(12, 7), at(12, 8)))
    assert set(states(early).values()) == {"closed", "off"} and states(early)["O1"] == "off"
    assert states(see(session, cast.front_desk, place, Interval(at(12, 7), at(12, 8))))["R1"] == "free"
    over = see(session, cast.founder_a, place, now=at(12, 12))
    assert states(over)["R1"] == "off"
    far = Interval(at(12, 10) + timedelta(days=100), at(12, 11) + timedelta(days=100))
    assert "free" not in states(see(session, cast.founder_a, place, far)).values()


def test_what_is_not_in_service_is_not_shown(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    edit_resource(session, cast.manager, now=NOW, resource=place.pool, code="HOT", name="共享工位", kind="desk", takes="any",
                  capacity=1, granularity_minutes=15, units=[place.units["P1"]], name_en="")  # fmt: skip
    retire_unit(session, cast.manager, now=NOW, unit=place.units["P2"], last_on=date(2026, 10, 11))
    assert "P2" not in states(see(session, cast.founder_a, place))
    assert "P2" in states(see(session, cast.founder_a, place, Interval(at(11, 10), at(11, 11))))


def test_twelve_statements_however_many_units_there_are(session: Session, cast: Cast, place: Place, plan: FloorPlan) -> None:
    with counting(session) as few:
        see(session, cast.founder_a, place)
    floor = add_floor(session, cast.manager, now=NOW, site=place.site, name="3F")
    codes = [f"D{n:03}" for n in range(150)]
    desks = add_units(session, cast.manager, now=NOW, floor=floor, codes=codes, kind="desk", purpose="incubation",
                      area_m2=Decimal(4), in_service_from=date(2026, 1, 1))  # fmt: skip
    shapes = [rectangle(unit.id, 6 * n, 100, 5, 5) for n, unit in enumerate(desks)]
    draw_shapes(session, cast.manager, now=NOW, plan=plan, shapes=shapes, revision=plan.revision)
    for n in range(2):
        book_for(session, cast.founder_b, place, at(12, 10 + n), at(12, 11 + n))
    with counting(session) as many:
        assert len(see(session, cast.founder_a, place).units) == 150
    assert len(many) == len(few) <= 12, "\n".join(many)


@pytest.mark.parametrize(("now", "starts"), [
    (datetime(2026, 10, 12, 13, 20, tzinfo=SHANGHAI), at(12, 13, 30)), (at(12, 13, 30), at(12, 13, 30)),
    (at(12, 13, 30) + timedelta(seconds=1), at(12, 14)), (at(12, 23, 45), at(13, 0)),
])  # fmt: skip
def test_where_nothing_is_said_it_is_the_next_half_hour(now: datetime, starts: datetime) -> None:
    assert span_at(None, None, None, now, SHANGHAI) == Interval(starts, starts + timedelta(hours=1))


def test_a_time_that_is_named_is_that_time() -> None:
    assert span_at(date(2026, 10, 20), time(9, 5), 90, NOW, SHANGHAI) == Interval(at(20, 9, 5), at(20, 10, 35))
    assert span_at(None, None, 10**9, NOW, SHANGHAI).minutes == 1440


def test_the_page_shows_states_and_leads_to_booking(
    client: Browser, session: Session, cast: Cast, place: Place, plan: FloorPlan, clock: Callable[[datetime], None]
) -> None:
    book_for(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.pool.id, title="秘密",
             unit_id=place.units["P1"].id)  # fmt: skip
    address = f"/sites/{place.site.id}/plan?date=2026-10-12&time=10:00&minutes=60"
    page = says(client.sign_in(cast.founder_a).get(address))
    shown = {code: tag for tag, code in re.findall(r'<(a|g) class="floor-unit".*?data-unit="(\w+)"', page)}
    assert shown == {"HA": "a", "HB": "a", "O1": "g", "P1": "g", "P2": "a", "R1": "a", "X1": "a"}
    assert 'aria-label="P1、已占用"' in page and 'aria-label="R1、空闲、预订"' in page and "秘密" not in page
    assert f"unit_id={place.units['P2'].id}&on=2026-10-12&start=10:00&end=11:00" in page
    assert "2 个中有 1 个空闲" in page
    mentor = says(client.sign_in(cast.mentor).get(address))
    assert "/bookings/new" not in mentor and 'aria-label="R1、空闲"' in mentor
    for wrong in ("date=tomorrow", "time=25:00", "minutes=x", "plan=0"):
        assert client.get(f"/sites/{place.site.id}/plan?{wrong}").status_code == 404, wrong
    assert client.sign_in(cast.other_owner).get(address).status_code == 404


def test_ways_to_the_plan_and_a_site_without_one(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    here = f"/sites/{place.site.id}/plan"
    assert "暂无平面图" in client.sign_in(cast.founder_a).get(here).text
    assert here not in client.get("/timeline").text
    add_plan(session, cast.manager, now=NOW, site=place.site, name="1F", content=svg())
    assert here in client.get("/timeline").text
    assert here in client.sign_in(cast.manager).get(f"/sites/{place.site.id}").text


# a chosen one of a pool


def held(session: Session, booking: Booking) -> list[str]:
    """The codes of what the ledger holds for it."""
    return list(session.execute(
        select(Unit.code).join(Allocation, Allocation.unit_id == Unit.id).where(
            Allocation.holder_kind == "booking", Allocation.holder_id == booking.id, Allocation.voided_at.is_(None))
        .order_by(Unit.code)
    ).scalars())  # fmt: skip


def test_the_chosen_desk_is_given_or_refused_by_its_name(session: Session, cast: Cast, place: Place) -> None:
    p1, p2 = place.units["P1"].id, place.units["P2"].id
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.pool.id, unit_id=p2)
    assert held(session, booking) == ["P2"] and get_booking_row(session, cast.founder_a, booking.id).given == "P2"
    with pytest.raises(Taken, match="P2 is taken on 2026-10-12 from 10:00 to 11:00"):
        book_for(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.pool.id, unit_id=p2)
    anything = book_for(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.pool.id)
    assert held(session, anything) == ["P1"] and anything.unit_id is None
    for resource, unit in ((place.pool, place.units["R1"].id), (place.room, place.units["R1"].id), (place.hall, p1)):
        with pytest.raises(Refusal, match="can't be chosen") as refused:
            book_for(session, cast.founder_a, place, at(13, 10), at(13, 11), resource_id=resource.id, unit_id=unit)
        assert refused.value.field == "unit_id"


def test_a_chosen_desk_moves_with_its_booking(session: Session, cast: Cast, place: Place) -> None:
    p1, p2 = place.units["P1"].id, place.units["P2"].id
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), resource_id=place.pool.id, unit_id=p2)
    book_for(session, cast.founder_b, place, at(12, 14), at(12, 15), resource_id=place.pool.id, unit_id=p2)
    to = Change(place.pool.id, time(14), time(15), on=date(2026, 10, 12), unit_id=p2)
    with pytest.raises(Taken, match="P2 is taken"):
        change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    to = Change(place.pool.id, time(15), time(16), on=date(2026, 10, 12), unit_id=p2)
    (moved,) = change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    assert held(session, moved) == ["P2"] and moved.unit_id == p2
    to = Change(place.pool.id, time(15), time(16), on=date(2026, 10, 12), unit_id=p1)
    (moved,) = change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    assert held(session, moved) == ["P1"]
    to = Change(place.room.id, time(15), time(16), on=date(2026, 10, 12))
    (moved,) = change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    assert held(session, moved) == ["R1"] and moved.unit_id is None


def test_a_series_has_the_chosen_desk_on_every_day(session: Session, cast: Cast, place: Place) -> None:
    p2 = place.units["P2"].id
    in_the_way = book_for(session, cast.founder_b, place, at(19, 10), at(19, 11), resource_id=place.pool.id, unit_id=p2)
    weekly = Recurrence("WEEKLY", weekdays=(0,), count=3)
    terms = SeriesTerms(place.pool.id, cast.startup_a, weekly, date(2026, 10, 12), time(10), time(11), unit_id=p2)
    with pytest.raises(SeriesRefused) as refused:
        book_series(session, cast.founder_a, now=NOW, terms=terms)
    assert [(each.on.day, "P2" in str(each.refusal)) for each in refused.value.plan.refused] == [(19, True)]
    cancel(session, cast.manager, now=NOW, booking_id=in_the_way.id)
    series = book_series(session, cast.founder_a, now=NOW, terms=terms)
    longer = Recurrence("WEEKLY", weekdays=(0,), count=4)
    extend_series(session, cast.founder_a, now=NOW, series_id=series.id, recurrence=longer)
    bookings = session.execute(select(Booking).where(Booking.series_id == series.id)).scalars().all()
    assert [held(session, each) for each in bookings] == [["P2"]] * 4
    assert session.execute(select(BookingSeries.unit_id)).scalars().all() == [p2]


def test_the_form_books_the_chosen_desk_and_offers_any_other(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    p1, p2 = place.units["P1"].id, place.units["P2"].id
    book_for(session, cast.founder_b, place, at(12, 10), at(12, 11), resource_id=place.pool.id, unit_id=p2)
    client.sign_in(cast.founder_a)
    page = client.get(f"/bookings/new?resource_id={place.pool.id}&unit_id={p1}&on=2026-10-12&start=10:00&end=11:00").text
    assert re.search(rf'<option[^>]* selected value="{p1}">P1|value="{p1}"[^>]* selected[^>]*>P1', page)
    wish = {"resource_id": place.pool.id, "end": "11:00", "agreed_minor": "500", "attendees": ""}
    asked = client.get("/timeline/quote", query_string=typed(place, cast, **wish, unit_id=p2))
    assert asked.status_code == 409 and "P2" in asked.json["error"]
    refused = client.post("/bookings/new", data=typed(place, cast, **wish, unit_id=p2))
    assert refused.status_code == 409 and "P2" in says(refused)
    offered = re.findall(r'class="btn" href="(/bookings/new[^"]*)"><span>', says(refused))
    assert len(offered) == 1 and "unit_id" not in offered[0] and f"resource_id={place.pool.id}" in offered[0]
    assert f"unit_id={p2}&" in says(refused), "and the next times of the chosen one"
    assert client.post("/bookings/new", data=typed(place, cast, **wish, unit_id=2**40)).status_code == 422
    made = client.post("/bookings/new", data=typed(place, cast, **wish, unit_id=p1))
    assert made.status_code == 303
    assert "P1" in client.get(made.location).text and "共享工位 · P1" in says(client.get("/bookings"))
    edit = client.get(made.location + "/edit").text
    assert re.search(rf'<option[^>]* selected value="{p1}">P1|value="{p1}"[^>]* selected[^>]*>P1', edit)


def test_the_same_form_with_another_desk_is_another_wish(session: Session, cast: Cast, place: Place) -> None:
    p1, p2 = place.units["P1"].id, place.units["P2"].id
    wish = {"resource_id": place.pool.id, "request_key": "form"}
    first = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), unit_id=p1, **wish)
    assert book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), unit_id=p1, **wish).id == first.id
    with pytest.raises(Conflict, match="has made a booking already"):
        book_for(session, cast.founder_a, place, at(12, 10), at(12, 11), unit_id=p2, **wish)
