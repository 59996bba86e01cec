"""Closing a month of the books, and what the operator's own chart calls the accounts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import AccountCode, ClosedMonth, JournalEntry, Posting
from incubator.billing.operations.catching_up import catch_up
from incubator.billing.operations.journal import last_closed, lock_books
from incubator.billing.rules.accounts import Account
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Month
from incubator.core.texts import one_line


def close_month(session: Session, actor: Actor, *, now: datetime, month: Month) -> ClosedMonth:
    """Close a month that is over: nothing can be booked in it or before any more. Months are closed in order.

    What deposits and vouchers did until now is booked first, and deferred income released. There is no way back: what
    turns out later is booked on the first open day.
    """
    actor.require(Action.CLOSE_BOOKS)
    lock_books(session)
    if now.astimezone(CHINA).date() <= month.last:
        raise Refusal(N_("%(month)s has not ended yet."), month=str(month))
    closed = last_closed(session)
    if closed is not None and month <= closed:
        raise Conflict(N_("The books are closed up to %(month)s already."), month=str(closed))
    catch_up(session, actor, now=now)
    begun = JournalEntry.booked_on >= (closed + 1).first if closed else true()
    first = session.execute(select(func.min(JournalEntry.booked_on)).where(begun)).scalar_one()
    if first is not None and first < month.first:
        raise Refusal(N_("Close %(month)s first; there are entries in it."), month=str(Month.of(first)))
    turnover, entries = session.execute(
        select(func.coalesce(func.sum(Posting.amount_minor), 0), func.count(func.distinct(Posting.entry_id)))
        .where(Posting.booked_on.between(month.first, month.last))
    ).one()  # fmt: skip
    row = ClosedMonth(month=month.first, turnover_minor=int(turnover), entries=entries, closed_at=now,
                      closed_by=actor.person_id)  # fmt: skip
    session.add(row)
    session.flush()
    after = {"month": str(month), "entries": entries, "turnover_minor": row.turnover_minor}
    record(session, actor, "close_month", ("closed_months", row.id), now=now, after=after)
    return row


def map_account(
    session: Session, actor: Actor, *, now: datetime, account: str, code: str, name: str, valid_from: date
) -> AccountCode:  # fmt: skip
    """Call an account by a code and name of the operator's own chart, from a month's first day on. No entry changes."""
    actor.require(Action.MANAGE_BILLING)
    try:
        known = Account(account)
    except ValueError:
        raise Refusal(N_("Choose an account."), field="account") from None
    code, name = one_line(code, "code", 20), one_line(name, "name", 100)
    if not code or not all(each.isascii() and (each.isalnum() or each in ".-") for each in code):
        raise Refusal(N_("A code has letters, digits, points and hyphens only."), field="code")
    if not name:
        raise Refusal(N_("Give the account's name."), field="name")
    if not date(2000, 1, 1) <= valid_from <= date(2100, 1, 1):
        raise Refusal(N_("Give a day of this century."), field="valid_from")
    row = AccountCode(account=known, valid_from=valid_from, code=code, name=name, created_at=now,
                      created_by=actor.person_id)  # fmt: skip
    session.add(row)
    session.flush()
    after = {"account": account, "code": code, "name": name, "valid_from": valid_from}
    record(session, actor, "map_account", ("account_codes", row.id), now=now, after=after)
    return row
