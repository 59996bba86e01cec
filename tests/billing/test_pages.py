"""The pages of billing, as the cast sees them."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incubator.accounts.access import RECENT
from incubator.accounts.models import SignInSession
from incubator.billing.models import Invoice
from incubator.billing.operations import post_month
from incubator.bookings.operations import book
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator
from incubator.spaces.operations import create_site
from tests.cast import NOW, PASSWORD, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at, tell_october

SHOWN = re.compile(r'name="shown" value="([0-9a-f]{64})"')


@pytest.fixture
def october(session: Session, cast: Cast) -> October:
    return tell_october(session, cast)


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> dict[int, Invoice]:
    """October's invoices by startup."""
    invoices = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return {invoice.startup_id: invoice for invoice in invoices}


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Invoice)).scalar_one()


# the overview


def test_the_overview_says_what_waits_and_what_is_posted(client: Browser, cast: Cast, session: Session, october: October) -> None:
    browser = client.sign_in(cast.finance)
    waiting = browser.get("/billing?last=2026-11").text
    assert "待出账" in waiting and f'/billing/{october.site.id}/2026-10"' in waiting
    # A 2,775.00, B 2,490.97 and C 1,200.00
    assert "¥6,465.97" in waiting and "3 家创业企业" in waiting
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    posted = browser.get("/billing?last=2026-11").text
    assert "3 份账单" in posted and "¥3,411.39" in posted and "¥3,054.58" in posted


@pytest.mark.parametrize("last", ["", "x", "2026-13", "9999-12", "1970-01", "0000-00", "2026-10-01"])
def test_any_last_month_is_answered(client: Browser, cast: Cast, october: October, last: str) -> None:
    assert client.sign_in(cast.finance).get(f"/billing?last={last}").status_code in (200, 404)


def test_older_months_and_back(client: Browser, cast: Cast, october: October) -> None:
    browser = client.sign_in(cast.finance)
    older = re.search(r'href="(/billing\?last=[^"]+)"', browser.get("/billing").text)
    assert older
    assert "更晚" in browser.get(older[1]).text
    assert "更晚" not in browser.get("/billing").text


def test_a_new_operator_is_told_what_brings_invoices(client: Browser, cast: Cast, session: Session) -> None:
    assert "账单由入驻协议和收费的预订产生。" in client.sign_in(cast.finance).get("/billing").text
    create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    assert "账单由入驻协议和收费的预订产生。" in client.get("/billing").text


# the draft, and posting it


def test_the_draft_explains_every_line(client: Browser, cast: Cast, october: October) -> None:
    page = client.sign_in(cast.auditor).get(f"/billing/{october.site.id}/2026-10").text
    for words in ("30.00 m² × 80.00", "54.50 m² × 75.00 元/月 × 16/31 天 = ¥2,109.68", "未注册为企业", "¥1,434.58", "¥3,411.39"):
        assert words in page, words
    assert SHOWN.search(page) is None, "an auditor posts nothing"


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "abc", "2026", "1900-01", "20261"])
def test_what_is_no_month_is_not_found(client: Browser, cast: Cast, october: October, month: str) -> None:
    browser = client.sign_in(cast.finance)
    assert browser.get(f"/billing/{october.site.id}/{month}").status_code == 404
    assert browser.post(f"/billing/{october.site.id}/{month}/post", data={"shown": ""}).status_code == 404
    assert browser.get(f"/billing/{october.site.id}/{month}/export.csv").status_code == 404


def test_posting_what_was_shown(client: Browser, cast: Cast, session: Session, october: October) -> None:
    browser, path = client.sign_in(cast.finance), f"/billing/{october.site.id}/2026-10"
    shown = SHOWN.search(browser.get(path).text)
    assert shown
    answer = browser.post(f"{path}/post", data={"shown": shown[1]})
    assert (answer.status_code, answer.location, count(session)) == (303, path, 3)
    assert "INV-2026-000003" in browser.get(path).text
    again = browser.post(f"{path}/post", data={"shown": shown[1]})
    assert (again.status_code, count(session)) == (409, 3)
    assert "没有可出账的内容：本月已全部出账。" in again.text


@pytest.mark.parametrize("shown", ["", "0" * 64, "<script>"])
def test_what_was_not_shown_is_not_posted(client: Browser, cast: Cast, session: Session, october: October, shown: str) -> None:
    answer = client.sign_in(cast.finance).post(f"/billing/{october.site.id}/2026-10/post", data={"shown": shown})
    assert (answer.status_code, count(session)) == (409, 0)
    assert "草稿在您查看之后有变动：现应收合计为 ¥3,411.39。" in answer.text
    assert SHOWN.search(answer.text), "the draft as it is now stands below, ready to be posted"


def test_a_booking_made_meanwhile_is_not_posted_unseen(client: Browser, cast: Cast, session: Session, october: October) -> None:
    """It costs what an old one that went cost: the sum alone would not tell."""
    browser, path = client.sign_in(cast.finance), f"/billing/{october.site.id}/2026-10"
    shown = SHOWN.search(browser.get(path).text)
    assert shown
    book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=october.c.id, start=at(22, 9), end=at(22, 10))
    assert browser.post(f"{path}/post", data={"shown": shown[1]}).status_code == 409
    assert count(session) == 0


def test_posting_asks_for_the_password_again(client: Browser, cast: Cast, session: Session, october: October) -> None:
    browser, path = client.sign_in(cast.finance), f"/billing/{october.site.id}/2026-10"
    shown = SHOWN.search(browser.get(path).text)
    assert shown
    with as_operator(session, INSTALLATION):
        session.execute(update(SignInSession).values(confirmed_at=utc_now() - RECENT - timedelta(minutes=1)))
    data = {"shown": shown[1]}
    asked = browser.post(f"{path}/post", data=data)
    assert (asked.status_code, count(session)) == (403, 0)
    assert shown[1] in asked.text, "the form is kept"
    assert browser.post(f"{path}/post", data=data | {"confirm_password": PASSWORD}).status_code == 303
    assert count(session) == 3


def test_a_running_month_has_no_button(client: Browser, cast: Cast, session: Session, october: October) -> None:
    month = str(OCTOBER + 600)  # October 2076: agreements without an end run on
    browser = client.sign_in(cast.finance)
    page = browser.get(f"/billing/{october.site.id}/{month}").text
    assert "/post" not in page
    assert browser.post(f"/billing/{october.site.id}/{month}/post", data={"shown": ""}).status_code == 422
    assert count(session) == 0


@pytest.mark.parametrize("role", ["manager", "auditor", "front_desk", "founder_a", "mentor"])
def test_who_may_not_post(client: Browser, cast: Cast, session: Session, october: October, role: str) -> None:
    browser = client.sign_in(getattr(cast, role))
    assert browser.post(f"/billing/{october.site.id}/2026-10/post", data={"shown": ""}).status_code == 403
    assert count(session) == 0


# invoices


@pytest.mark.parametrize(
    ("search", "found"),
    [("INV-2026-000001", 1), ("inv-2026-1", 1), ("甲科技", 1), ("s-b", 1), ("Team C", 1), ("科技", 2), ("%", 0), ("_", 0),
     ("INV-2026-000009", 0), ("INV-9999999999-1", 0), ("\\", 0), ("", 3), ("   ", 3)],
)  # fmt: skip
def test_finding_invoices(client: Browser, cast: Cast, posted: dict[int, Invoice], search: str, found: int) -> None:
    page = client.sign_in(cast.finance).get("/invoices", query_string={"search": search})
    assert page.status_code == 200
    assert len(re.findall(r'href="/invoices/\d+"', page.text)) == found
    assert ("没有符合条件的账单。" in page.text) == (found == 0)


def test_by_month_and_site(client: Browser, cast: Cast, posted: dict[int, Invoice], october: October) -> None:
    browser = client.sign_in(cast.finance)
    for query, found in (("month=2026-10", 3), ("month=2026-09", 0), (f"site={october.site.id}", 3), ("site=99", 0),
                         (f"startup={october.b.id}", 1)):  # fmt: skip
        assert len(re.findall(r'href="/invoices/\d+"', browser.get(f"/invoices?{query}").text)) == found, query
    assert browser.get("/invoices?month=garbage").status_code == 404


def test_a_founder_sees_only_their_own(client: Browser, cast: Cast, posted: dict[int, Invoice]) -> None:
    browser, own, other = client.sign_in(cast.founder_a), posted[cast.startup_a], posted[cast.startup_b]
    page = browser.get("/invoices").text
    assert f"/invoices/{own.id}" in page and f"/invoices/{other.id}" not in page
    assert browser.get(f"/invoices?startup={cast.startup_b}").text.count('href="/invoices/') == page.count('href="/invoices/') - 1
    for path in (f"/invoices/{other.id}", f"/invoices/{other.id}/pdf"):
        assert browser.get(path).status_code == 404
    shown = browser.get(f"/invoices/{own.id}").text
    assert "¥1,155.00" in shown and "壹仟壹佰伍拾伍元整" in shown and "本季度上限 ¥10,000.00" in shown


def test_another_operator_sees_none(client: Browser, cast: Cast, posted: dict[int, Invoice], october: October) -> None:
    browser = client.sign_in(cast.other_owner)
    for path in (f"/invoices/{posted[cast.startup_a].id}", f"/billing/{october.site.id}/2026-10",
                 f"/billing/{october.site.id}/2026-10/export.xlsx"):  # fmt: skip
        assert browser.get(path).status_code == 404
    assert "INV-2026" not in browser.get("/invoices").text


# exports


def test_the_exports_say_what_the_invoices_say(client: Browser, cast: Cast, posted: dict[int, Invoice], october: October) -> None:
    browser, path = client.sign_in(cast.auditor), f"/billing/{october.site.id}/2026-10/export"
    total = sum(invoice.net_minor for invoice in posted.values())
    assert total == 341_139
    workbook = openpyxl.load_workbook(io.BytesIO(browser.get(f"{path}.xlsx").data), data_only=False)
    (invoices, lines, decisions) = workbook.worksheets
    numbers = {row[0].value for row in invoices.iter_rows() if str(row[0].value).startswith("INV-")}
    assert numbers == {"INV-2026-000001", "INV-2026-000002", "INV-2026-000003"}
    assert lines.max_row > 7 and decisions.max_row > 6
    rows = list(csv.reader(io.StringIO(browser.get(f"{path}.csv").data.decode("utf-8-sig"))))
    net = rows[0].index("实收")
    assert round(sum(float(row[net].replace(",", "")) for row in rows[1:] if row[0].startswith("INV-")) * 100) == total
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(browser.get(f"{path}.pdf").data)).pages)
    assert "3,411.39" in text and "叁仟肆佰壹拾壹元叁角玖分" in text


def test_a_founders_pdf(client: Browser, cast: Cast, posted: dict[int, Invoice]) -> None:
    invoice = posted[cast.startup_a]
    answer = client.sign_in(cast.founder_a).get(f"/invoices/{invoice.id}/pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    assert "1,155.00" in text and "INV-2026-" in text and "60%" in text


def test_nothing_posted_has_nothing_to_export(client: Browser, cast: Cast, october: October) -> None:
    browser = client.sign_in(cast.finance)
    assert "export.xlsx" not in browser.get(f"/billing/{october.site.id}/2026-10").text
    for extension in ("xlsx", "pdf", "csv"):
        assert browser.get(f"/billing/{october.site.id}/2026-10/export.{extension}").status_code in (200, 404)
