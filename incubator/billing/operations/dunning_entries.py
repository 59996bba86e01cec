"""What people do in a story: pauses and disputes, promises, calls, access, and limits that are lifted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import DunningAction, DunningEntry
from incubator.billing.operations.journal import lock_books
from incubator.billing.queries.dunning.overdue import get_plan
from incubator.billing.queries.dunning.states import State, load_states
from incubator.billing.rules.dunning import PAUSES, may_promise
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import Money
from incubator.core.texts import one_line
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.startups.operations.booking_limits import lift_booking_limits
from incubator.startups.queries import get_startup

LONGEST_WAIT = timedelta(days=366)
"""How far ahead staff pause steps or take a promise."""
PROMISE_DAYS = 14
CALL_RESULTS = ("reached", "no_answer")


def pause_dunning(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, until: date, reason: str, kind: str = "pause"
) -> DunningEntry:
    """Let the steps wait up to and including a day, for a reason: a dispute is such a pause. Limits stay as they are;
    a later pause takes the place of an earlier one."""
    actor.require(Action.TAKE_PAYMENTS)
    if kind not in PAUSES:
        raise Refusal(N_("Choose why the steps wait."), field="kind")
    state = _running(session, actor, now, startup_id)
    _check_until(until, state.today, LONGEST_WAIT)
    return _enter(session, actor, now, state, kind, until=until, reason=_reason(reason))


def resume_dunning(session: Session, actor: Actor, *, now: datetime, startup_id: int, reason: str = "") -> DunningEntry:
    """End a pause or dispute before its last day."""
    actor.require(Action.TAKE_PAYMENTS)
    state = _running(session, actor, now, startup_id)
    hold = state.standing.hold
    if hold is None or hold.kind == "promise":
        raise Conflict(N_("The steps are not paused."))
    return _enter(session, actor, now, state, "resume", reason=one_line(reason, "reason", LONGEST_TEXT))


def promise_payment(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, until: date, amount_minor: int | None = None,
    note: str = "",
) -> DunningEntry:  # fmt: skip
    """Take the word that so much (None: all that is overdue) comes by a day; until then the steps wait.

    A startup says so itself for some days ahead, once, and again when it has kept that; staff take any.
    """
    actor.require_for(Action.TAKE_PAYMENTS if actor.can(Action.TAKE_PAYMENTS) else Action.PAY_OWN_INVOICES, startup_id)
    state, by_startup = _running(session, actor, now, startup_id), not actor.can(Action.TAKE_PAYMENTS)
    late = state.overdue
    if late is None:
        raise Conflict(N_("Nothing is overdue any more."))
    plan = get_plan(session, state.today)
    most = timedelta(days=plan.setting.promise_days if plan else PROMISE_DAYS)
    _check_until(until, state.today, most if by_startup else LONGEST_WAIT)
    if by_startup and not may_promise(state.standing):
        raise Conflict(N_("You have promised a day already. Please call us if it has to be another one."))
    amount = late.minor if amount_minor is None else amount_minor
    if not 0 < amount <= late.minor:
        raise Refusal(N_("Overdue is %(overdue)s: promise that or a part of it."), field="amount",
                      overdue=Money(late.minor))  # fmt: skip
    return _enter(session, actor, now, state, "promise", until=until, amount_minor=amount, by_startup=by_startup,
                  reason=one_line(note, "note", LONGEST_TEXT))  # fmt: skip


def record_call(
    session: Session, actor: Actor, *, now: datetime, action_id: int, result: str, note: str = ""
) -> DunningEntry:
    """What came of a call: reached settles the task, no answer leaves it to do."""
    actor.require(Action.TAKE_PAYMENTS)
    if result not in CALL_RESULTS:
        raise Refusal(N_("Say whether you have reached somebody."), field="result")
    action = _action(session, action_id, "call")
    lock_books(session)
    if _was(session, action.id, "reached"):
        raise Conflict(N_("This call was made already."))
    return _enter_about(session, actor, now, action, result, one_line(note, "note", LONGEST_TEXT))


def see_to_access(session: Session, actor: Actor, *, now: datetime, action_id: int, note: str = "") -> DunningEntry:
    """The front desk has limited the access that a step asked it to limit; or, the story being over, given it back."""
    actor.require(Action.HANDLE_REQUESTS)
    action = _action(session, action_id, "access")
    lock_books(session)
    running = load_states(session, _today(now), [action.startup_id])[action.startup_id].story
    is_over = running is None or running.id != action.story_id
    kind = "restored" if is_over else "restricted"
    if _was(session, action.id, kind) or (is_over and not _was(session, action.id, "restricted")):
        raise Conflict(N_("There is nothing to do here any more."))
    return _enter_about(session, actor, now, action, kind, one_line(note, "note", LONGEST_TEXT))


def lift_limit(session: Session, actor: Actor, *, now: datetime, startup_id: int, reason: str) -> DunningEntry:
    """Let a startup book again though it has not paid, for a reason. In this story it is not limited anew."""
    actor.require(Action.TAKE_PAYMENTS)
    state = _running(session, actor, now, startup_id)
    if not lift_booking_limits(session, actor, now=now, startup_ids=[startup_id], reason="payment"):
        raise Conflict(N_("Its bookings are not limited."))
    return _enter(session, actor, now, state, "lifted", reason=_reason(reason))


def _today(now: datetime) -> date:
    return now.astimezone(CHINA).date()


def _running(session: Session, actor: Actor, now: datetime, startup_id: int) -> State:
    startup = get_startup(session, actor, startup_id)
    lock_books(session)  # the day's work and payments come before this or after it
    state = load_states(session, _today(now), [startup.id])[startup.id]
    if state.story is None:
        raise Conflict(N_("Nothing of it is overdue: there are no steps to wait."))
    return state


def _check_until(until: date, today: date, most: timedelta) -> None:
    if until < today:
        raise Refusal(N_("This day is over."), field="until")
    if until > today + most:
        raise Refusal(N_("Give a day up to %(last)s."), field="until", last=today + most)


def _reason(text: str) -> str:
    reason = one_line(text, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say why."), field="reason")
    return reason


def _action(session: Session, action_id: int, measure: str) -> DunningAction:
    action = session.execute(
        select(DunningAction).where(DunningAction.id == action_id, DunningAction.measure == measure,
                                    DunningAction.outcome == "done")
    ).scalar_one_or_none()  # fmt: skip
    if action is None:
        raise NotFound(N_("There is no such task."))
    return action


def _was(session: Session, action_id: int, kind: str) -> bool:
    query = select(DunningEntry.id).where(DunningEntry.action_id == action_id, DunningEntry.kind == kind)
    return session.execute(query.limit(1)).first() is not None


def _enter(
    session: Session, actor: Actor, now: datetime, state: State, kind: str, *, until: date | None = None,
    amount_minor: int | None = None, by_startup: bool = False, reason: str = "",
) -> DunningEntry:  # fmt: skip
    assert state.story is not None
    entry = DunningEntry(
        startup_id=state.startup_id, story_id=state.story.id, kind=kind, until_on=until, amount_minor=amount_minor,
        by_startup=by_startup, reason=reason, made_on=state.today, created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    return _recorded(session, actor, now, entry)


def _enter_about(
    session: Session, actor: Actor, now: datetime, action: DunningAction, kind: str, note: str
) -> DunningEntry:
    entry = DunningEntry(startup_id=action.startup_id, story_id=action.story_id, kind=kind, action_id=action.id,
                         reason=note, made_on=_today(now), created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(entry)
    session.flush()
    return _recorded(session, actor, now, entry)


VERBS = {
    "pause": "pause_dunning", "dispute": "pause_dunning", "resume": "resume_dunning", "promise": "promise_payment",
    "reached": "record_call", "no_answer": "record_call", "restricted": "see_to_access", "restored": "see_to_access",
    "lifted": "lift_limit",
}  # fmt: skip


def _recorded(session: Session, actor: Actor, now: datetime, entry: DunningEntry) -> DunningEntry:
    after = {"entry": entry.kind, "up_to": entry.until_on, "promised_minor": entry.amount_minor, "reason": entry.reason}
    record(session, actor, VERBS[entry.kind], ("startups", entry.startup_id), now=now,
           after={name: value for name, value in after.items() if value})  # fmt: skip
    return entry
