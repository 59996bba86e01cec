"""The house's bank and A's payments, for `belongings.py` and `test_access.py`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import BankLine, Clearing, Invoice
from incubator.billing.operations.bank_accounts import AccountTerms, add_bank_account
from incubator.billing.operations.bank_importing import import_file, keep_file
from incubator.billing.operations.bank_matching import assign_line, ignore_line
from incubator.billing.operations.bank_taking import Chosen
from incubator.billing.operations.payments import receive_payment, refund
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

MARKS = {"payer": "甲的付款人", "bank line": "甲的转账附言"}
"""What only A's own rows say."""

STAFF = {"owner", "manager", "finance", "auditor"}
BILL = {"owner", "finance"}
STATEMENT = """日期,收入,支出,对方名称,摘要
2026-10-30,100.00,,甲的付款人,甲的转账附言
2026-10-30,5.00,,银行,结息
2026-10-30,,8.00,银行,手续费
"""

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/billing/bank": (STAFF, set()),
    "/billing/bank?state=done": (STAFF, set()),
    "/billing/bank/lines/{bank_line}": (STAFF, set()),
    "/billing/bank/lines/{bank_line}/undo": (BILL, set()),
    "/billing/bank/lines/{bank_line_open}/ignore": (BILL, set()),
    "/billing/bank/accounts": (STAFF, set()),
    "/billing/bank/accounts/new": (BILL, set()),
    "/billing/bank/accounts/{bank_account}": (BILL, set()),
    "/billing/bank/import": (BILL, set()),
    "/billing/bank/files/{bank_file}": (BILL, set()),
    "/payments": (STAFF, set()),
    "/payments.csv": (STAFF, set()),
    "/payments/new": (BILL, set()),
    "/payments/new?startup={startup_a}": (BILL, set()),
    "/payments/{payment_a}": (STAFF, set()),
    "/payments/{payment_a}/receipt.pdf": (STAFF | {"founder_a"}, {"founder_b"}),
    "/payments/{payment_a}/clearings/{clearing_a}/undo": (BILL, set()),
    "/payments/{payment_cash}/refund": (BILL, set()),
    "/payments/{payment_cash}/refunds/{refund_a}/undo": (BILL, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/billing/bank/lines/{none}", "/billing/bank/lines/{none}/ignore", "/billing/bank/lines/{none}/undo",
    "/billing/bank/accounts/{none}", "/billing/bank/files/{none}",
    "/payments/{none}", "/payments/{none}/receipt.pdf", "/payments/new?startup={none}", "/payments/{none}/refund",
    "/payments/{payment_a}/clearings/{none}/undo", "/payments/{payment_a}/refunds/{refund_a}/undo",
)  # fmt: skip
STATEMENTS = [
    ("/billing/bank", 16), ("/billing/bank/lines/{bank_line_open}", 14), ("/billing/bank/import", 9), ("/payments", 8),
    ("/payments/{payment_a}", 10), ("/payments/new?startup={startup_a}", 8),
]


def belongings(session: Session, cast: Cast) -> tuple[dict[str, object], dict[str, object]]:
    """The same by the names of places: what is the house's, and what is A's."""
    invoice = session.execute(select(Invoice).where(Invoice.startup_id == cast.startup_a).limit(1)).scalar_one()
    found = bank(session, cast, invoice)
    house = {"bank_account": found["bank_account"], "bank_file": found["bank_file"], "line_id": found["bank_line"]}
    return dict(house), {"payment_id": found["payment_a"], "clearing_id": found["clearing_a"], "refund_id": found["refund_a"]}


def bank(session: Session, cast: Cast, invoice: Invoice) -> dict[str, int]:
    """A transfer of A that pays a part of its invoice, cash that was partly given back, a line left aside and one open."""
    finance, now = cast.finance, AFTER_OCTOBER
    account = add_bank_account(session, finance, now=now, terms=AccountTerms("南山创客空间", "工行南山支行", "4000023009", is_printed=True))
    file = keep_file(session, finance, now=now, account_id=account.id, name="a.csv", content=STATEMENT.encode())
    import_file(session, finance, now=now, file_id=file.id)
    paid, interest, fee = session.execute(select(BankLine).order_by(BankLine.id.desc()).limit(3)).scalars().all()[::-1]
    payment = assign_line(session, finance, now=now, line_id=paid.id, chosen=Chosen(cast.startup_a, {invoice.id: 10_000}))
    ignore_line(session, finance, now=now, line_id=interest.id, reason="结息")
    cash = receive_payment(session, finance, now=now, startup_id=cast.startup_a, way="cash", amount_minor=5_000,
                           received_on=date(2026, 10, 30), payer=MARKS["payer"])  # fmt: skip
    given = refund(session, finance, now=now, payment_id=cash.id, amount_minor=1_000, way="cash",
                   refunded_on=date(2026, 10, 31), reason="多付")  # fmt: skip
    clearing = session.execute(select(Clearing.id).where(Clearing.payment_id == payment.id)).scalar_one()
    return {"bank_account": account.id, "bank_file": file.id, "bank_line": paid.id, "bank_line_open": fee.id,
            "payment_a": payment.id, "payment_cash": cash.id, "clearing_a": clearing, "refund_a": given.id}  # fmt: skip
