"""Reads of the books: balances, accounts, entries, ageing; and whether they agree with themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import ColumnElement, Subquery, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import AccountCode, ClosedMonth, JournalEntry, OpenItem, Posting
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules.accounts import CHART, Account
from incubator.billing.rules.journal import balance
from incubator.core.errors import NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.database import current_operator
from incubator.startups.models import Startup


class AccountRow(Struct, frozen=True):
    """An account over some days: what it held before, what came to each side, what it holds then; each on the side on
    which it grows."""

    account: Account
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + balance(self.account, self.debit_minor, self.credit_minor)


def trial_balance(session: Session, actor: Actor, since: date, until: date) -> list[AccountRow]:
    """Every account that was ever used until `until`, by the chart's order; one statement."""
    actor.require(Action.SEE_BILLING)
    side = _sides(Posting.booked_on <= until)
    before = side.c.booked_on < since
    minors = (side.c.debit_minor, side.c.credit_minor)
    sums = [func.sum(case((before, each), else_=0)) for each in minors] + [
        func.sum(case((before, 0), else_=each)) for each in minors
    ]
    rows = session.execute(select(side.c.account, *sums).group_by(side.c.account)).all()
    found = {Account(row[0]): [int(each) for each in row[1:]] for row in rows}
    return [
        AccountRow(account, balance(account, *found[account][:2]), found[account][2], found[account][3])
        for account in CHART if account in found
    ]  # fmt: skip


def _sides(*wanted: ColumnElement[bool]) -> Subquery:
    """Every posting twice: as its account sees it."""
    both = [
        select(column.label("account"), Posting.booked_on.label("booked_on"),
               (Posting.amount_minor if is_debit else literal(0)).label("debit_minor"),
               (literal(0) if is_debit else Posting.amount_minor).label("credit_minor")).where(*wanted)
        for column, is_debit in ((Posting.debit, True), (Posting.credit, False))
    ]  # fmt: skip
    return union_all(*both).subquery()


class AccountLine(Struct, frozen=True):
    """A posting as one account sees it."""

    posting: Posting
    entry: JournalEntry
    startup: Startup | None
    is_debit: bool

    @property
    def other(self) -> Account:
        """The account on the other side."""
        return Account(self.posting.credit if self.is_debit else self.posting.debit)


def list_account(
    session: Session, actor: Actor, account: Account, since: date, until: date, *, page: int = 1
) -> Page[AccountLine]:  # fmt: skip
    """A page of what was posted to an account on some days, the latest first."""
    actor.require(Action.SEE_BILLING)
    wanted = [or_(Posting.debit == account, Posting.credit == account), Posting.booked_on.between(since, until)]
    total = session.execute(select(func.count()).select_from(Posting).where(*wanted)).scalar_one()
    rows = session.execute(
        select(Posting, JournalEntry, Startup)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .outerjoin(Startup, Startup.id == Posting.startup_id)
        .where(*wanted)
        .order_by(JournalEntry.booked_on.desc(), JournalEntry.number.desc(), Posting.line)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([AccountLine(*row, row[0].debit == account) for row in rows], page, total)


class BookedEntry(Struct, frozen=True):
    """An entry with its postings, who wrote it, and what reversed it."""

    entry: JournalEntry
    postings: Sequence[Posting]
    startups: Mapping[int, Startup]
    by: str | None
    reversed_by: JournalEntry | None


def get_entry(session: Session, actor: Actor, entry_id: int) -> BookedEntry:
    """An entry with its postings; NotFound where there is none."""
    actor.require(Action.SEE_BILLING)
    again = aliased(JournalEntry)
    row = session.execute(
        select(JournalEntry, Person.name, again)
        .outerjoin(Person, Person.id == JournalEntry.posted_by)
        .outerjoin(again, again.reverses_id == JournalEntry.id)
        .where(JournalEntry.id == entry_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    postings = session.execute(
        select(Posting).where(Posting.entry_id == entry_id).order_by(Posting.line)
    ).scalars().all()  # fmt: skip
    ids = {each.startup_id for each in postings if each.startup_id is not None}
    startups = session.execute(select(Startup).where(Startup.id.in_(ids))).scalars()
    return BookedEntry(row[0], postings, {each.id: each for each in startups}, row[1], row[2])


def list_entries(session: Session, actor: Actor, month: Month, *, page: int = 1) -> Page[JournalEntry]:
    """A page of a month's entries, the latest first."""
    actor.require(Action.SEE_BILLING)
    wanted = JournalEntry.booked_on.between(month.first, month.last)
    total = session.execute(select(func.count()).select_from(JournalEntry).where(wanted)).scalar_one()
    rows = session.execute(
        select(JournalEntry).where(wanted)
        .order_by(JournalEntry.year.desc(), JournalEntry.number.desc())
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).scalars().all()  # fmt: skip
    return Page(list(rows), page, total)


class MonthOfBooks(Struct, frozen=True):
    """A month that has entries: how many, what they come to, and whether it is closed."""

    month: Month
    entries: int
    turnover_minor: int
    closed: ClosedMonth | None


def list_months(session: Session, actor: Actor) -> list[MonthOfBooks]:
    """Every month that has entries or is closed, the latest first; two statements."""
    actor.require(Action.SEE_BILLING)
    first = func.date_trunc("month", Posting.booked_on)
    rows = session.execute(
        select(first, func.count(func.distinct(Posting.entry_id)), func.sum(Posting.amount_minor)).group_by(first)
    ).all()
    closed = {Month.of(each.month): each for each in session.execute(select(ClosedMonth)).scalars()}
    found = {Month.of(row[0].date()): (row[1], int(row[2])) for row in rows}
    return [
        MonthOfBooks(month, *found.get(month, (0, 0)), closed.get(month))
        for month in sorted({*found, *closed}, reverse=True)
    ]


BUCKETS = (0, 30, 60, 90)
"""Days overdue up to which a sum counts in each column; the last column is all beyond."""


class AgedRow(Struct, frozen=True):
    """What a startup owes, by how long it is overdue: not due, to 30 days, to 60, to 90, longer; and its advances."""

    startup: Startup
    by_age: tuple[int, ...]
    advances_minor: int

    @property
    def open_minor(self) -> int:
        return sum(self.by_age)


def age_of(days: int) -> int:
    """The column of something so many days overdue: 0 → 0 (not overdue), 1 → 1, 30 → 1, 31 → 2, 91 → 4."""
    return next((column for column, most in enumerate(BUCKETS) if days <= most), len(BUCKETS))


def list_ageing(session: Session, actor: Actor, today: date) -> list[AgedRow]:
    """Every startup that owes something or has an advance, who owes most first, each part of an invoice by its own due
    day; one statement."""
    actor.require(Action.SEE_BILLING)
    parts = open_parts()
    days = today - parts.c.due_on
    column = case(*((days <= most, place) for place, most in enumerate(BUCKETS)), else_=len(BUCKETS))
    placed = union_all(
        select(parts.c.startup_id, column.label("place"), parts.c.open_minor),
        select(OpenItem.startup_id, literal(-1), OpenItem.open_minor)
        .where(OpenItem.payment_id.is_not(None), OpenItem.open_minor > 0),
    ).subquery()  # fmt: skip
    rows = session.execute(
        select(Startup, placed.c.place, func.sum(placed.c.open_minor))
        .join(Startup, Startup.id == placed.c.startup_id)
        .group_by(Startup.operator_id, Startup.id, placed.c.place)
    ).all()
    startups: dict[int, Startup] = {}
    sums: dict[int, dict[int, int]] = defaultdict(dict)
    for startup, place, amount in rows:
        startups[startup.id] = startup
        sums[startup.id][place] = int(amount)
    found = [
        AgedRow(startups[key], tuple(each.get(place, 0) for place in range(len(BUCKETS) + 1)), each.get(-1, 0))
        for key, each in sums.items()
    ]
    return sorted(found, key=lambda row: (-row.open_minor, -row.advances_minor, row.startup.code))


class IncomeRow(Struct, frozen=True):
    """Income of one kind at one VAT rate, and the VAT on it; exempt income (rate 0) stands apart."""

    charge_kind: str
    tax_rate: Decimal | None
    """None: nobody had said how it is taxed."""
    income_minor: int
    """Without VAT, less what the operator lets off."""
    tax_minor: int


def list_income(session: Session, actor: Actor, since: date, until: date) -> list[IncomeRow]:
    """Income and output VAT of some days by kind of charge and rate, the highest rate first; one statement."""
    actor.require(Action.SEE_BILLING)
    income = [each.value for each in CHART if each.value.startswith("income.")]

    def held(accounts: Sequence[str]) -> ColumnElement[int]:
        return func.sum(
            case((Posting.credit.in_(accounts), Posting.amount_minor), else_=0)
            - case((Posting.debit.in_(accounts), Posting.amount_minor), else_=0)
        )

    rows = session.execute(
        select(Posting.charge_kind, Posting.tax_rate, held([*income, Account.CONCESSIONS]), held([Account.OUTPUT_VAT]))
        .where(Posting.charge_kind.is_not(None), Posting.booked_on.between(since, until))
        .group_by(Posting.charge_kind, Posting.tax_rate)
        .order_by(Posting.tax_rate.desc().nulls_last(), Posting.charge_kind)
    ).all()
    return [IncomeRow(kind or "", rate, int(income_minor), int(tax)) for kind, rate, income_minor, tax in rows]


class Difference(Struct, frozen=True):
    """Where what is open and the books do not agree: it must never be."""

    item: OpenItem
    booked_minor: int


def find_differences(session: Session) -> list[Difference]:
    """Open items that are not the sum of their postings; empty, or something is wrong with the product itself."""
    booked = [
        select(key.label("key"), func.sum(case((Posting.debit == account, sign), else_=-sign) * Posting.amount_minor)
               .label("minor"))
        .where(key.is_not(None), or_(Posting.debit == account, Posting.credit == account))
        .group_by(key).subquery()
        for key, account, sign in (
            (Posting.invoice_id, Account.RECEIVABLE, 1), (Posting.payment_id, Account.ADVANCES, -1),
        )
    ]  # fmt: skip
    invoices, payments = booked
    amount = func.coalesce(invoices.c.minor, payments.c.minor, 0)
    rows = session.execute(
        select(OpenItem, amount)
        .outerjoin(invoices, invoices.c.key == OpenItem.invoice_id)
        .outerjoin(payments, payments.c.key == OpenItem.payment_id)
        .where(OpenItem.open_minor != amount)
    ).all()
    return [Difference(item, int(minor)) for item, minor in rows]


class Named(Struct, frozen=True):
    """What an account is called in the operator's chart on a day."""

    account: Account
    code: str
    name: str
    """Translatable where it is ours."""
    is_own: bool
    since: date | None


def name_accounts(session: Session, on: date) -> dict[Account, Named]:
    """Code and name of each account on a day: what the operator entered last for it, else the standard chart's."""
    rows = session.execute(
        select(AccountCode)
        .where(AccountCode.operator_id == current_operator(session), AccountCode.valid_from <= on)
        .order_by(AccountCode.valid_from, AccountCode.id)
    ).scalars()
    named = {account: Named(account, each.code, each.name, False, None) for account, each in CHART.items()}
    for row in rows:
        account = Account(row.account)
        named[account] = Named(account, row.code, row.name, True, row.valid_from)
    return named


def total(rows: Iterable[AccountRow]) -> tuple[int, int]:
    """Debits and credits of some accounts: of all of them the same."""
    rows = list(rows)
    return sum(row.debit_minor for row in rows), sum(row.credit_minor for row in rows)
