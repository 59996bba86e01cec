"""In a real browser: a founder reports on a telephone, the manager confirms; every page on both windows by axe."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from incubator.spaces.models import Site
from incubator.startups.models import FigureVersion
from incubator.startups.operations.achievements import claim_achievement
from incubator.startups.operations.figures import confirm_figures
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW
from tests.startups.figures_world import OCTOBER, PLAUSIBLE, found_world


@pytest.fixture
def sheet_id(live: Live) -> int:
    """The sheet of the third quarter of startup A, whose second is confirmed; B has submitted."""
    with live.session() as session:
        world = found_world(session, live.cast)
        world.confirm(world.sheet(starts_on=date(2026, 4, 1)), PLAUSIBLE | {"employees": 10, "rd_staff": 4})
        version = world.submit(world.sheet(live.cast.startup_b), actor=live.cast.founder_b)
        claim_achievement(session, live.cast.founder_a, now=NOW, today=NOW.date(), startup_id=live.cast.startup_a,
                          kind="right_applied", sort="invention", title="一种基于多模态数据的缺陷检测方法及其装置、设备与存储介质",
                          happened_on=date(2026, 8, 1), number="202610123456.7", counterparty="国家知识产权局")  # fmt: skip
        confirm_figures(session, live.cast.manager, now=OCTOBER, version_id=version.id)
        return world.sheet().id


@pytest.mark.browser
def test_a_founder_reports_on_a_telephone_and_the_manager_confirms(live: Live, surf: Surfer, sheet_id: int) -> None:
    page = surf.sign_in(live.cast.founder_a)
    page.set_viewport_size(PHONE)
    surf.go("/my/figures")
    page.get_by_role("link", name="填报 2026年第3季度").click()
    for name, value in (("从业人员期末数", "16"), ("其中：应届高校毕业生", "20")):
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_text("应届毕业生不能多于从业人员").wait_for()  # while typing
    page.get_by_text("从业人员比上期变动超过五成").wait_for()
    surf.check_accessible()
    for name, value in (("其中：应届高校毕业生", "3"), ("其中：研发人员", "8"), ("营业收入", "1200.5"), ("总成本费用", "900"),
                        ("其中：研发投入", "300"), ("净利润", "200"), ("实际上缴税费", "60")):  # fmt: skip
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="提交").click()
    page.get_by_text("请说明“从业人员期末数”的原因").wait_for()
    surf.check_no_sideways_scroll()
    surf.check_accessible()
    page.get_by_label("说明").first.fill("并入一个五人团队")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已提交。如需修改会通知您").wait_for()
    page.set_viewport_size(DESKTOP)
    page.context.clear_cookies()
    surf.sign_in(live.cast.manager)
    surf.go("/figures?rhythm=quarter&period=2026-Q3&state=submitted")
    surf.check_accessible()
    page.get_by_role("link", name="甲科技有限公司").click()
    page.get_by_text("并入一个五人团队").wait_for()
    page.get_by_role("button", name="确认").click()
    page.get_by_text("数据从现在起计入统计").wait_for()
    surf.check_accessible()
    with live.session() as session:
        version = session.execute(select(FigureVersion).where(FigureVersion.sheet_id == sheet_id)).scalar_one()
        assert (version.number, version.state) == (1, "confirmed")


@pytest.mark.browser
def test_its_pages_fit_any_window_and_axe_finds_nothing(live: Live, surf: Surfer, sheet_id: int) -> None:
    surf.sign_in(live.cast.manager)
    with live.session() as session:
        site_id = session.execute(select(Site.id)).scalar_one()
    startup = f"/startups/{live.cast.startup_a}"
    for path in ("/figures", "/figures?period=2026-Q3&state=late", f"/figures/{sheet_id}", f"{startup}/figures",
                 f"{startup}/achievements", "/achievements", "/indicators", "/indicators/new",
                 "/indicators/checks/new?rhythm=quarter", "/reports/figures",
                 f"/reports/figures/{site_id}/quarter/2026-Q3", f"/reports/figures/{site_id}/quarter/2026-Q1"):  # fmt: skip
        surf.go(path)
        surf.check_accessible()
        for window in (PHONE, DESKTOP):
            surf.page.set_viewport_size(window)  # type: ignore[arg-type] # its width and height
            surf.check_no_sideways_scroll()
