"""The pages of spaces in a real browser: on a telephone and a desk, with long names, by keyboard."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from incubator.spaces.operations import add_floor, add_units, close_units, create_site
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW
from tests.scenarios.october import tell_october
from tests.spaces.conftest import FAR, UNTIL

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

LONG_NAME = "一个名字很长的众创空间与科技企业孵化器"


@pytest.fixture
def site_id(live: Live) -> int:
    """A site whose names are as long as they may be, in all of its states."""
    with live.session() as session:
        manager = live.cast.manager
        tell_october(session, live.cast)
        site = create_site(session, manager, now=NOW, code="C" * 20, name=LONG_NAME, name_en="", address="高新南七道" * 10,
                           hours=[("workday", 540, 1080)], open_from=date(2026, 1, 1))  # fmt: skip
        for name, codes in (("东翼" * 12, ["W" * 20, "D2", "D10"]), ("2F", ["R1"])):
            floor = add_floor(session, manager, now=NOW, site=site, name=name)
            units = add_units(session, manager, now=NOW, floor=floor, codes=codes, kind="desk", purpose="incubation",
                              area_m2=Decimal("99999.99"), in_service_from=date(2026, 1, 1))  # fmt: skip
        close_units(session, manager, now=NOW, site=site, units=units, start=FAR, end=UNTIL, reason="粉刷" * 50)
        return site.id


def test_no_page_is_too_wide_and_all_are_accessible(surf: Surfer, live: Live, site_id: int) -> None:
    surf.sign_in(live.cast.manager)
    page = surf.go(f"/sites/{site_id}")
    unit = page.locator("a.unit").first.get_attribute("href")
    floor = page.get_by_role("link", name="重命名").first.get_attribute("href")
    assert unit and floor
    here = f"/sites/{site_id}"
    paths = ["/sites", here, unit, unit + "/edit", unit + "/retire", floor, "/sites/new"]
    paths += [f"{here}/{form}" for form in ("edit", "hours", "floors/new", "units/new", "resources/new", "days/new", "closures/new")]
    for window in (PHONE, DESKTOP):
        surf.page.set_viewport_size(window)
        for path in paths:
            surf.go(path)
            surf.check_no_sideways_scroll()
            if window is PHONE:
                surf.check_accessible()


def test_a_whole_floor_is_closed_with_one_box(surf: Surfer, live: Live, site_id: int) -> None:
    surf.sign_in(live.cast.manager)
    page = surf.go(f"/sites/{site_id}/closures/new")
    floor = page.locator("fieldset", has_text="D10")
    whole = floor.get_by_label("本层全部")
    floor.get_by_label("D10").check()
    assert whole.evaluate("box => box.indeterminate")
    whole.focus()
    page.keyboard.press("Space")
    assert floor.locator("input[name=units]:checked").count() == 3
    page.get_by_label("停用开始").fill("2101-02-01T08:00")
    page.get_by_label("停用结束").fill("2101-02-01T18:00")
    page.get_by_label("原因").fill("清洁")
    page.get_by_role("button", name="停用单元").click()
    page.get_by_text("单元在该时段停用。").wait_for()
    closure = page.locator(".days li", has_text="清洁")
    assert "D2、D10" in closure.inner_text()
    closure.get_by_role("button").click()
    page.get_by_text("单元已恢复使用。").wait_for()
    assert page.locator(".days li", has_text="清洁").count() == 0


def test_a_floor_of_one_unit_has_no_box_for_all(surf: Surfer, live: Live, site_id: int) -> None:
    surf.sign_in(live.cast.manager)
    page = surf.go(f"/sites/{site_id}/resources/new")
    assert page.locator("fieldset", has_text="R1").get_by_text("本层全部").is_hidden()
    assert page.locator("fieldset", has_text="D10").get_by_text("本层全部").is_visible()


def test_areas_are_typed_as_people_write_them(surf: Surfer, live: Live, site_id: int) -> None:
    surf.sign_in(live.cast.manager)
    page = surf.go(f"/sites/{site_id}/units/new")
    page.get_by_label("编号，或多个单元的编号前缀").fill("X")
    page.get_by_label("数量").fill("2")
    page.get_by_label("每个面积").fill("1e400")
    page.get_by_role("button", name="添加单元").click()
    page.get_by_text("面积须在 0 至 100,000 m² 之间。").wait_for()
    assert page.get_by_label("每个面积").input_value() == "1e400"
    page.get_by_label("每个面积").fill("1,200.50 m²")
    page.get_by_role("button", name="添加单元").click()
    page.get_by_text("单元已添加。").wait_for()
    assert page.locator("a.unit", has_text="1,200.5 m²").count() == 2
