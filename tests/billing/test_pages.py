"""The pages of billing, as the cast sees them; the clock stands at 09:00 on 1 November 2026 in Shanghai."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from incubator.accounts.access import RECENT
from incubator.accounts.models import SignInSession
from incubator.billing.models import Invoice
from incubator.billing.operations.posting import post_month
from incubator.billing.views import months as views
from incubator.bookings.operations import book, cancel
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator
from incubator.startups.operations import UnitTerms, edit_startup, register_startup, sign_residency
from incubator.startups.rules.schedule import FreeTime, Schedule
from tests.billing.sample import number
from tests.cast import NOW, PASSWORD, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at

BAD_MONTHS = ("2026-13", "2026-00", "abc", "2026-1", "2026", "1969-12", "2200-01", "2026-10-01", "２０２６-10", "2026-1０", "-", "%00")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(views, "utc_now", lambda: AFTER_OCTOBER)
    yield


def shown_in(page: str) -> str:
    """The fingerprint that a draft's page would send back."""
    (found,) = re.findall(r'name="shown" value="([0-9a-f]{64})"', page)
    return found


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Invoice)).scalar_one()


def main_of(answer: TestResponse) -> str:
    return answer.text.split("<main")[1]


# the overview


def test_the_overview_says_what_waits_and_what_is_running(client: Browser, cast: Cast, october: October) -> None:
    page = client.sign_in(cast.finance).get("/billing").text
    to_do, by_month = page.split('id="by-month"')
    # August and September have A's rent and fee; October has all; November runs
    for month, amount in (("2026-08", "¥2,700.00"), ("2026-09", "¥2,700.00"), ("2026-10", "¥6,465.97")):
        assert f'href="/billing/{october.site.id}/{month}"' in to_do and amount in to_do
    assert "2026-11" not in to_do and to_do.index("2026-08") < to_do.index("2026-10")
    assert re.findall(r"/billing/\d+/(\d{4}-\d\d)", by_month) == [f"2026-{month:02}" for month in range(11, 5, -1)]
    assert "进行中" in by_month and by_month.count("无费用") == 2  # June and July


def test_what_is_posted_is_no_longer_to_do(client: Browser, cast: Cast, october: October, session: Session) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    browser = client.sign_in(cast.finance)
    to_do, by_month = browser.get("/billing").text.split('id="by-month"')
    assert "2026-10" not in to_do and "2026-09" in to_do
    assert "¥3,411.39" in by_month and "3 份账单" in by_month and "已出账" in by_month
    book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=october.c.id, start=at(28, 10), end=at(28, 12))
    to_do, by_month = browser.get("/billing").text.split('id="by-month"')
    assert "2026-10" in to_do and "¥100.00" in to_do and "还有 1 家待出账" in by_month


def test_older_and_newer(client: Browser, cast: Cast, october: October) -> None:
    browser = client.sign_in(cast.auditor)
    first = browser.get("/billing").text
    assert 'href="/billing?last=2026-05"' in first and "更晚" not in first
    older = browser.get("/billing?last=2026-05").text
    assert 'href="/billing?last=2025-11"' in older and 'href="/billing?last=2026-11"' in older
    assert re.findall(r"/billing/\d+/(\d{4}-\d\d)", older) == ["2026-05", "2026-04", "2026-03", "2026-02", "2026-01", "2025-12"]
    assert 'href="/billing?last=2026-11"' in browser.get("/billing?last=2026-08").text, "newer never leads past this month"
    assert browser.get("/billing?last=2199-12").text.count("2026年11月") == first.count("2026年11月"), "nor does an address"
    assert browser.get("/billing?last=1970-01").status_code == 200


def test_a_bad_month_is_not_found_and_no_fault_of_ours(client: Browser, cast: Cast, october: October) -> None:
    browser = client.sign_in(cast.finance)
    site = october.site.id
    for month in BAD_MONTHS:
        for page in (f"/billing?last={month}", f"/billing/{site}/{month}", f"/billing/{site}/{month}/export.csv",
                     f"/invoices?month={month}"):  # fmt: skip
            assert browser.get(page).status_code == 404, page
        assert browser.post(f"/billing/{site}/{month}/post", data={"shown": "x"}).status_code == 404
    for site_id in ("0", "99999999999", "99999999999999999999"):
        for page in (f"/billing/{site_id}/2026-10", f"/billing/{site_id}/2026-10/export.csv"):
            assert browser.get(page).status_code == 404, page
    for extension in ("exe", "XLSX", "docx"):
        assert browser.get(f"/billing/{site}/2026-10/export.{extension}").status_code == 404


def test_without_a_site_it_says_where_to_begin(client: Browser, cast: Cast) -> None:
    assert "还没有可出账的内容" in client.sign_in(cast.owner).get("/billing").text
    assert "还没有账单" in client.get("/invoices").text


# a month


def test_a_draft_explains_every_line(client: Browser, cast: Cast, october: October) -> None:
    page = client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10").text
    for words in (
        "¥6,465.97", "¥3,054.58", "¥3,411.39", "54.50 m² × 75.00 元/m²·月 × 16/31 天 = ¥2,109.68",
        "按租金 ¥2,400.00 的 60% 补贴 ¥1,440.00。", "未注册为企业，不符合条件；完成工商登记后可享受补贴。",
        "90 分钟 × 50.00 元/小时 = ¥75.00", "出具 3 份账单", "付款期限为 15 天",
    ):  # fmt: skip
        assert words in page, words
    assert "请先核对以下情况" not in page and "export.xlsx" not in page


def test_a_month_with_nothing_and_one_that_runs(client: Browser, cast: Cast, october: October) -> None:
    browser = client.sign_in(cast.finance)
    assert "本月没有可出账的内容" in browser.get(f"/billing/{october.site.id}/2026-07").text
    running = browser.get(f"/billing/{october.site.id}/2026-11").text
    assert "2026年12月1日 起可以出账" in running and 'name="shown"' not in running


def test_a_month_that_is_free_stands_there_with_its_reason_and_makes_no_invoice(
    client: Browser, cast: Cast, october: October, session: Session
) -> None:
    """D3 is free of rent from 1 October to 15 November, D4 costs nothing; neither has a property fee."""
    new = register_startup(session, cast.manager, now=NOW, kind="team", name="免租团队")
    lent = register_startup(session, cast.manager, now=NOW, kind="team", name="借用团队")
    for startup, code, rent, free in ((new, "D3", 800, (FreeTime(date(2026, 10, 1), date(2026, 11, 15)),)), (lent, "D4", 0, ())):
        sign_residency(session, cast.manager, now=NOW, startup=startup, site=october.site, starts_on=date(2026, 10, 1),
                       units=[UnitTerms(october.units[code], "unit_month", Decimal(rent))], schedule=Schedule(free))  # fmt: skip
    page = client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10").text
    free_part = page.split('id="free-title"')[1]
    assert "无需付费" in page and "出具 3 份账单" in page and "¥6,465.97" in page
    assert "免租团队" in free_part and "2026年10月1日" in free_part and "按协议 R-2026-0004 免租。" in free_part
    assert "借用团队" in free_part and "协议 R-2026-0005 约定不收租金。" in free_part and "¥0.00" in free_part
    client.post(f"/billing/{october.site.id}/2026-10/post", data={"shown": shown_in(page)})
    assert count(session) == 3
    assert "免租团队" in client.get(f"/billing/{october.site.id}/2026-10").text, "also when the month is posted"
    november = client.get(f"/billing/{october.site.id}/2026-11").text
    assert "免租团队" in november.split('id="free-title"')[0] and "借用团队" in november.split('id="free-title"')[1]


def test_what_is_unusual_stands_first(client: Browser, cast: Cast, october: October, session: Session) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    cancel(session, cast.manager, now=NOW, booking_id=october.bookings["A"].id)
    page = client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10").text
    assert "请先核对以下情况" in page and "按 ¥75.00 出账；按现有记录应为 ¥0.00" in page
    assert page.index("请先核对以下情况") < page.index("已出具账单")


def test_finance_posts_what_the_page_shows(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    address = f"/billing/{october.site.id}/2026-10"
    answer = browser.post(f"{address}/post", data={"shown": shown_in(browser.get(address).text)})
    assert (answer.status_code, answer.location, count(session)) == (303, address, 3)
    page = browser.get(address).text
    assert "已出具 3 份账单。" in page and "INV-2026-000003" in page and 'name="shown"' not in page
    assert "export.xlsx" in page


def age(session: Session) -> None:
    with as_operator(session, INSTALLATION):
        session.execute(update(SignInSession).values(confirmed_at=utc_now() - RECENT - timedelta(minutes=1)))


def test_posting_asks_for_a_password_that_is_old(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    address = f"/billing/{october.site.id}/2026-10"
    shown = shown_in(browser.get(address).text)
    age(session)
    asked = browser.post(f"{address}/post", data={"shown": shown})
    assert asked.status_code == 403 and f'name="shown" value="{shown}"' in asked.text and count(session) == 0
    wrong = browser.post(f"{address}/post", data={"shown": shown, "confirm_password": "not mine"})
    assert wrong.status_code == 403 and count(session) == 0
    right = browser.post(f"{address}/post", data={"shown": shown, "confirm_password": PASSWORD})
    assert (right.status_code, count(session)) == (303, 3)


def test_a_draft_that_changed_is_shown_again(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    address = f"/billing/{october.site.id}/2026-10"
    shown = shown_in(browser.get(address).text)
    cancel(session, cast.manager, now=NOW, booking_id=october.bookings["A"].id)
    answer = browser.post(f"{address}/post", data={"shown": shown})
    assert (answer.status_code, count(session)) == (409, 0)
    assert "草稿在您查看之后有变动：现应收合计为 ¥3,336.39。请重新查看后再出账。" in answer.text
    again = shown_in(answer.text)
    assert again != shown and "¥6,390.97" in answer.text
    assert browser.post(f"{address}/post", data={"shown": again}).status_code == 303
    assert count(session) == 3


@pytest.mark.parametrize("form", [{}, {"shown": ""}, {"shown": "x"}])
def test_what_was_never_shown_is_not_posted(
    client: Browser, cast: Cast, october: October, session: Session, form: dict[str, str]
) -> None:
    answer = client.sign_in(cast.finance).post(f"/billing/{october.site.id}/2026-10/post", data=form)
    assert (answer.status_code, count(session)) == (409, 0)


def test_posting_twice_and_too_early(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.owner)
    site = october.site.id
    shown = shown_in(browser.get(f"/billing/{site}/2026-10").text)
    assert browser.post(f"/billing/{site}/2026-10/post", data={"shown": shown}).status_code == 303
    again = browser.post(f"/billing/{site}/2026-10/post", data={"shown": shown})
    assert again.status_code == 409 and "没有可出账的内容：本月已全部出账。" in again.text and "INV-2026-000003" in again.text
    early = browser.post(f"/billing/{site}/2026-11/post", data={"shown": "x"})
    assert early.status_code == 422 and "2026年12月1日 起可以出账" in early.text
    assert count(session) == 3


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_who_only_looks(client: Browser, cast: Cast, october: October, session: Session, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    page = browser.get(f"/billing/{october.site.id}/2026-10").text
    assert "¥3,411.39" in page and 'name="shown"' not in page
    assert browser.post(f"/billing/{october.site.id}/2026-10/post", data={"shown": "x"}).status_code == 403
    assert count(session) == 0


@pytest.mark.parametrize("role", ["front_desk", "founder_a", "member_a", "mentor"])
def test_who_sees_no_months(client: Browser, cast: Cast, october: October, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    for page in ("/billing", f"/billing/{october.site.id}/2026-10", f"/billing/{october.site.id}/2026-10/export.csv"):
        assert browser.get(page).status_code == 403, page
    assert browser.post(f"/billing/{october.site.id}/2026-10/post", data={"shown": "x"}).status_code == 403


def test_another_operator(client: Browser, cast: Cast, october: October, session: Session, posted: dict[str, Invoice]) -> None:
    browser = client.sign_in(cast.other_owner)
    for page in (f"/billing/{october.site.id}/2026-10", f"/billing/{october.site.id}/2026-10/export.xlsx",
                 f"/invoices/{posted['A'].id}", f"/invoices/{posted['A'].id}/pdf"):  # fmt: skip
        assert browser.get(page).status_code == 404, page
    assert browser.post(f"/billing/{october.site.id}/2026-10/post", data={"shown": "x"}).status_code == 404
    assert "INV-" not in browser.get("/invoices").text and "¥" not in main_of(browser.get("/billing"))


# invoices


def found(browser: Browser, query: str) -> list[str]:
    """The numbers in the list, as it stands."""
    answer = browser.get(f"/invoices?{query}")
    assert answer.status_code == 200, query
    return re.findall(r">(INV-\d+-\d+)</a>", answer.text)


def test_invoices_are_found_by_number_name_and_code(
    client: Browser, cast: Cast, october: October, posted: dict[str, Invoice]
) -> None:
    browser = client.sign_in(cast.auditor)
    everything = [f"INV-2026-00000{n}" for n in (3, 2, 1)]
    a, c = number(posted["A"]), number(posted["C"])
    assert found(browser, "") == everything
    for query, expected in {
        f"search={a}": [a], f"search={a.lower()}": [a], f"search=%20{a}%20": [a], "search=INV-2026-1": everything[2:],
        "search=INV-2025-000001": [], "search=CN-2026-000001": [], "search=INV-2026-000009": [],
        "search=甲科技": [a], "search=team%20c": [c], "search=S-A": [a], "search=%25": [], "search=_": [],
        "search=%5C": [], "search=%27--": [], "search=%00": everything, "search=a%00b": [], "search=%F0%9F%98%80": [],
        f"search=INV-2026-{'9' * 30}": [], "search=INV-²-1": [], "search=": everything,
        f"search={'x' * 500}": [],
        "month=2026-10": everything, "month=2026-09": [], "month=": everything,
        f"site={october.site.id}": everything, "site=0": [], "site=": everything, "site=here": everything,
        f"startup={october.a.id}": [a], "startup=x": everything,
        "site=99999999999999999999": everything, "startup=-99999999999999999999": everything,  # no id: not asked
        f"month=2026-10&search=甲&site={october.site.id}": [a],
        "page=2": [], "page=0": everything, "page=x": everything, "page=99999999999": everything, "page=100000": [],
    }.items():  # fmt: skip
        assert found(browser, query) == expected, query


def test_a_search_without_a_hit_says_so_and_keeps_what_was_typed(
    client: Browser, cast: Cast, posted: dict[str, Invoice]
) -> None:
    page = client.sign_in(cast.finance).get("/invoices?search=%3Cb%3E&month=2026-09").text
    assert "没有符合条件的账单。" in page and 'value="&lt;b&gt;"' in page and 'value="2026-09"' in page


def test_a_founder_sees_own_invoices_and_knows_of_no_others(
    client: Browser, cast: Cast, posted: dict[str, Invoice], october: October
) -> None:
    browser = client.sign_in(cast.founder_a)
    a, b = posted["A"], posted["B"]
    assert found(browser, "") == [number(a)]
    for query in (f"startup={october.b.id}", "search=乙", f"search={number(b)}"):
        assert found(browser, query) == [], query
    page = browser.get(f"/invoices/{a.id}").text
    assert "壹仟壹佰伍拾伍元整" in page and "按租金 ¥2,400.00 的 60% 补贴 ¥1,440.00。" in page
    assert browser.get(f"/invoices/{a.id}/pdf").status_code == 200
    for invoice_id in (b.id, posted["C"].id, 0, 10**12, 10**20):
        assert browser.get(f"/invoices/{invoice_id}").status_code == 404
        assert browser.get(f"/invoices/{invoice_id}/pdf").status_code == 404


@pytest.mark.parametrize("role", ["front_desk", "member_a", "mentor"])
def test_who_sees_no_invoices(client: Browser, cast: Cast, posted: dict[str, Invoice], role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    for page in ("/invoices", f"/invoices/{posted['A'].id}", f"/invoices/{posted['A'].id}/pdf"):
        assert browser.get(page).status_code == 403, page


def test_an_invoice_keeps_the_names_of_its_day(
    client: Browser, cast: Cast, posted: dict[str, Invoice], october: October, session: Session
) -> None:
    edit_startup(session, cast.manager, now=NOW, startup=october.c, name="丙科技改名", kind="team")
    browser = client.sign_in(cast.finance)
    page = browser.get(f"/invoices/{posted['C'].id}").text
    assert "丙创业团队" in page and "丙科技改名" not in page
