"""One startup's story: what it owes, what was done, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import BankAccount, DunningAction, DunningEntry, DunningStory
from incubator.billing.queries.bank import find_for_letters
from incubator.billing.queries.dunning.lists import StoryRow, make_row
from incubator.billing.queries.dunning.overdue import Plan, get_plan
from incubator.billing.queries.dunning.states import State, load_states
from incubator.billing.rules.dunning import DuePart, Promise, may_promise
from incubator.startups.models import BookingLimit, Startup
from incubator.startups.queries import get_startup

MOST_LOGGED = 200


class LogLine(Struct, frozen=True):
    """A step that was taken, or what somebody entered."""

    at: datetime
    on: date
    kind: str
    """A measure, or the kind of an entry."""
    action: DunningAction | None = None
    entry: DunningEntry | None = None
    by: str = ""


class Story(Struct, frozen=True):
    """What the page of a startup's debts shows."""

    startup: Startup
    state: State
    row: StoryRow | None
    """None: nothing is overdue at present."""
    log: tuple[LogLine, ...]
    """Of all its stories, the latest first."""
    stories: tuple[DunningStory, ...]
    plan: Plan | None

    @property
    def parts(self) -> tuple[DuePart, ...]:
        late = self.state.overdue
        return late.parts if late else ()


def get_story(session: Session, actor: Actor, startup_id: int, *, today: date) -> Story:
    """A startup's debts and all that was done about them; NotFound where there is no such startup."""
    actor.require(Action.SEE_BILLING)
    startup = get_startup(session, actor, startup_id)
    state = load_states(session, today, [startup.id])[startup.id]
    plan = get_plan(session, today)
    limited = session.execute(
        select(BookingLimit.id).where(BookingLimit.startup_id == startup.id, BookingLimit.lifted_at.is_(None)).limit(1)
    ).first() is not None  # fmt: skip
    steps = plan.steps if plan and plan.active else ()
    row = make_row(startup, state.story, state, limited, steps) if state.story else None
    stories = session.execute(
        select(DunningStory).where(DunningStory.startup_id == startup.id).order_by(DunningStory.id.desc()).limit(50)
    ).scalars()
    return Story(startup, state, row, tuple(_log(session, startup.id)), tuple(stories), plan)


def _log(session: Session, startup_id: int) -> Sequence[LogLine]:
    actions = session.execute(
        select(DunningAction).where(DunningAction.startup_id == startup_id)
        .order_by(DunningAction.id.desc()).limit(MOST_LOGGED)
    ).scalars()  # fmt: skip
    entries = session.execute(
        select(DunningEntry, Person.name).outerjoin(Person, Person.id == DunningEntry.created_by)
        .where(DunningEntry.startup_id == startup_id).order_by(DunningEntry.id.desc()).limit(MOST_LOGGED)
    ).all()  # fmt: skip
    lines = [LogLine(each.created_at, each.acted_on, each.measure, action=each) for each in actions]
    lines += [LogLine(each.created_at, each.made_on, each.kind, entry=each, by=name or "") for each, name in entries]
    return sorted(lines, key=lambda line: (line.at, line.entry is None), reverse=True)


class OwnOverdue(Struct, frozen=True):
    """What a founder sees of their own startup."""

    startup: Startup
    state: State
    promise: Promise | None
    can_promise: bool
    plan: Plan | None
    pay_to: BankAccount | None
    """The account that its oldest part is to be paid to."""


def list_own_overdue(session: Session, actor: Actor, *, today: date) -> list[OwnOverdue]:
    """What of the actor's startups is overdue; seven statements at the most, and one for each startup that is."""
    actor.require(Action.SEE_OWN_INVOICES)
    own = actor.startups_for(Action.SEE_OWN_INVOICES)
    states = load_states(session, today, sorted(own)) if own else {}
    late = [each for each in states.values() if each.overdue is not None]
    if not late:
        return []
    rows = session.execute(select(Startup).where(Startup.id.in_([each.startup_id for each in late]))).scalars()
    startups, plan = {each.id: each for each in rows}, get_plan(session, today)
    pays = actor.startups_for(Action.PAY_OWN_INVOICES)
    return [
        OwnOverdue(startups[each.startup_id], each, each.standing.promise,
                   each.startup_id in pays and each.story is not None and may_promise(each.standing), plan,
                   find_for_letters(session, each.overdue.parts[0].site_id if each.overdue else None))
        for each in late
    ]  # fmt: skip
