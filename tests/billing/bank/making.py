"""Posted invoices and statements, made the short way: one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import (
    BankAccount,
    BankLine,
    BankStatement,
    Charge,
    Invoice,
    InvoiceLine,
    OpenItem,
    Payment,
)
from incubator.billing.operations.bank_accounts import AccountTerms, add_bank_account
from incubator.billing.operations.bank_importing import import_file, keep_file
from incubator.billing.operations.booking import book_invoices
from incubator.billing.operations.numbering import INVOICES, take_numbers
from incubator.spaces.models import Site
from incubator.spaces.operations import create_site
from incubator.startups.models import Startup
from tests.billing.bank.samples import ACCOUNT, as_csv
from tests.cast import NOW, Cast

LATER = datetime(2026, 12, 20, 1, 0, tzinfo=UTC)
"""09:00 on 20 December in Shanghai: by then everything here has come."""

PLAIN = ["日期", "收入", "支出", "余额", "对方名称", "对方账号", "摘要", "交易流水号"]


def yuan(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2)) if minor else ""


@dataclass
class Bank:
    """A site, an account, and who does things."""

    session: Session
    cast: Cast
    site: Site
    account: BankAccount
    now: datetime = LATER
    _files: list[str] = field(default_factory=list)

    @property
    def finance(self) -> Any:
        return self.cast.finance

    def invoice(self, startup_id: int, net_minor: int, due_on: date = date(2026, 11, 15)) -> Invoice:
        """One posted invoice with its entry and open item."""
        return self.invoices([(startup_id, net_minor)], due_on)[0]

    def invoices(self, wanted: Sequence[tuple[int, int]], due_on: date = date(2026, 11, 15)) -> list[Invoice]:
        session, issued_on = self.session, due_on - timedelta(days=14)
        startups = {each.id: each for each in session.execute(select(Startup)).scalars()}
        numbers = take_numbers(session, INVOICES, issued_on.year, len(wanted))
        month = (issued_on.replace(day=1) - timedelta(days=1)).replace(day=1)
        made = [
            Invoice(
                site_id=self.site.id, startup_id=startup_id, month=month, series="INV", year=issued_on.year, number=number,
                issued_on=issued_on, due_on=due_on, gross_minor=net, subsidy_minor=0, net_minor=net, currency="CNY",
                parties={
                    "operator": {"name": "南山创客空间", "name_en": "", "credit_code": None, "address": ""},
                    "site": {"code": self.site.code, "name": self.site.name, "name_en": "", "address": ""},
                    "startup": {"code": startups[startup_id].code, "name": startups[startup_id].name,
                                "name_en": startups[startup_id].name_en, "kind": "company", "credit_code": None},
                },
                posted_at=NOW, posted_by=None,
            )
            for (startup_id, net), number in zip(wanted, numbers, strict=True)
        ]  # fmt: skip
        charges = [
            Charge(
                site_id=self.site.id, startup_id=each.startup_id, month=month, kind="rent", source_kind="residency_price",
                source_id=10_000 * each.year + each.number, starts_on=month, ends_on=issued_on - timedelta(days=1),
                quantity=1, basis="unit_month", unit_price=Decimal(each.net_minor).scaleb(-2), gross_minor=each.net_minor,
                tax_rate=Decimal("0"), tax_minor=0, currency="CNY",
                derivation={"quantity": "1", "days": 31, "days_in_month": 31}, created_at=NOW,
            )
            for each in made
        ]  # fmt: skip
        session.add_all([*made, *charges])
        session.flush()
        session.add_all(
            InvoiceLine(operator_id=each.operator_id, invoice_id=each.id, line=1, charge_id=charge.id,
                        description={"unit": "O1"}, gross_minor=each.net_minor, subsidy_minor=0, net_minor=each.net_minor,
                        tax_minor=0)
            for each, charge in zip(made, charges, strict=True)
        )  # fmt: skip
        session.flush()
        book_invoices(session, self.finance, made, now=NOW)
        return made

    def statement(self, *lines: tuple[str, int, str, str], reference: bool = True) -> BankStatement:
        """Import (day, fen, other side, purpose); without a reference it is told by its content."""
        rows = [
            [on, yuan(max(minor, 0)), yuan(max(-minor, 0)), "", payer, "", purpose,
             f"{on}-{minor}-{payer}-{purpose}" if reference else ""]
            for on, minor, payer, purpose in lines
        ]  # fmt: skip
        return self.imported(as_csv(PLAIN, rows))

    def imported(self, content: bytes, name: str = "a.csv") -> BankStatement:
        file = keep_file(self.session, self.finance, now=self.now, account_id=self.account.id, name=name, content=content)
        return import_file(self.session, self.finance, now=self.now, file_id=file.id)

    def lines(self) -> list[BankLine]:
        query = select(BankLine).order_by(BankLine.id).execution_options(populate_existing=True)
        return list(self.session.execute(query).scalars())

    def line(self, on: str, minor: int, payer: str = "", purpose: str = "") -> BankLine:
        """One line, imported."""
        self.statement((on, minor, payer, purpose))
        return self.lines()[-1]

    def open_of(self, invoice: Invoice) -> int:
        """What is open of an invoice."""
        return self.session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice.id)).scalar_one()

    def left_of(self, payment: Payment) -> int:
        """What is left of a payment."""
        return self.session.execute(select(OpenItem.open_minor).where(OpenItem.payment_id == payment.id)).scalar_one()


def make_bank(session: Session, cast: Cast, code: str = "NS") -> Bank:
    """A site and an account of the cast's operator."""
    site = create_site(session, cast.manager, now=NOW, code=code, name="南山一号", hours=[], open_from=date(2026, 1, 1))
    terms = AccountTerms("南山创客空间", "中国工商银行深圳南山支行", ACCOUNT, is_printed=True)
    return Bank(session, cast, site, add_bank_account(session, cast.finance, now=NOW, terms=terms))
