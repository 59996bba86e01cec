"""Lists of dunning: the worklist, the letters, and what the front desk sees to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import DunningAction, DunningEntry, DunningStory, Invoice, OpenItem
from incubator.billing.queries.dunning.overdue import get_plan
from incubator.billing.queries.dunning.states import State, load_states
from incubator.billing.queries.instalments import open_parts
from incubator.billing.rules.dunning import PAUSES, Standing, Step, next_step
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.spaces.models import Site
from incubator.startups.models import BookingLimit, Startup

VIEWS = ("all", "calls", "promised", "paused", "limited")


class StoryRow(Struct, frozen=True):
    """A startup on the worklist."""

    startup: Startup
    story: DunningStory
    state: State
    standing: Standing
    limited: bool
    next: tuple[Step, date] | None

    @property
    def last(self) -> DunningAction | None:
        """The last step that was taken."""
        return next((each for each in reversed(self.state.actions) if each.outcome == "done"), None)

    @property
    def calls(self) -> list[DunningAction]:
        """Calls that are still to be made."""
        return open_calls(self.state)


def open_calls(state: State) -> list[DunningAction]:
    """Of a running story."""
    reached = {each.action_id for each in state.entries if each.kind == "reached"}
    return [each for each in state.actions
            if each.measure == "call" and each.outcome == "done" and each.id not in reached]  # fmt: skip


def list_stories(
    session: Session, actor: Actor, *, today: date, view: str = "all", search: str = "", site_id: int | None = None,
    page: int = 1,
) -> Page[StoryRow]:  # fmt: skip
    """Who owes something too long, the oldest debt first; `view` is one of VIEWS. Eight statements."""
    actor.require(Action.SEE_BILLING)
    wanted = [DunningStory.ended_on.is_(None), *_of_view(view, today), *_found_by(search, site_id)]
    parts = open_parts()
    oldest = select(parts.c.startup_id, func.min(parts.c.due_on).label("on")).group_by(parts.c.startup_id).subquery()
    joined = select(DunningStory, Startup).join(Startup, Startup.id == DunningStory.startup_id).where(*wanted)
    total = session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    rows = session.execute(
        joined.outerjoin(oldest, oldest.c.startup_id == DunningStory.startup_id)
        .order_by(oldest.c.on, DunningStory.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    states = load_states(session, today, [startup.id for _story, startup in rows])
    limited = _limited(session, list(states))
    plan = get_plan(session, today)
    steps = plan.steps if plan and plan.active else ()
    return Page([make_row(startup, story, states[startup.id], startup.id in limited, steps) for story, startup in rows],
                page, total)  # fmt: skip


def make_row(
    startup: Startup, story: DunningStory, state: State, limited: bool, steps: Sequence[Step]
) -> StoryRow:
    """A row with its next step."""
    standing, late = state.standing, state.overdue
    coming = next_step(steps, late, state.today, state.done, standing.hold) if late else None
    return StoryRow(startup, story, state, standing, limited, coming)


def count_stories(session: Session, actor: Actor, today: date) -> dict[str, int]:
    """How many rows each view has; a statement for each."""
    actor.require(Action.SEE_BILLING)
    return {
        view: session.execute(
            select(func.count()).select_from(DunningStory)
            .where(DunningStory.ended_on.is_(None), *_of_view(view, today))
        ).scalar_one()
        for view in VIEWS
    }


def count_calls_due(session: Session, today: date) -> int:
    """How many startups wait to be called, for the desk."""
    return session.execute(
        select(func.count()).select_from(DunningStory)
        .where(DunningStory.ended_on.is_(None), *_of_view("calls", today))
    ).scalar_one()  # fmt: skip


def _of_view(view: str, today: date) -> list[ColumnElement[bool]]:
    if view == "calls":
        reached = (
            select(DunningEntry.id)
            .where(DunningEntry.action_id == DunningAction.id, DunningEntry.kind == "reached").exists()
        )  # fmt: skip
        return [
            select(DunningAction.id)
            .where(DunningAction.story_id == DunningStory.id, DunningAction.measure == "call",
                   DunningAction.outcome == "done", ~reached).exists()
        ]  # fmt: skip
    if view == "promised":
        return [_last_until(("promise",), ("promise",)) >= today]
    if view == "paused":
        return [_last_until(PAUSES, (*PAUSES, "resume")) >= today]
    if view == "limited":
        return [
            select(BookingLimit.id)
            .where(BookingLimit.startup_id == DunningStory.startup_id, BookingLimit.lifted_at.is_(None)).exists()
        ]
    return []


def _last_until(kinds: tuple[str, ...], among: tuple[str, ...]) -> ScalarSelect[date | None]:
    """Until when the last entry of some kinds lasts; NULL where the last one among others ended it."""
    later = aliased(DunningEntry)
    replaced = (
        select(later.id)
        .where(later.story_id == DunningEntry.story_id, later.kind.in_(among), later.id > DunningEntry.id)
        .correlate(DunningEntry).exists()
    )  # fmt: skip
    return (
        select(DunningEntry.until_on)
        .where(DunningEntry.story_id == DunningStory.id, DunningEntry.kind.in_(kinds), ~replaced)
        .correlate(DunningStory).limit(1).scalar_subquery()
    )  # fmt: skip


def _found_by(search: str, site_id: int | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.strip():
        names = (Startup.code, Startup.name, Startup.name_en)
        wanted.append(or_(*(column.icontains(search.strip(), autoescape=True) for column in names)))
    if site_id is not None:
        wanted.append(
            select(OpenItem.id).join(Invoice, Invoice.id == OpenItem.invoice_id)
            .where(OpenItem.startup_id == DunningStory.startup_id, OpenItem.open_minor > 0, Invoice.site_id == site_id)
            .correlate(DunningStory).exists()
        )  # fmt: skip
    return wanted


def _limited(session: Session, startup_ids: Sequence[int]) -> set[int]:
    return set(session.execute(
        select(BookingLimit.startup_id)
        .where(BookingLimit.startup_id.in_(startup_ids), BookingLimit.lifted_at.is_(None))
    ).scalars())  # fmt: skip


class LetterRow(Struct, frozen=True):
    """A notice letter in a list."""

    action: DunningAction
    startup: Startup
    story: DunningStory

    @property
    def number(self) -> str:
        """As printed: DUN-2026-000042."""
        return letter_number(self.action)


def letter_number(action: DunningAction) -> str:
    """As printed."""
    return f"DUN-{action.year}-{action.number:06}"


def list_letters(
    session: Session, actor: Actor, *, startup_id: int | None = None, search: str = "", page: int = 1
) -> Page[LetterRow]:  # fmt: skip
    """Notice letters, the latest first: all for staff, their own for founders."""
    wanted = [DunningAction.number.is_not(None), *_found_by(search, None)]
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
        wanted.append(DunningAction.startup_id.in_(actor.startups_for(Action.SEE_OWN_INVOICES)))
    if startup_id is not None:
        wanted.append(DunningAction.startup_id == startup_id)
    joined = (
        select(DunningAction, Startup, DunningStory)
        .join(Startup, Startup.id == DunningAction.startup_id)
        .join(DunningStory, DunningStory.id == DunningAction.story_id)
        .where(*wanted)
    )
    total = session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    rows = session.execute(
        joined.order_by(DunningAction.year.desc(), DunningAction.number.desc())
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([LetterRow(*row) for row in rows], page, total)


def get_action(session: Session, actor: Actor, action_id: int) -> tuple[DunningAction, Startup]:
    """A step that was taken; NotFound for another startup's people."""
    if not actor.can(Action.SEE_BILLING):
        actor.require(Action.SEE_OWN_INVOICES)
    row = session.execute(
        select(DunningAction, Startup).join(Startup, Startup.id == DunningAction.startup_id)
        .where(DunningAction.id == action_id, DunningAction.outcome == "done")
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(N_("There is no such notice letter."))
    action, startup = row
    if not actor.can(Action.SEE_BILLING):
        actor.require_for(Action.SEE_OWN_INVOICES, startup.id)
    return action, startup


class AccessTask(Struct, frozen=True):
    """What the front desk sees to: access to limit, or to give back."""

    action: DunningAction
    startup: Startup
    site: Site
    gives_back: bool


def list_access_tasks(session: Session, actor: Actor, *, page: int = 1) -> Page[AccessTask]:
    """Access to be limited since a step says so, and to be given back since it is paid; nothing of amounts."""
    actor.require(Action.HANDLE_REQUESTS)
    joined = (
        select(DunningAction, Startup, Site, DunningStory.ended_on.is_not(None))
        .join(Startup, Startup.id == DunningAction.startup_id)
        .join(Site, Site.id == DunningAction.site_id)
        .join(DunningStory, DunningStory.id == DunningAction.story_id)
        .where(_waits_for_the_front_desk())
    )
    total = session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    rows = session.execute(
        joined.order_by(DunningAction.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([AccessTask(*row) for row in rows], page, total)


def count_access_tasks(session: Session) -> int:
    """How many of them there are, for the front desk's home."""
    return session.execute(
        select(func.count()).select_from(DunningAction)
        .join(DunningStory, DunningStory.id == DunningAction.story_id).where(_waits_for_the_front_desk())
    ).scalar_one()  # fmt: skip


def _waits_for_the_front_desk() -> ColumnElement[bool]:
    def was(kind: str) -> ColumnElement[bool]:
        query = select(DunningEntry.id).where(DunningEntry.action_id == DunningAction.id, DunningEntry.kind == kind)
        return query.correlate(DunningAction).exists()

    return and_(
        DunningAction.measure == "access", DunningAction.outcome == "done",
        or_(and_(DunningStory.ended_on.is_(None), ~was("restricted")),
            and_(DunningStory.ended_on.is_not(None), was("restricted"), ~was("restored"))),
    )  # fmt: skip
