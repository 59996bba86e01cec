"""The rent-control chart: what each bar says, what is free when, and where one goes from it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from incubator.core.clock import CHINA, utc_now
from incubator.core.periods import Month, local_instant
from incubator.reports.queries import measure_occupancy
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.operations import add_floor, add_units, close_units, create_site
from incubator.startups.models import UnitHold
from incubator.startups.operations import UnitTerms, hold_units, release_hold, sign_residency
from incubator.startups.queries import get_startup
from incubator.startups.queries.chart import get_lettings
from incubator.startups.rules.chart import (
    COMING,
    ENDING,
    FREE,
    HELD,
    LET,
    OFF,
    REPAIR,
    Bar,
    ChartUnit,
    Scale,
    Stretch,
    lay_out,
    state_of,
    vacancy_on,
)
from incubator.web.queries.today import list_site_places, list_units_now
from incubator.web.today import days_by_zone
from tests.cast import NOW, Cast
from tests.conftest import Browser

TODAY = date(2026, 11, 26)
UNIT = ChartUnit(1, "D1", "desk", 1, Decimal("4.50"), date(2026, 1, 1), None)


def stretch(first: str, last: str | None, kind: str = "residency", number: int = 1) -> Stretch:
    return Stretch(1, kind, number, date.fromisoformat(first), date.fromisoformat(last) if last else None)


def bars(*held: Stretch, unit: ChartUnit = UNIT) -> list[tuple[str, str, str]]:
    (row,) = lay_out([unit], held, date(2026, 10, 1), date(2027, 3, 31), TODAY)
    return [(bar.state, f"{bar.first:%m-%d}", f"{bar.last:%m-%d}") for bar in row.bars]


@pytest.mark.parametrize(
    ("held", "state"),
    [
        (stretch("2026-01-01", None), LET), (stretch("2026-01-01", "2027-02-25"), LET), (stretch("2026-01-01", "2027-02-24"), ENDING),
        (stretch("2026-01-01", "2026-11-26"), ENDING), (stretch("2026-01-01", "2026-11-25"), LET),
        (stretch("2026-11-27", None), COMING), (stretch("2026-11-27", None, "hold"), HELD), (stretch("2026-11-01", "2026-12-01", "closure"), REPAIR),
    ],
)  # fmt: skip
def test_what_a_stretch_is_today(held: Stretch, state: str) -> None:
    assert state_of(held, TODAY) == state


def test_a_unit_by_time() -> None:
    assert bars() == [(FREE, "11-26", "03-31")]
    assert bars(stretch("2026-01-01", None)) == [(LET, "10-01", "03-31")]
    assert bars(stretch("2026-01-01", "2026-10-31"), stretch("2026-12-15", "2027-01-31", "hold", 2)) == [
        (LET, "10-01", "10-31"), (FREE, "11-26", "12-14"), (HELD, "12-15", "01-31"), (FREE, "02-01", "03-31"),
    ]  # fmt: skip
    # a renewal is a row of its own in the ledger, and one bar here
    assert bars(stretch("2026-01-01", "2026-12-31"), stretch("2027-01-01", None)) == [(LET, "10-01", "03-31")]
    later = ChartUnit(1, "D1", "desk", 1, Decimal("4.50"), date(2026, 12, 1), date(2027, 1, 31))
    assert bars(unit=later) == [(OFF, "10-01", "11-30"), (FREE, "12-01", "01-31"), (OFF, "02-01", "03-31")]
    gone = ChartUnit(1, "D1", "desk", 1, Decimal("4.50"), date(2020, 1, 1), date(2026, 8, 31))
    assert bars(unit=gone) == [(OFF, "10-01", "03-31")]


def test_what_is_free_when() -> None:
    """Of 4.50 let until 31 December and 30.00 held: nothing now, 4.50 on 26 February."""
    other = ChartUnit(2, "O1", "office", 1, Decimal(30), date(2026, 1, 1), None)
    held = [stretch("2026-01-01", "2026-12-31"), Stretch(2, "hold", 1, TODAY, None)]
    assert vacancy_on([UNIT, other], held, TODAY).area_m2 == 0
    found = vacancy_on([UNIT, other], held, date(2027, 2, 26))
    assert (found.units, found.area_m2, found.of_units, found.of_area_m2) == (1, Decimal("4.50"), 2, Decimal("34.50"))


def test_where_a_bar_stands() -> None:
    scale = Scale(Month(2026, 11), 24, 40)
    assert (scale.at(date(2026, 11, 1)), scale.at(date(2026, 11, 16)), scale.at(date(2027, 1, 1))) == (0, 20, 80)
    assert scale.box(Bar(LET, date(2026, 11, 1), date(2026, 12, 31), None)) == (0, 80)
    assert scale.box(Bar(LET, date(2026, 11, 1), date(2026, 11, 1), None))[1] == 3


def build(session: Session, cast: Cast, floors: int, let: int) -> tuple[Site, list[Unit]]:
    """Ten desks and more on each floor, the first ones let, one held, one in repair."""
    today = utc_now().astimezone(CHINA).date()
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    units: list[Unit] = []
    for number in range(1, floors + 1):
        floor = add_floor(session, cast.manager, now=NOW, site=site, name=f"{number}F", level=number)
        count = 100 if floors > 1 else 12
        units += add_units(session, cast.manager, now=NOW, floor=floor, codes=[f"D{number}{n:03}" for n in range(1, count + 1)],
                           kind="desk", purpose="incubation", area_m2=Decimal("4.50"), in_service_from=date(2026, 1, 1))  # fmt: skip
    for number in range(let):
        sign_residency(session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
                       starts_on=date(2026, 2, 1), ends_on=today + timedelta(days=30 * number + 5),
                       units=[UnitTerms(unit, "unit_month", Decimal(600)) for unit in units[3 * number:3 * number + 3]])  # fmt: skip
    hold_units(session, cast.manager, now=utc_now(), site=site, units=[units[9]], first=today, last=today + timedelta(days=20),
               for_whom="丙团队")  # fmt: skip
    close_units(session, cast.manager, now=utc_now(), site=site, units=[units[10]], start=local_instant(today, 0, CHINA),
                end=local_instant(today + timedelta(days=9), 0, CHINA), reason="空调检修")  # fmt: skip
    return site, units


@pytest.fixture
def house(session: Session, cast: Cast) -> tuple[Site, list[Unit]]:
    return build(session, cast, 1, 2)


def test_300_units_in_a_handful_of_statements(session: Session, cast: Cast, client: Browser) -> None:
    site, _units = build(session, cast, 3, 3)
    seen: list[str] = []
    engine = session.get_bind()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        found = get_lettings(session, cast.manager, site, date(2026, 11, 1), date(2028, 10, 31))
        read = len(seen)
        client.sign_in(cast.manager)
        seen.clear()
        page = client.get(f"/rent-control?site={site.id}&months=24").text
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(found.units) == 300 and len(found.stretches) == 11 and read == 3
    assert len(seen) <= 24, len(seen)
    assert page.count("data-row") == 300 and "丙团队" in page and "空调检修" in page and "甲科技" in page


def test_a_hold_by_its_pages(client: Browser, session: Session, cast: Cast, house: tuple[Site, list[Unit]]) -> None:
    site, units = house
    today = utc_now().astimezone(CHINA).date()
    client.sign_in(cast.manager)
    address = f"/sites/{site.id}/holds/new"
    page = client.get(f"{address}?unit={units[11].id}&first={today}")
    assert page.status_code == 200 and f'value="{units[11].id}" checked' in page.text
    form = {"for_whom": "丁团队", "first": str(today), "last": str(today + timedelta(days=9)), "units": [units[11].id]}
    assert client.post(address, data=form | {"units": [units[0].id]}).status_code == 409
    assert client.post(address, data=form | {"for_whom": ""}).status_code == 422
    assert client.post(address, data=form | {"last": str(today + timedelta(days=180))}).status_code == 422
    answer = client.post(address, data=form, follow_redirects=True)
    assert answer.status_code == 200 and "丁团队" in answer.text
    hold = session.execute(select(UnitHold).where(UnitHold.for_whom == "丁团队")).scalar_one()
    assert client.post(f"/holds/{hold.id}/extend", data={"last": "soon"}).status_code == 422
    later = today + timedelta(days=19)
    assert client.post(f"/holds/{hold.id}/extend", data={"last": str(later)}).status_code == 303
    signing = client.get(f"/sites/{site.id}/residencies/begin?startup_id={cast.startup_b}&hold={hold.id}", follow_redirects=True)
    assert "丁团队" in signing.text and signing.text.count(" checked") >= 1
    unit = units[11].id
    answer = client.post(f"/startups/{cast.startup_b}/residencies/new?site={site.id}&hold={hold.id}", data={
        "starts_on": str(today), f"unit_{unit}-taken": "y", f"unit_{unit}-rent": "600", f"unit_{unit}-basis": "unit_month",
    })  # fmt: skip
    assert answer.status_code == 303
    session.refresh(hold)
    assert hold.ending == "signed"
    assert "已签约" in client.get(f"/holds/{hold.id}").text


def test_who_sees_the_chart_and_who_holds(client: Browser, session: Session, cast: Cast, house: tuple[Site, list[Unit]]) -> None:
    site, units = house
    hold = session.execute(select(UnitHold)).scalar_one()
    for actor, sees, holds in ((cast.front_desk, 200, 403), (cast.auditor, 200, 403), (cast.founder_a, 403, 403)):
        client.sign_in(actor)
        assert client.get(f"/rent-control?site={site.id}").status_code == sees
        assert client.get(f"/holds/{hold.id}").status_code == sees
        assert client.post(f"/holds/{hold.id}/release").status_code == holds
    client.sign_in(cast.other_owner)
    assert client.get(f"/rent-control?site={site.id}").status_code == 404
    assert client.get(f"/holds/{hold.id}").status_code == 404
    client.sign_in(cast.front_desk)
    assert "/holds/new" not in client.get(f"/rent-control?site={site.id}").text
    for bad in ("from=soon", "months=7", "from=2026-13", "months=x"):
        assert client.get(f"/rent-control?site={site.id}&{bad}").status_code == 200
    assert client.get(f"/sites/{site.id}/units/{units[9].id}").status_code == 200


def test_a_hold_is_nobodys_use(client: Browser, session: Session, cast: Cast, house: tuple[Site, list[Unit]]) -> None:
    """The page of the day and the occupancy report count it as nothing; the unit's page and the timeline tell of it."""
    site, units = house
    days = days_by_zone(list_site_places(session, cast.manager), utc_now())
    now = {unit.code: unit.state for unit in list_units_now(session, cast.manager, days, utc_now())}
    assert (now["D1010"], now["D1011"], now["D1001"]) == ("free", "closed", "let")
    report = measure_occupancy(session, cast.manager, site.id, Month.of(utc_now().astimezone(CHINA).date()))
    assert {row["holder_kind"] for row in report.content["rows"]} == {"residency", "closure"}
    client.sign_in(cast.manager)
    assert "签约前预占" in client.get(f"/sites/{site.id}/units/{units[9].id}").text
    held = session.execute(select(Allocation).where(Allocation.holder_kind == "hold")).scalar_one()
    release_hold(session, cast.manager, now=utc_now(), hold=session.execute(select(UnitHold)).scalar_one())
    session.refresh(held)
    assert held.voided_at is not None or held.period.upper <= utc_now()
