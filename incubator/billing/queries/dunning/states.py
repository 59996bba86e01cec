"""How the stories of some startups stand: what is overdue, what was done and entered, and what holds the steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from msgspec import Struct, field
from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from incubator.billing.models import DunningAction, DunningEntry, DunningStory, Payment
from incubator.billing.queries.dunning.overdue import overdue_of
from incubator.billing.rules.dunning import Done, Entry, Overdue, Owed, Paid, Standing, Step, overdue, stand
from incubator.database import id_array

NOT_PAID = ("credit_note",)
"""Ways of payments that nobody paid: they keep no promise."""


class State(Struct):
    """A startup with all that the rules ask of it."""

    startup_id: int
    today: date
    owed: Owed | None = None
    story: DunningStory | None = None
    actions: list[DunningAction] = field(default_factory=list)
    """Of the running story, the earliest first."""
    entries: list[DunningEntry] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)

    @property
    def overdue(self) -> Overdue | None:
        return overdue(self.owed, self.today)

    @property
    def done(self) -> list[Done]:
        return [Done(each.measure, each.after_days) for each in self.actions]

    def was_done(self, step: Step) -> bool:
        """Whether it was taken in the running story."""
        return any(each.outcome == "done" and (each.measure, each.after_days) == step.key for each in self.actions)

    @property
    def standing(self) -> Standing:
        return stand([entry_of(each) for each in self.entries], self.payments, self.today)


def entry_of(row: DunningEntry) -> Entry:
    """The row as the rules read it."""
    return Entry(row.id, row.kind, row.until_on, row.amount_minor or 0, row.created_at, row.made_on, row.by_startup,
                 row.reason)  # fmt: skip


def load_states(
    session: Session, today: date, startup_ids: Collection[int], *, until: date | None = None
) -> dict[int, State]:
    """The states of some startups; five statements, however many there are."""
    owed = overdue_of(session, until=until or today, startup_ids=startup_ids)
    states = {each: State(each, today, owed.get(each)) for each in startup_ids}
    wanted = id_array(startup_ids)
    stories = session.execute(
        select(DunningStory).where(DunningStory.startup_id == any_(wanted), DunningStory.ended_on.is_(None))
        .execution_options(populate_existing=True)
    ).scalars()  # fmt: skip
    by_story = {}
    for story in stories:
        states[story.startup_id].story = story
        by_story[story.id] = states[story.startup_id]
    for action in session.execute(
        select(DunningAction).where(DunningAction.story_id == any_(id_array(by_story))).order_by(DunningAction.id)
    ).scalars():
        by_story[action.story_id or 0].actions.append(action)
    for entry in session.execute(
        select(DunningEntry).where(DunningEntry.story_id == any_(id_array(by_story))).order_by(DunningEntry.id)
    ).scalars():
        by_story[entry.story_id].entries.append(entry)
    _add_payments(session, states)
    return states


def _add_payments(session: Session, states: dict[int, State]) -> None:
    """What came since the first promise of each story."""
    since = {
        each.startup_id: min(entry.created_at for entry in each.entries if entry.kind == "promise")
        for each in states.values()
        if any(entry.kind == "promise" for entry in each.entries)
    }
    if not since:
        return
    rows = session.execute(
        select(Payment.startup_id, Payment.received_on, Payment.amount_minor, Payment.created_at)
        .where(Payment.startup_id == any_(id_array(since)), Payment.created_at > min(since.values()),
               Payment.way.not_in(NOT_PAID))
    ).all()  # fmt: skip
    for startup_id, on, minor, at in rows:
        states[startup_id].payments.append(Paid(on, minor, at))


def list_concerned(session: Session, *, site_id: int, until: date) -> list[int]:
    """Startups that a site's day concerns: who owes something due by then there, and whose story runs there."""
    owing = overdue_of(session, until=until, site_id=site_id)
    stories = session.execute(
        select(DunningStory.startup_id).where(DunningStory.site_id == site_id, DunningStory.ended_on.is_(None))
    ).scalars()
    return sorted({*owing, *stories})


def list_reminded(session: Session, startup_ids: Collection[int]) -> dict[int, dict[date, list[int]]]:
    """By startup and due day: the reminders that were sent before it."""
    found: dict[int, dict[date, list[int]]] = defaultdict(lambda: defaultdict(list))
    for startup_id, due_on, after_days in session.execute(
        select(DunningAction.startup_id, DunningAction.due_on, DunningAction.after_days)
        .where(DunningAction.startup_id == any_(id_array(startup_ids)), DunningAction.story_id.is_(None))
    ):  # fmt: skip
        found[startup_id][due_on].append(after_days)
    return found
