"""How an operator reminds: settings by date, each a version of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import DunningSetting, DunningStep
from incubator.billing.queries.dunning.overdue import get_plan
from incubator.billing.rules.dunning import MEASURES, Step
from incubator.billing.rules.interest import BASES
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Refusal
from incubator.core.money import Money
from incubator.database import current_operator

MOST_STEPS = 10
EARLIEST, LATEST = -30, 365


class Wanted(Struct, frozen=True):
    """Settings as somebody wants them."""

    valid_from: date
    active: bool
    steps: tuple[Step, ...]
    promise_days: int = 14
    reply_days: int = 7
    interest_basis: str = "none"
    interest_rate: Decimal | None = None
    interest_from_day: int = 1
    interest_cap: Decimal | None = None


def set_dunning(session: Session, actor: Actor, *, now: datetime, wanted: Wanted) -> DunningSetting:
    """Have the steps and the interest be so from a day on, today or later; what was done before stays done.

    Until an operator has saved settings that are turned on, nobody is sent anything.
    """
    actor.require(Action.MANAGE_BILLING)
    today = now.astimezone(CHINA).date()
    if wanted.valid_from < today:
        raise Refusal(N_("This can hold from today on at the earliest."), field="valid_from")
    if wanted.valid_from.year > today.year + 1:
        raise Refusal(N_("This is too far ahead."), field="valid_from")
    check_steps(wanted.steps)
    _check_numbers(wanted)
    before = get_plan(session, wanted.valid_from)
    setting = DunningSetting(
        valid_from=wanted.valid_from, active=wanted.active, promise_days=wanted.promise_days,
        reply_days=wanted.reply_days, interest_basis=wanted.interest_basis, interest_rate=wanted.interest_rate,
        interest_from_day=wanted.interest_from_day, interest_cap=wanted.interest_cap, created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
    session.add(setting)
    session.flush()
    rows = [{"operator_id": current_operator(session), "setting_id": setting.id, "line": line,
             "after_days": step.after_days, "measure": step.measure, "least_minor": step.least_minor}
            for line, step in enumerate(sorted(wanted.steps), start=1)]  # fmt: skip
    if rows:
        session.execute(insert(DunningStep), rows)
    record(session, actor, "set_dunning", ("dunning_settings", setting.id), now=now,
           before=_facts(before.setting, before.steps) if before else None,
           after=_facts(setting, sorted(wanted.steps)))  # fmt: skip
    return setting


def check_steps(steps: Sequence[Step]) -> None:
    """Refused where a step makes no sense, or stands twice."""
    if len(steps) > MOST_STEPS:
        raise Refusal(N_("There can be %(most)s steps at the most."), field="steps", most=MOST_STEPS)
    seen: set[tuple[str, int]] = set()
    for step in steps:
        if step.measure not in MEASURES:
            raise Refusal(N_("Choose what is done."), field="steps")
        if not EARLIEST <= step.after_days <= LATEST:
            raise Refusal(N_("A step lies between 30 days before and 365 days after the due day."), field="steps")
        if step.after_days <= 0 and step.measure != "mail":
            raise Refusal(N_("Up to the due day there can only be reminders by mail."), field="steps")
        if step.least_minor < 0:
            raise Refusal(N_("The least amount is 0 or more."), field="steps")
        if step.key in seen:
            raise Refusal(N_("The same step stands here twice, after %(days)s days."), field="steps",
                          days=step.after_days)  # fmt: skip
        seen.add(step.key)


def _check_numbers(wanted: Wanted) -> None:
    if not 0 <= wanted.promise_days <= 90:
        raise Refusal(N_("Give 0 to 90 days."), field="promise_days")
    if not 1 <= wanted.reply_days <= 90:
        raise Refusal(N_("Give 1 to 90 days."), field="reply_days")
    if wanted.interest_basis not in BASES:
        raise Refusal(N_("Choose how interest is reckoned."), field="interest_basis")
    if (wanted.interest_basis == "none") != (wanted.interest_rate is None):
        raise Refusal(N_("Give a rate where there is interest, and none where there is none."), field="interest_rate")
    if wanted.interest_rate is not None and not 0 < wanted.interest_rate < 1:
        raise Refusal(N_("Give a rate above 0 and below 100 %%."), field="interest_rate")
    if not 1 <= wanted.interest_from_day <= LATEST:
        raise Refusal(N_("Give a day from 1 to 365."), field="interest_from_day")
    if wanted.interest_cap is not None and not 0 < wanted.interest_cap <= 1:
        raise Refusal(N_("Give a share above 0 and up to 100 %%."), field="interest_cap")


def _facts(setting: DunningSetting, steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "valid_from": setting.valid_from, "active": setting.active, "promise_days": setting.promise_days,
        "reply_days": setting.reply_days,
        "interest_basis": setting.interest_basis, "interest_rate": setting.interest_rate,
        "interest_from_day": setting.interest_from_day, "interest_cap": setting.interest_cap,
        "dunning_steps": [f"{step.after_days:+d} {step.measure} {Money(step.least_minor).major}" for step in steps],
    }  # fmt: skip
