"""The end of a dunning story: nothing is overdue any more, and what was limited is lifted at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import any_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.billing.models import DunningEntry, DunningStory
from incubator.billing.queries.dunning.states import State, load_states
from incubator.core.clock import CHINA
from incubator.database import current_operator, id_array
from incubator.startups.operations.booking_limits import lift_booking_limits


def lift_if_paid(session: Session, actor: Actor, *, now: datetime, startup_ids: Collection[int]) -> list[int]:
    """End the stories of those of the startups that owe nothing overdue by now; which. One statement where none has a
    story. It asks for no right: whoever may take a payment, or write a credit note, brings this about."""
    stories = _list_running(session, startup_ids)
    if not stories:
        return []
    today = now.astimezone(CHINA).date()
    states = load_states(session, today, [each.startup_id for each in stories])
    judge_promises(session, states.values(), now)
    paid = [each for each in stories if states[each.startup_id].overdue is None]
    lifted = end_stories(session, actor, paid, on=today, now=now)
    for story in paid:
        after = {"overdue_from": story.began_on, "overdue_until": story.ended_on,
                 "limit_lifted": story.startup_id in lifted}  # fmt: skip
        record(session, actor, "end_dunning", ("startups", story.startup_id), now=now, after=after)
    return sorted(each.startup_id for each in paid)


def _list_running(session: Session, startup_ids: Collection[int]) -> list[DunningStory]:
    if not startup_ids:
        return []
    return list(session.execute(
        select(DunningStory)
        .where(DunningStory.startup_id == any_(id_array(sorted(startup_ids))), DunningStory.ended_on.is_(None))
        .order_by(DunningStory.id).with_for_update().execution_options(populate_existing=True)
    ).scalars())  # fmt: skip


def end_stories(
    session: Session, actor: Actor, stories: Collection[DunningStory], *, on: date, now: datetime
) -> list[int]:
    """End them, and let their startups book again; which of those could not. The caller keeps the trail."""
    if not stories:
        return []
    for story in stories:
        story.ended_on, story.ended_at = max(on, story.began_on), now
    session.flush()
    startup_ids = [each.startup_id for each in stories]
    return lift_booking_limits(session, actor, now=now, startup_ids=startup_ids, reason="payment")


def judge_promises(session: Session, states: Iterable[State], now: datetime) -> None:
    """Write down which promises were kept or broken; each once."""
    rows = [
        {"operator_id": current_operator(session), "startup_id": state.startup_id, "story_id": state.story.id,
         "kind": promise.state, "about_id": promise.entry.id, "made_on": state.today, "created_at": now}
        for state in states
        for promise in (state.standing.promises if state.story else ())
        if state.story and promise.state in ("kept", "broken")
    ]  # fmt: skip
    if rows:
        session.execute(insert(DunningEntry).on_conflict_do_nothing(), rows)
