"""In a browser: a founder's telephone, the front desk, and back; every page accessible."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from incubator.core.clock import utc_now
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Request, Startup
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.operations.announcements import Words, publish_announcement
from incubator.startups.operations.directory import edit_entry
from incubator.startups.operations.request_settings import add_category
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.documents.test_pictures import picture

pytestmark = pytest.mark.browser


def settle(live: Live) -> int:
    """A site with startup A in it, a category, an announcement, a page in the directory."""
    now, cast = utc_now(), live.cast
    with live.session() as session:
        site = create_site(session, cast.manager, now=now, code="NS", name="南山一号", hours=[("workday", 540, 1080)],
                           open_from=date(2020, 1, 1))  # fmt: skip
        floor = add_floor(session, cast.manager, now=now, site=site, name="1F", level=1)
        desk = add_unit(session, cast.manager, now=now, floor=floor, code="D1", kind="desk", purpose="incubation",
                        area_m2=Decimal("6.00"), in_service_from=date(2020, 1, 1))  # fmt: skip
        startup = session.execute(select(Startup).where(Startup.id == cast.startup_a)).scalar_one()
        sign_residency(session, cast.manager, now=now, startup=startup, site=site,
                       starts_on=now.date() - timedelta(days=30), ends_on=None,
                       units=[UnitTerms(desk, "unit_month", Decimal("900"))])  # fmt: skip
        add_category(session, cast.manager, now=now, name="设施报修", name_en="Repairs")
        publish_announcement(session, cast.manager, now=now, words=Words("停水通知", "今晚停水。", date(2020, 1, 1)))
        edit_entry(session, cast.founder_a, now=now, startup_id=cast.startup_a, listed=True, blurb="做传感器。", offers="样品测试")
        return site.id


def check(surf: Surfer, *paths: str) -> None:
    for path in paths:
        surf.go(path)
        surf.check_accessible()
        surf.check_no_sideways_scroll()


def test_from_a_photo_on_a_telephone_to_five_stars(live: Live, surf: Surfer, tmp_path: Path) -> None:
    site_id = settle(live)
    photo = tmp_path / "leak.jpg"
    photo.write_bytes(picture("JPEG"))
    page = surf.page
    page.set_viewport_size(PHONE)
    surf.sign_in(live.cast.founder_a)
    page.get_by_role("link", name="向运营方提交诉求").click()
    page.get_by_label("事由").fill("天花板漏水")
    page.get_by_label("具体情况").fill("会议室旁的天花板在滴水。")
    page.get_by_label("照片").set_input_files(str(photo))
    page.get_by_label("类别").select_option(label="设施报修")
    page.get_by_role("button", name="发送").click()
    page.wait_for_url("**/requests/*")
    assert page.locator(".turn-photos img").count() == 1
    assert page.locator(".turn-photos img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    request_path = page.url.removeprefix(surf.base)
    check(surf, request_path, "/my/requests", "/requests/new", "/directory", f"/my/directory/{live.cast.startup_a}", "/my/team",
          f"/my/team/{live.cast.startup_a}/invite", "/announcements", "/")  # fmt: skip

    page.set_viewport_size(DESKTOP)
    page.context.clear_cookies()
    surf.sign_in(live.cast.front_desk)
    surf.go("/requests")
    page.get_by_role("link", name="天花板漏水").click()
    page.get_by_role("button", name="领取").click()
    page.get_by_label("您的留言").fill("请问是哪一间？")
    page.get_by_label("追问，等待企业回复").check()
    page.get_by_role("button", name="发送").click()
    page.get_by_text("暂停计时").wait_for()
    check(surf, request_path, "/requests", "/requests/figures", "/announcements/new")

    page.set_viewport_size(PHONE)
    page.context.clear_cookies()
    surf.sign_in(live.cast.founder_a)
    page.get_by_role("link", name="请回复：天花板漏水").click()
    page.get_by_label("您的留言").fill("A 会议室。")
    page.get_by_role("button", name="发送").click()
    page.get_by_text("A 会议室。").wait_for()

    page.context.clear_cookies()
    surf.sign_in(live.cast.front_desk)
    surf.go(request_path)
    page.get_by_label("您的留言").fill("已换管子。")
    page.get_by_label("解决，已处理完毕").check()
    page.get_by_role("button", name="发送").click()
    page.get_by_text("已换管子。").wait_for()

    page.context.clear_cookies()
    surf.sign_in(live.cast.founder_a)
    surf.go(request_path)
    assert not page.get_by_label("非常满意").count()  # it is asked once it is solved
    page.get_by_role("button", name="已解决").click()
    page.get_by_label("非常满意").wait_for(state="attached")  # the page that follows
    surf.check_accessible()
    page.get_by_label("非常满意").check()
    page.get_by_role("button", name="提交评价").click()
    page.get_by_text("感谢您的评价").wait_for()
    with live.session() as session:
        request = session.execute(select(Request)).scalar_one()
        assert (request.rating, request.closed_at is not None, request.site_id) == (5, True, site_id)


def test_the_pages_of_who_manages(live: Live, surf: Surfer) -> None:
    site_id = settle(live)
    surf.sign_in(live.cast.manager)
    for size in (PHONE, DESKTOP):
        surf.page.set_viewport_size(size)
        check(surf, "/requests/settings", f"/sites/{site_id}/service-levels", "/requests/categories/new",
              f"/directory/{live.cast.startup_a}", "/announcements", "/")  # fmt: skip
