"""The floor plan in a browser: drawn, looked at, booked from; with the pointer, by keyboard, on a telephone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from incubator.core.clock import utc_now
from incubator.spaces.operations import add_plan, draw_shapes
from incubator.spaces.plans import rectangle
from tests.bookings.conftest import Place, make_place
from tests.bookings.test_browser import next_workday, tab_to
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.spaces.test_plans import svg

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]


@pytest.fixture
def place(live: Live) -> Place:
    with live.session() as session:
        made = make_place(session, live.cast.manager)
        session.expunge_all()
    return made


@pytest.fixture
def plan(live: Live, place: Place) -> str:
    """Where a plan is shown on which all units are; the first working day at ten."""
    with live.session() as session:
        site = session.merge(place.site)
        plan = add_plan(session, live.cast.manager, now=utc_now(), site=site, name="1F", content=svg())
        shapes = [rectangle(unit.id, 20 + 150 * n, 40, 130, 90) for n, unit in enumerate(place.units.values())]
        draw_shapes(session, live.cast.manager, now=utc_now(), plan=plan, shapes=shapes, revision=0)
    return f"/sites/{place.site.id}/plan?date={next_workday()}&time=10:00&minutes=60"


def check(surf: Surfer) -> None:
    surf.check_accessible()
    surf.check_no_sideways_scroll()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of the plan to another, in units of its canvas."""
    box = page.locator("[data-canvas]").bounding_box()
    assert box is not None
    scale = box["width"] / 1000
    page.mouse.move(box["x"] + start[0] * scale, box["y"] + start[1] * scale)
    page.mouse.down()
    for step in (0.3, 0.7, 1):
        page.mouse.move(box["x"] + (start[0] + (end[0] - start[0]) * step) * scale,
                        box["y"] + (start[1] + (end[1] - start[1]) * step) * scale)  # fmt: skip
    page.mouse.up()


def drawn(page: Page) -> dict[int, list[int]]:
    return {each["unit"]: each["points"] for each in json.loads(page.locator("input[name=shapes]").input_value())}


def near(points: list[int], wanted: list[int]) -> bool:
    """A pixel is more than a unit of the canvas."""
    return len(points) == len(wanted) and all(abs(a - b) <= 3 for a, b in zip(points, wanted, strict=True))


def test_a_plan_is_uploaded_drawn_and_a_room_is_booked_by_a_click(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.manager)
    surf.go(f"/sites/{place.site.id}/plans/new")
    check(surf)
    page.get_by_label("名称", exact=True).fill("1F")
    page.locator("input[type=file]").set_input_files({"name": "1f.svg", "mimeType": "image/svg+xml", "buffer": svg()})
    page.get_by_role("button", name="添加平面图").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("绘制单元")
    check(surf)
    room, half = place.units["R1"].id, place.units["HA"].id
    page.get_by_role("button", name="R1").click()
    drag(page, (100, 100), (300, 250))
    assert near(drawn(page)[room], [100, 100, 300, 100, 300, 250, 100, 250])
    page.get_by_role("button", name="R1").click()
    drag(page, (200, 180), (260, 210))  # moved by 60 and 30
    assert near(drawn(page)[room], [160, 130, 360, 130, 360, 280, 160, 280])
    drag(page, (360, 280), (420, 330))  # its corner
    assert near(drawn(page)[room], [160, 130, 420, 130, 420, 330, 160, 330])
    page.get_by_role("button", name="撤销").click()
    assert near(drawn(page)[room], [160, 130, 360, 130, 360, 280, 160, 280])
    page.get_by_role("button", name="HA").click()
    page.get_by_role("button", name="多边形").click()
    for x, y in ((500, 100), (700, 100), (600, 300)):
        drag(page, (x, y), (x, y))
    page.get_by_role("button", name="完成图形").click()
    assert near(drawn(page)[half], [500, 100, 700, 100, 600, 300])
    check(surf)
    page.get_by_role("button", name="保存平面图").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1F")
    surf.go(f"/sites/{place.site.id}/plan?date={next_workday()}&time=10:00")
    check(surf)
    expect(page.locator("[data-unit]")).to_have_count(2)
    page.locator("[data-unit=R1]").click()
    expect(page.get_by_role("status").first).to_be_visible()
    page.locator("[data-confirm]").click()
    expect(page.locator("main")).to_contain_text("10:00–11:00")
    surf.go(f"/sites/{place.site.id}/plan?date={next_workday()}&time=10:00")
    expect(page.locator("[data-unit=R1]")).to_have_attribute("aria-label", "R1、我的")


def test_drawn_by_numbers_and_keys(live: Live, surf: Surfer, place: Place, plan: str) -> None:
    page = surf.sign_in(live.cast.manager)
    surf.go(plan)
    tab_to(page, page.get_by_role("link", name="绘制单元"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="P1"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="P1")).to_have_attribute("aria-pressed", "true")
    for name, value in (("x", "10"), ("y", "300"), ("width", "60"), ("height", "40")):
        tab_to(page, page.locator(f"[data-numbers] input[name={name}]"))
        page.keyboard.press("Control+a")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    unit = place.units["P1"].id
    assert drawn(page)[unit] == [10, 300, 70, 300, 70, 340, 10, 340]
    page.locator("[data-canvas]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert drawn(page)[unit] == [11, 310, 71, 310, 71, 350, 11, 350]
    page.keyboard.press("Delete")
    assert unit not in drawn(page)
    page.keyboard.press("Control+z")
    assert drawn(page)[unit] == [11, 310, 71, 310, 71, 350, 11, 350]
    page.get_by_role("button", name="保存平面图").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1F")


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_chosen_desk_is_booked_by_keyboard(live: Live, surf: Surfer, place: Place, plan: str, window: dict[str, int]) -> None:
    surf.page.set_viewport_size(window)  # type: ignore[arg-type]
    page = surf.sign_in(live.cast.founder_a)
    surf.go(plan)
    check(surf)
    tab_to(page, page.locator("[data-unit=P2]"))
    page.keyboard.press("Enter")
    expect(page.locator("select[name=unit_id] option:checked")).to_have_text("P2")
    expect(page.get_by_role("status").first).to_contain_text("¥5.00")
    check(surf)
    tab_to(page, page.locator("[data-confirm]"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("共享工位 · P2")
    surf.go(plan)
    expect(page.locator("[data-unit=P2]")).to_have_attribute("aria-label", "P2、我的、甲科技有限公司")
    expect(page.get_by_role("group", name="共享工位")).to_contain_text("2 个中有 1 个空闲")


def test_the_list_of_desks_follows_the_resource(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.founder_a)
    surf.go(f"/bookings/new?resource_id={place.room.id}")
    units = page.locator("select[name=unit_id]")
    expect(units).to_be_hidden()
    page.locator("select[name=resource_id]").select_option(str(place.pool.id))
    expect(units).to_be_visible()
    units.select_option(label="P1")
    page.locator("select[name=resource_id]").select_option(str(place.room.id))
    expect(units).to_be_hidden()
    assert units.input_value() == "0"


def test_another_time_is_one_press_away(live: Live, surf: Surfer, place: Place, plan: str) -> None:
    page = surf.sign_in(live.cast.founder_a)
    surf.go(plan)
    page.get_by_role("link", name="推后半小时").click()
    expect(page.locator("input[name=time]")).to_have_value("10:30")
    page.locator("select[name=minutes]").select_option("120")
    expect(page.get_by_text("10:30–12:30")).to_be_visible()
    page.get_by_label("时刻").press("ArrowRight")
    expect(page.get_by_text("11:00–13:00")).to_be_visible()
