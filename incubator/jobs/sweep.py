"""What a sweep is: work without periods, that looks again and again at what there is to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.jobs.performing import database_now, operator_session
from incubator.settings import Settings

LEAST_PATIENCE = timedelta(minutes=5)
"""No sweep is called late before it has not looked for this long."""


class Surroundings(Struct, frozen=True):
    """What a sweep works with. The stop is asked between two things that can each stand alone."""

    engine: Engine
    settings: Settings
    must_stop: Callable[[], bool]


Look = Callable[[Surroundings, int], int]
"""Does what there is to do for one operator, in transactions of its own, and says how much it was."""

Step = Callable[..., int]
"""An operation `(session, actor, *, now)` that does what there is to do and says how much it was."""


class Sweep(Struct, frozen=True):
    """A sweep by its name. `title` and `about` are translatable."""

    name: str
    title: str
    about: str
    group: str
    every: int
    """Seconds between two looks."""
    look: Look
    of_installation: bool = False
    """Whether there is something to do for the installation itself, too."""

    @property
    def patience(self) -> timedelta:
        """After how long without a look something is wrong: three looks left out, or five minutes."""
        return max(LEAST_PATIENCE, 3 * timedelta(seconds=self.every))

    def is_late(self, looked_at: datetime, now: datetime) -> bool:
        """Whether it should have looked again long ago: one of every 15 s after 5 min, one of every hour after 3 h."""
        return looked_at < now - self.patience


def once(step: Step) -> Look:
    """The operation in one transaction."""

    def look(at: Surroundings, operator_id: int) -> int:
        return _do(step, at, operator_id)

    return look


def until_nothing(step: Step) -> Look:
    """The operation again and again, a transaction each, until it finds nothing more."""

    def look(at: Surroundings, operator_id: int) -> int:
        total = 0
        while not at.must_stop():
            found = _do(step, at, operator_id)
            total += found
            if not found:
                break
        return total

    return look


def _do(step: Step, at: Surroundings, operator_id: int) -> int:
    with operator_session(at.engine, operator_id) as session:
        return _call(step, session, system_actor(operator_id))


def _call(step: Step, session: Session, actor: Actor) -> int:
    return int(step(session, actor, now=database_now(session)) or 0)
