"""The page of a resource in a real browser: on a telephone and at a desk, by keyboard, in both themes."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from playwright.sync_api import expect

from incubator.bookings.operations import add_rule, book
from incubator.core.clock import utc_now
from incubator.jobs.demo.pictures import draw_desks, draw_room
from incubator.spaces.operations import add_photo, set_resource_day, set_resource_hours
from tests.bookings.conftest import Place, make_place
from tests.bookings.test_browser import SHANGHAI, next_workday, tab_to
from tests.browser import DESKTOP, PHONE, Live, Surfer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

LONG_ALT = "八人会议桌，前方有显示屏，两侧有窗，靠门一侧留有轮椅空间"


@pytest.fixture
def place(live: Live) -> Place:
    """Room 1 with photos, amenities, a rule and an exception; B has it from nine to noon on the next working day."""
    now = utc_now()
    with live.session() as session:
        manager, made = live.cast.manager, make_place(session, live.cast.manager)
        made.room.tags = ["screen", "video-conference", "step-free", "hearing-loop", "可移动的桌椅与一块很长很长的白板"]
        for content in (draw_room(8), draw_desks(), draw_desks()):
            add_photo(session, manager, now=now, resource=made.room, name="a.jpg", content=content, alt=LONG_ALT)
        set_resource_hours(session, manager, now=now, resource=made.hall, hours=[("workday", 600, 960)], from_on=date(2026, 1, 1))
        set_resource_day(session, manager, now=now, resource=made.room, on=now.astimezone(SHANGHAI).date(), opens=None,
                         closes=None, note="更换空调和照明，恢复时间另行通知")  # fmt: skip
        add_rule(session, manager, now=now, name="会议室每次最长四小时", longest_minutes=240)
        on = next_workday()
        book(session, live.cast.founder_b, now=now, resource_id=made.room.id, startup_id=live.cast.startup_b,
             start=datetime.combine(on, time(9), SHANGHAI), end=datetime.combine(on, time(12), SHANGHAI), title="秘密")  # fmt: skip
        session.expunge_all()
    return made


def test_from_the_timeline_by_keyboard_to_a_time_of_the_month(live: Live, surf: Surfer, place: Place) -> None:
    page, on = surf.sign_in(live.cast.founder_a), next_workday()
    surf.go(f"/timeline?date={on}")
    tab_to(page, page.locator(".ec-row-head a", has_text="会议室一"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("会议室一")
    surf.go(f"/resources/{place.room.id}?month={on:%Y-%m}")
    day = page.locator("td.month-free", has=page.locator(f'a[href*="date={on}"]'))
    expect(day).to_contain_text("空闲6小时")
    tab_to(page, day.locator("a.month-hours"))
    page.keyboard.press("Enter")
    expect(page.locator("input[name=start]")).to_have_value("12:00")
    expect(page.locator("input[name=on]")).to_have_value(on.isoformat())


def test_it_fits_and_is_accessible(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.manager)
    keep = f"/sites/{place.site.id}/resources/{place.room.id}"
    for scheme, window in (("light", DESKTOP), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(window)  # type: ignore[arg-type]
        for path in (f"/resources/{place.room.id}", f"/resources/{place.pool.id}"):
            surf.go(path)
            surf.check_no_sideways_scroll()
            surf.check_accessible()
            rows = page.eval_on_selector_all(
                ".month tbody tr",
                "rows => rows.map(row => new Set([...row.cells].map(cell => cell.getBoundingClientRect().top)).size)",
            )
            assert set(rows) == {1}, "the days of a week stand beside each other"
    surf.go(f"/resources/{place.room.id}")
    images = page.locator("main img")
    expect(images).to_have_count(3)
    loaded = images.evaluate_all("all => all.every(each => each.loading === 'lazy' || each.naturalWidth > 0)")
    assert loaded, "the photos are shown"
    expect(page.locator(".week-today")).to_contain_text("更换空调")
    for path in (f"{keep}/edit", f"{keep}/hours", f"{keep}/days/new", f"{keep}/photos"):
        surf.go(path)
        surf.check_no_sideways_scroll()
        surf.check_accessible()


def test_a_row_is_hatched_by_its_own_hours(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.founder_a)
    surf.go(f"/timeline?date={next_workday()}")
    expect(page.locator(".ec-bg-event").first).to_be_visible()
    rows = page.evaluate(
        "() => [...document.querySelectorAll('.ec-bg-event')]"
        ".map(each => [Math.round(each.getBoundingClientRect().top), Math.round(each.getBoundingClientRect().width)])"
    )
    widths: dict[int, list[int]] = {}
    for top, width in rows:
        widths.setdefault(top, []).append(width)
    first, *others = [widths[top] for top in sorted(widths)]
    assert sum(first) > sum(others[0]) and all(sum(each) == sum(others[0]) for each in others), "the hall comes first"


def test_a_photo_is_added_described_and_put_first(live: Live, surf: Surfer, place: Place) -> None:
    page = surf.sign_in(live.cast.manager)
    surf.go(f"/sites/{place.site.id}/resources/{place.hall.id}/photos")
    for alt, content in (("讲台", draw_room(8)), ("座椅", draw_desks())):
        page.set_input_files("input[name=file]", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": content})
        page.fill("input[name=alt]", alt)
        page.get_by_role("button", name="添加照片").click()
        expect(page.locator(".photo-cards")).to_contain_text(alt)
    page.get_by_role("button", name="前移: 座椅").click()
    expect(page.locator(".photo-cards > li").first).to_contain_text("座椅")
    surf.go(f"/resources/{place.hall.id}")
    expect(page.locator(".photo-first img")).to_have_attribute("alt", "座椅")
    page.get_by_role("link", name="照片").click()
    page.locator(".photo-cards > li", has_text="座椅").get_by_role("button", name="移除").click()
    expect(page.locator(".photo-cards > li")).to_have_count(1)
