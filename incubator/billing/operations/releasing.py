"""Deferred income becomes income, month by month."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import IncomeRelease
from incubator.billing.operations.journal import lock_books, open_day, post_entries
from incubator.billing.queries.deferred import DEFERRED, first_to_release, list_left
from incubator.billing.rules.accounts import income_of
from incubator.billing.rules.deferral import release_of
from incubator.billing.rules.journal import Entry, Posting, both_ways
from incubator.core.clock import CHINA
from incubator.core.periods import Month


def release_due(session: Session, actor: Actor, *, now: datetime) -> int:
    """Release the share of every month that is over and was not released yet, the oldest first; how many months.

    Each is an entry of the month's last day, or of the first open one after.
    """
    actor.require(Action.TAKE_PAYMENTS)
    lock_books(session)
    released = 0
    for month in months_due(session, now):
        released += _release(session, actor, now, month)
    return released


def months_due(session: Session, now: datetime) -> list[Month]:
    """The months that are over and whose share of deferred income is not released yet, in order."""
    month, this = first_to_release(session), Month.of(now.astimezone(CHINA).date())
    found = []
    while month is not None and month < this:
        found.append(month)
        month += 1
    return found


def _release(session: Session, actor: Actor, now: datetime, month: Month) -> bool:
    postings: list[Posting] = []
    for each in list_left(session, month.last):
        charge = each.charge
        minor = release_of(each.left_minor, charge.starts_on, charge.ends_on, month, is_first=each.is_first)
        postings += both_ways(
            DEFERRED, income_of(charge.kind), minor, startup_id=charge.startup_id, invoice_id=each.invoice_id,
            charge_kind=charge.kind, tax_rate=charge.tax_rate, charge_id=charge.id,
        )  # fmt: skip
    if not postings:
        return False
    amount = sum(each.amount_minor if each.debit is DEFERRED else -each.amount_minor for each in postings)
    row = IncomeRelease(month=month.first, charges=len(postings), amount_minor=amount, released_at=now,
                        released_by=actor.person_id)  # fmt: skip
    session.add(row)
    session.flush()
    says = {"released": str(month)}
    entry = Entry("release", open_day(session, month.last), ("income_releases", row.id), tuple(postings), says)
    post_entries(session, actor, [entry], now=now)
    after = {"month": str(month), "charges": row.charges, "amount_minor": amount}
    record(session, actor, "release_income", ("income_releases", row.id), now=now, after=after)
    return True
