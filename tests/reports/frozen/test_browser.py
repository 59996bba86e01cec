"""In a real browser: freeze, follow the code on the paper, verified; then a next version, and the paper says it is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text

from incubator.reports.frozen.chain import printed_code, public_code
from incubator.reports.models import FrozenReport
from tests.browser import PHONE, Live, Surfer
from tests.reports.world import World, make_october


@pytest.fixture
def world(live: Live) -> World:
    with live.session() as session:
        return make_october(session, live.cast)


@pytest.mark.browser
def test_from_freezing_to_a_paper_that_is_replaced(live: Live, surf: Surfer, world: World, tmp_path: Path) -> None:
    page = surf.sign_in(live.cast.finance)
    surf.go("/reports")
    surf.check_accessible()
    surf.go(f"/reports/frozen/mentoring/{world.site_id}/2026-10")
    page.get_by_role("button", name="冻结为版本 1").click()
    page.get_by_role("link", name="验证", exact=True).click()
    page.get_by_text("声明、链值与签名均未改动").wait_for()
    surf.check_accessible()
    with live.session() as session:
        frozen = session.execute(select(FrozenReport).where(FrozenReport.kind == "mentoring")).scalar_one()
        code, content = public_code(frozen.operator_id, frozen.public_token), frozen.content
    page.context.clear_cookies()  # somebody else, with the paper in their hand and a telephone
    page.set_viewport_size(PHONE)
    surf.go("/verify")
    page.get_by_label("二维码下方的编码").fill(printed_code(code))
    page.get_by_role("button", name="验证").click()
    page.get_by_text("核验通过").wait_for()
    assert page.url.endswith(f"/verify/{code}")
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    file = tmp_path / "mentoring.json"
    file.write_bytes(content.encode())
    page.get_by_label("数据文件（JSON）").set_input_files(file)
    page.get_by_role("button", name="对比").click()
    page.get_by_text("逐字节相同").wait_for()
    with live.session() as session:
        session.execute(text("UPDATE sites SET name = '新名' WHERE id = :id"), {"id": world.site_id})
    surf.sign_in(live.cast.finance)
    surf.go(f"/reports/frozen/mentoring/{world.site_id}/2026-10?version=live")
    page.get_by_label("更正内容及原因").fill("场地更名")
    page.get_by_role("button", name="冻结为版本 2").click()
    page.get_by_text("与上一版本相比有 1 处不同").wait_for()
    surf.check_no_sideways_scroll()
    page.context.clear_cookies()
    surf.go(f"/verify/{code}")
    page.get_by_text("已被后续版本取代：版本 2").wait_for()
    surf.check_accessible()
