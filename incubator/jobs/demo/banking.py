"""The demo's bank: an account, a statement that finance has matched, and one of this week of which all lines wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.billing.models import BankAccount, BankLine, CardPayout, Invoice, OpenItem
from incubator.billing.operations.bank_accounts import AccountTerms, add_bank_account
from incubator.billing.operations.bank_importing import import_file, keep_file
from incubator.billing.operations.bank_matching import confirm_lines, ignore_line
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.billing.rules.invoicing import invoice_number
from incubator.billing.rules.matching import THRESHOLD
from incubator.core.clock import CHINA
from incubator.core.money import Money
from incubator.documents.csvs import Cell, write_csv
from incubator.startups.models import Startup

NUMBER = "4000023009200123456"
TITLES = ["交易日期", "交易时间", "收入金额", "支出金额", "余额", "对方户名", "对方账号", "摘要", "交易流水号"]
DESK, UNPAID, PART = 5, 3, 4
"""Every fifth open invoice is paid at the desk, every third stays open, every fourth is paid by half."""

Told = tuple[date, int, str, str, str]
"""Day, fen, other side, its account, purpose."""


def import_statements(session: Session, actor: Actor, operator: str, visitor_id: int, now: datetime) -> None:
    """What is open by now is paid in part: older invoices by lines that are matched, newer ones by lines that wait."""
    terms = AccountTerms(operator, "中国工商银行深圳南山支行", NUMBER, is_printed=True, is_for_letters=True)
    account = add_bank_account(session, actor, now=now - timedelta(days=300), terms=terms)
    today = now.astimezone(CHINA).date()
    rows = session.execute(
        select(Invoice, OpenItem, Startup)
        .join(OpenItem, OpenItem.invoice_id == Invoice.id)
        .join(Startup, Startup.id == Invoice.startup_id)
        .where(OpenItem.open_minor > 0, Invoice.startup_id != visitor_id)
        .order_by(Invoice.due_on, Invoice.id)
    ).all()
    matched, waits = list[Told](), list[Told]()
    for place, (invoice, item, startup) in enumerate(rows):
        if place % DESK == DESK - 1:
            _pay_at_the_desk(session, actor, invoice, item, now)
        elif place % UNPAID != UNPAID - 1:
            amount = item.open_minor // 2 if place % PART == PART - 1 else item.open_minor
            number = invoice_number(invoice.series, invoice.year, invoice.number)
            purpose = (f"房租 {number}", f"{invoice.month.month}月租金", number.replace("-", ""))[place % 3]
            told = matched if place < len(rows) // 2 else waits
            on = today - timedelta(days=20 - place % 9 if told is matched else 1 + place % 3)
            told.append((on, amount, startup.name, f"7559{startup.id:014}", purpose))
    interest = (today - timedelta(days=15), 3_512, "中国工商银行", "", "结息")
    _import(session, actor, account, "工行流水.csv", [*matched, interest], now)
    found = find_suggestions(session, actor)
    shown = {line_id: each.fingerprint for line_id, each in found.items() if each.confidence >= THRESHOLD}
    if shown:
        confirm_lines(session, actor, now=now, shown=shown)
    for line in session.execute(select(BankLine).where(BankLine.purpose == "结息")).scalars().all():
        ignore_line(session, actor, now=now, line_id=line.id, reason="银行结息")
    last = (today - timedelta(days=1), 300_000, "深圳市前海信泰控股有限公司", "44250100003600001234", "往来款")
    fee = (today - timedelta(days=1), -2_500, "", "", "手续费")
    left = [(invoice, item) for invoice, item, _startup in rows[UNPAID - 1 :: UNPAID]]
    more = [*_of_two(left, today), *_payouts(session)]
    _import(session, actor, account, "工行流水（本周）.csv", [*waits, last, fee, *more], now)


def _of_two(left: Sequence[tuple[Invoice, OpenItem]], today: date) -> list[Told]:
    """A parent company pays for two of its companies by one transfer that names both invoices."""
    last, before = left[-1:], [each for each in left if each[0].startup_id != left[-1][0].startup_id][-1:]
    both = [*before, *last] if before else []
    if not both:
        return []
    numbers = "、".join(invoice_number(invoice.series, invoice.year, invoice.number) for invoice, _item in both)
    amount = sum(item.open_minor for _invoice, item in both)
    payer = "深圳鹏远产业投资集团有限公司"
    return [(today - timedelta(days=2), amount, payer, "44250100009900004321", f"代付 {numbers}")]


def _payouts(session: Session) -> list[Told]:
    """What Stripe has paid out, as the bank tells it."""
    rows = session.execute(select(CardPayout).where(CardPayout.status == "paid")).scalars()
    payer = "STRIPE PAYMENTS HONG KONG LIMITED"
    return [(each.arrives_on, each.amount_minor, payer, "", "STRIPE PAYOUT") for each in rows]


def _pay_at_the_desk(session: Session, actor: Actor, invoice: Invoice, item: OpenItem, now: datetime) -> None:
    """In cash, or by card with the slip's number."""
    way = "cash" if invoice.id % 2 else "pos"
    payment = receive_payment(
        session, actor, now=now, startup_id=invoice.startup_id, way=way, amount_minor=item.open_minor,
        received_on=min(invoice.due_on, now.astimezone(CHINA).date()), site_id=invoice.site_id,
        reference="" if way == "cash" else f"POS {invoice.id:06}",
    )  # fmt: skip
    clear_oldest(session, actor, now=now, payment_id=payment.id)


def _import(
    session: Session, actor: Actor, account: BankAccount, name: str, told: Sequence[Told], now: datetime
) -> None:  # fmt: skip
    """As the bank's website gives it: by days, with the balance after each line."""
    balance, rows = 86_000_000, list[list[Cell]]()
    for place, (on, amount, payer, number, purpose) in enumerate(sorted(told)):
        balance += amount
        rows.append([
            on, "10:22:33", Money(amount).major if amount > 0 else "", Money(-amount).major if amount < 0 else "",
            Money(balance).major, payer, number, purpose, f"{on:%Y%m%d}{account.id:02}{place:06}",
        ])  # fmt: skip
    content = write_csv(TITLES, rows)
    file = keep_file(session, actor, now=now, account_id=account.id, name=name, content=content)
    import_file(session, actor, now=now, file_id=file.id)
