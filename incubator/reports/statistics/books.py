"""What the books say of a year at a site, or of the operator as a whole: income by source, and subsidies by entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Numeric, and_, case, cast, func, or_, select, true
from sqlalchemy.orm import Session

from incubator.billing.models import JournalEntry, Posting
from incubator.billing.rules.accounts import Account, income_of
from incubator.reports.statistics.facts import Booked, SubsidyEntry

A = Account
SOURCES: dict[Account, str] = {
    A.RENT: "rent", A.PROPERTY_FEE: "rent", A.UTILITIES: "rent", A.SERVICE_FEE: "services", A.BOOKING: "services",
    A.OTHER: "services", A.INTEREST: "other", A.WITHHELD: "other",
}  # fmt: skip
"""Which source of the form an income account belongs to. What the operator lets off itself takes off the source of the
charge that it is let off."""
EARNED = (*SOURCES, A.OUTPUT_VAT, A.DEFERRED_INCOME)
"""Against what a subsidy is asked for; against others it is paid, refused or given back."""
PAID = ((A.BANK, A.SUBSIDY_RECEIVABLE), (A.BANK, A.SUBSIDY_PAYABLE))
"""What authorities pay, and what is paid back to them (the other way round)."""


class _Side(Struct, frozen=True):
    """What an account has on one side, by month."""

    account: str
    against: str
    charge_kind: str | None
    month: date
    amount: Decimal


def list_booked(session: Session, site_id: int | None, first: date, last: date) -> list[Booked]:
    """Income by source, and what government bears, month by month; two statements."""
    sums: dict[tuple[str, date], int] = {}
    for credited in (True, False):
        for side in _sides(session, site_id, first, last, credited=credited):
            account, against = Account(side.account), Account(side.against)
            sign = 1 if credited else -1
            if account is A.SUBSIDY_RECEIVABLE:
                source, sign = ("passed_on" if against in EARNED else ""), -sign  # it grows by debit
            elif account is A.CONCESSIONS:
                source = SOURCES[income_of(side.charge_kind or "other")]
            else:
                source = SOURCES.get(account, "")
            if source:
                key = (source, side.month)
                sums[key] = sums.get(key, 0) + sign * int(side.amount)
    return [Booked(source, month, amount) for (source, month), amount in sorted(sums.items()) if amount]


def _sides(
    session: Session, site_id: int | None, first: date, last: date, *, credited: bool
) -> list[_Side]:
    account, against = (Posting.credit, Posting.debit) if credited else (Posting.debit, Posting.credit)
    wanted = [each.value for each in (*SOURCES, A.CONCESSIONS, A.SUBSIDY_RECEIVABLE)]
    month = cast(func.date_trunc("month", Posting.booked_on), Date)
    rows = session.execute(
        select(account, against, Posting.charge_kind, month, cast(func.sum(Posting.amount_minor), Numeric))
        .join(JournalEntry, and_(JournalEntry.id == Posting.entry_id, JournalEntry.booked_on == Posting.booked_on))
        .where(_at(site_id), Posting.booked_on.between(first, last), account.in_(wanted))
        .group_by(account, against, Posting.charge_kind, month)
    ).all()  # fmt: skip
    return [_Side(*row) for row in rows]


def _at(site_id: int | None) -> ColumnElement[bool]:
    return true() if site_id is None else JournalEntry.site_id == site_id


def list_subsidies(session: Session, site_id: int | None, first: date, last: date) -> list[SubsidyEntry]:
    """The entries by which subsidies of claims were paid or paid back, or became the operator's own income, the oldest
    first; one statement. At a site with those of no site, which count for the whole only."""
    received = _signed([(Posting.debit == debit) & (Posting.credit == credit) for debit, credit in PAID],
                       [(Posting.debit == credit) & (Posting.credit == debit) for debit, credit in PAID])  # fmt: skip
    own = _signed([Posting.credit == A.GRANTS], [Posting.debit == A.GRANTS])
    entry = JournalEntry
    rows = session.execute(
        select(entry.id, entry.year, entry.number, entry.booked_on, entry.says, entry.site_id,
               cast(func.sum(received), Numeric).label("received"), cast(func.sum(own), Numeric).label("own"))
        .join(Posting, and_(Posting.entry_id == entry.id, Posting.booked_on == entry.booked_on))
        .where(true() if site_id is None else or_(entry.site_id == site_id, entry.site_id.is_(None)),
               Posting.booked_on.between(first, last), (received != 0) | (own != 0))
        .group_by(entry.operator_id, entry.id)
        .order_by(entry.booked_on, entry.number)
    ).all()  # fmt: skip
    return [
        SubsidyEntry(source, row.booked_on, row.id, f"{row.year}-{row.number:05}", str(row.says.get("claim", "")),
                     int(amount), site_id is None or row.site_id == site_id)
        for source in ("received", "own") for row in rows if (amount := getattr(row, source))
    ]  # fmt: skip


def _signed(plus: list[ColumnElement[bool]], minus: list[ColumnElement[bool]]) -> ColumnElement[int]:
    return case((or_(*plus), Posting.amount_minor), (or_(*minus), -Posting.amount_minor), else_=0)
