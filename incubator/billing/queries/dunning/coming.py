"""What a day brings by some steps: asked by the run that does it, and by the page that shows it before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.queries.dunning.overdue import overdue_of
from incubator.billing.queries.dunning.states import State, list_reminded, load_states
from incubator.billing.rules.dunning import Decided, Step, decide
from incubator.database import id_array
from incubator.startups.models import Startup

SHOWN = 20


def ahead_of(steps: Sequence[Step]) -> int:
    """How many days before a due day the first reminder is."""
    return max((-step.after_days for step in steps if step.after_days <= 0), default=0)


def decide_all(session: Session, states: dict[int, State], steps: Sequence[Step], today: date) -> list[Decided]:
    """What is to be done for each of them, nothing left out."""
    reminds = any(step.after_days <= 0 for step in steps)
    reminded = list_reminded(session, states) if reminds else {}
    found = []
    for state in states.values():
        if state.owed is None:
            continue
        told = reminded.get(state.startup_id, {})
        found.append(decide(state.owed, steps, today, state.done, state.standing.hold, told))
    return [each for each in found if not each.is_nothing]


class Foreseen(Struct, frozen=True):
    """What would be done today."""

    total: int
    held: int
    """How many startups a pause or promise keeps from it."""
    by_measure: dict[str, int]
    rows: list[tuple[Startup, Decided]]
    """The first of them, the largest sum first."""


def foresee(session: Session, actor: Actor, steps: Sequence[Step], today: date) -> Foreseen:
    """What would be done today with these steps; nothing is written. Eight statements."""
    actor.require(Action.MANAGE_BILLING)
    owing = overdue_of(session, until=today + timedelta(days=ahead_of(steps)))
    states = load_states(session, today, owing, until=today + timedelta(days=ahead_of(steps)))
    found = sorted(decide_all(session, states, steps, today), key=lambda each: (-each.minor, each.startup_id))
    counted = Counter(step.measure for each in found for step in each.steps)
    counted["mail"] += sum(each.reminder is not None for each in found)
    shown = found[:SHOWN]
    startups = {each.id: each for each in session.execute(
        select(Startup).where(Startup.id == any_(id_array([each.startup_id for each in shown])))
    ).scalars()}  # fmt: skip
    held = sum(each.overdue is not None and each.standing.hold is not None for each in states.values())
    return Foreseen(len(found), held, dict(+counted), [(startups[each.startup_id], each) for each in shown])
