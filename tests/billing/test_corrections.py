"""The pages of corrections, and what other pages and files say of them; it is 2 February 2027 in Shanghai."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from incubator.billing.correction_lists import list_touched
from incubator.billing.corrections import find_corrections
from incubator.billing.models import Invoice
from incubator.billing.operations.posting import rerate_startup
from incubator.billing.views import corrections as views
from incubator.startups.models import Residency
from incubator.startups.operations import add_post, edit_post, edit_startup, end_residency
from incubator.startups.operations.addresses import register_address
from incubator.subsidies.models import Decision, Scheme
from incubator.subsidies.operations.budgets import add_budget, close_budget, create_pool, draw_on
from incubator.subsidies.operations.evidence import Proof, record_fact, withdraw_fact
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.queries.schemes import granted_by_month
from tests.billing.sample import number
from tests.billing.test_rerating import (
    DECEMBER,
    FEBRUARY,
    JANUARY,
    LATER,
    NOVEMBER,
    WHY,
    given,
    post,
    quarter,
    register,
    rerate,
)
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import OCTOBER, October

__all__ = ["quarter"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(views, "utc_now", lambda: FEBRUARY)
    yield


def corrected(session: Session, cast: Cast, quarter: October) -> Invoice:
    """January's invoice, with what October's wrong date comes to."""
    register(session, cast, quarter.a, date(2026, 11, 2))
    rerate(session, cast, quarter.a.id)
    return post(session, cast, quarter, JANUARY)[quarter.a.id]


def shown_in(page: str) -> str:
    (found,) = re.findall(r'name="shown"[^>]* value="([0-9a-f]{64})"', page)
    return found


def change_after_posting(session: Session, cast: Cast, quarter: October) -> None:
    edit_startup(session, cast.manager, now=FEBRUARY + timedelta(days=1), startup=quarter.a, name=quarter.a.name, kind="company",
                 credit_code=quarter.a.credit_code, registered_on=date(2026, 11, 2))  # fmt: skip


def test_finance_sees_whose_facts_changed_and_writes_the_corrections(client: Browser, cast: Cast, quarter: October, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    assert "出账后事实没有变化" in browser.get("/billing/corrections").text
    change_after_posting(session, cast, quarter)
    page = browser.get("/billing/corrections").text
    assert "甲科技有限公司" in page and "-¥2,200.00" in page and "4 条更正" in page
    address = f"/billing/corrections/{quarter.a.id}"
    page = browser.get(address).text
    for words in (
        "企业性质：当时为已注册企业，现为未登记团队。", "按租金 ¥2,400.00 的 60% 补贴 ¥1,440.00。", "未注册为企业，不符合条件", "+¥1,700.00", "-¥1,440.00",
        "变化的是上限、预算池或其他方案留下的额度", number(session.get_one(Invoice, (cast.operator_id, first_of(session, quarter)))),
    ):  # fmt: skip
        assert words in page, words
    assert browser.post(f"{address}/write", data={"shown": shown_in(page), "reason": " "}).status_code == 422
    assert browser.post(f"{address}/write", data={"shown": "0" * 64, "reason": WHY}).status_code == 409
    assert browser.post(f"{address}/write", data={"shown": shown_in(page), "reason": WHY}).status_code == 303
    page = browser.get(address).text
    assert "已写入 4 条更正" in page and "无需更正" in page and page.count("待列入账单") == 4 and f"原因：{WHY}" in page
    draft = browser.get(f"/billing/{quarter.site.id}/2027-01").text
    assert "更正2026年10月账单 INV-2027-000002。" in draft and "根据后来确认的情况更正：原为 ¥1,440.00，现为 ¥0.00。" in draft
    assert browser.get("/billing/corrections?waiting=1").text.count('class="correction"') == 4


def first_of(session: Session, quarter: October) -> int:
    return session.execute(select(func.min(Invoice.id)).where(Invoice.startup_id == quarter.a.id)).scalar_one()


def test_who_may_see_and_who_may_write(client: Browser, cast: Cast, quarter: October) -> None:
    address = f"/billing/corrections/{quarter.a.id}"
    for name, sees, writes in [("owner", 200, 422), ("finance", 200, 422), ("manager", 200, 403), ("auditor", 200, 403), ("front_desk", 403, 403),
                               ("founder_a", 403, 403), ("founder_b", 403, 403), ("mentor", 403, 403)]:  # fmt: skip
        browser = client.sign_in(getattr(cast, name))
        assert browser.get("/billing/corrections").status_code == browser.get(address).status_code == sees, name
        assert browser.post(f"{address}/write", data={"reason": ""}).status_code == writes, name
        assert ("/write" in browser.get(address).text) is False, "nothing to write"
    assert client.sign_in(cast.finance).get(f"/billing/corrections/{2**40}").status_code == 404
    assert client.sign_in(cast.other_owner).get(address).status_code == 404


def test_a_charge_that_changed_is_named_beside_the_corrections(client: Browser, cast: Cast, quarter: October, session: Session) -> None:
    first = session.execute(select(Residency).where(Residency.startup_id == quarter.a.id).order_by(Residency.id).limit(1)).scalar_one()
    end_residency(session, cast.manager, now=datetime(2026, 12, 10, tzinfo=FEBRUARY.tzinfo), residency=first, ends_on=date(2026, 12, 15),
                  reason="搬走")  # fmt: skip
    page = client.sign_in(cast.finance).get(f"/billing/corrections/{quarter.a.id}").text
    # December's 2,400.00 and 300.00 × 15/31
    assert "费用本身有变化" in page and "¥1,161.29" in page and "¥145.16" in page and "无需更正" in page


def test_the_founder_s_invoice_says_what_it_corrects_and_why(client: Browser, cast: Cast, quarter: October, session: Session) -> None:
    invoice = corrected(session, cast, quarter)
    page = client.sign_in(cast.founder_a).get(f"/invoices/{invoice.id}").text
    for words in ("更正2026年10月账单 INV-2027-000002。", f"原因：{WHY}", "-¥1,440.00", f'href="/invoices/{first_of(session, quarter)}"', "¥4,800.00"):
        assert words in page, words
    home = client.get("/").text
    assert "¥1,700.00" in home and "¥3,900.00" in home


def test_who_credits_the_invoice_reads_what_becomes_of_them(client: Browser, cast: Cast, quarter: October, session: Session) -> None:
    invoice, words = corrected(session, cast, quarter), "无论是否重新出账，都会转入下一份账单"
    browser = client.sign_in(cast.finance)
    assert words in browser.get(f"/invoices/{invoice.id}/credit").text
    assert words not in browser.get(f"/invoices/{first_of(session, quarter)}/credit").text, "it corrects nothing"


def test_the_files_add_up(client: Browser, cast: Cast, quarter: October, session: Session) -> None:
    invoice = corrected(session, cast, quarter)
    browser = client.sign_in(cast.finance)
    base = f"/billing/{quarter.site.id}/2027-01/export"
    rows = [row for row in csv.reader(io.StringIO(browser.get(f"{base}.csv").data.decode("utf-8-sig"))) if row[0] == number(invoice)]
    assert [sum(Decimal(row[column]) for row in rows) for column in (5, 6, 7)] == [Decimal("6500.00"), Decimal("1700.00"), Decimal("4800.00")]
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{base}.xlsx").data))
    decisions = [[cell.value for cell in row] for row in book["补贴认定"].iter_rows()]
    assert sum(Decimal(str(row[5])) for row in decisions if row[0] == number(invoice)) == Decimal("1700.00")
    pdf = PdfReader(io.BytesIO(browser.get(f"/invoices/{invoice.id}/pdf").data))
    said = "".join(page.extract_text() for page in pdf.pages).replace("\n", "")
    assert "肆仟捌佰元整" in said and "INV-2027-000002" in said
    assert browser.get(f"/claims/months/{quarter.site.id}/2027-01").status_code == 200


def test_what_a_scheme_gave_is_told_as_it_stands(session: Session, cast: Cast, quarter: October) -> None:
    scheme = session.execute(select(Scheme)).scalar_one()
    # in October A and B are given something and C is refused; B's of October is 1,434.58
    before = {each.month: each for each in granted_by_month(session, scheme.id)}[OCTOBER.first]
    assert (before.granted_minor, before.startups, before.refused_startups, before.capped_startups) == (533_458, 2, 1, 0)
    corrected(session, cast, quarter)
    after = {each.month: each for each in granted_by_month(session, scheme.id)}
    assert (after[OCTOBER.first].granted_minor, after[OCTOBER.first].startups, after[OCTOBER.first].refused_startups) == (143_458, 1, 2)
    assert after[DECEMBER.first].capped_startups == before.capped_startups == 0


def test_what_waits_for_a_closing_is_corrected_and_shared_out_as_it_stands(session: Session, cast: Cast, october: October) -> None:
    scheme = session.execute(select(Scheme)).scalar_one()
    pool = create_pool(session, cast.finance, now=NOW, code="POOL", name="资金池")
    draw_on(session, cast.finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
    budget = add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 10, 1), last=date(2026, 12, 31), mode="pro_rata",
                        amount_minor=100_000)  # fmt: skip
    december = LATER - timedelta(days=30)
    post(session, cast, october, OCTOBER, december)  # 1,620.00 of A's and 1,434.58 of B's wait
    post(session, cast, october, NOVEMBER, december)  # 1,620.00 and 2,779.50
    register(session, cast, october.a, date(2026, 11, 2))
    assert rerate(session, cast, october.a.id) == [(OCTOBER.first, 0), (OCTOBER.first, 0)]
    held = select(func.sum(Decision.held_minor)).where(Decision.startup_id == october.a.id)
    assert session.execute(held).scalar_one() == 162_000
    close_budget(session, cast.finance, now=LATER, budget_id=budget.id)
    # 1,000.00 among 1,620.00, 1,434.58 and 2,779.50, by line: A's is 1,620.00 of 5,834.08
    sums = select(func.sum(Decision.amount_minor), func.sum(Decision.held_minor))
    assert session.execute(sums).one() == (100_000, 0)
    of_a = session.execute(select(func.sum(Decision.amount_minor)).where(Decision.startup_id == october.a.id)).scalar_one()
    assert of_a in (27_767, 27_768)
    assert rerate(session, cast, october.a.id) == [] == rerate(session, cast, october.b.id)
    register(session, cast, october.a, date(2026, 12, 2))  # nor in November
    assert sum(minor for _, minor in rerate(session, cast, october.a.id)) == -of_a
    session.refresh(budget)
    assert budget.used_minor == 100_000 - of_a
    assert rerate(session, cast, october.a.id) == []


def test_what_a_closed_budget_gave_at_once_stands_as_it_is(session: Session, cast: Cast, october: October) -> None:
    scheme = session.execute(select(Scheme)).scalar_one()
    pool = create_pool(session, cast.finance, now=NOW, code="POOL", name="资金池")
    draw_on(session, cast.finance, now=NOW, scheme_id=scheme.id, pool_id=pool.id)
    budget = add_budget(session, cast.finance, now=NOW, pool_id=pool.id, first=date(2026, 10, 1), last=date(2026, 12, 31), mode="pro_rata",
                        amount_minor=1_000_000)  # fmt: skip
    post(session, cast, october, OCTOBER, LATER - timedelta(days=30))  # 1,620.00 and 1,434.58 wait, and are all there
    close_budget(session, cast.finance, now=LATER, budget_id=budget.id)
    post(session, cast, october, NOVEMBER)  # of what is left
    assert given(session, october.a.id) == {OCTOBER.first: 162_000, NOVEMBER.first: 162_000}
    assert given(session, october.b.id) == {OCTOBER.first: 143_458, NOVEMBER.first: 277_950}
    assert rerate(session, cast, october.a.id, FEBRUARY) == [] == rerate(session, cast, october.b.id, FEBRUARY)
    register(session, cast, october.a, date(2026, 12, 2))  # eligible in neither month
    assert [minor for _, minor in rerate(session, cast, october.a.id, FEBRUARY)] == [-144_000, -18_000, -144_000, -18_000]


def test_as_many_statements_for_two_startups_as_for_one(session: Session, cast: Cast, quarter: October) -> None:
    counts = []
    for ids in ([quarter.a.id], [quarter.a.id, quarter.b.id, quarter.c.id]):
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731, B023 # a listener of one line
        event.listen(session.get_bind(), "before_cursor_execute", listen)
        find_corrections(session, ids)
        event.remove(session.get_bind(), "before_cursor_execute", listen)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3 + 3 * 6


AFTER = FEBRUARY + timedelta(days=1)


def test_what_is_known_late_of_a_site_an_address_or_somebody_who_left_is_found(session: Session, cast: Cast, quarter: October) -> None:
    """October to December are posted in February; of a site all who were billed there are asked once more."""
    def touched(at: datetime) -> list[str]:
        return [each.startup.name for each in list_touched(session, cast.finance).rows if each.at == at]

    founder = add_post(session, cast.manager, now=NOW, secret=b"x" * 32, startup_id=quarter.b.id, name="钱", role="founder",
                       first=date(2026, 9, 1))  # fmt: skip
    carriers = create_scheme(session, cast.finance, now=NOW, code="P1", name="创业场租补贴")
    add_scheme_version(session, cast.finance, now=NOW, scheme=carriers, valid_from=date(2026, 1, 1), source="办法", rule={
        "who": {"all": [{"fact": "site.recognised", "is": "carrier"}]}, "covers": ["rent"], "rate": "1"})  # fmt: skip
    assert not list_touched(session, cast.finance).rows
    proof = Proof("认定名单")
    record_fact(session, cast.finance, now=AFTER, name="site.recognised", value="carrier", first=date(2027, 2, 1), proof=proof,
                site_id=quarter.site.id)  # fmt: skip
    assert not list_touched(session, cast.finance).rows, "no month of that time is posted"
    edit_post(session, cast.manager, now=AFTER, post_id=founder.id, name="钱", last=date(2026, 10, 15))
    assert touched(AFTER) == [quarter.b.name]
    register_address(session, cast.manager, now=AFTER + timedelta(hours=1), startup_id=quarter.a.id, site_id=quarter.site.id,
                     address="南山一号 O1", first=date(2026, 9, 1))  # fmt: skip
    assert touched(AFTER + timedelta(hours=1)) == [quarter.a.name]
    fact = record_fact(session, cast.finance, now=AFTER + timedelta(hours=2), name="site.recognised", value="carrier",
                       first=date(2026, 12, 31), proof=proof, site_id=quarter.site.id)  # fmt: skip
    assert sorted(touched(AFTER + timedelta(hours=2))) == sorted([quarter.a.name, quarter.b.name, quarter.c.name])
    record_fact(session, cast.finance, now=AFTER + timedelta(hours=4), name="site.assessment", value="good", first=date(2026, 10, 1),
                proof=proof, site_id=quarter.site.id)  # fmt: skip
    assert not touched(AFTER + timedelta(hours=4)), "no scheme asks for an assessment"
    withdraw_fact(session, cast.finance, now=AFTER + timedelta(hours=3), fact_id=fact.id, reason="有误")
    assert len(touched(AFTER + timedelta(hours=3))) == 3


def test_a_correction_of_a_correction(session: Session, cast: Cast, quarter: October) -> None:
    corrected(session, cast, quarter)
    register(session, cast, quarter.a, date(2026, 1, 5))
    back = rerate_startup(session, cast.finance, now=FEBRUARY, startup_id=quarter.a.id, reason="原登记日期无误")
    assert [(row.month, row.amount_minor, row.derivation["was_minor"]) for row in back] == [
        (OCTOBER.first, 144_000, 0), (OCTOBER.first, 18_000, 0), (OCTOBER.first, 228_000, 0), (DECEMBER.first, -170_000, 228_000)]  # fmt: skip
    assert {row.derivation["changed"][0]["was"] for row in back if row.derivation["changed"]} == {"team"}
