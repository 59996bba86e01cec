"""What open lines may be: the rules of `rules.matching`, asked of what is open now."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import BankLine, BankShare, CardPayout, Invoice, OpenItem
from incubator.billing.rules.matching import (
    PAYOUT_DAYS,
    Incoming,
    Owed,
    Payers,
    Payout,
    Suggestion,
    plain_name,
    suggest_all,
)
from incubator.startups.models import Startup

MOST_LINES = 500
"""Open lines, the oldest first, for which something is suggested; later ones when these are done."""

MOST_OPEN = 20_000


def find_suggestions(session: Session, actor: Actor) -> dict[int, Suggestion]:
    """What each open incoming line may pay, by line; five statements, however many lines there are."""
    actor.require(Action.SEE_BILLING)
    lines = session.execute(
        select(BankLine)
        .where(BankLine.state == "open", BankLine.amount_minor > 0)
        .order_by(BankLine.booked_on, BankLine.id)
        .limit(MOST_LINES)
    ).scalars().all()  # fmt: skip
    if not lines:
        return {}
    incoming = [incoming_of(line) for line in lines]
    rows = session.execute(
        select(Invoice.id, Invoice.year, Invoice.number, OpenItem.startup_id, OpenItem.open_minor, OpenItem.due_on)
        .join(Invoice, Invoice.id == OpenItem.invoice_id)
        .where(OpenItem.open_minor > 0)
        .order_by(OpenItem.due_on, OpenItem.invoice_id)
        .limit(MOST_OPEN)
    ).all()
    owed = [
        Owed(row.id, row.year, row.number, row.startup_id, row.open_minor, row.due_on)
        for row in rows if row.due_on is not None
    ]  # fmt: skip
    payouts = list_payouts_for(session, min(line.on for line in incoming), max(line.on for line in incoming))
    return suggest_all(incoming, owed, _payers(session, incoming), payouts)


def incoming_of(line: BankLine) -> Incoming:
    """A line as the rules read it."""
    return Incoming(line.id, line.booked_on, line.amount_minor, line.payer_key, line.payer_account,
                    f"{line.purpose} {line.reference}")  # fmt: skip


def list_payouts_for(
    session: Session, since: date, until: date, amount_minor: int | None = None
) -> list[Payout]:  # fmt: skip
    """Payouts that Stripe reports and no line shows yet, which lines of some days can be."""
    days = timedelta(days=PAYOUT_DAYS)
    wanted = [CardPayout.status == "paid", CardPayout.arrives_on.between(since - days, until + days),
              ~exists().where(BankLine.payout_id == CardPayout.id)]  # fmt: skip
    if amount_minor is not None:
        wanted.append(CardPayout.amount_minor == amount_minor)
    rows = session.execute(select(CardPayout).where(*wanted).order_by(CardPayout.id).limit(MOST_OPEN)).scalars()
    return [Payout(each.id, each.stripe_payout, each.amount_minor, each.arrives_on) for each in rows]


def _payers(session: Session, lines: list[Incoming]) -> Payers:
    names: dict[str, set[int]] = defaultdict(set)
    called = {}
    wanted = {line.payer_key for line in lines if line.payer_key}
    for startup_id, name, name_en in session.execute(select(Startup.id, Startup.name, Startup.name_en)):
        called[startup_id] = name
        for each in (name, name_en):
            if each and (key := plain_name(each)) in wanted:
                names[key].add(startup_id)
    known_names, known_accounts = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    accounts = {line.payer_account for line in lines if line.payer_account}
    rows = session.execute(
        select(BankLine.payer_key, BankLine.payer_account, BankShare.startup_id)
        .join(BankShare, BankShare.line_id == BankLine.id)
        .where(BankLine.state == "paid", BankLine.payer_key.in_(wanted) | BankLine.payer_account.in_(accounts))
        .distinct()
    )
    for row in rows:
        known_names[row.payer_key].add(row.startup_id)
        if row.payer_account:
            known_accounts[row.payer_account].add(row.startup_id)
    return Payers(_frozen(names), _frozen(known_names), _frozen(known_accounts), called)


def _frozen(found: dict[str, set[int]]) -> dict[str, frozenset[int]]:
    return {key: frozenset(ids) for key, ids in found.items() if key}
