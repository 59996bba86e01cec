"""Pages of the bank and of payments, as the cast sees them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date

import openpyxl
import pytest
from sqlalchemy import event, select

from incubator.billing.forms.bank import SINGLE
from incubator.billing.models import BankAccount, BankFile, BankLine, Payment
from incubator.billing.operations.bank_matching import assign_line
from incubator.billing.operations.bank_taking import Chosen
from incubator.billing.operations.payments import clear_invoices, clear_oldest, receive_payment, refund
from incubator.billing.queries.payments import choose_parts
from incubator.billing.rules.standing import Standing, standing_of
from incubator.billing.views import bank as bank_views
from incubator.billing.views import bank_files as statement_views
from incubator.billing.views import invoices as invoice_views
from incubator.billing.views import payments as payment_views
from incubator.core.errors import Refusal
from tests.billing.bank.making import LATER, PLAIN, Bank
from tests.billing.bank.samples import ACCOUNT, as_csv, boc, camt
from tests.cast import Cast
from tests.conftest import Browser


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for views in (bank_views, payment_views, statement_views):
        monkeypatch.setattr(views, "utc_now", lambda: LATER)
    monkeypatch.setattr(invoice_views, "local_today", LATER.date)
    yield


def send(client: Browser, bank: Bank, name: str, content: bytes) -> str:
    """Upload a file; the address where it is shown."""
    data = {"account_id": str(bank.account.id), "file": (io.BytesIO(content), name)}
    answer = client.post("/billing/bank/import", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return answer.location


def fields(page: str) -> dict[str, list[str]]:
    """What the page's forms would send."""
    found: dict[str, list[str]] = {}
    for name, chosen in re.findall(r'<select[^>]*name="(\w+)".*?</select>', page, re.DOTALL) and [
        (name, re.findall(r'<option selected value="([^"]*)"', body))
        for name, body in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    ]:
        found[name] = chosen[:1]
    for box in re.findall(r"<input[^>]*checked[^>]*>", page):
        name, value = re.findall(r'name="(\w+)"', box)[0], re.findall(r'value="([^"]*)"', box)[0]
        found.setdefault(name, []).append(value)
    return found


def test_a_statement_from_upload_to_payment(client: Browser, bank: Bank, cast: Cast) -> None:
    """BOC's three lines; A's 2,430.00 name INV-2026-000001, B's 1,060.00 are all that B owes."""
    invoices = bank.invoices([(cast.startup_a, 243_000), (cast.startup_b, 106_000)])
    client.sign_in(cast.finance)
    address = send(client, bank, *boc())
    page = client.get(address).text
    assert "¥3,490.00" in page and "¥35.00" in page and "导入 3 条" in page
    answer = client.post(f"{address}/import", data=fields(page), follow_redirects=True)
    assert "3 条" in answer.text and "99% 把握" in answer.text.replace(" %", "%") and "INV-2026-000001" in answer.text
    every = re.findall(r'name="all" value="(\w+)"', answer.text)
    answer = client.post("/billing/bank/confirm", data={"all": every[0]}, follow_redirects=True)
    assert "2 条" in answer.text
    assert [bank.open_of(each) for each in invoices] == [0, 0]
    assert "已匹配" in client.get("/billing/bank?state=done").text
    assert "¥2,430.00" in client.get("/payments").text


def test_a_mapping_by_hand(client: Browser, bank: Bank, cast: Cast) -> None:
    client.sign_in(cast.finance)
    address = send(client, bank, "a.csv", as_csv(["Tag", "Ein", "Aus", "Wer"], [["2026-11-02", "1.00", "", "甲"]]))
    page = client.get(address).text
    assert "1 处错误" in page and "请指明哪一列是日期" in page
    data = dict.fromkeys(SINGLE, "-") | {"on": "0", "credit": "1", "debit": "2", "payer": "3"}
    page = client.post(address, data=data).text
    assert "导入 1 条" in page and "甲" in page
    assert client.post(f"{address}/import", data=data).status_code == 303
    assert bank.lines()[0].payer == "甲"
    assert client.post(f"{address}/discard", follow_redirects=True).text.count("已导入") >= 1


def test_faults_and_breaks_are_shown(client: Browser, bank: Bank, cast: Cast) -> None:
    client.sign_in(cast.finance)
    address = send(client, bank, "a.csv", as_csv(PLAIN, [["2026-11-02", "x"], ["2026-19-02", "1.00"]]))
    page = client.get(address)
    assert "2 处错误" in page.text and "B 收入" in page.text and 'formaction' not in page.text
    answer = client.post(f"{address}/import", data=fields(page.text))
    assert answer.status_code == 422 and not bank.lines()
    address = send(client, bank, "b.csv", as_csv(PLAIN, [["2026-11-02", "1.00", "", "1.00"], ["2026-11-03", "1.00", "", "3.00"]]))
    page = client.get(address)
    assert "¥3.00" in page.text and "¥2.00" in page.text
    answer = client.post(f"{address}/import", data=fields(page.text))
    assert answer.status_code == 422 and not bank.lines()
    assert client.post(f"{address}/import", data=fields(page.text) | {"is_sure": "y"}).status_code == 303
    assert len(bank.lines()) == 2


def test_files_that_are_none(client: Browser, bank: Bank, cast: Cast) -> None:
    client.sign_in(cast.finance)
    for name, content in (("a.csv", b""), ("a.xlsx", b"PK\x03\x04x"), ("a.pdf", b"%PDF-1.7"), ("a.xml", b"<a/>"), ("a.csv", b"1,2\n3,4")):
        data = {"account_id": str(bank.account.id), "file": (io.BytesIO(content), name)}
        answer = client.post("/billing/bank/import", data=data, content_type="multipart/form-data")
        assert answer.status_code == 422 and "invalid-feedback" in answer.text, name
    data = {"account_id": str(bank.account.id), "file": (io.BytesIO(b"x" * (6 << 20)), "a.csv")}
    assert client.post("/billing/bank/import", data=data, content_type="multipart/form-data").status_code == 422
    assert bank.session.execute(select(BankFile)).first() is None


def test_camt_needs_no_mapping(client: Browser, bank: Bank, cast: Cast) -> None:
    client.sign_in(cast.finance)
    address = send(client, bank, "a.xml", camt())
    page = client.get(address).text
    assert "各列的含义" not in page and "导入 3 条" in page
    assert client.post(f"{address}/import", follow_redirects=True).status_code == 200 and len(bank.lines()) == 3


def test_a_line_by_hand_left_aside_and_undone(client: Browser, bank: Bank, cast: Cast) -> None:
    invoice = bank.invoice(cast.startup_b, 50_000)
    line = bank.line("2026-11-10", 30_000, "某人", "房租")
    client.sign_in(cast.finance)
    address = f"/billing/bank/lines/{line.id}"
    assert client.post(f"{address}/assign", data={"how": "oldest"}).status_code == 422
    page = client.get(f"{address}?startup={cast.startup_b}").text
    assert f"INV-2026-{invoice.number:06}" in page
    answer = client.post(f"{address}/assign", data={"startup": cast.startup_b, "how": "chosen"}, follow_redirects=True)
    assert "至少选择一张账单" in answer.text and bank.lines()[0].state == "open"
    answer = client.post(f"{address}/assign", data={"startup": cast.startup_b, "how": "chosen", "invoices": invoice.id}, follow_redirects=True)
    assert "RCT-2026-000001" in answer.text and bank.open_of(invoice) == 20_000
    assert client.post(f"{address}/undo", data={"reason": ""}).status_code == 422
    assert client.post(f"{address}/undo", data={"reason": "弄错了"}, follow_redirects=True).text.count("弄错了") >= 1
    assert client.post(f"{address}/ignore", data={"reason": "内部调拨"}).status_code == 303
    assert bank.lines()[0].state == "ignored" and bank.open_of(invoice) == 50_000
    assert client.get(f"{address}/ignore").status_code == 200
    assert client.get("/billing/bank/lines/1099511627776").status_code == 404


def test_a_refund_by_its_line(client: Browser, bank: Bank, cast: Cast) -> None:
    payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="bank", amount_minor=900,
                              received_on=date(2026, 11, 1))  # fmt: skip
    row = refund(bank.session, cast.finance, now=LATER, payment_id=payment.id, amount_minor=500, way="bank",
                 refunded_on=date(2026, 11, 2), reason="多付")  # fmt: skip
    line = bank.line("2026-11-02", -500, "甲")
    client.sign_in(cast.finance)
    assert "多付" in client.get(f"/billing/bank/lines/{line.id}").text
    client.post(f"/billing/bank/lines/{line.id}/refund", data={"refund": row.id})
    assert bank.lines()[0].state == "refunded"
    assert client.post(f"/billing/bank/lines/{line.id}/refund", data={"refund": "x"}).status_code in (303, 404)
    assert client.post(f"/payments/{payment.id}/refunds/{row.id}/undo", data={"reason": "x"}).status_code == 404, "its line says it went"


def test_what_changed_since_is_said(client: Browser, bank: Bank, cast: Cast) -> None:
    bank.invoice(cast.startup_a, 50_000)
    line = bank.line("2026-11-10", 50_000, "甲科技有限公司")
    client.sign_in(cast.finance)
    for data in ({"all": "0" * 32}, {"line": f"{line.id}:0000"}, {"line": "x:y"}, {}):
        answer = client.post("/billing/bank/confirm", data=data, follow_redirects=True)
        assert "alert-danger" in answer.text and bank.lines()[0].state == "open", data


def test_accounts(client: Browser, bank: Bank, cast: Cast) -> None:
    client.sign_in(cast.finance)
    page = client.get("/billing/bank/accounts").text
    assert "3456" in page and ACCOUNT not in page, "masked"
    assert ACCOUNT in client.get(f"/billing/bank/accounts/{bank.account.id}").text
    data = {"name": "南山创客空间", "bank": "招商银行深圳科技园支行", "number": "7559 0001 1110 302", "site_id": str(bank.site.id)}
    assert client.post("/billing/bank/accounts/new", data=data).status_code == 303
    assert client.post("/billing/bank/accounts/new", data=data).status_code == 409
    made = bank.session.execute(select(BankAccount).order_by(BankAccount.id.desc()).limit(1)).scalar_one()
    assert (made.number, made.site_id) == ("755900011110302", bank.site.id)
    assert client.post(f"/billing/bank/accounts/{made.id}", data=data | {"is_closed": "y"}).status_code == 303
    assert client.get("/billing/bank/accounts/1099511627776").status_code == 404


def test_a_payment_by_hand(client: Browser, bank: Bank, cast: Cast) -> None:
    """700.00 in cash: 500.00 for November, 200.00 of December's 600.00."""
    november, december = bank.invoice(cast.startup_a, 50_000), bank.invoice(cast.startup_a, 60_000, date(2026, 12, 15))
    client.sign_in(cast.finance)
    assert "S-A" in client.get("/payments/new").text
    address = f"/payments/new?startup={cast.startup_a}"
    assert "checked" in client.get(f"{address}&invoice={december.id}").text
    data = {"way": "cash", "amount": "700.00", "received_on": "2026-12-18", "how": "oldest", "reference": "收银 1", "payer": "", "note": ""}
    for wrong in ({"amount": "0"}, {"amount": "x"}, {"amount": "1.001"}, {"received_on": "2026-12-30"}, {"way": "stripe"}, {"how": "?"}):
        assert client.post(address, data=data | wrong).status_code == 422, wrong
    answer = client.post(address, data=data)
    assert answer.status_code == 303
    assert (bank.open_of(november), bank.open_of(december)) == (0, 40_000)
    page = client.get(answer.location).text
    assert "RCT-2026-000001" in page and "柒佰元整" in page
    receipt = client.get(f"{answer.location}/receipt.pdf")
    assert receipt.data.startswith(b"%PDF") and receipt.headers["Content-Disposition"].endswith("RCT-2026-000001.pdf")


def test_a_payment_cleared_undone_and_given_back(client: Browser, bank: Bank, cast: Cast) -> None:
    invoice = bank.invoice(cast.startup_a, 50_000)
    payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="pos", amount_minor=80_000,
                              received_on=date(2026, 12, 1))  # fmt: skip
    client.sign_in(cast.finance)
    address = f"/payments/{payment.id}"
    client.post(f"{address}/clear")
    assert bank.open_of(invoice) == 0 and bank.left_of(payment) == 30_000
    page = client.get(address).text
    (undo,) = re.findall(r'href="(/payments/\d+/clearings/\d+/undo)"', page)
    assert client.post(undo, data={"reason": "改付他单"}).status_code == 303
    assert bank.open_of(invoice) == 50_000 and "改付他单" in client.get(address).text
    assert client.post(undo, data={"reason": "再来"}).status_code == 409
    data = {"amount": "900", "way": "cash", "refunded_on": "2026-12-02", "reference": "", "reason": "多付"}
    assert client.post(f"{address}/refund", data=data).status_code == 409
    assert client.post(f"{address}/refund", data=data | {"amount": "800"}).status_code == 303
    assert bank.left_of(payment) == 0
    (undo,) = re.findall(r'href="(/payments/\d+/refunds/\d+/undo)"', client.get(address).text)
    assert client.post(undo, data={"reason": "没有取走"}).status_code == 303 and bank.left_of(payment) == 80_000
    assert client.get("/payments/1099511627776").status_code == 404


def test_the_list_is_filtered_and_exported(client: Browser, bank: Bank, cast: Cast) -> None:
    for startup, way, day, minor in ((cast.startup_a, "cash", 1, 10_000), (cast.startup_b, "pos", 2, 20_000), (cast.startup_b, "cash", 3, 30_000)):
        receive_payment(bank.session, cast.finance, now=LATER, startup_id=startup, way=way, amount_minor=minor,
                        received_on=date(2026, 12, day), payer="=1+1")  # fmt: skip
    client.sign_in(cast.auditor)
    for query, wanted in (
        ("", 3), ("way=cash", 2), (f"startup={cast.startup_a}", 1), ("since=2026-12-02", 2), ("until=2026-12-01", 1), ("left=1", 3),
        ("search=RCT-2026-000002", 1), ("search=乙科技", 2), ("search=%25", 0), ("since=x&until=2026-13-01", 3), ("way=nothing", 3),
    ):  # fmt: skip
        assert len(re.findall(r'href="/payments/\d+"', client.get(f"/payments?{query}").text)) == wanted, query
    text = client.get("/payments.csv?way=cash").data.decode("utf-8-sig")
    assert "300.00" in text and "'=1+1" in text and "200.00" not in text
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/payments.xlsx").data)).active
    assert sheet is not None and [row[6] for row in sheet.iter_rows(min_row=2, values_only=True)] == [300, 200, 100]


def test_an_invoice_says_how_it_stands_and_how_to_pay(client: Browser, bank: Bank, cast: Cast) -> None:
    invoice = bank.invoice(cast.startup_a, 50_000)
    payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="bank", amount_minor=20_000,
                              received_on=date(2026, 12, 1))  # fmt: skip
    client.sign_in(cast.founder_a)
    page = client.get(f"/invoices/{invoice.id}").text
    assert "已逾期" in page and "4000 0230 0920 0123 456" in page
    clear_oldest(bank.session, cast.finance, now=LATER, payment_id=payment.id)
    page = client.get(f"/invoices/{invoice.id}").text
    assert "¥300.00" in page and "RCT-2026-000001" in page
    assert client.get(f"/payments/{payment.id}/receipt.pdf").status_code == 200
    assert client.get(f"/payments/{payment.id}").status_code == 403
    assert client.get(f"/invoices/{invoice.id}/pdf").data.startswith(b"%PDF")
    client.sign_in(cast.founder_b)
    assert client.get(f"/payments/{payment.id}/receipt.pdf").status_code == 404


@pytest.mark.parametrize(("paid", "today", "standing"), [
    (0, date(2026, 11, 15), "open"), (20_000, date(2026, 11, 15), "part"), (20_000, date(2026, 11, 16), "overdue"),
    (60_000, date(2026, 12, 1), "paid"), (0, date(2026, 11, 16), "overdue"),
])  # fmt: skip
def test_the_list_of_invoices_by_standing(client: Browser, bank: Bank, cast: Cast, monkeypatch: pytest.MonkeyPatch, paid: int,
                                          today: date, standing: str) -> None:  # fmt: skip
    """600.00 due on 15 November."""
    assert standing_of(60_000, 60_000 - paid, date(2026, 11, 15), today) == standing
    bank.invoice(cast.startup_a, 60_000)
    if paid:
        payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="cash", amount_minor=paid,
                                  received_on=date(2026, 11, 5))  # fmt: skip
        clear_oldest(bank.session, cast.finance, now=LATER, payment_id=payment.id)
    monkeypatch.setattr(invoice_views, "local_today", lambda: today)
    client.sign_in(cast.finance)
    for each in Standing:
        shown = "INV-2026-" in client.get(f"/invoices?standing={each.value}").text
        assert shown == (each == standing), each


def test_who_may_only_see_changes_nothing(client: Browser, bank: Bank, cast: Cast) -> None:
    line = bank.line("2026-11-10", 50_000, "甲科技有限公司")
    client.sign_in(cast.auditor)
    for page in ("/billing/bank", f"/billing/bank/lines/{line.id}", "/billing/bank/accounts", "/payments"):
        text = client.get(page).text.split("<main")[1]
        assert 'method="post"' not in text, page
    for address in ("/billing/bank/confirm", f"/billing/bank/lines/{line.id}/assign", f"/billing/bank/lines/{line.id}/ignore",
                    "/billing/bank/accounts/new", "/payments/new"):  # fmt: skip
        assert client.post(address).status_code == 403, address


def test_parts_by_choice(bank: Bank, cast: Cast) -> None:
    first, second = bank.invoices([(cast.startup_a, 100), (cast.startup_a, 200)])
    session, finance = bank.session, cast.finance
    assert choose_parts(session, finance, cast.startup_a, 250, how="oldest") == {first.id: 100, second.id: 150}
    assert choose_parts(session, finance, cast.startup_a, 250, how="chosen", invoice_ids=[second.id]) == {second.id: 200}
    assert choose_parts(session, finance, cast.startup_a, 250, how="advance") == {}
    with pytest.raises(Refusal):
        choose_parts(session, finance, cast.startup_a, 250, how="chosen", invoice_ids=[999])


def test_pages_ask_a_bounded_number_of_questions(client: Browser, bank: Bank, cast: Cast) -> None:
    client.sign_in(cast.finance)
    made = []
    for count in (2, 30):
        invoices = bank.invoices([(cast.startup_a, 1_000 * count + n) for n in range(count)])
        bank.statement(*[("2026-11-02", each.net_minor, "某人", f"INV-2026-{each.number}") for each in invoices])
        client.get("/billing/bank")
        seen: list[str] = []
        event.listen(bank.session.get_bind(), "before_cursor_execute", lambda *args, to=seen: to.append(args[2]))
        client.get("/billing/bank")
        made.append(len(seen))
    assert made[1] <= made[0] + 2, made
    assert len(bank.session.execute(select(BankLine)).all()) == 32 and not bank.session.execute(select(Payment)).all()


def test_hand_made_parts_are_checked(bank: Bank, cast: Cast) -> None:
    invoice = bank.invoice(cast.startup_a, 100)
    line = bank.line("2026-11-02", 100)
    payment = assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_a, {}))
    with pytest.raises(Refusal):
        clear_invoices(bank.session, cast.finance, now=LATER, payment_id=payment.id, parts={invoice.id: 101})
