"""A finance person enters a real policy from its text, tries it on last month, sees who gains, and puts it in force;
the founder reads on a telephone, in Chinese, why the invoice is what it is.

P1 and P1a of the published policies: start-ups of the self-employed in a recognised incubator, rent, 1,200 / 1,000 / 700
yuan a month in the first, second and third year; graduates, students and veterans 1,560 / 1,300 / 910; where the actual
rent is lower, the actual rent; at most 3 years.

In October A (rent 2,400.00, its 3rd month, a graduate founder) is given 1,560.00; scheme Y, which comes after P1, then
gives 60 % of the 840.00 that are left and 180.00 of the property fee: 2,244.00 instead of 1,620.00, which is 624.00 more.
B (rent 2,109.68, its 1st month, a founder of no category) is given 1,200.00, and by Y 60 % of 909.68, 545.81, and 168.77:
1,914.58 instead of 1,434.58, which is 480.00 more. Team C has no founder on record: which amount, nobody can say yet.
A's invoice: 2,400.00 + 300.00 + 75.00 for the room = 2,775.00, less 2,244.00 = 531.00; of Y's 10,000.00 a quarter 504.00
go to the rent and 9,496.00 are left, then 180.00 to the fee.
"""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.startups.operations.people import add_post, claim_standing, confirm_standing
from incubator.subsidies.models import Scheme, SchemeVersion
from incubator.subsidies.rules.rule import Rule
from tests.browser import PHONE, Live, Surfer
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, tell_october

pytestmark = pytest.mark.browser
SOURCE = "深圳市创业场租补贴办法：认定载体内自主创业人员初创企业，第一年每月 1,200 元、第二年 1,000 元、第三年 700 元"
RECOGNITION = "深人社发〔2026〕1号 创业孵化载体认定名单"


def settled(page: Page) -> None:
    """The form that came back stands."""
    expect(page.locator("#editor.htmx-request, #editor .htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def press(page: Page, name: str, nth: int = 0) -> None:
    """A button of the editor, and wait for the form to come back."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name=name, exact=True).nth(nth).click()
    settled(page)


def choose(page: Page, field: str, value: str) -> None:
    """A choice that what follows depends on."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and "rule-words" not in answer.url):
        page.select_option(f"#{field}", value)
    expect(page.locator(f"#{field}")).to_have_value(value)
    settled(page)


def by_year(page: Page, name: str, *yuan: str) -> None:
    """1,200 / 1,000 / 700 by year of residence."""
    button = page.locator(f'button[value="years:{name}"]')
    with page.expect_response(lambda answer: answer.request.method == "POST" and "rule-words" not in answer.url):
        button.click()
    expect(page.locator(f"#{name}-steps-2-until")).to_have_value("36")
    settled(page)
    for year, amount in enumerate(yuan):
        page.fill(f"#{name}-steps-{year}-value", amount)


def _found(session: Session, cast: Cast) -> None:
    """A has a founder who graduated in 2025, by a confirmed certificate; B has one of no category."""
    first = date(2026, 1, 1)
    graduate, _ = (
        add_post(session, founder, now=NOW, secret=b"s", startup_id=startup_id, name=name, role="founder", first=first)
        for founder, startup_id, name in ((cast.founder_a, cast.startup_a, "王小明"), (cast.founder_b, cast.startup_b, "李华"))
    )
    standing = claim_standing(session, cast.founder_a, now=NOW, post_id=graduate.id, category="graduate",
                              first=date(2025, 6, 30), evidence="毕业证书")  # fmt: skip
    confirm_standing(session, cast.manager, now=NOW, standing_id=standing.id)


def _record_that_the_site_is_a_carrier(surf: Surfer) -> None:
    """Since 2026, by the authority's decision; without naming it, it is not recorded."""
    page = surf.go("/schemes/facts")
    page.get_by_role("link", name="登记事实").click()
    page.locator('a[href$="name=site.recognised"]').click()
    page.select_option("#value", "carrier")
    page.fill("#first", "2026-01-01")
    page.get_by_role("button", name="登记").click()
    expect(page.locator("#evidence-error")).to_be_visible()
    page.fill("#evidence", RECOGNITION)
    page.get_by_role("button", name="登记").click()
    expect(page.locator(".records")).to_contain_text(RECOGNITION)


def _why_it_is_so(surf: Surfer) -> None:
    """A's founder reads line by line what is given, by which scheme, and what is left of each cap."""
    page = surf.go("/invoices")
    page.get_by_role("link", name="INV-2026-").click()
    lines = page.locator(".invoice-lines tr")
    rent, fee, room, total = (lines.filter(has_text=each) for each in ("租金 · O1", "物业费 · O1", "预订", "合计"))
    expect(rent).to_contain_text("30.00 m² × 80.00 元/m²·月 × 31/31 天 = ¥2,400.00")
    for row, sentences, amounts in (
        (rent, (
            "创业场租补贴（认定载体） 按租金 ¥2,400.00 的 100% 应补贴 ¥2,400.00，因上限所限，实际补贴 ¥1,560.00。",
            "当月上限 ¥1,560.00（入驻第 3 个月）：此前已用 ¥0.00，本项 ¥1,560.00，之后尚余 ¥0.00。",
            "永修县入园企业租金补贴 按租金 ¥840.00 的 60% 补贴 ¥504.00。",
            "本季度上限 ¥10,000.00：此前已用 ¥0.00，本项 ¥504.00，之后尚余 ¥9,496.00。",
        ), ("¥2,400.00", "¥2,064.00", "¥336.00")),
        (fee, (
            "永修县入园企业租金补贴 按物业费 ¥300.00 的 60% 补贴 ¥180.00。",
            "此前已用 ¥504.00，本项 ¥180.00，之后尚余 ¥9,316.00。",
            "《创业场租补贴（认定载体）》不涵盖此类收费。",
        ), ("¥300.00", "¥180.00", "¥120.00")),
        (room, ("《创业场租补贴（认定载体）》和《永修县入园企业租金补贴》不涵盖此类收费。",), ("¥75.00", "¥0.00", "¥75.00")),
        (total, (), ("¥2,775.00", "¥2,244.00", "¥531.00")),
    ):  # fmt: skip
        for sentence in sentences:
            expect(row).to_contain_text(sentence)
        expect(row.locator("td.num")).to_have_text(amounts)
    expect(page.locator(".invoice-facts").first).to_contain_text("伍佰叁拾壹元整")
    surf.check_no_sideways_scroll()
    surf.check_accessible()


def test_a_policy_is_entered_tried_and_put_in_force(live: Live, surf: Surfer) -> None:
    with time_machine.travel(AFTER_OCTOBER, tick=True):
        with live.session() as session:
            october = tell_october(session, live.cast)
            _found(session, live.cast)
            site_id, names = october.site.id, (october.a.name, october.b.name)
        page = surf.sign_in(live.cast.finance)
        _record_that_the_site_is_a_carrier(surf)

        surf.go("/schemes/new")
        page.fill("#code", "P1")
        page.fill("#name", "创业场租补贴（认定载体）")
        page.get_by_role("button", name="录入方案").click()
        expect(page.get_by_role("heading", name="新建草稿")).to_be_visible()

        # for whom: startups in a recognised carrier, in their first three years; from October on, which is not posted yet
        page.fill("#name", "按原文")
        page.fill("#source", SOURCE)
        page.fill("#valid_from", "2026-10-01")
        press(page, "添加条件")
        choose(page, "who-parts-0-fact", "site.recognised")
        page.select_option("#who-parts-0-value", "carrier")
        press(page, "添加条件")
        choose(page, "who-parts-1-fact", "residency.month_number")
        choose(page, "who-parts-1-compare", "at_most")
        page.fill("#who-parts-1-value", "36")
        page.check("input[name=covers][value=rent]")
        page.fill("#how-number-plain", "100")

        # at most: another for graduates, in steps by year
        press(page, "添加上限")
        choose(page, "caps-0-number-kind", "cases")
        choose(page, "caps-0-number-cases-0-who-parts-0-fact", "founders.categories")
        page.select_option("#caps-0-number-cases-0-who-parts-0-value", "graduate")
        by_year(page, "caps-0-number-cases-0-number", "1560", "1300", "")
        by_year(page, "caps-0-number-other", "1200", "1000", "700")

        # one is forgotten: it is said at its field, and nothing is lost
        page.get_by_role("button", name="保存草稿").last.click()
        expect(page.locator("#caps-0-number-cases-0-number-steps-2-value-error")).to_have_text("请填写数字。")
        expect(page.locator("#caps-0-number-other-steps-1-value")).to_have_value("1000")
        page.fill("#caps-0-number-cases-0-number-steps-2-value", "910")
        said = "第一年每月最高 1,560 元，第二年 1,300 元，第三年 910 元；其他：第一年每月最高 1,200 元，第二年 1,000 元，第三年 700 元；实际租金较低的，按实际租金。"
        expect(page.locator("#words")).to_contain_text(said)
        expect(page.locator("#words")).to_contain_text("at most 1,200 yuan a month in year 1")
        surf.check_accessible()
        page.set_viewport_size(PHONE)
        surf.check_no_sideways_scroll()
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name="保存草稿").last.click()
        expect(page.get_by_role("heading", name="按原文")).to_be_visible()

        # tried on last month
        page.get_by_role("link", name="用以往月份试算").click()
        page.get_by_role("button", name="试算").click()
        expect(page.get_by_role("link", name="增加 2")).to_be_visible()
        expect(page.get_by_role("link", name="不符合条件 1")).to_be_visible()
        for name, gain in zip(names, ("+¥624.00", "+¥480.00"), strict=True):
            row = page.locator("details", has_text=name)
            expect(row.locator("summary")).to_contain_text(gain)
        surf.check_accessible()
        page.get_by_role("link", name="返回").click()

        # in force
        page.get_by_role("button", name="生效").click()
        expect(page.get_by_role("heading", name="第 1 版")).to_be_visible()
        with live.session() as session:
            version = session.execute(
                select(SchemeVersion).join(Scheme, Scheme.id == SchemeVersion.scheme_id).where(Scheme.code == "P1")
            ).scalar_one()
            rule = Rule.parse(version.rule)
            assert (version.valid.lower, version.source) == (date(2026, 10, 1), SOURCE)
            assert rule.caps[0].amount.kind == "cases" and rule.covers == {"rent"}

        # the month is posted
        surf.go(f"/billing/{site_id}/2026-10")
        page.get_by_role("button", name="出具 3 份账单").click()
        expect(page.get_by_text("已出具 3 份账单。")).to_be_visible()

        page.context.clear_cookies()
        page.set_viewport_size(PHONE)
        surf.sign_in(live.cast.founder_a)
        _why_it_is_so(surf)


@pytest.mark.parametrize("has_script", [False])
def test_the_editor_works_without_a_script(live: Live, surf: Surfer, has_script: bool) -> None:
    with live.session() as session:
        tell_october(session, live.cast)
    surf.sign_in(live.cast.finance)
    kept = surf.page.context.storage_state()
    browser = surf.page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=has_script, storage_state=kept, locale="zh-CN")
    page = plain.new_page()
    page.goto(f"{surf.base}/schemes/1/drafts/new")
    page.fill("#name", "无脚本")
    page.locator('button[value="add_condition:who"]').click()
    page.select_option("#who-parts-0-fact", "startup.people")
    page.locator(".rule-box-fact noscript button, .rule-box-fact button").first.click()
    page.select_option("#who-parts-0-compare", "at_least")
    page.fill("#who-parts-0-value", "5")
    page.check("input[name=covers][value=rent]")
    page.fill("#how-number-plain", "50")
    page.press("#how-number-plain", "Enter")
    expect(page.get_by_role("heading", name="无脚本"), "Enter saves, and adds no row").to_be_visible()
    expect(page.locator("main")).to_contain_text("不低于 5")
    plain.close()
