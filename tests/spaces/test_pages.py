"""The pages of sites, as the cast sees them: who may open which, what they show, and what forms do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.spaces.models import Allocation, CalendarOverride, Closure, Floor, OpeningHours, Resource, Site, Unit
from incubator.spaces.operations import (
    add_floor,
    add_units,
    allocate,
    create_site,
    override_day,
    retire_unit,
    set_opening_hours,
)
from incubator.spaces.queries import inclusive_dates, list_resource_units
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.spaces.conftest import FAR, UNTIL, Place

STAFF = ["owner", "manager", "front_desk", "finance", "auditor"]
OTHERS = ["mentor", "founder_a", "member_a", "founder_b"]
SEEN = ["/sites", "/sites/{site}", "/sites/{site}/units/{unit}"]
MANAGED = [
    "/sites/new", "/sites/{site}/edit", "/sites/{site}/hours", "/sites/{site}/floors/new",
    "/sites/{site}/floors/{floor}/edit", "/sites/{site}/units/new", "/sites/{site}/units/{unit}/edit",
    "/sites/{site}/units/{unit}/retire", "/sites/{site}/resources/new", "/sites/{site}/resources/{resource}/edit",
    "/sites/{site}/days/new", "/sites/{site}/closures/new", "/sites/{site}/resources/{resource}/hours",
    "/sites/{site}/resources/{resource}/days/new", "/sites/{site}/resources/{resource}/photos",
]  # fmt: skip
PRESSED = [
    "/sites/{site}/resources/{resource}/retire", "/sites/{site}/days/2100-01-01/follow",
    "/sites/{site}/closures/{closure}/lift",
    "/sites/{site}/resources/{resource}/days/2100-01-01/clear",
]  # fmt: skip


def address(path: str, place: Place, **changes: int) -> str:
    names = {"site": place.site.id, "floor": place.floor.id, "unit": place.units["O1"].id, "resource": place.room.id,
             "closure": place.closure.id} | changes  # fmt: skip
    return path.format(**names)


def events(session: Session) -> int:
    return session.execute(select(func.count()).select_from(AuditEvent)).scalar_one()


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_sites_and_the_owner_and_managers_change_them(
    client: Browser, cast: Cast, place: Place, role: str
) -> None:
    browser = client.sign_in(getattr(cast, role))
    may = role in ("owner", "manager")
    for path in SEEN:
        page = browser.get(address(path, place))
        assert page.status_code == 200
        assert bool(re.search(r'href="[^"]*/(new|edit|retire|hours)["?]', page.text)) == may, "only what one may do is shown"
        assert ("恢复使用" in page.text) == (may and path == SEEN[1])
    for path in MANAGED:
        assert browser.get(address(path, place)).status_code == (200 if may else 403), path


@pytest.mark.parametrize("role", OTHERS)
def test_others_see_none_of_it(client: Browser, cast: Cast, place: Place, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    for path in [*SEEN, *MANAGED]:
        assert browser.get(address(path, place)).status_code == 403, path


@pytest.mark.parametrize("role", ["front_desk", "finance", "auditor", *OTHERS])
def test_who_may_not_change_can_t_by_sending_either(
    client: Browser, cast: Cast, place: Place, session: Session, role: str
) -> None:
    override_day(session, cast.manager, now=NOW, site=place.site, on=date(2100, 1, 1), day_kind="closed")
    browser, before = client.sign_in(getattr(cast, role)), events(session)
    for path in [*MANAGED, *PRESSED]:
        assert browser.post(address(path, place), data={"name": "x", "code": "x"}).status_code == 403, path
    assert events(session) == before


def test_another_operator_s_site_is_not_there(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    browser, before = client.sign_in(cast.other_owner), events(session)
    for path in [*SEEN[1:], *MANAGED[1:]]:
        assert browser.get(address(path, place)).status_code == 404, path
    for path in [*MANAGED[1:], *PRESSED]:
        assert browser.post(address(path, place), data={"name": "x", "code": "x"}).status_code == 404, path
    assert events(session) == before
    assert "南山一号" not in browser.get("/sites").text


@pytest.mark.parametrize("number", [0, 2**62, 2**63, 10**30])
def test_what_has_no_row_is_not_there(client: Browser, cast: Cast, place: Place, number: int) -> None:
    browser = client.sign_in(cast.owner)
    for path in [*SEEN[1:], *MANAGED[1:]]:
        part = re.findall(r"{(\w+)}", path)[-1]
        assert browser.get(address(path, place, **{part: number})).status_code == 404, path
    for path in [PRESSED[0], PRESSED[2]]:
        part = re.findall(r"{(\w+)}", path)[-1]
        assert browser.post(address(path, place, **{part: number})).status_code == 404, path


def test_what_is_of_another_site_is_not_there(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    browser, before = client.sign_in(cast.owner), events(session)
    nested = [path for path in [*SEEN, *MANAGED, *PRESSED] if len(re.findall("{", path)) == 2]
    assert len(nested) == 11
    for path in nested:
        here = address(path, place, site=place.empty.id)
        assert (browser.post(here) if path in PRESSED else browser.get(here)).status_code == 404, path
    assert events(session) == before


@pytest.mark.parametrize("on", ["2100-01-02", "2100-02-30", "soon", "9999-12-31"])
def test_a_day_that_follows_the_calendar_can_t_be_taken_back(
    client: Browser, cast: Cast, place: Place, session: Session, on: str
) -> None:
    override_day(session, cast.manager, now=NOW, site=place.site, on=date(2100, 1, 1), day_kind="closed")
    assert client.sign_in(cast.owner).post(f"/sites/{place.site.id}/days/{on}/follow").status_code == 404
    assert session.execute(select(CalendarOverride.on)).scalars().all() == [date(2100, 1, 1)]


# what they show


def test_the_list_counts_what_is_in_service(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    retire_unit(session, cast.manager, now=NOW, unit=place.units["D4"], last_on=date(2026, 1, 31))
    page = client.sign_in(cast.auditor).get("/sites").text
    kinds = dict(re.findall(r'<th scope="row">(\S+)</th>(<td.*?)</tr>', page))
    assert ">3<" in kinds["工位"] and "18.00" in kinds["工位"]
    assert ">2<" in kinds["办公室"] and "84.50" in kinds["办公室"]
    assert "福田二号" in page and "还没有启用的单元。" in page


def test_an_operator_without_a_site_is_told_what_to_do_first(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.manager).get("/sites").text
    assert "还没有场地" in page and 'href="/sites/new"' in page
    page = client.sign_in(cast.auditor).get("/sites").text
    assert "还没有场地" in page and "请所有者或经理添加。" in page and 'href="/sites/new"' not in page


def test_a_site_shows_its_units_by_floor_and_who_has_them(
    client: Browser, cast: Cast, place: Place, session: Session
) -> None:
    now = datetime.now(UTC)
    allocate(session, cast.manager, now=now, holder=("closure", place.closure.id), units=[place.units["R1"]],
             start=now - timedelta(hours=1), end=UNTIL - timedelta(days=9))  # fmt: skip
    add_units(session, cast.manager, now=NOW, floor=place.floor, codes=["D10", "D9"], kind="desk", purpose="operator",
              area_m2=Decimal("1234.5"), in_service_from=date(2099, 1, 1))  # fmt: skip
    retire_unit(session, cast.manager, now=NOW, unit=place.units["D4"], last_on=date(2026, 1, 31))
    page = client.sign_in(cast.front_desk).get(f"/sites/{place.site.id}").text
    tiles = re.findall(r'<a class="unit unit-(\w+)".*?unit-code">([^<]+)<', page, re.DOTALL)
    assert tiles == [
        ("residency", "D1"), ("residency", "D2"), ("free", "D3"), ("retired", "D4"), ("coming", "D9"),
        ("coming", "D10"), ("residency", "O1"), ("residency", "O2"), ("closure", "R1"),
    ]  # fmt: skip
    assert "已入驻" in page and "已出租" not in page and "尚未启用" in page and "已退出使用" in page
    assert "1,234.5 m²" in page and "至 2099年12月25日 18:00" in page
    assert "粉刷墙面" in page and "2100年1月1日 09:00 – 2100年1月3日 18:00" in page
    assert "09:00–18:00" in page and "会议室一" in page


def test_a_site_shows_the_hours_and_days_to_come(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    hours = [("workday", 480, 720), ("workday", 780, 1440)]
    set_opening_hours(session, cast.manager, now=NOW, site=place.site, hours=hours, from_on=date(2099, 5, 1))
    override_day(session, cast.manager, now=NOW, site=place.site, on=date(2100, 1, 1), day_kind="closed", note="消防检查")
    page = client.sign_in(cast.manager).get(f"/sites/{place.site.id}").text
    assert "自 2099年5月1日 起" in page and "08:00–12:00、13:00–24:00" in page.replace(", ", "、")
    assert "2100年1月1日 周五" in page and "消防检查" in page and "/days/2100-01-01/follow" in page


def test_empty_places_say_what_to_do_next(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    bare = create_site(session, cast.manager, now=NOW, code="LH", name="龙华", hours=[], open_from=date(2026, 1, 1))
    browser = client.sign_in(cast.manager)
    page = browser.get(f"/sites/{bare.id}").text
    assert "还没有楼层" in page and f'href="/sites/{bare.id}/floors/new"' in page and "请先添加单元。" in page
    page = browser.get(f"/sites/{bare.id}/units/new").text
    assert "还没有楼层" in page and f'href="/sites/{bare.id}/floors/new"' in page and "code" not in page.partition("<main")[2]
    for path in ("resources", "closures"):
        page = browser.get(f"/sites/{place.empty.id}/{path}/new").text
        assert "还没有单元" in page and f'href="/sites/{place.empty.id}/units/new"' in page
    page = browser.get(f"/sites/{place.empty.id}").text
    assert "本楼层还没有单元。" in page and "没有停用的单元。" in page and "还没有资源。" in page
    page = browser.get(f"/sites/{place.site.id}/units/{place.units['D4'].id}").text
    assert "还没有占用记录" in page and "没有：不属于任何资源。" in page


def test_a_unit_shows_who_holds_it_and_leads_there(client: Browser, cast: Cast, place: Place) -> None:
    browser = client.sign_in(cast.auditor)
    page = browser.get(address("/sites/{site}/units/{unit}", place)).text
    assert "/residencies/" in page and "无固定期限" in page and "30.00" in page and "孵化" in page
    page = browser.get(address("/sites/{site}/units/{unit}", place, unit=place.units["D3"].id)).text
    assert "粉刷墙面" in page and "未开始" in page and "空闲" in page
    page = browser.get(address("/sites/{site}/units/{unit}", place, unit=place.units["R1"].id)).text
    assert len(re.findall(r'href="/bookings/\d', page)) == 3 and "会议室一" in page


def test_a_long_ledger_is_paged(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    for hour in range(60):
        start = FAR + timedelta(days=9, hours=hour)
        allocate(session, cast.manager, now=NOW, holder=("booking", 9000 + hour), units=[place.units["D3"]], start=start,
                 end=start + timedelta(hours=1))  # fmt: skip
    browser, path = client.sign_in(cast.auditor), address("/sites/{site}/units/{unit}", place, unit=place.units["D3"].id)
    page = browser.get(path).text
    assert "第 1–50 条，共 61 条" in page and "/bookings/9059" in page and "/bookings/9009" not in page
    assert "粉刷墙面" in browser.get(path + "?page=2").text
    for odd in ("99", "0", "-1", "x", "9" * 40):
        assert browser.get(f"{path}?page={odd}").status_code == 200


def test_names_are_in_the_reader_s_language(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    browser = client.sign_in(cast.manager)
    browser.post("/locale", data={"locale": "en", "next": "/sites"})
    page = browser.get(f"/sites/{place.site.id}").text
    assert "Nanshan One" in page and "Opening hours" in page and "Room 1" in page
    assert not re.search("[\u4e00-\u9fff]", browser.get(address("/sites/{site}/units/{unit}/edit", place)).text.partition("<main")[2])


# what they do


def made(session: Session, model: type, **wanted: Any) -> Any:
    return session.execute(select(model).filter_by(**wanted)).scalar_one()


def test_a_new_site_with_its_hours(client: Browser, cast: Cast, session: Session) -> None:
    answer = client.sign_in(cast.manager).post("/sites/new", data={
        "code": "FT", "name": " 福田二号 ", "name_en": "Futian Two", "address": "", "zone": "Asia/Urumqi",
        "calendar": "weekdays", "opens": "00:00", "closes": "00:00", "rest_opens": "10:00", "rest_closes": "16:30",
    })  # fmt: skip
    site = made(session, Site, code="FT")
    assert (answer.status_code, answer.location) == (303, f"/sites/{site.id}")
    assert (site.name, site.zone, site.calendar) == ("福田二号", "Asia/Urumqi", "weekdays")
    hours = session.execute(select(OpeningHours).order_by(OpeningHours.id)).scalars()
    assert [(row.day_kind, row.opens_minute, row.closes_minute, row.valid.lower.day) for row in hours] == [
        ("workday", 0, 1440, 1), ("restday", 600, 990, 1),
    ]  # fmt: skip
    assert "场地已添加。下一步：添加第一个楼层。" in client.get(answer.location).text


Check = Callable[[Session, Place], bool]

DONE: list[tuple[str, dict[str, Any], Check]] = [
    ("/sites/{site}/edit", {"name": "南山新址", "name_en": "", "address": "科技园", "latitude": "22.533324", "longitude": "113.93041"},
     lambda session, place: (place.site.name, place.site.name_en, place.site.address, place.site.latitude, place.site.longitude) == (
         "南山新址", "", "科技园", Decimal("22.53332"), Decimal("113.93041"))),
    ("/sites/{site}/hours", {"from_on": "2099-05-01", "opens": "08:00", "closes": "12:00", "opens_2": "13:00", "closes_2": "00:00"},
     lambda session, place: [
         (row.opens_minute, row.closes_minute) for row in session.execute(
             select(OpeningHours).where(func.lower(OpeningHours.valid) == date(2099, 5, 1)).order_by(OpeningHours.id)
         ).scalars()] == [(480, 720), (780, 1440)]),
    ("/sites/{site}/floors/new", {"name": "B1", "level": "0"},
     lambda session, place: made(session, Floor, name="B1").level == 0),
    ("/sites/{site}/floors/{floor}/edit", {"name": "一层", "level": "-2"},
     lambda session, place: (place.floor.name, place.floor.level) == ("一层", -2)),
    ("/sites/{site}/units/{unit}/edit", {"code": "A1", "purpose": "operator", "area_m2": "1,200.5 m²"},
     lambda session, place: (place.units["O1"].code, place.units["O1"].area_m2) == ("A1", Decimal("1200.50"))),
    ("/sites/{site}/resources/{resource}/edit", {
        "code": "R1", "name": "大会议室", "kind": "hall", "units": ["R1", "D4"], "takes": "all", "capacity": "20",
        "granularity_minutes": "60"},
     lambda session, place: (place.room.name, place.room.kind, place.room.capacity, place.room.granularity_minutes) == (
         "大会议室", "hall", 20, 60) and [
             unit.code for unit in list_resource_units(session, [place.room.id])[place.room.id]] == ["D4", "R1"]),
    ("/sites/{site}/resources/new", {
        "code": "HOT", "name": "共享工位", "kind": "desk", "units": ["D3", "D4"], "takes": "any", "capacity": "1",
        "granularity_minutes": "30"},
     lambda session, place: made(session, Resource, code="HOT").takes == "any"),
    ("/sites/{site}/resources/{resource}/retire", {}, lambda session, place: place.room.retired_at is not None),
    ("/sites/{site}/days/new", {"on": "2100-01-01", "day_kind": "workday", "note": "补班"},
     lambda session, place: made(session, CalendarOverride, on=date(2100, 1, 1)).note == "补班"),
    ("/sites/{site}/closures/new", {
        "units": ["D4", "R1"], "start": "2101-02-01T08:30", "end": "2101-02-02T00:00", "reason": "清洁"},
     lambda session, place: [
         (row.period.lower, row.period.upper) for row in session.execute(
             select(Allocation).where(Allocation.holder_kind == "closure",
                                      Allocation.holder_id == made(session, Closure, reason="清洁").id)).scalars()
     ] == [(datetime(2101, 2, 1, 0, 30, tzinfo=UTC), datetime(2101, 2, 1, 16, tzinfo=UTC))] * 2),
    ("/sites/{site}/closures/{closure}/lift", {}, lambda session, place: place.closure.lifted_at is not None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "data", "check"), DONE, ids=[path for path, _, _ in DONE])
def test_good_input_is_done_once_and_leads_on(
    client: Browser, cast: Cast, place: Place, session: Session, path: str, data: dict[str, Any], check: Check
) -> None:
    before = events(session)
    if "units" in data:
        data = data | {"units": [place.units[code].id for code in data["units"]]}
    assert not check_quietly(check, session, place)
    answer = client.sign_in(cast.manager).post(address(path, place), data=data)
    assert answer.status_code == 303, re.findall(r'-error">([^<]+)', answer.text)
    of_resource = re.fullmatch(r"/resources/\d+", answer.location)
    assert of_resource or answer.location in (f"/sites/{place.site.id}", f"/sites/{place.site.id}/units/{place.units['O1'].id}")
    assert check(session, place) and events(session) == before + 1
    assert "alert-success" in client.get(answer.location).text


def check_quietly(check: Check, session: Session, place: Place) -> bool:
    """Whether it is so already: then the test would show nothing."""
    try:
        return check(session, place)
    except Exception:
        return False


@pytest.mark.parametrize(
    ("count", "first", "codes"),
    [
        ("1", "7", ["W"]), ("3", "1", ["W1", "W2", "W3"]), ("12", "1", [f"W{n:02}" for n in range(1, 13)]),
        ("2", "9", ["W09", "W10"]), ("2", "0", ["W0", "W1"]),
    ],
)  # fmt: skip
def test_several_units_at_once(
    client: Browser, cast: Cast, place: Place, session: Session, count: str, first: str, codes: list[str]
) -> None:
    before = events(session)
    answer = client.sign_in(cast.manager).post(f"/sites/{place.site.id}/units/new", data={
        "floor_id": place.floor.id, "code": "W", "count": count, "first": first, "kind": "desk",
        "purpose": "incubation", "area_m2": "4.5", "in_service_from": "2026-01-01", "in_service_until": "2026-12-31",
    })  # fmt: skip
    assert answer.status_code == 303
    units = session.execute(select(Unit).where(Unit.code.startswith("W")).order_by(Unit.id)).scalars().all()
    assert [unit.code for unit in units] == codes
    assert {inclusive_dates(unit.in_service) for unit in units} == {(date(2026, 1, 1), date(2026, 12, 31))}
    assert {unit.area_m2 for unit in units} == {Decimal("4.50")} and events(session) == before + 1


def test_a_day_follows_the_calendar_again(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    override_day(session, cast.manager, now=NOW, site=place.site, on=date(2100, 1, 1), day_kind="closed")
    answer = client.sign_in(cast.manager).post(f"/sites/{place.site.id}/days/2100-01-01/follow")
    assert answer.status_code == 303
    assert session.execute(select(CalendarOverride)).scalars().all() == []
    assert "2100年1月1日 周五" not in client.get(answer.location).text


def test_a_unit_that_is_held_is_not_retired_and_the_page_says_until_when(
    client: Browser, cast: Cast, place: Place, session: Session
) -> None:
    browser, unit = client.sign_in(cast.manager), place.units["D3"]
    path = address("/sites/{site}/units/{unit}/retire", place, unit=unit.id)
    answer = browser.post(path, data={"last_on": "2100-01-02"})
    assert answer.status_code == 409
    assert "D3 已被占用至 2100年1月3日 18:00；请先结束该占用，或选择更晚的日期。" in answer.text
    assert 'value="2100-01-02"' in answer.text
    answer = browser.post(address("/sites/{site}/units/{unit}/retire", place), data={"last_on": "2100-01-02"})
    assert (answer.status_code, "O1 的占用没有截止日，请先结束该占用。" in answer.text) == (409, True)
    session.refresh(unit)
    assert inclusive_dates(unit.in_service)[1] is None
    assert browser.post(path, data={"last_on": "2100-01-03"}).status_code == 303
    assert 'value="2100-01-03"' in browser.get(path).text
    assert browser.post(path, data={"last_on": ""}).status_code == 303
    assert inclusive_dates(unit.in_service)[1] is None


def test_a_floor_without_units_is_removed_on_its_page(client: Browser, cast: Cast, place: Place, session: Session) -> None:
    empty = add_floor(session, cast.manager, now=NOW, site=place.site, name="误建")
    browser = client.sign_in(cast.manager)
    used = place.units["R1"].floor_id
    answer = browser.post(f"/sites/{place.site.id}/floors/{used}/remove")
    assert "不能删除" in browser.get(answer.location).text
    answer = browser.post(f"/sites/{place.site.id}/floors/{empty.id}/remove")
    assert "楼层已删除" in browser.get(answer.location).text and "误建" not in browser.get(f"/sites/{place.site.id}").text
    assert client.sign_in(cast.front_desk).post(f"/sites/{place.site.id}/floors/{used}/remove").status_code == 403


def test_a_day_that_is_closed_tells_how_many_bookings_stand_on_it(
    client: Browser, cast: Cast, place: Place, session: Session
) -> None:
    start = datetime(2099, 6, 1, 1, tzinfo=UTC)  # 09:00 in Shanghai
    for number, unit in enumerate(("R1", "D4")):
        allocate(session, cast.manager, now=NOW, holder=("booking", 70 + number), units=[place.units[unit]],
                 start=start, end=start + timedelta(hours=1))  # fmt: skip
    browser = client.sign_in(cast.manager)
    for on, words in (("2099-06-01", True), ("2099-06-02", False)):
        answer = browser.post(f"/sites/{place.site.id}/days/new", data={"on": on, "day_kind": "closed", "note": "盘点"})
        assert answer.status_code == 303
        assert ("该日还有 2 个预订，尚未通知预订人。" in browser.get(answer.location).text) == words
