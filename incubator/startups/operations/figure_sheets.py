"""Asking startups for figures: sheets of periods that are over, and what they are told of them, each once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import current_operator
from incubator.notices.operations import notify
from incubator.startups.models import Exit, FigureRhythm, FigureSheet, FigureVersion, Residency
from incubator.startups.queries.exits import graduates
from incubator.startups.queries.figures import list_indicators, list_rhythms
from incubator.startups.queries.startups import get_startup
from incubator.startups.rules.figures import BETWEEN_REMINDERS, REMINDED_BEFORE, due_step
from incubator.startups.rules.periods import Period, ended_since, last_ended

LEAST_DAYS = 7
"""Who is asked later than planned has so many days at the least."""
MADE_UP = 4
"""How many periods that are over are made up at the most, after an outage or for a startup entered late."""
TOLD_AT_ONCE = 500


def open_due_sheets(session: Session, actor: Actor, *, now: datetime) -> int:
    """Ask for every period that is over since the rhythm's first day, whoever was in residence in it; how many were
    asked. It looks at what there is, so that it may be called as often as one likes.

    On 1 October 2026 for the third quarter, due with 15 days on 15 October.
    """
    actor.require(Action.MANAGE_FIGURES)
    today = now.astimezone(CHINA).date()
    asked = 0
    for rhythm in list_rhythms(session):
        for period in ended_since(rhythm.rhythm, rhythm.asked_from, today, MADE_UP):
            if list_indicators(session, rhythm=rhythm.rhythm, ends_on=period.last):
                asked += _ask(session, actor, now, rhythm, period, reporting_startups(session, rhythm, period))
    return asked


def reporting_startups(session: Session, rhythm: FigureRhythm, period: Period) -> list[int]:
    """Who is asked: startups with an agreement on one day of the period at the least, and, where the rhythm says so,
    alumni: who graduated within so many years before it. Who left otherwise is asked no more."""
    since = period.first
    if rhythm.alumni_years:
        since = period.first.replace(year=period.first.year - rhythm.alumni_years)
    inside = and_(Residency.starts_on <= period.last, func.coalesce(Residency.ends_on, date.max) >= period.first)
    found = set(session.execute(select(Residency.startup_id).where(inside)).scalars())
    if rhythm.alumni_years:
        alumni = graduates().where(Exit.happened_on >= since, Exit.happened_on < period.first)
        found |= {each.startup_id for each in session.execute(alumni).scalars()}
    return sorted(found)


def ask_startup(session: Session, actor: Actor, *, now: datetime, startup_id: int, rhythm: str) -> FigureSheet:
    """Ask one startup for the last period that is over, though it would not be asked by itself: an alumnus, say."""
    actor.require(Action.MANAGE_FIGURES)
    startup = get_startup(session, actor, startup_id)
    found = session.execute(select(FigureRhythm).where(FigureRhythm.rhythm == rhythm)).scalar_one_or_none()
    if found is None:
        raise Refusal(N_("Nothing is asked for in this rhythm."), field="rhythm")
    period = last_ended(rhythm, now.astimezone(CHINA).date())
    if not list_indicators(session, rhythm=rhythm, ends_on=period.last):
        raise Refusal(N_("Nothing is asked for in this rhythm."), field="rhythm")
    if not _ask(session, actor, now, found, period, [startup_id]):
        raise Conflict(N_("%(startup)s is asked already."), startup=startup)
    return session.execute(
        select(FigureSheet).where(FigureSheet.startup_id == startup_id, FigureSheet.rhythm == rhythm,
                                  FigureSheet.starts_on == period.first)
    ).scalar_one()  # fmt: skip


def _ask(
    session: Session, actor: Actor, now: datetime, rhythm: FigureRhythm, period: Period, startup_ids: list[int]
) -> int:
    if not startup_ids:
        return 0
    due_on = max(period.last + timedelta(days=rhythm.due_days),
                 now.astimezone(CHINA).date() + timedelta(days=LEAST_DAYS))  # fmt: skip
    common = {"operator_id": current_operator(session), "rhythm": period.rhythm, "starts_on": period.first,
              "ends_on": period.last, "due_on": due_on, "asked_at": now}  # fmt: skip
    made = session.execute(
        insert(FigureSheet)
        .values([common | {"startup_id": startup_id} for startup_id in startup_ids])
        .on_conflict_do_nothing(index_elements=["operator_id", "startup_id", "rhythm", "starts_on"])
        .returning(FigureSheet.startup_id)
    ).scalars().all()  # fmt: skip
    if made:
        record(session, actor, "ask_for_figures", ("figure_rhythms", rhythm.id), now=now,
               after={"period": period.key, "due_on": due_on, "startups": sorted(made)})  # fmt: skip
    return len(made)


def remind_of_figures(session: Session, actor: Actor, *, now: datetime) -> int:
    """Tell the founders what is still with them: that it is asked for, 7 days before the deadline, and when it is over
    weekly, three times at the most. Each once; how many sheets were told of."""
    actor.require(Action.MANAGE_FIGURES)
    today = now.astimezone(CHINA).date()
    sheets = session.execute(
        select(FigureSheet)
        .where(_is_to_be_told(today), _is_with_startup())
        .order_by(FigureSheet.id)
        .limit(TOLD_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    founders = founders_of(session, {sheet.startup_id for sheet in sheets})
    for sheet in sheets:
        sheet.told = due_step(sheet.due_on, today)
        notify(session, now=now, kind="figures", about=("figure_sheets", sheet.id), people=founders[sheet.startup_id],
               facts={"step": sheet.told}, key=f"figures:{sheet.id}:{sheet.told}")  # fmt: skip
    session.flush()
    return len(sheets)


def founders_of(session: Session, startup_ids: set[int]) -> dict[int, list[int]]:
    """The people who are told of a startup's figures; one statement."""
    found: dict[int, list[int]] = {startup_id: [] for startup_id in startup_ids}
    rows = session.execute(
        select(RoleGrant.startup_id, Person.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.startup_id.in_(startup_ids), RoleGrant.role.in_([Role.FOUNDER, Role.ALUMNUS]),
               Person.left_at.is_(None))
    )
    for startup_id, person_id in rows:
        if startup_id is not None:
            found[startup_id].append(person_id)
    return found


def _is_to_be_told(today: date) -> ColumnElement[bool]:
    """`told < due_step(due_on, today)`."""
    week = timedelta(days=BETWEEN_REMINDERS)
    told, due_on = FigureSheet.told, FigureSheet.due_on
    return or_(
        told < 1,
        and_(told < 2, due_on <= today + timedelta(days=REMINDED_BEFORE)),
        *(and_(told < 3 + number, due_on < today - number * week) for number in range(3)),
    )


def _is_with_startup() -> ColumnElement[bool]:
    waits = select(FigureVersion.id).where(
        FigureVersion.sheet_id == FigureSheet.id, FigureVersion.submitted_at.is_not(None),
        FigureVersion.returned_at.is_(None),
    )  # fmt: skip
    return ~waits.correlate(FigureSheet).exists()
