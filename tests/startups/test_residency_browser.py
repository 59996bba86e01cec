"""Agreements amended and units held in a browser: from the chart, on the floor plan, by keyboard, on a telephone."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from incubator.core.clock import CHINA, utc_now
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations import add_floor, add_plan, add_units, create_site, draw_shapes
from incubator.spaces.plans import rectangle
from incubator.startups.operations import UnitTerms, hold_units, sign_residency
from incubator.startups.queries import get_startup
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.spaces.test_plans import svg

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]


@pytest.fixture
def ids(live: Live) -> dict[str, int]:
    """Six desks on a plan: two let until next year, one held, three free."""
    now, cast = utc_now(), live.cast
    today = now.astimezone(CHINA).date()
    with live.session() as session:
        site = create_site(session, cast.manager, now=now, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
        floor = add_floor(session, cast.manager, now=now, site=site, name="3F")
        desks = add_units(session, cast.manager, now=now, floor=floor, codes=[f"D{n}" for n in range(1, 7)], kind="desk",
                          purpose="incubation", area_m2=Decimal("4.50"), in_service_from=date(2026, 1, 1))  # fmt: skip
        plan = add_plan(session, cast.manager, now=now, site=site, name="3F", content=svg())
        draw_shapes(session, cast.manager, now=now, plan=plan, revision=0,
                    shapes=[rectangle(unit.id, 20 + 150 * n, 40, 130, 90) for n, unit in enumerate(desks)])  # fmt: skip
        residency = sign_residency(
            session, cast.manager, now=now, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
            starts_on=today - timedelta(days=60), ends_on=today + timedelta(days=300),
            units=[UnitTerms(unit, "unit_month", Decimal(600)) for unit in desks[:2]],
        )  # fmt: skip
        hold_units(session, cast.manager, now=now, site=site, units=[desks[2]], first=today, last=today + timedelta(days=9),
                   for_whom="丙团队")  # fmt: skip
        return {"site": site.id, "residency": residency.id, "startup": cast.startup_b,
                **{unit.code: unit.id for unit in desks}}  # fmt: skip


def check(surf: Surfer) -> None:
    surf.check_accessible()
    surf.check_no_sideways_scroll()


def test_an_agreement_is_enlarged_and_what_changes_stands_beside_it(live: Live, surf: Surfer, ids: dict[str, int]) -> None:
    page = surf.sign_in(live.cast.manager)
    surf.go(f"/residencies/{ids['residency']}")
    check(surf)
    page.get_by_role("button", name="变更").click()
    page.get_by_role("link", name="扩租").click()
    check(surf)
    page.get_by_text("在平面图上选择").click()
    shape = page.locator(f"[data-pick='{ids['D4']}']")
    shape.focus()
    page.keyboard.press(" ")
    expect(page.locator(f"input[data-unit='{ids['D4']}']")).to_be_checked()
    expect(page.locator(f"[data-pick='{ids['D1']}']")).to_have_attribute("aria-checked", "true")
    check(surf)
    page.locator(f"[name='unit_{ids['D4']}-rent']").fill("650")
    summary = page.locator(".summary")
    expect(summary).to_contain_text("¥1,850.00")
    expect(summary).to_contain_text("D4")
    page.get_by_label("备注（选填）").fill("团队扩充")
    page.set_viewport_size(PHONE)
    check(surf)
    page.get_by_role("button", name="签署变更").click()
    expect(page.locator(".amendments")).to_contain_text("团队扩充")
    page.get_by_text("变更前后").click()
    expect(page.locator(".amendment-sides")).to_contain_text("D1, D2, D4")
    check(surf)


def test_two_startups_swap_desks_by_keyboard(live: Live, surf: Surfer, ids: dict[str, int]) -> None:
    now, cast = utc_now(), live.cast
    with live.session() as session:
        sign_residency(
            session, cast.manager, now=now, startup=get_startup(session, cast.manager, cast.startup_b), number="B-1",
            site=session.get_one(Site, (cast.operator_id, ids["site"])), starts_on=now.astimezone(CHINA).date(),
            units=[UnitTerms(session.get_one(Unit, (cast.operator_id, ids["D6"])), "unit_month", Decimal(700))],
        )  # fmt: skip
    page = surf.sign_in(cast.manager)
    surf.go(f"/residencies/{ids['residency']}")
    page.get_by_role("button", name="变更").click()
    page.get_by_role("link", name="与他方互换…").click()
    check(surf)
    page.get_by_role("button", name="选择单元").click()
    for code in ("D1", "D6"):
        page.locator(f"input[data-unit='{ids[code]}']").focus()
        page.keyboard.press("Space")
    expect(page.locator(".summary")).to_contain_text("¥1,300.00")
    check(surf)
    page.set_viewport_size(PHONE)
    check(surf)
    page.get_by_role("button", name="签署两份变更").press("Enter")
    expect(page.locator(".amendments")).to_contain_text("换租")
    surf.check_accessible()


def test_from_a_free_stretch_of_the_chart_to_a_hold_and_to_an_agreement(live: Live, surf: Surfer, ids: dict[str, int]) -> None:
    page = surf.sign_in(live.cast.manager)
    surf.go(f"/rent-control?site={ids['site']}")
    check(surf)
    bars = page.locator("a.chart-box")
    expect(page.locator("a.chart-box[tabindex='0']")).to_have_count(1)
    bars.first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "Home"):
        page.keyboard.press(key)
    expect(page.locator("a.chart-box:focus")).to_have_attribute("aria-label", re.compile("^D4"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/holds/new*")  # on the chart two things are called D4
    expect(page.get_by_label("D4")).to_be_checked()
    check(surf)
    page.get_by_label("创业企业").select_option(str(ids["startup"]))
    page.get_by_role("button", name="预占", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("乙科技")
    check(surf)
    page.get_by_role("link", name="签订入驻协议").click()
    expect(page.locator(f"input[data-unit='{ids['D4']}']")).to_be_checked()
    page.get_by_text("在平面图上选择").click()
    shape = page.locator(f"[data-pick='{ids['D5']}']")
    shape.focus()
    page.keyboard.press(" ")
    expect(shape).to_have_attribute("aria-checked", "true")
    expect(page.locator(f"input[data-unit='{ids['D5']}']")).to_be_checked()
    check(surf)


def test_the_chart_on_a_telephone_is_a_list(live: Live, surf: Surfer, ids: dict[str, int]) -> None:
    page = surf.sign_in(live.cast.front_desk)
    page.set_viewport_size(PHONE)
    surf.go(f"/rent-control?site={ids['site']}")
    check(surf)
    expect(page.locator(".chart-words").first).to_be_visible()
    expect(page.locator(".chart-row > .chart-line").first).to_be_hidden()
    expect(page.locator(".chart-words").nth(2)).to_contain_text("丙团队")
    page.set_viewport_size(DESKTOP)
    expect(page.locator(".chart-words").first).to_be_hidden()


def test_a_startups_page_has_two_buttons_and_a_menu_for_the_rest(live: Live, surf: Surfer, ids: dict[str, int]) -> None:
    page = surf.sign_in(live.cast.manager)
    page.set_viewport_size(PHONE)
    surf.go(f"/startups/{live.cast.startup_a}")
    more = page.get_by_role("button", name="更多")
    more.focus()
    page.keyboard.press("Enter")
    for name in ("数据填报", "毕业", "额度", "注册地址", "代为提交诉求", "办理退出"):
        expect(page.locator(".page-header .dropdown-menu").get_by_role("link", name=name)).to_be_visible()
    check(surf)
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    for name in ("编辑", "团队成员"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    more.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/graduation")
