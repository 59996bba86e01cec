"""The pages of the books, the ageing, a company's account and finance's desk, as those who use them see them."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.journal_exports import list_voucher_lines
from incubator.billing.models import ClosedMonth, Invoice, JournalEntry
from incubator.billing.operations.payments import clear_oldest
from incubator.billing.queries.books import age_of, list_ageing
from incubator.billing.queries.standing import get_standing, get_statement
from incubator.core.errors import NotFound
from incubator.core.periods import Month
from tests.billing.books.conftest import Receive
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER

NOVEMBER = Month(2026, 11)
YEAR = date(2026, 1, 1), date(2026, 12, 31)


def test_days_overdue_fall_into_columns() -> None:
    assert [age_of(days) for days in (-5, 0, 1, 30, 31, 60, 61, 90, 91)] == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_the_ageing_by_hand(session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive) -> None:
    """Due on 16 November, seen on 17 December: 31 days, the third column; B has paid 100.00 in advance."""
    receive("B", 10_000)
    rows = {row.startup.id: row for row in list_ageing(session, cast.finance, date(2026, 12, 17))}
    assert posted["A"].due_on == date(2026, 11, 16)
    assert rows[cast.startup_a].by_age == (0, 0, posted["A"].net_minor, 0, 0)
    assert rows[cast.startup_b].advances_minor == 10_000


def test_a_statement_by_hand(session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive) -> None:
    """A's invoice, 500.00 received and matched later, 10.00 too much elsewhere: matching moves nothing of the balance."""
    net = posted["A"].net_minor
    one = receive("A", 50_000)
    before = get_statement(session, cast.finance, cast.startup_a, *YEAR)
    clear_oldest(session, cast.finance, now=AFTER_OCTOBER, payment_id=one.id)
    after = get_statement(session, cast.finance, cast.startup_a, *YEAR)
    for each in (before, after):
        assert [(line.amount_minor, line.balance_minor) for line in each.lines] == [(net, net), (-50_000, net - 50_000)]
        assert (each.charged_minor, each.paid_minor, each.closing_minor) == (net, 50_000, net - 50_000)
    later = get_statement(session, cast.finance, cast.startup_a, date(2026, 12, 1), date(2026, 12, 31))
    assert (later.opening_minor, later.lines, later.closing_minor) == (net - 50_000, [], net - 50_000)
    standing = get_standing(session, cast.finance, cast.startup_a, date(2026, 11, 17))
    assert (standing.open_minor, standing.overdue_minor, standing.owes_minor) == (net - 50_000,) * 3
    assert standing.received_minor == 50_000


def test_a_founder_sees_their_own_account_only(
    client: Browser, session: Session, cast: Cast, posted: dict[str, Invoice]
) -> None:  # fmt: skip
    with pytest.raises(NotFound):
        get_statement(session, cast.founder_b, cast.startup_a, *YEAR)
    client.sign_in(cast.founder_b)
    assert client.get(f"/billing/companies/{cast.startup_b}").status_code == 200
    assert client.get(f"/billing/companies/{cast.startup_a}").status_code == 404
    assert client.get(f"/billing/companies/{cast.startup_b}/statement.pdf").data[:4] == b"%PDF"
    assert client.get("/billing/books").status_code == 403


def test_the_vouchers_balance_one_by_one(
    session: Session, cast: Cast, posted: dict[str, Invoice], receive: Receive
) -> None:
    clear_oldest(session, cast.finance, now=AFTER_OCTOBER, payment_id=receive("A", 50_000).id)
    lines = list_voucher_lines(session, cast.finance, NOVEMBER)
    sums: dict[int, int] = {}
    for line in lines:
        assert (line.debit_minor > 0) != (line.credit_minor > 0)
        sums[line.entry.number] = sums.get(line.entry.number, 0) + line.debit_minor - line.credit_minor
    assert list(sums) == [1, 2, 3, 4, 5] and set(sums.values()) == {0}


def test_the_files_for_accounting_software(client: Browser, cast: Cast, posted: dict[str, Invoice]) -> None:
    """Kingdee's sheet, its CSV and Yonyou's text have the same amounts to the fen."""
    client.sign_in(cast.finance)
    sheet = load_workbook(io.BytesIO(client.get("/billing/books/2026-11/kingdee.xlsx").data)).active
    assert sheet is not None
    head, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    debit = [round(float(str(row[head.index("借方金额")])) * 100) for row in rows if row[head.index("借方金额")]]
    text = client.get("/billing/books/2026-11/yonyou.txt").data.decode("gb18030").splitlines()
    assert text[0] == "填制凭证,V800"
    u8 = list(csv.reader(text[1:]))
    assert [round(float(row[6]) * 100) for row in u8 if float(row[6])] == debit
    assert (
        sum(round(float(row[7]) * 100) for row in u8) == sum(debit) == sum(each.gross_minor for each in posted.values())
    )
    plain = list(csv.reader(client.get("/billing/books/2026-11/kingdee.csv").data.decode("utf-8-sig").splitlines()))
    assert len(plain) == len(rows) + 1 == len(u8) + 1
    assert client.get("/billing/books/2026-11/kingdee.exe").status_code == 404


def test_finance_closes_a_month(client: Browser, session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    """November has not ended on the real day, or it has: the page says so; October, without an entry, can be closed."""
    client.sign_in(cast.finance)
    page = client.get("/billing/books?month=2026-11").get_data(as_text=True)
    assert "试算平衡表" in page and "1122" in page
    assert client.post("/billing/books/2026-10/close").status_code == 303
    assert session.execute(select(ClosedMonth.month)).scalar_one() == date(2026, 10, 1)


def test_an_auditor_reads_all_and_changes_nothing(
    client: Browser, session: Session, cast: Cast, posted: dict[str, Invoice]
) -> None:  # fmt: skip
    client.sign_in(cast.auditor)
    entry_id = session.execute(select(JournalEntry.id).limit(1)).scalar_one()
    for path in ("/billing/desk", "/billing/books", "/billing/books/entries?month=2026-11", "/billing/ageing",
                 "/billing/books/accounts/receivable?month=2026-11", f"/billing/books/entries/{entry_id}",
                 "/billing/books/chart", f"/billing/companies/{cast.startup_a}"):  # fmt: skip
        page = client.get(path)
        assert page.status_code == 200, path
        assert 'method="post" action="/billing' not in page.get_data(as_text=True)
    for path in ("/billing/books/catch-up", "/billing/books/2026-10/close", "/billing/books/chart/new"):
        assert client.post(path).status_code == 403
