"""What is to be settled when a startup leaves: done, waived, opened again, added; the deposit by its movements."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import Money
from incubator.core.texts import one_line
from incubator.pricing.rules import check_day
from incubator.startups.models import Exit, ExitItem
from incubator.startups.queries.deposits import list_deposits_at
from incubator.startups.queries.exits import get_exit
from incubator.startups.rules.exits import OUTCOMES

LONGEST_REASON, LONGEST_TITLE = 500, 100
MOST_ITEMS = 30


def settle_item(
    session: Session, actor: Actor, *, now: datetime, exit_id: int, item_id: int, outcome: str,
    done_on: date | None = None, remark: str = "",
) -> ExitItem:  # fmt: skip
    """Something is done, on a day, or is waived, with a reason. The last one closes the exit.

    A deposit is settled by its movements (`follow_deposit`): while a fen of it is held it is neither done nor waived,
    and one that was agreed and never written down as received is waived, with the reason.
    """
    actor.require(Action.MANAGE_EXITS)
    item, exit_ = _item(session, actor, exit_id, item_id)
    if item.outcome is not None:
        raise Conflict(N_("It is settled already; open it again first."))
    if outcome not in OUTCOMES:
        raise Refusal(N_("Say whether it is done or waived."), field="outcome")
    remark = one_line(remark, "remark", LONGEST_REASON)
    if outcome == "waived" and not remark:
        raise Refusal(N_("Say why, so that others understand."), field="remark")
    if outcome == "done":
        done_on = done_on or now.astimezone(CHINA).date()
        check_day(done_on, "done_on")
        if done_on > now.astimezone(CHINA).date():
            raise Refusal(N_("This day is still to come."), field="done_on")
    if item.task == "deposit":
        _settle_deposit(session, exit_, item, outcome, remark)
    else:
        item.remark = remark
    item.outcome, item.done_on = outcome, done_on if outcome == "done" else None
    item.settled_at, item.settled_by = now, actor.person_id
    session.flush()
    record(session, actor, "settle_exit_item", ("exits", exit_.id), now=now, after=_said(item))
    close_if_settled(session, actor, now, exit_)
    return item


def follow_deposit(session: Session, actor: Actor, *, now: datetime, startup_id: int) -> None:
    """After a movement of a deposit: what is to be settled at an exit says what the movements say.

    Of 10,000.00 held 800.00 are withheld for a door: still open. 9,200.00 are returned: done, on that day. What is
    received after that is held again, and the entry is open again, and with it the exit.
    """
    exits = session.execute(
        select(Exit).where(Exit.startup_id == startup_id, Exit.revoked_at.is_(None)).order_by(Exit.id)
        .with_for_update().execution_options(populate_existing=True)
    ).scalars().all()  # fmt: skip
    for exit_ in exits:
        item = session.execute(
            select(ExitItem).where(ExitItem.exit_id == exit_.id, ExitItem.task == "deposit")
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()  # fmt: skip
        if item is None:
            continue
        kept = list_deposits_at(session, exit_)
        held = sum(each.held_minor for each in kept)
        if item.outcome is not None and held:
            before = _said(item)
            _open_again(item, exit_)
            session.flush()
            record(session, actor, "reopen_exit_item", ("exits", exit_.id), now=now, before=before,
                   after={"balance_minor": held})  # fmt: skip
        elif item.outcome is None and not held and (days := [each.last_on for each in kept if each.last_on]):
            _settle_deposit(session, exit_, item, "done", "")
            item.outcome, item.done_on, item.settled_at, item.settled_by = "done", max(days), now, actor.person_id
            session.flush()
            record(session, actor, "settle_exit_item", ("exits", exit_.id), now=now, after=_said(item))
            close_if_settled(session, actor, now, exit_)


def reopen_item(
    session: Session, actor: Actor, *, now: datetime, exit_id: int, item_id: int, reason: str
) -> ExitItem:
    """It was ticked by mistake: it is open again, and with it the exit."""
    actor.require(Action.MANAGE_EXITS)
    item, exit_ = _item(session, actor, exit_id, item_id)
    reason = one_line(reason, "reason", LONGEST_REASON)
    if item.outcome is None:
        raise Conflict(N_("It is not settled yet."))
    if not reason:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    before = _said(item)
    _open_again(item, exit_)
    session.flush()
    record(session, actor, "reopen_exit_item", ("exits", exit_.id), now=now, before=before, after={"reason": reason})
    return item


def add_exit_item(
    session: Session, actor: Actor, *, now: datetime, exit_id: int, title: str, due_on: date | None = None
) -> ExitItem:
    """Something else to be settled: the sign at the door, a machine that was lent."""
    actor.require(Action.MANAGE_EXITS)
    exit_ = open_exit(session, actor, exit_id)
    title = one_line(title, "title", LONGEST_TITLE)
    if not title:
        raise Refusal(N_("Say what is to be settled."), field="title")
    check_day(due_on, "due_on")
    last = session.execute(select(func.max(ExitItem.position)).where(ExitItem.exit_id == exit_id)).scalar() or 0
    if last >= MOST_ITEMS:
        raise Conflict(N_("A list has at most %(most)s entries."), field="title", most=MOST_ITEMS)
    item = ExitItem(exit_id=exit_id, position=last + 1, task="other", title=title, due_on=due_on)
    session.add(item)
    exit_.closed_at = exit_.closed_by = None
    session.flush()
    record(session, actor, "add_exit_item", ("exits", exit_id), now=now, after={"title": title, "due_on": due_on})
    return item


def open_exit(session: Session, actor: Actor, exit_id: int) -> Exit:
    """An exit, locked: what happens to it happens one after the other."""
    exit_ = get_exit(session, actor, exit_id).exit
    session.refresh(exit_, with_for_update=True)
    if exit_.revoked_at is not None:
        raise Conflict(N_("This exit was revoked."))
    return exit_



def _item(session: Session, actor: Actor, exit_id: int, item_id: int) -> tuple[ExitItem, Exit]:
    """An entry of this very exit; NotFound for one of another's."""
    exit_ = open_exit(session, actor, exit_id)
    item = session.execute(
        select(ExitItem).where(ExitItem.id == item_id, ExitItem.exit_id == exit_id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if item is None:
        raise NotFound(N_("There is no such entry."))
    return item, exit_



def _said(item: ExitItem) -> dict[str, object]:
    found: dict[str, object] = {"task": item.title or item.task, "outcome": item.outcome, "on": item.done_on,
                                "remark": item.remark}  # fmt: skip
    if item.task == "deposit":
        found |= {"amount_minor": item.amount_minor, "withheld_minor": item.withheld_minor}
    return found



def close_if_settled(session: Session, actor: Actor, now: datetime, exit_: Exit) -> None:
    waits = select(ExitItem.id).where(ExitItem.exit_id == exit_.id, ExitItem.outcome.is_(None)).limit(1)
    if session.execute(waits).first() is None:
        exit_.closed_at, exit_.closed_by = now, actor.person_id
        session.flush()
        record(session, actor, "close_exit", ("exits", exit_.id), now=now)


def _settle_deposit(session: Session, exit_: Exit, item: ExitItem, outcome: str, remark: str) -> None:
    """What went of it, from the movements; Conflict where they say something else."""
    kept = list_deposits_at(session, exit_)
    if held := sum(each.held_minor for each in kept):
        raise Conflict(N_("%(held)s of the deposit is held: write down on its page what becomes of it."),
                       held=Money(held))  # fmt: skip
    agreed = sum(each.residency.deposit_minor or 0 for each in kept)
    if outcome == "done" and agreed and not any(each.has_moved for each in kept):
        raise Conflict(N_("A deposit was agreed, and none was written down as received: write its movements down, or"
                          " waive it and say why."))  # fmt: skip
    withheld = sum(each.withheld_minor for each in kept)
    reasons = list(dict.fromkeys(reason for each in kept for reason in each.reasons))
    item.remark = remark or "; ".join(reasons)[:LONGEST_REASON]
    if outcome == "done":
        item.amount_minor, item.withheld_minor = sum(each.returned_minor for each in kept), withheld


def _open_again(item: ExitItem, exit_: Exit) -> None:
    item.outcome = item.done_on = item.amount_minor = item.withheld_minor = item.settled_at = item.settled_by = None
    item.remark = item.way = ""
    exit_.closed_at = exit_.closed_by = None
