"""From a public application to graduation, told once in a real browser, everybody in a window of their own.

Linxiao applies from a telephone, is chosen, moves in, reports, raises money, graduates and stays as an alumnus. Days are
reckoned from today, for the browser has no other clock: the agreement is entered late, from the first day of the last
quarter that is over. All amounts are worked by hand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA, utc_now
from incubator.core.periods import Month
from incubator.database import INSTALLATION, as_operator
from incubator.jobs.worker import WRITERS
from incubator.notices.letters import write_link_letters
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.reports.gauge.operations import adopt_standard, set_goal
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Call, Startup
from incubator.startups.operations import add_programme
from incubator.startups.operations.exit_access import end_exited_access
from incubator.startups.operations.figure_sheets import open_due_sheets
from incubator.startups.operations.indicators import adopt_defaults
from incubator.startups.operations.request_settings import add_category
from incubator.startups.rules.periods import last_ended
from tests.browser import DESKTOP, PHONE, Live, Surfer, open_window
from tests.cast import PASSWORD
from tests.startups.choosing import apply
from tests.startups.test_applications import GOOD, PDF

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SHOTS = os.environ.get("SHOTS", "")
TODAY = utc_now().astimezone(CHINA).date()
QUARTER = last_ended("quarter", TODAY)
MOVED_IN = QUARTER.first
FREE = Month.of(MOVED_IN)
MAIL, FOUNDER, FIRM = "lin@example.com", "林晓", "芯翼科技有限公司"


@dataclass
class House:
    """The served site, and everybody's window."""

    live: Live
    chromium: Browser
    stack: ExitStack
    windows: dict[str, Surfer] = field(default_factory=dict)

    def window(self, who: str, actor: Actor | None = None, *, phone: bool = False) -> Surfer:
        """The window of somebody; the first time they sign in, if they are somebody who can."""
        if who not in self.windows:
            self.windows[who] = self.stack.enter_context(open_window(self.chromium, self.live.url))
            if phone:
                self.windows[who].page.set_viewport_size(PHONE)  # type: ignore[arg-type] # its width and height
            if actor is not None:
                self.windows[who].sign_in(actor)
        return self.windows[who]

    @property
    def manager(self) -> Surfer:
        return self.window("manager", self.live.cast.manager)

    @property
    def linxiao(self) -> Surfer:
        return self.window("founder", phone=True)

    def letter(self, path: str) -> str:
        """The newest secret address of that kind that was mailed to the founder."""
        now = utc_now()
        bodies: list[str] = []
        with self.live.session() as session:
            write_notices(session, now=now, base_url="", writers=WRITERS)
            write_link_letters(session, now=now, base_url="")
            for operator_id in (self.live.cast.operator_id, INSTALLATION):
                with as_operator(session, operator_id):
                    bodies += session.execute(
                        select(OutboxMail.text_body).where(OutboxMail.to_address == MAIL).order_by(OutboxMail.id.desc())
                    ).scalars()
        return next(found[0] for body in bodies if (found := re.search(rf"/{path}/[\w-]+", body)))


@pytest.fixture
def house(live: Live, chromium: Browser) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(live, chromium, stack)


def look(surf: Surfer, name: str) -> None:
    """What every page must hold; and pictures of it in both widths, where SHOTS says where to."""
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    if SHOTS:
        before = surf.page.viewport_size
        for size in (PHONE, DESKTOP):
            surf.page.set_viewport_size(size)  # type: ignore[arg-type] # its width and height
            surf.page.screenshot(path=str(Path(SHOTS, f"{name}-{size['width']}.png")), full_page=True)
        assert before is not None
        surf.page.set_viewport_size(before)


def day(surf: Surfer, name: str, value: date) -> None:
    surf.page.locator(f"[name={name}]").fill(value.isoformat())


def says(page: Page, *sentences: str) -> None:
    for sentence in sentences:
        expect(page.locator("main")).to_contain_text(sentence)


def test_from_the_application_to_graduation(house: House) -> None:
    site_id, office_id, programme_id = furnish(house.live)
    call_id = a_call_is_published(house)
    linxiao_applies(house)
    stage_id = it_is_scored(house, call_id)
    a_place_is_offered(house, stage_id)
    startup_id = linxiao_takes_the_place(house)
    address = an_agreement_is_signed(house, startup_id, office_id)
    both_accept_it(house, address)
    the_quarter_is_reported(house, startup_id)
    two_achievements_are_confirmed(house, startup_id)
    the_front_desk_helps(house)
    finance_reads_the_rent_free_month(house, site_id)
    it_graduates(house, startup_id, programme_id)
    the_auditor_finds_it_all(house, site_id)
    linxiao_is_an_alumnus(house)


def furnish(live: Live) -> tuple[int, int, int]:
    """What stands before the story begins: an office of 30 m², a programme, the indicators, a category, a goal."""
    cast, now = live.cast, utc_now()
    with live.session() as session:
        site = create_site(session, cast.manager, now=now, code="NS", name="南山一号", hours=[], open_from=date(2020, 1, 1))
        floor = add_floor(session, cast.manager, now=now, site=site, name="3F")
        office = add_unit(session, cast.manager, now=now, floor=floor, code="O-301", kind="office", purpose="incubation",
                          area_m2=Decimal("30.00"), in_service_from=date(2020, 1, 1))  # fmt: skip
        programme = add_programme(session, cast.manager, now=now, kind="programme", name="硬科技孵化营")
        adopt_defaults(session, cast.manager, now=now, today=MOVED_IN)
        add_category(session, cast.manager, now=now, name="设施报修", name_en="Repairs")
        standard = adopt_standard(session, cast.manager, now=now, code="CN-INCUBATOR")
        set_goal(session, cast.manager, now=now, standard_id=standard.id, site_ids=[site.id], name="国家级孵化器")
        return site.id, office.id, programme.id


def a_call_is_published(house: House) -> int:
    page = house.manager.page
    house.manager.go("/calls/new")
    page.get_by_label("名称", exact=True).fill("春季招募")
    page.locator("[name=slug]").fill("spring")
    day(house.manager, "opens_on", TODAY)
    day(house.manager, "closes_on", TODAY + timedelta(days=20))
    day(house.manager, "starts_on", MOVED_IN)
    look(house.manager, "01-new-call")
    page.get_by_role("button", name="添加", exact=True).click()
    page.get_by_role("link", name="添加第一个问题").click()
    page.locator("[name=kind]").select_option("file")
    page.locator("[name=label]").fill("商业计划书")
    page.locator("[name=is_required]").check()
    page.get_by_role("button", name="添加", exact=True).click()
    page.get_by_role("button", name="发布").click()
    says(page, "商业计划书")
    look(house.manager, "02-call")
    return int(re.findall(r"/calls/(\d+)", page.url)[0])


def linxiao_applies(house: House) -> None:
    page = house.linxiao.page
    house.linxiao.go(f"/apply/{house.live.cast.operator_id:x}")
    look(house.linxiao, "03-public-calls")
    page.get_by_role("link", name="春季招募").click()
    page.get_by_label("邮箱").fill(MAIL)
    page.get_by_role("button", name="开始申请").click()
    page.get_by_label("企业或团队名称").fill(FIRM)
    page.get_by_label("创始人1：姓名").fill(FOUNDER)
    page.get_by_label("商业计划书").set_input_files({"name": "计划书.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_role("link", name="计划书.pdf").wait_for()
    page.goto("about:blank")  # she leaves, and comes back by the mail
    house.linxiao.go(house.letter("application"))
    expect(page.get_by_label("创始人1：姓名")).to_have_value(FOUNDER)
    page.get_by_label("已注册企业").check()
    for label, answer in (("统一社会信用代码", GOOD["credit_code"]), ("用几句话介绍", "端侧语音芯片。"), ("联系人", FOUNDER),
                          ("电话", "13800138000")):  # fmt: skip
        page.get_by_label(label).fill(str(answer))
    look(house.linxiao, "04-application")
    page.get_by_role("button", name="提交申请").click()
    page.get_by_role("heading", name="申请已收到").wait_for()
    look(house.linxiao, "05-sent")


def it_is_scored(house: House, call_id: int) -> int:
    """Weights 60 and 40, scores 1 to 5. The mentor gives 5 and 4: 60 × 4/4 + 40 × 3/4 = 90; the front desk 4 and 5:
    60 × 3/4 + 40 × 4/4 = 85. The other application gets 3 and 3 = 50, and 2 and 3: 15 + 20 = 35."""
    with house.live.session() as session:
        apply(session, session.execute(select(Call).where(Call.id == call_id)).scalar_one(), count=1, first=9)
    page = house.manager.page
    house.manager.go(f"/calls/{call_id}/selection")
    page.get_by_role("link", name="添加阶段").click()
    page.locator("[name=name]").fill("书面评审")
    day(house.manager, "due_on", TODAY + timedelta(days=9))
    page.get_by_role("button", name="保存").click()
    for label, weight in (("团队", "60"), ("技术", "40")):
        page.get_by_role("link", name="添加评分项").click()
        for name, value in (("label", label), ("weight", weight), ("lowest_means", "薄弱"), ("middle_means", "尚可"),
                            ("highest_means", "突出")):  # fmt: skip
            page.locator(f"[name={name}]").fill(value)
        page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="评审人与进度").click()
    for name in ("max", "fred"):
        page.get_by_label(name, exact=True).check()
    page.locator("form[action$='/assign'] >> nth=0").get_by_role("button", name="分配").click()
    says(page, "已分配 4 份评审")
    stage_id = int(re.findall(r"/stages/(\d+)", page.url)[0])
    mentor = house.window("mentor", house.live.cast.mentor, phone=True)
    desk = house.window("front desk", house.live.cast.front_desk)
    for surf, name, scores in ((mentor, "mentor", {FIRM: (5, 4), "海月软件": (3, 3)}),
                               (desk, "desk", {FIRM: (4, 5), "海月软件": (2, 3)})):  # fmt: skip
        for firm, (team, technology) in scores.items():
            surf.go("/reviews")
            surf.page.locator(".review-tasks a", has_text=firm).click()
            for place, score in enumerate((team, technology)):
                surf.page.locator(f".criterion >> nth={place} >> input[value='{score}']").check()
            if firm == FIRM:
                look(surf, f"06-review-{name}")
            surf.page.get_by_role("button", name="提交").click()
            says(surf.page, "评审已提交")
    return stage_id


def a_place_is_offered(house: House, stage_id: int) -> None:
    """Raw (90 + 85) / 2 = 87.5 against (50 + 35) / 2 = 42.5."""
    page = house.manager.page
    house.manager.go(f"/selection/stages/{stage_id}/ranking")
    first, second = page.locator("tbody tr").all()
    expect(first).to_contain_text(FIRM)
    expect(first).to_contain_text("87.50")
    expect(second).to_contain_text("42.50")
    look(house.manager, "07-ranking")
    first.locator(".row-name").click()
    page.get_by_label("发出入孵邀约").check()
    page.locator("[name=reason]").fill("排名第一，团队互补。")
    page.locator("[name=terms]").fill("一间 30 平方米办公室，首月免租。")
    day(house.manager, "expires_on", TODAY + timedelta(days=9))
    page.get_by_role("button", name="决定并通知申请方").click()
    says(page, "已作出决定")
    look(house.manager, "08-offered")


def linxiao_takes_the_place(house: House) -> int:
    page = house.linxiao.page
    house.linxiao.go(house.letter("decision"))
    says(page, "首月免租")
    look(house.linxiao, "09-offer")
    page.locator("[name=name]").fill(FOUNDER)
    page.locator("[name=agreed]").check()
    page.get_by_role("button", name="接受邀约").click()
    says(page, "欢迎加入")
    look(house.linxiao, "10-welcome")
    house.linxiao.go(house.letter("invitation"))
    look(house.linxiao, "11-invitation")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="接受邀请").click()
    page.wait_for_url(lambda url: "/invitation" not in url)
    look(house.linxiao, "12-founder-home-new")
    with house.live.session() as session:
        return session.execute(select(Startup.id).where(Startup.name == FIRM)).scalar_one()


def an_agreement_is_signed(house: House, startup_id: int, office_id: int) -> str:
    """30 m² at ¥80 are ¥2,400 of rent, at ¥12 ¥360 of property fee: ¥2,760 a month. The first month is rent-free."""
    page = house.manager.page
    house.manager.go(f"/startups/{startup_id}")
    look(house.manager, "13-startup-new")
    page.get_by_role("link", name="签订").first.click()
    day(house.manager, "starts_on", MOVED_IN)
    page.locator(f"input[data-unit='{office_id}']").check(force=True)
    page.locator(f"[name='unit_{office_id}-basis']").select_option("m2_month")
    page.locator(f"[name='unit_{office_id}-rent']").fill("80")
    page.locator(f"[name='unit_{office_id}-fee']").fill("12")
    day(house.manager, "free-0-first", FREE.first)
    day(house.manager, "free-0-last", FREE.last)
    page.locator("[name=deposit]").fill("4800")
    expect(page.locator(".summary")).to_contain_text("¥2,760.00")
    look(house.manager, "14-agreement-new")
    page.get_by_role("button", name="签订协议").click()
    page.wait_for_url(re.compile(r"/residencies/\d+$"))
    look(house.manager, "15-agreement")
    there = page.url.removeprefix(house.live.url)
    house.manager.go("/rent-control")
    says(page, FIRM)
    look(house.manager, "16-rent-control")
    house.manager.go("/agreement-template")
    page.get_by_role("button", name="采用这些条款").click()
    page.get_by_role("button", name="保存为新版本").wait_for()
    house.manager.go(there)
    page.get_by_role("button", name="生成文本").click()
    page.wait_for_url(re.compile(r"/agreement-texts/\d+$"))
    return page.url.removeprefix(house.live.url)


def both_accept_it(house: House, address: str) -> None:
    for surf, name, press, after in ((house.linxiao, FOUNDER, "确认协议", "待我方会签"),
                                     (house.manager, "米娅", "会签", "双方已确认")):  # fmt: skip
        surf.go(address)
        surf.page.get_by_label("您的姓名").fill(name)
        surf.page.get_by_label("我已阅读并同意本文本。").check()
        look(surf, f"17-text-{'founder' if surf is house.linxiao else 'manager'}")
        surf.page.get_by_role("button", name=press).click()
        surf.page.get_by_text(after).first.wait_for()


def the_quarter_is_reported(house: House, startup_id: int) -> None:
    with house.live.session() as session:
        assert open_due_sheets(session, house.live.cast.system, now=utc_now()) == 1
    page = house.linxiao.page
    house.linxiao.go("/")
    look(house.linxiao, "18-founder-home")
    house.linxiao.go("/my/figures")
    page.get_by_role("link", name=re.compile("^填报")).first.click()
    for label, value in (("从业人员期末数", "16"), ("其中：应届高校毕业生", "3"), ("其中：研发人员", "8"), ("营业收入", "1200.5"),
                         ("总成本费用", "900"), ("其中：研发投入", "300"), ("净利润", "200"), ("实际上缴税费", "60")):  # fmt: skip
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已提交。如需修改会通知您").wait_for()
    page = house.manager.page
    house.manager.go(f"/startups/{startup_id}/figures")
    look(house.manager, "19-figures")
    page.locator("main a[href*='/figures/']").first.click()
    page.get_by_role("button", name="确认").click()
    page.get_by_text("数据从现在起计入统计").wait_for()


def two_achievements_are_confirmed(house: House, startup_id: int) -> None:
    page = house.linxiao.page
    for what, title, days, amount in (("qualification:high_tech", "高新技术企业证书", 9, ""),
                                      ("financing:a", "A 轮融资", 19, "5000000")):  # fmt: skip
        house.linxiao.go(f"/startups/{startup_id}/achievements")
        page.locator("[name=what]").select_option(what)
        page.locator("[name=title]").fill(title)
        day(house.linxiao, "happened_on", MOVED_IN + timedelta(days=days))
        page.locator("[name=amount]").fill(amount)
        page.locator("[name=file]").set_input_files({"name": f"{title}.pdf", "mimeType": "application/pdf", "buffer": PDF})
        page.get_by_role("button", name="添加", exact=True).click()
        page.get_by_role("link", name=f"{title}.pdf").wait_for()
    look(house.linxiao, "20-achievements")
    page = house.manager.page
    house.manager.go("/achievements")
    look(house.manager, "21-achievements")
    for left in (1, 0):
        page.get_by_role("button", name="已核验，确认").first.click()
        expect(page.get_by_role("button", name="已核验，确认")).to_have_count(left)


def the_front_desk_helps(house: House) -> None:
    page = house.linxiao.page
    house.linxiao.go("/")
    page.get_by_role("link", name="向运营方提交诉求").click()
    page.get_by_label("事由").fill("门禁卡失灵")
    page.get_by_label("具体情况").fill("三楼的门刷不开。")
    page.get_by_label("类别").select_option(label="设施报修")
    page.get_by_role("button", name="发送").click()
    page.wait_for_url("**/requests/*")
    there = page.url.removeprefix(house.live.url)
    desk = house.window("front desk")
    desk.go("/requests")
    desk.page.get_by_role("link", name="门禁卡失灵").click()
    desk.page.get_by_label("您的留言").fill("已重新授权，请再试。")
    desk.page.get_by_label("解决，已处理完毕").check()
    look(desk, "22-request")
    desk.page.get_by_role("button", name="发送").click()
    says(desk.page, "已重新授权，请再试。")
    house.linxiao.go(there)
    says(page, "已重新授权，请再试。")
    look(house.linxiao, "23-request-founder")


def finance_reads_the_rent_free_month(house: House, site_id: int) -> None:
    """No rent; 30 m² × ¥12 = ¥360.00 of property fee. In the month after it ¥360.00 + 30 m² × ¥80 = ¥2,760.00."""
    finance = house.window("finance", house.live.cast.finance)
    page = finance.page
    finance.go(f"/billing/{site_id}/{FREE}")
    page.locator(".draft-invoice summary").click()
    says(page, "¥360.00", "免租")
    look(finance, "24-rent-free-month")
    finance.go(f"/billing/{site_id}/{FREE + 1}")
    page.locator(".draft-invoice summary").click()
    says(page, "¥2,400.00", "¥2,760.00")
    look(finance, "25-next-month")


def it_graduates(house: House, startup_id: int, programme_id: int) -> None:
    """High-tech on the tenth day, 5 million on the twentieth: two of two wanted criteria, since the twentieth."""
    page = house.manager.page
    house.manager.go(f"/programmes/{programme_id}/graduation")
    page.get_by_role("button", name="采用").click()
    says(page, "高新技术企业，当日有效")
    look(house.manager, "26-rule")
    house.manager.go(f"/startups/{startup_id}/graduation")
    says(page, "可以毕业", "高新技术企业证书", "A 轮融资", "¥5,000,000.00")
    look(house.manager, "27-may-graduate")
    page.get_by_role("link", name="办理退出").click()
    page.get_by_label("原因").fill("达到毕业条件")
    day(house.manager, "on", TODAY)
    page.get_by_label("创始人保留校友登录").check()
    look(house.manager, "28-leaving")
    page.get_by_role("button", name="保存").click()
    says(page, "待办事项见下方")
    look(house.manager, "29-to-settle")
    with house.live.session() as session:  # the worker, on the day after
        assert end_exited_access(session, house.live.cast.system, now=utc_now() + timedelta(days=1)) == 1
    page.reload()
    for _ in range(8):
        opened = page.locator("summary", has_text="办理：").first
        if not opened.count():
            break
        opened.click()
        entry = page.locator("li", has=page.locator("details[open]"))
        entry.get_by_label("备注（免办时必填）").fill("已当面核对")
        entry.locator("button[value=waived]").click()
        page.wait_for_load_state()
    says(page, "已办结")
    look(house.manager, "30-settled")
    with page.expect_download() as got:
        page.get_by_role("link", name="毕业证书").click()
    assert Path(got.value.path()).read_bytes().startswith(b"%PDF")


def the_auditor_finds_it_all(house: House, site_id: int) -> None:
    auditor = house.window("auditor", house.live.cast.auditor)
    page = auditor.page
    for action, words in (
        ("publish_call", "发布了招募"), ("send_application", "提交了申请"), ("submit_review", "提交了评审"),
        ("decide_application", "对申请作出了决定"), ("accept_offer", "接受了入孵邀约"), ("accept_invitation", "接受邀请"),
        ("sign_residency", "签订入驻协议"), ("accept_agreement_text", "确认"), ("confirm_figures", "确认了企业数据"),
        ("confirm_achievement", "凭佐证确认了企业成果"), ("resolve_request", "诉求"), ("set_graduation_rule", "设定了毕业条件"),
        ("leave_incubation", "办理了企业退出"), ("close_exit", "办结了退出"),
    ):  # fmt: skip
        auditor.go(f"/audit?action={action}")
        expect(page.locator("tbody tr").first).to_contain_text(words)
    auditor.go("/audit/verify")
    look(auditor, "31-trail")
    says(page, "链条完整")
    auditor.go("/gauge")
    page.get_by_role("link", name="国家级孵化器").first.click()
    row = page.get_by_role("row", name="毕业企业数")
    expect(row.first.locator("td").nth(1)).to_have_text(re.compile(r"^\s*1\b"))
    look(auditor, "32-gauge")
    row.first.get_by_role("link").first.click()
    says(page, FIRM)
    look(auditor, "33-graduates")


def linxiao_is_an_alumnus(house: House) -> None:
    page = house.linxiao.page
    house.linxiao.go("/")
    look(house.linxiao, "34-alumnus-home")
    for link in page.locator("main a, .navbar a[href^='/']").all():
        there = page.request.get(house.live.url + (link.get_attribute("href") or ""))
        assert there.ok, f"{there.url}: {there.status}"
    for path in ("/my/startup", "/my/figures"):
        assert house.linxiao.go(path).locator("main").is_visible()
        look(house.linxiao, f"35-alumnus{path.replace('/', '-')}")
    for path in ("/bookings/new", "/timeline", "/requests/new", "/startups"):
        response = page.goto(house.live.url + path)
        assert response is not None and response.status in (403, 404), path
