"""Booking and cancelling by keyboard alone, at a desk and on a phone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from incubator.bookings.operations import book
from incubator.core.clock import utc_now
from incubator.core.workdays import WORKDAY, day_kind
from incubator.pricing.operations import TariffLine, create_tariff
from tests.bookings.conftest import Place, make_place
from tests.browser import DESKTOP, PHONE, Live, Surfer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOST_STOPS = 120


def next_workday() -> date:
    """A working day within what founders may book."""
    on = utc_now().date() + timedelta(days=2)
    while day_kind(on, "CN", {}) != WORKDAY:
        on += timedelta(days=1)
    return on


@pytest.fixture
def place(live: Live) -> Place:
    """Room 1 is B's until noon."""
    with live.session() as session:
        made = make_place(session, live.cast.manager)
        on = next_workday()
        book(session, live.cast.founder_b, now=utc_now(), resource_id=made.room.id, startup_id=live.cast.startup_b,
             start=datetime.combine(on, time(9), SHANGHAI), end=datetime.combine(on, time(12), SHANGHAI), title="秘密")  # fmt: skip
        session.expunge_all()
    return made


def tab_to(page: Page, target: Locator) -> None:
    """By Tab alone; every stop on the way shows where the focus is."""
    expect(target).to_be_visible()
    wanted = target.element_handle()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement === wanted", wanted):
            outlined = page.evaluate(
                "() => { const style = getComputedStyle(document.activeElement);"
                " return style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }"
            )
            assert outlined, f"one can't see that {target} has the focus"
            return
    raise AssertionError(f"{target} is not reached by Tab")


def sign_in_by_keyboard(surf: Surfer, name: str) -> Page:
    page = surf.go("/sign-in")
    tab_to(page, page.locator("input[name=email]"))
    page.keyboard.type(f"{name}@example.com")
    tab_to(page, page.locator("input[name=password]"))
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_booked_and_cancelled_by_keyboard(live: Live, surf: Surfer, place: Place, window: dict[str, int]) -> None:
    surf.page.set_viewport_size(window)  # type: ignore[arg-type]
    page = sign_in_by_keyboard(surf, "anna")
    on = next_workday()
    surf.go(f"/timeline?date={on}")
    check(surf)
    if window == DESKTOP:
        tab_to(page, page.get_by_role("link", name="列表"))
        page.keyboard.press("Enter")
        expect(page.locator("#timeline")).to_have_count(0)
        check(surf)
    room = page.get_by_role("region", name="会议室一")
    expect(room).to_contain_text("已占用")
    expect(room).not_to_contain_text("秘密")
    tab_to(page, room.get_by_role("link", name="空闲"))
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    expect(status).to_contain_text("¥50.00")
    expect(page.locator("[data-confirm]")).to_be_enabled()
    check(surf)
    tab_to(page, page.locator("input[name=end]"))
    page.keyboard.press("ArrowUp")  # 13 to 14 hours
    expect(status).to_contain_text("¥100.00")
    expect(page.locator("main")).to_contain_text("120 分钟 × 50.00 元/小时 = ¥100.00")
    tab_to(page, page.locator("input[name=title]"))
    page.keyboard.type("键盘上的会")
    tab_to(page, page.locator("[data-confirm]"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("键盘上的会")
    expect(page.locator("main")).to_contain_text("¥100.00")
    check(surf)
    surf.go("/bookings")
    check(surf)
    tab_to(page, page.get_by_role("row", name="会议室一").get_by_role("link"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator("input[name=reason]"))
    page.keyboard.type("改期")
    tab_to(page, page.get_by_role("button", name="取消预订"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("已取消")
    expect(page.get_by_role("button", name="取消预订")).to_have_count(0)
    check(surf)


def test_where_there_is_no_room_for_the_picture_there_is_the_list(live: Live, surf: Surfer, place: Place) -> None:
    """On a telephone it comes by itself; where it can't be had a link stays; turned, the telephone draws the picture."""
    surf.page.set_viewport_size(PHONE)
    page = surf.sign_in(live.cast.founder_a)
    asked = "**/timeline?*view=list*"
    page.route(asked, lambda route: route.abort())
    surf.go(f"/timeline?date={next_workday()}")
    expect(page.get_by_role("link", name="按列表查看当天")).to_be_visible()
    expect(page.locator(".timeline-row")).to_have_count(0)
    page.unroute(asked)
    surf.go(f"/timeline?date={next_workday()}")
    expect(page.get_by_role("region", name="会议室一").get_by_role("link", name="空闲")).to_be_visible()
    expect(page.locator(".ec")).to_have_count(0)
    expect(page.locator("script[src*=event-calendar]")).to_have_count(0)
    page.set_viewport_size(DESKTOP)
    expect(page.locator(".ec")).to_be_visible()
    expect(page.get_by_role("region", name="会议室一")).to_have_count(0)


def test_what_is_taken_meanwhile_is_said_and_another_time_is_one_key_away(
    live: Live, surf: Surfer, place: Place
) -> None:
    page = surf.sign_in(live.cast.founder_a)
    on = next_workday()
    surf.go(f"/bookings/new?resource_id={place.room.id}&on={on}&start=13:00&end=14:00")
    expect(page.get_by_role("status")).to_contain_text("¥50.00")
    with live.session() as session:
        book(session, live.cast.founder_b, now=utc_now(), resource_id=place.room.id, startup_id=live.cast.startup_b,
             start=datetime.combine(on, time(13), SHANGHAI), end=datetime.combine(on, time(14), SHANGHAI))  # fmt: skip
    tab_to(page, page.locator("[data-confirm]"))
    page.keyboard.press("Enter")
    instead = page.get_by_role("region", name="可改订")
    expect(instead.get_by_role("link")).to_have_count(5)  # three other times, and two rooms that are free now
    check(surf)
    tab_to(page, instead.get_by_role("link", name="14:00–15:00"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("¥50.00")
    tab_to(page, page.locator("[data-confirm]"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("14:00–15:00")


def test_a_price_that_rises_while_the_page_stands_open_is_asked_about(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.founder_a)
    on = next_workday()
    surf.go(f"/bookings/new?resource_id={place.room.id}&on={on}&start=13:00&end=14:00")
    expect(page.get_by_role("status")).to_contain_text("¥50.00")
    with live.session() as session:
        site = session.merge(place.site)
        create_tariff(session, live.cast.manager, now=utc_now(), site=site, name="涨价", valid_from=on,
                      items=[TariffLine("booking", "hour", Decimal(60), resource_kind="meeting_room")])  # fmt: skip
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("alert")).to_contain_text("价格已由 ¥50.00 变为 ¥60.00")
    expect(page.locator("[data-confirm]")).to_be_enabled()
    page.locator("[data-confirm]").click()
    expect(page.locator("main")).to_contain_text("¥60.00")


def check(surf: Surfer) -> None:
    surf.check_accessible()
    surf.check_no_sideways_scroll()


def test_an_open_timeline_shows_what_somebody_else_books(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.founder_a)
    on = next_workday()
    surf.go(f"/timeline?date={on}")
    expect(page.locator("#timeline .ec-row-head").first).to_be_visible()
    before = page.locator("#timeline .kind-taken").count()
    with live.session() as session:
        book(session, live.cast.founder_b, now=utc_now(), resource_id=place.hall.id, startup_id=live.cast.startup_b,
             start=datetime.combine(on, time(13), SHANGHAI), end=datetime.combine(on, time(14), SHANGHAI))  # fmt: skip
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # one comes back to the page
    expect(page.locator("#timeline .kind-taken")).to_have_count(before + 2)  # the hall, and the half of it
