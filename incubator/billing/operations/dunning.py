"""The day's work of dunning: stories begin and end, and what is due in them is done, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import any_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import BankAccount, DunningAction, DunningStory
from incubator.billing.operations.bank_accounts import spaced
from incubator.billing.operations.dunning_end import end_stories, judge_promises
from incubator.billing.operations.journal import lock_books
from incubator.billing.operations.numbering import take_numbers
from incubator.billing.queries.bank import find_for_letters
from incubator.billing.queries.dunning.coming import decide_all
from incubator.billing.queries.dunning.overdue import Plan, get_plan
from incubator.billing.queries.dunning.states import State, list_concerned, load_states
from incubator.billing.rules.dunning import Decided, Step
from incubator.core.canonical import plain
from incubator.database import current_operator, id_array
from incubator.notices.operations import Telling, notify_each
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.startups.operations.booking_limits import limit_bookings
from incubator.startups.queries.agreements import list_founders_of

LETTERS = "DUN"
WEIGHT = {"mail": 0, "letter": 1, "booking": 2, "access": 3}
"""Of several steps of one day founders get one mail: about the weightiest, and it names the others."""


class Dunned(Struct, frozen=True):
    """What a day's work came to."""

    begun: int
    ended: int
    taken: Mapping[str, int]
    """Steps by measure, reminders among the mails."""

    @property
    def is_nothing(self) -> bool:
        return not (self.begun or self.ended or any(self.taken.values()))


def dun(session: Session, actor: Actor, *, now: datetime, site_id: int) -> Dunned:
    """Do what today brings for whoever owes something at the site, or has a story there.

    Called twice it does nothing the second time; after days on which it was not called, of what tells founders
    something only the latest step is taken. It holds the books meanwhile, so that a payment comes before it or after
    it: whoever has paid is not limited. About twenty-five statements, however many startups there are.
    """
    actor.require(Action.MANAGE_BILLING)
    site = get_site(session, actor, site_id)
    today = now.astimezone(ZoneInfo(site.zone)).date()
    lock_books(session)
    plan = get_plan(session, today)
    until = today + timedelta(days=plan.ahead_days if plan and plan.active else 0)
    concerned = list_concerned(session, site_id=site_id, until=until)
    states = load_states(session, today, concerned, until=until)
    begun = _begin(session, states, now)
    ended = [each for each in states.values() if each.story is not None and each.overdue is None]
    judge_promises(session, states.values(), now)
    end_stories(session, actor, [each.story for each in ended if each.story], on=today, now=now)
    for each in ended:
        each.story, each.actions, each.entries = None, [], []
    taken: Counter[str] = Counter()
    if plan is not None and plan.active:
        decided = decide_all(session, states, plan.steps, today)
        taken = _take(session, actor, plan, states, decided, today, now, site_id)
    result = Dunned(begun, len(ended), dict(taken))
    if not result.is_nothing:
        after = {"site": site.code, "on": today, "newly_overdue": begun, "paid_up": len(ended),
                 "steps_taken": taken.total()}  # fmt: skip
        record(session, actor, "dun", ("sites", site.id), now=now, after=after)
    return result


def _begin(session: Session, states: Mapping[int, State], now: datetime) -> int:
    """A story for whoever owes something too long and has none."""
    rows = [
        {"operator_id": current_operator(session), "startup_id": each.startup_id, "site_id": late.parts[0].site_id,
         "began_on": each.today, "created_at": now}
        for each in states.values()
        if each.story is None and (late := each.overdue) is not None
    ]  # fmt: skip
    if not rows:
        return 0
    # entities in RETURNING would be inserted one by one
    ids = session.execute(insert(DunningStory).returning(DunningStory.id), rows).scalars().all()
    for story in session.execute(select(DunningStory).where(DunningStory.id == any_(id_array(ids)))).scalars():
        states[story.startup_id].story = story
    return len(rows)


def _take(
    session: Session, actor: Actor, plan: Plan, states: Mapping[int, State], decided: Sequence[Decided], today: date,
    now: datetime, site_id: int,
) -> Counter[str]:  # fmt: skip
    rows = _rows(session, plan, states, decided, today, now, site_id)
    if not rows:
        return Counter()
    made = insert(DunningAction).on_conflict_do_nothing().returning(DunningAction.id)
    # without `render_nulls` rows with and without a number would be inserted apart
    ids = session.execute(made, rows, execution_options={"render_nulls": True}).scalars().all()
    actions = session.execute(
        select(DunningAction).where(DunningAction.id == any_(id_array(ids)), DunningAction.outcome == "done")
        .order_by(DunningAction.id)
    ).scalars().all()  # fmt: skip
    limited = [each.startup_id for each in actions if each.measure == "booking"]
    limit_bookings(session, actor, now=now, startup_ids=limited, reason="payment", since=today)
    _tell(session, actions, now)
    return Counter(each.measure for each in actions)


def _rows(
    session: Session, plan: Plan, states: Mapping[int, State], decided: Sequence[Decided], today: date, now: datetime,
    site_id: int,
) -> list[dict[str, Any]]:  # fmt: skip
    parties = _parties(session, plan, [each.startup_id for each in decided])
    letters = sum(step.measure == "letter" for each in decided for step in each.steps)
    numbers = iter(take_numbers(session, LETTERS, today.year, letters) if letters else ())
    sites = {each.parts[0].site_id if each.parts else site_id for each in decided}
    pay_to = {each: find_for_letters(session, each) for each in sites}
    rows = []
    for each in sorted(decided, key=lambda one: one.startup_id):
        story, reminder = states[each.startup_id].story, (each.reminder,) if each.reminder else ()
        common: dict[str, Any] = {
            "operator_id": current_operator(session), "startup_id": each.startup_id,
            "site_id": each.parts[0].site_id if each.parts else site_id, "due_on": each.due_on,
            "overdue_minor": each.minor, "acted_on": today, "created_at": now,
            "story_id": story.id if story and not each.reminder else None,
        }  # fmt: skip
        for step, outcome in _steps(each, reminder):
            numbered = step.measure == "letter" and outcome == "done"
            facts = _facts(plan, each, today, pay_to[common["site_id"]]) | parties[each.startup_id]
            rows.append(common | {
                "measure": step.measure, "after_days": step.after_days, "outcome": outcome,
                "year": today.year if numbered else None, "number": next(numbers) if numbered else None,
                "facts": plain(facts) if outcome == "done" else {},
            })  # fmt: skip
    return rows


def _steps(each: Decided, reminder: Sequence[Step]) -> list[tuple[Step, str]]:
    return [(step, "passed_over") for step in each.passed_over] + [(step, "done") for step in (*each.steps, *reminder)]


def _facts(plan: Plan, each: Decided, today: date, pay_to: BankAccount | None) -> dict[str, Any]:
    setting = plan.setting
    return {
        "setting_id": setting.id, "reply_by": today + timedelta(days=setting.reply_days),
        "payee": pay_to.name if pay_to else "", "bank": pay_to.bank if pay_to else "",
        "account": spaced(pay_to.number) if pay_to else "",
        "parts": [{"invoice_id": part.invoice_id, "number": part.number, "due_on": part.due_on,
                   "open_minor": part.open_minor} for part in each.parts],
    }  # fmt: skip


def _parties(session: Session, plan: Plan, startup_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Names and addresses as they are today."""
    if not startup_ids:
        return {}
    operator = session.execute(select(Operator)).scalar_one()
    ours = {"name": operator.name, "name_en": operator.name_en, "credit_code": operator.credit_code,
            "address": operator.address}  # fmt: skip
    rows = session.execute(select(Startup).where(Startup.id == any_(id_array(startup_ids)))).scalars()
    return {
        each.id: {"operator": ours, "startup": {"code": each.code, "name": each.name, "name_en": each.name_en,
                                                "credit_code": each.credit_code, "contact": each.contact_name}}
        for each in rows
    }  # fmt: skip


def _tell(session: Session, actions: Sequence[DunningAction], now: datetime) -> None:
    """One mail to the founders of each, about all that was done on this day; a call is made and not announced."""
    by_startup: dict[int, list[DunningAction]] = {}
    for each in actions:
        if each.measure != "call":
            by_startup.setdefault(each.startup_id, []).append(each)
    founders = list_founders_of(session, by_startup) if by_startup else {}
    tellings = []
    for startup_id, of_it in sorted(by_startup.items()):
        weightiest = max(of_it, key=lambda each: (WEIGHT[each.measure], each.after_days))
        letter = next((each.id for each in of_it if each.measure == "letter"), None)
        tellings.append(Telling(
            ("dunning_actions", weightiest.id), founders.get(startup_id, []), f"dunning:{weightiest.id}",
            {"measures": sorted({each.measure for each in of_it}), "letter_id": letter},
        ))  # fmt: skip
    notify_each(session, now=now, kind="dunning", tellings=tellings)
