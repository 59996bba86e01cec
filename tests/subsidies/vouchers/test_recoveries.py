"""What is taken back after a settlement, and payments of settlements; numbers worked by hand."""

from __future__ import annotations

import hashlib
from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.canonical import canonical_json
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.queries import get_document
from incubator.subsidies.models import ServiceProvider, SettlementPayment, Voucher, VoucherEntry, VoucherSettlement
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_orders import Evidence, return_redemption
from incubator.subsidies.operations.voucher_payments import pay_settlement, undo_payment
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.queries.voucher_ledger import count_payable, get_order, get_used
from incubator.subsidies.queries.voucher_settlements import (
    get_settlement,
    list_deducted,
    list_deductions,
    list_payments,
    list_settlements,
    sum_unpaid,
)
from incubator.subsidies.rules.vouchers import Balance, take_deductions
from incubator.subsidies.settlement_paper import write_settlement
from tests.cast import Cast
from tests.subsidies.vouchers.issuing import (
    PDF,
    at,
    balance,
    make_provider,
    make_series,
    make_voucher,
    order,
    settle_in,
    take,
)

FIRST = date(2026, 10, 1)


@pytest.fixture
def provider(session: Session, cast: Cast) -> ServiceProvider:
    settle_in(session, cast)
    return make_provider(session, cast)


@pytest.fixture
def voucher(session: Session, cast: Cast, provider: ServiceProvider) -> Voucher:
    """A's, of 10,000.00, which bears 60 %; at most 9,000.00 a year; valid until 30 November."""
    return make_voucher(session, cast, make_series(session, cast, yearly_limit_minor=900_000, valid_days=61))


def redeemed(session: Session, cast: Cast, voucher: Voucher, provider: ServiceProvider, gross_minor: int) -> VoucherEntry:
    return take(session, cast, order(session, cast, voucher, provider, gross_minor).id, gross_minor)


def settle(session: Session, cast: Cast, provider: ServiceProvider, expected: int, day: int = 2, month: int = 11) -> VoucherSettlement:
    return make_settlement(session, cast.finance, now=at(month, day), provider_id=provider.id, first=FIRST,
                           last=date(2026, month, day), expected_minor=expected)  # fmt: skip


def take_back(session: Session, cast: Cast, entry: VoucherEntry, amount: int, month: int = 11, day: int = 5) -> VoucherEntry:
    assert entry.order_id is not None
    return return_redemption(session, cast.finance, now=at(month, day), order_id=entry.order_id, entry_id=entry.id,
                             amount_minor=amount, reason="报告不合格")  # fmt: skip


def test_it_is_back_on_the_voucher_and_off_the_next_list(session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher) -> None:
    # 8,000.00 → 4,800.00, settled by VS-2026-0001; 1,200.00 come back; the next 2,000.00 → 1,200.00 … of 3,000.00 1,800.00 − 1,200.00
    entry = redeemed(session, cast, voucher, provider, 800_000)
    first = settle(session, cast, provider, 480_000)
    sealed = first.sha256
    back = take_back(session, cast, entry, 120_000)
    assert balance(session, voucher) == Balance(left=640_000, settled=360_000)
    used = get_used(session, voucher.series_id, voucher.startup_id, 2026)
    assert used is not None and used.used_minor == 360_000
    assert [each.settlement.label for each in list_deductions(session, provider.id)] == ["VS-2026-0001"]
    assert count_payable(session, cast.finance) == {provider.id: 0}
    with pytest.raises(Refusal, match="at most what was redeemed"):
        take_back(session, cast, entry, 360_001)

    redeemed(session, cast, voucher, provider, 300_000)
    with pytest.raises(Conflict, match="another sum"):
        settle(session, cast, provider, 180_000, day=6)
    second = settle(session, cast, provider, 60_000, day=6)
    assert (second.label, second.total_minor) == ("VS-2026-0002", 60_000)
    (line,) = second.content["deductions"]
    assert (line["settlement"], line["order"], line["amount_minor"], line["reason"]) == ("VS-2026-0001", "VO-2026-0001", 120_000, "报告不合格")
    assert second.sha256 == hashlib.sha256(canonical_json(second.content)).digest() and first.sha256 == sealed
    deduct = session.execute(select(VoucherEntry).where(VoucherEntry.kind == "deduct")).scalar_one()
    assert (deduct.of_id, deduct.settlement_id, deduct.amount_minor) == (back.id, second.id, 120_000)
    assert [(each.id, later and later.label) for each, _order, later in list_deducted(session, first.id)] == [(back.id, "VS-2026-0002")]
    assert list_deductions(session, provider.id) == []
    assert balance(session, voucher) == Balance(left=460_000, settled=540_000)
    assert get_order(session, cast.finance, entry.order_id or 0).returned_minor == 120_000
    sheet = load_workbook(BytesIO(write_settlement(second.content, second.sha256.hex())))["扣回"]
    assert any(row[7].value == -1200 and row[1].value == "VS-2026-0001" for row in sheet.iter_rows())


def test_what_is_more_than_the_list_stays_open(session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher) -> None:
    # taken back: 3,000.00 and 300.00; the next list of 600.00 carries the 300.00 alone
    one, two = (redeemed(session, cast, voucher, provider, gross) for gross in (800_000, 100_000))
    settle(session, cast, provider, 540_000)
    take_back(session, cast, one, 300_000)
    take_back(session, cast, two, 30_000)
    redeemed(session, cast, voucher, provider, 100_000)
    second = settle(session, cast, provider, 30_000, day=6)
    assert [each["amount_minor"] for each in second.content["deductions"]] == [30_000]
    assert [each.entry.amount_minor for each in list_deductions(session, provider.id)] == [300_000]
    # one that is as much as what is redeemed leaves a list of nothing to pay
    redeemed(session, cast, voucher, provider, 500_000)
    third = settle(session, cast, provider, 0, day=7)
    assert third.total_minor == 0 and not get_settlement(session, cast.finance, third.id).is_to_pay
    with pytest.raises(Conflict, match="Nothing is to be paid"):
        pay_settlement(session, cast.finance, now=at(11, 8), settlement_id=third.id, paid_on=date(2026, 11, 8), way="cash")


def test_after_its_last_day_it_expires(session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher) -> None:
    entry = redeemed(session, cast, voucher, provider, 800_000)
    settle(session, cast, provider, 480_000)
    expire_vouchers(session, cast.system, now=at(12, 1))
    take_back(session, cast, entry, 80_000, month=12, day=2)
    assert balance(session, voucher) == Balance(left=80_000, settled=400_000, expired=520_000)
    expire_vouchers(session, cast.system, now=at(12, 3))
    assert balance(session, voucher) == Balance(settled=400_000, expired=600_000)


@pytest.mark.parametrize(("payable", "open_", "taken"), [
    (60_000, [50_000, 20_000, 10_000], [True, False, True]), (0, [1], [False]), (5, [], []), (7, [7], [True]),
])  # fmt: skip
def test_which_deductions_a_list_carries(payable: int, open_: list[int], taken: list[bool]) -> None:
    assert take_deductions(payable, open_) == taken


def test_a_payment_is_recorded_once_and_undone_by_an_entry(
    session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher
) -> None:
    redeemed(session, cast, voucher, provider, 800_000)
    made = settle(session, cast, provider, 480_000)
    assert sum_unpaid(session, cast.auditor) == (1, 480_000)
    facts = {"settlement_id": made.id, "paid_on": date(2026, 11, 4), "way": "transfer", "reference": " 20261104-0077 "}
    paid = pay_settlement(session, cast.finance, now=at(11, 5), proof=Evidence("", "receipt.pdf", PDF), **facts)
    assert (paid.number, paid.reference) == (1, "20261104-0077")
    assert get_document(session, cast.auditor, paid.document_id or 0).title == "VS-2026-0001 付款凭证"
    with pytest.raises(NotFound):
        get_document(session, cast.founder_a, paid.document_id or 0)
    with pytest.raises(Conflict, match="paid already"):
        pay_settlement(session, cast.finance, now=at(11, 5), **facts)
    assert sum_unpaid(session, cast.auditor) == (0, 0)
    with pytest.raises(Refusal, match="Say why"):
        undo_payment(session, cast.finance, now=at(11, 6), settlement_id=made.id, reason=" ")
    undo_payment(session, cast.finance, now=at(11, 6), settlement_id=made.id, reason="银行退票")
    with pytest.raises(Conflict, match="nothing to undo"):
        undo_payment(session, cast.finance, now=at(11, 6), settlement_id=made.id, reason="再一次")
    again = pay_settlement(session, cast.finance, now=at(11, 9), **facts | {"way": "cheque"})
    assert [each.payment.kind for each in list_payments(session, made.id)] == ["pay", "undo", "pay"] and again.number == 3
    said = session.execute(select(AuditEvent.action).where(AuditEvent.subject_kind == "voucher_settlements").order_by(AuditEvent.number)).scalars()
    assert list(said) == ["settle_vouchers", "pay_settlement", "undo_settlement_payment", "pay_settlement"]


def test_what_can_t_be_paid_so(session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher) -> None:
    redeemed(session, cast, voucher, provider, 800_000)
    made = settle(session, cast, provider, 480_000)
    good = {"settlement_id": made.id, "paid_on": date(2026, 11, 4), "way": "transfer"}
    for bad, said in (({"paid_on": date(2026, 11, 6)}, "still to come"), ({"paid_on": date(2026, 11, 1)}, "settles days"), ({"way": "wampum"}, "how it was")):
        with pytest.raises(Refusal, match=said):
            pay_settlement(session, cast.finance, now=at(11, 5), **good | bad)
    for actor in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            pay_settlement(session, actor, now=at(11, 5), **good)
        with pytest.raises(Forbidden):
            undo_payment(session, actor, now=at(11, 5), settlement_id=made.id, reason="x")
    with pytest.raises(NotFound):
        pay_settlement(session, cast.finance, now=at(11, 5), **good | {"settlement_id": 2**40})


def test_unpaid_ones_stand_first(session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher) -> None:
    made = []
    for number, gross in enumerate((100_000, 200_000, 300_000)):
        redeemed(session, cast, voucher, provider, gross)
        made.append(settle(session, cast, provider, gross * 60 // 100, day=2 + number))
    pay_settlement(session, cast.finance, now=at(11, 6), settlement_id=made[2].id, paid_on=date(2026, 11, 6), way="transfer")
    rows = list_settlements(session, cast.auditor).rows
    assert [row.settlement.id for row in rows] == [made[1].id, made[0].id, made[2].id]


@pytest.mark.parametrize("wrong", [
    {"number": 2}, {"kind": "undo"}, {"paid_on": None}, {"reason": "x"}, {"kind": "undo", "number": 2, "way": None, "paid_on": None},
])  # fmt: skip
def test_the_table_says_so_too(session: Session, cast: Cast, provider: ServiceProvider, voucher: Voucher, wrong: dict[str, object]) -> None:
    redeemed(session, cast, voucher, provider, 800_000)
    made = settle(session, cast, provider, 480_000)
    values = {"settlement_id": made.id, "number": 1, "kind": "pay", "paid_on": date(2026, 11, 4), "way": "cash", "created_at": at(11, 4)} | wrong
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(SettlementPayment(**values))
        session.flush()
    with pytest.raises(Exception, match="permission denied"), session.begin_nested():
        session.execute(text("UPDATE settlement_payments SET reference = 'x'"))
