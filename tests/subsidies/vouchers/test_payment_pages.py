"""Pages of payments and of what was taken back after a settlement, for each role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from incubator.subsidies.models import VoucherEntry, VoucherSettlement
from incubator.subsidies.operations.voucher_orders import return_redemption
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.views import voucher_orders, voucher_settlements
from tests.cast import Cast
from tests.conftest import Browser
from tests.subsidies.vouchers.issuing import PDF, at, make_provider, make_series, make_voucher, order, settle_in, take


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def turn(now: datetime) -> None:
        for pages in (voucher_orders, voucher_settlements):
            monkeypatch.setattr(pages, "utc_now", lambda: now)

    turn(at(11, 5))
    return turn


@pytest.fixture
def settled(session: Session, cast: Cast) -> tuple[VoucherEntry, VoucherSettlement]:
    """8,000.00 of A, of which the voucher bears 4,800.00, settled on 2 November."""
    settle_in(session, cast)
    provider = make_provider(session, cast)
    voucher = make_voucher(session, cast, make_series(session, cast))
    entry = take(session, cast, order(session, cast, voucher, provider, 800_000).id, 800_000)
    return entry, make_settlement(session, cast.finance, now=at(11, 2), provider_id=provider.id, first=date(2026, 10, 1),
                                  last=date(2026, 10, 31), expected_minor=480_000)  # fmt: skip


def test_a_payment_from_the_list_to_its_undoing(
    client: Browser, session: Session, cast: Cast, settled: tuple[VoucherEntry, VoucherSettlement]
) -> None:
    address = f"/vouchers/settlements/{settled[1].id}"
    client.sign_in(cast.finance)
    listed = client.get("/vouchers/settlements").text
    assert "待付款" in listed and "¥4,800.00" in listed
    assert f"{address}/pay" in client.get(address).text
    form = client.get(f"{address}/pay").text
    assert 'value="2026-11-05"' in form and "7559 0000 1111" in form
    late = client.post(f"{address}/pay", data={"paid_on": "2026-11-06", "way": "transfer"})
    assert late.status_code == 422 and 'id="paid_on-error"' in late.text
    assert client.post(f"{address}/pay", data={"paid_on": "", "way": "x"}).status_code == 422
    done = client.post(f"{address}/pay", data={"paid_on": "2026-11-04", "way": "transfer", "reference": "0077",
                                               "file": (BytesIO(PDF), "回单.pdf")})  # fmt: skip
    assert done.status_code == 303
    page = client.get(address).text
    assert "2026年11月4日 付款" in page and "银行转账" in page and "0077" in page and "付款凭证" in page
    assert f"{address}/pay" not in page and f"{address}/undo-payment" in page
    assert client.post(f"{address}/pay", data={"paid_on": "2026-11-04", "way": "transfer"}).status_code == 409
    book = load_workbook(BytesIO(client.get("/vouchers/settlements.xlsx").data))
    (row,) = [row for row in book.worksheets[0].iter_rows(values_only=True) if row[0] == "VS-2026-0001"]
    assert (row[4], row[6], row[7]) == (4800, "银行转账", "0077")
    assert client.post(f"{address}/undo-payment", data={"reason": ""}).status_code == 422
    assert client.post(f"{address}/undo-payment", data={"reason": "银行退票"}).status_code == 303
    page = client.get(address).text
    assert "已撤销：银行退票" in page and "2026年11月4日 付款" in page and f"{address}/pay" in page
    assert "登记了创新券结算清单的付款" in client.sign_in(cast.auditor).get("/audit").text
    assert f"{address}/pay" not in client.get(address).text


def test_what_comes_back_stands_on_both_settlements(
    client: Browser, session: Session, cast: Cast, settled: tuple[VoucherEntry, VoucherSettlement]
) -> None:
    entry, first = settled
    client.sign_in(cast.finance)
    form = client.get(f"/vouchers/orders/{entry.order_id}/return").text
    assert "已结算" in form
    done = client.post(f"/vouchers/orders/{entry.order_id}/return", data={"entry_id": entry.id, "amount": "1200", "reason": "报告不合格"})
    assert done.status_code == 303
    assert "待扣回" in client.get(f"/vouchers/settlements/{first.id}").text
    ledger = client.get(f"/vouchers/{entry.voucher_id}").text
    assert "VO-2026-0001 已结算的 ¥1,200.00 由机构退回，重新可用。" in ledger
    wanted = f"provider_id={first.provider_id}&first=2026-11-01&last=2026-11-05"
    page = client.get(f"/vouchers/settlements/new?{wanted}").text
    assert "留待以后扣回" in page and "报告不合格" in page


def test_the_deduction_is_on_the_page_of_the_next(
    client: Browser, session: Session, cast: Cast, settled: tuple[VoucherEntry, VoucherSettlement]
) -> None:
    entry, first = settled
    return_redemption(session, cast.finance, now=at(11, 3), order_id=entry.order_id or 0, entry_id=entry.id, amount_minor=30_000, reason="少做一项")
    voucher = make_voucher(session, cast, make_series(session, cast, code="B"), startup_id=cast.startup_b)
    provider_id = first.provider_id
    provider = session.get_one(type(make_provider(session, cast, name="另一家")), (cast.operator_id, provider_id))
    take(session, cast, order(session, cast, voucher, provider, 100_000).id, 100_000)
    client.sign_in(cast.finance)
    shown = {"provider_id": provider_id, "first": "2026-10-01", "last": "2026-11-05"}
    page = client.get("/vouchers/settlements/new", query_string=shown).text
    assert "扣回" in page and "少做一项" in page and "¥300.00" in page
    made = client.post("/vouchers/settlements", data=shown | {"expected": "30000"})
    assert made.status_code == 303
    page = client.get(made.location).text
    assert "VS-2026-0001" in page and "少做一项" in page
    assert "已在 VS-2026-0002 扣回" in client.get(f"/vouchers/settlements/{first.id}").text
    book = load_workbook(BytesIO(client.get(f"/vouchers/series/{voucher.series_id}/redeemed.xlsx").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert any(row[2] == "V-2026-0002" and row[8] == 600 and row[10] == "VS-2026-0002" for row in rows)


@pytest.mark.parametrize("path", ["pay", "undo-payment"])
def test_who_may(client: Browser, cast: Cast, settled: tuple[VoucherEntry, VoucherSettlement], path: str) -> None:
    for actor in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a):
        assert client.sign_in(actor).post(f"/vouchers/settlements/{settled[1].id}/{path}").status_code == 403
