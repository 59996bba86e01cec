"""Reads of bank accounts, statements and their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, String, any_, cast, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import (
    BankAccount,
    BankAct,
    BankFile,
    BankLine,
    BankShare,
    BankStatement,
    CardPayout,
    Invoice,
    Payment,
    Refund,
)
from incubator.billing.operations.numbering import RECEIPTS
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.database import current_operator, id_array
from incubator.startups.models import Startup

MATCHED = ("paid", "refunded", "payout")


def count_unmatched(session: Session) -> int:
    """Lines by which money came in and nobody has said yet what for."""
    return session.execute(
        select(func.count()).select_from(BankLine).where(BankLine.state == "open", BankLine.amount_minor > 0)
    ).scalar_one()


def sum_unmatched(session: Session, until: date | None = None) -> int:
    """What came by them, in fen; until a day: what a month that is to be closed has open."""
    wanted = [BankLine.state == "open", BankLine.amount_minor > 0]
    if until is not None:
        wanted.append(BankLine.booked_on <= until)
    return int(session.execute(select(func.coalesce(func.sum(BankLine.amount_minor), 0)).where(*wanted)).scalar_one())


def list_accounts(session: Session, actor: Actor) -> Sequence[BankAccount]:
    """The operator's accounts, those in use first."""
    actor.require(Action.SEE_BILLING)
    return session.execute(select(BankAccount).order_by(BankAccount.is_closed, BankAccount.id)).scalars().all()


def get_account(session: Session, actor: Actor, account_id: int) -> BankAccount:
    """One account, for those who keep them."""
    actor.require(Action.MANAGE_BILLING)
    account = session.get(BankAccount, (current_operator(session), account_id))
    if account is None:
        raise NotFound(N_("There is no such account."))
    return account


def find_printed(session: Session, site_id: int) -> BankAccount | None:
    """The account that an invoice of a site asks to be paid to: the site's own, else one of no site."""
    return session.execute(
        select(BankAccount)
        .where(BankAccount.is_printed, or_(BankAccount.site_id == site_id, BankAccount.site_id.is_(None)))
        .order_by(BankAccount.site_id.is_(None), BankAccount.id)
        .limit(1)
    ).scalar_one_or_none()


def find_for_letters(session: Session, site_id: int | None) -> BankAccount | None:
    """The account that mails and notice letters of a site ask to be paid to: of those that are for letters the site's
    own, else one of no site; where none is, the one on invoices."""
    here = BankAccount.site_id == site_id if site_id is not None else false()
    return session.execute(
        select(BankAccount)
        .where(or_(BankAccount.is_for_letters, BankAccount.is_printed), or_(here, BankAccount.site_id.is_(None)))
        .order_by(BankAccount.is_for_letters.desc(), BankAccount.site_id.is_(None), BankAccount.id)
        .limit(1)
    ).scalar_one_or_none()


class ShareRow(Struct, frozen=True):
    """What of a line is whose payment."""

    share: BankShare
    startup: Startup
    payment: Payment

    @property
    def receipt(self) -> str:
        """Of its payment, as printed."""
        return invoice_number(RECEIPTS, self.payment.year, self.payment.number)


class LineRow(Struct, frozen=True):
    """A line in a list, with what it became."""

    line: BankLine
    account: BankAccount
    payout: CardPayout | None
    shares: Sequence[ShareRow]


def list_lines(
    session: Session, actor: Actor, *, state: str = "", way: str = "", account_id: int | None = None,
    statement_id: int | None = None, search: str = "", page: int = 1,
) -> Page[LineRow]:  # fmt: skip
    """A page of lines: open ones the oldest first, others the newest first. `search` is part of a name, account number,
    purpose or reference, or an amount as printed."""
    actor.require(Action.SEE_BILLING)
    wanted: list[ColumnElement[bool]] = []
    if state:
        wanted.append(BankLine.state.in_(MATCHED) if state == "done" else BankLine.state == state)
    if way:
        wanted.append(BankLine.amount_minor > 0 if way == "in" else BankLine.amount_minor < 0)
    if account_id is not None:
        wanted.append(BankLine.account_id == account_id)
    if statement_id is not None:
        wanted.append(BankLine.statement_id == statement_id)
    if search.strip():
        wanted.append(_found_by(search.strip()))
    total = session.execute(select(func.count()).select_from(BankLine).where(*wanted)).scalar_one()
    order = (BankLine.booked_on, BankLine.id) if state == "open" else (BankLine.booked_on.desc(), BankLine.id.desc())
    rows = session.execute(
        _lines().where(*wanted).order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    shares = _shares(session, [row[0].id for row in rows])
    return Page([LineRow(row[0], row[1], row[2], shares.get(row[0].id, ())) for row in rows], page, total)


def _shares(session: Session, line_ids: Sequence[int]) -> dict[int, list[ShareRow]]:
    rows = session.execute(
        select(BankShare, Startup, Payment)
        .join(Startup, Startup.id == BankShare.startup_id)
        .join(Payment, Payment.id == BankShare.payment_id)
        .where(BankShare.line_id == any_(id_array(line_ids)))
        .order_by(BankShare.id)
    ).all()
    found: dict[int, list[ShareRow]] = defaultdict(list)
    for row in rows:
        found[row[0].line_id].append(ShareRow(*row))
    return found


def _lines() -> Select[*tuple[Any, ...]]:
    """The rows of LineRow, but for its shares."""
    return (
        select(BankLine, BankAccount, CardPayout)
        .join(BankAccount, BankAccount.id == BankLine.account_id)
        .outerjoin(CardPayout, CardPayout.id == BankLine.payout_id)
    )


def _found_by(search: str) -> ColumnElement[bool]:
    columns = (BankLine.payer, BankLine.purpose, BankLine.payer_account, BankLine.reference)
    found = [column.icontains(search, autoescape=True) for column in columns]
    plain = search.replace(",", "").replace("¥", "").replace("-", "")
    if plain.replace(".", "", 1).isdecimal() and plain.isascii():
        yuan, _, fen = plain.partition(".")
        if len(fen) <= 2:
            found.append(cast(func.abs(BankLine.amount_minor), String) == (yuan + fen.ljust(2, "0")).lstrip("0"))
    return or_(*found)


class ActRow(Struct, frozen=True):
    """One thing that was done with a line, and by whom."""

    act: BankAct
    person: Person | None


class WholeLine(Struct, frozen=True):
    """A line with its file and history."""

    row: LineRow
    file: BankFile
    acts: Sequence[ActRow]


def get_line(session: Session, actor: Actor, line_id: int) -> WholeLine:
    """A line and what was done with it, in three statements."""
    actor.require(Action.SEE_BILLING)
    found = session.execute(
        _lines()
        .add_columns(BankFile)
        .join(BankStatement, BankStatement.id == BankLine.statement_id)
        .join(BankFile, BankFile.id == BankStatement.file_id)
        .where(BankLine.id == line_id)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such line."))
    acts = session.execute(
        select(BankAct, Person)
        .outerjoin(Person, Person.id == BankAct.created_by)
        .where(BankAct.line_id == line_id)
        .order_by(BankAct.id)
    ).all()
    row = LineRow(found[0], found[1], found[2], _shares(session, [line_id]).get(line_id, ()))
    return WholeLine(row, found[3], [ActRow(*each) for each in acts])


class RefundRow(Struct, frozen=True):
    """A refund by bank that no line shows yet."""

    refund: Refund
    payment: Payment
    startup: Startup

    @property
    def receipt(self) -> str:
        """Of the payment that it gave back, as printed."""
        return invoice_number(RECEIPTS, self.payment.year, self.payment.number)


def list_refunds_for(session: Session, actor: Actor, amount_minor: int) -> list[RefundRow]:
    """Refunds by bank of exactly an amount that no line shows yet; twenty at most, the latest first."""
    actor.require(Action.SEE_BILLING)
    undone = aliased(Refund)
    rows = session.execute(
        select(Refund, Payment, Startup)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Startup, Startup.id == Refund.startup_id)
        .where(
            Refund.way == "bank", Refund.undoes_id.is_(None), Refund.amount_minor == amount_minor,
            ~exists().where(undone.undoes_id == Refund.id), ~exists().where(BankLine.refund_id == Refund.id),
            ~exists().where(BankAct.refund_id == Refund.id, BankAct.kind == "undone"),
        )
        .order_by(Refund.refunded_on.desc(), Refund.id.desc())
        .limit(20)
    ).all()  # fmt: skip
    return [RefundRow(*row) for row in rows]


class StatementRow(Struct, frozen=True):
    """An import in a list."""

    statement: BankStatement
    account: BankAccount
    file: BankFile
    person: Person | None


def list_statements(session: Session, actor: Actor, *, page: int = 1) -> Page[StatementRow]:
    """A page of imports, the latest first."""
    actor.require(Action.SEE_BILLING)
    total = session.execute(select(func.count()).select_from(BankStatement)).scalar_one()
    rows = session.execute(
        select(BankStatement, BankAccount, BankFile, Person)
        .join(BankAccount, BankAccount.id == BankStatement.account_id)
        .join(BankFile, BankFile.id == BankStatement.file_id)
        .outerjoin(Person, Person.id == BankStatement.imported_by)
        .order_by(BankStatement.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([StatementRow(*row) for row in rows], page, total)


def name_invoices(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Invoices as printed, by id."""
    rows = session.execute(select(Invoice).where(Invoice.id == any_(id_array(ids)))).scalars()
    return {each.id: invoice_number(each.series, each.year, each.number) for each in rows}
