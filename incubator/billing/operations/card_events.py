"""Events of Stripe's: kept first, under their own id; handled once, in any order; handled again when asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.card_provider import EventSeen
from incubator.billing.models import CardFinding, StripeEvent
from incubator.billing.rules import cards
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.operations.words import LONGEST_TEXT

MOST_TRIES = 100
"""About four days of an hour each."""


def keep_event(session: Session, *, now: datetime, seen: EventSeen) -> bool:
    """Keep an event whose signature was right; False: it was here before."""
    ours = bool(seen.thing)
    made = session.execute(
        insert(StripeEvent)
        .values(operator_id=current_operator(session), event=seen.id, type=seen.type, thing=seen.thing,
                thing_id=seen.thing_id, received_at=now, next_try_at=now if ours else None,
                handled_at=None if ours else now, outcome="" if ours else "ignored")
        .on_conflict_do_nothing(index_elements=["operator_id", "event"])
        .returning(StripeEvent.id)
    ).scalar_one_or_none()  # fmt: skip
    return made is not None


def claim_event(session: Session, event_id: int, *, now: datetime) -> tuple[str, str] | None:
    """What a waiting event is about, for the one who takes it; it waits again if it is not settled in time."""
    event = session.execute(
        select(StripeEvent)
        .where(StripeEvent.id == event_id, StripeEvent.next_try_at <= now)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if event is None:
        return None
    event.tries += 1
    event.next_try_at = now + cards.wait_after(event.tries)
    if event.tries > MOST_TRIES:
        settle_event(session, event_id, now=now, outcome="given_up")
        return None
    session.flush()
    return event.thing, event.thing_id


def settle_event(session: Session, event_id: int, *, now: datetime, outcome: str) -> None:
    """It is handled, in the transaction of what it led to."""
    event = session.get_one(StripeEvent, (current_operator(session), event_id), with_for_update=True)
    event.handled_at, event.next_try_at, event.outcome = now, None, outcome
    session.flush()


def replay_event(session: Session, actor: Actor, *, now: datetime, event_id: int) -> StripeEvent:
    """Have an event handled once more. It can do no harm: what it leads to is what Stripe says at that moment."""
    actor.require(Action.TAKE_PAYMENTS)
    event = session.get(StripeEvent, (current_operator(session), event_id), with_for_update=True)
    if event is None:
        raise NotFound(N_("There is no such event."))
    if not event.thing:
        raise Conflict(N_("This event is about nothing that the books have."))
    event.handled_at, event.next_try_at, event.tries, event.outcome = None, now, 0, ""
    record(session, actor, "replay_event", ("stripe_events", event.id), now=now, after={"type": event.type})
    return event


def settle_finding(session: Session, actor: Actor, *, now: datetime, finding_id: int, note: str) -> CardFinding:
    """Say what became of what the books could not follow."""
    actor.require(Action.TAKE_PAYMENTS)
    note = one_line(note, "note", LONGEST_TEXT)
    if not note:
        raise Refusal(N_("Say what became of it."), field="note")
    finding = session.get(CardFinding, (current_operator(session), finding_id), with_for_update=True)
    if finding is None:
        raise NotFound
    if finding.settled_at is not None:
        raise Conflict(N_("This was settled already."))
    finding.settled_at, finding.settled_by, finding.note = now, actor.person_id, note
    record(session, actor, "settle_finding", ("card_findings", finding.id), now=now,
           after={"what": finding.kind, "note": note})  # fmt: skip
    return finding
