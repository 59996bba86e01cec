"""What startups have achieved: claimed with evidence, confirmed by staff, withdrawn where it was wrong."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line
from incubator.startups.models import Achievement
from incubator.startups.queries.achievements import get_achievement
from incubator.startups.queries.figures import require_fill
from incubator.startups.queries.startups import get_startup
from incubator.startups.rules.achievements import SORTS

MOST_MINOR = 10**15


def claim_achievement(
    session: Session, actor: Actor, *, now: datetime, today: date, startup_id: int, kind: str, sort: str = "",
    title: str, happened_on: date, valid_until: date | None = None, amount_minor: int | None = None, number: str = "",
    counterparty: str = "", document_id: int | None = None,
) -> Achievement:  # fmt: skip
    """Say what a startup has achieved, with its day and evidence. It counts once staff have confirmed it."""
    get_startup(session, actor, startup_id)
    require_fill(actor, startup_id)
    if kind not in SORTS:
        raise Refusal(N_("Choose what it is."), field="kind")
    sorts = SORTS[kind]
    if sort not in (sorts or ("",)):
        raise Refusal(N_("Choose which."), field="sort")
    title = one_line(title, "title", LONGEST_NAME)
    if not title:
        raise Refusal(N_("Give it a title."), field="title")
    check_day(happened_on, "happened_on")
    check_day(valid_until, "valid_until")
    if happened_on > today:
        raise Refusal(N_("This day is still to come."), field="happened_on")
    if valid_until is not None and valid_until < happened_on:
        raise Refusal(N_("The last day comes before the first."), field="valid_until")
    if kind == "financing" and not amount_minor:
        raise Refusal(N_("Say how much was raised."), field="amount")
    if amount_minor is not None and not 0 <= amount_minor <= MOST_MINOR:
        raise Refusal(N_("This is no amount that can be meant."), field="amount")
    achievement = Achievement(
        startup_id=startup_id, kind=kind, sort=sort, title=title, number=one_line(number, "number", LONGEST_NAME),
        counterparty=one_line(counterparty, "counterparty", LONGEST_NAME), happened_on=happened_on,
        valid_until=valid_until, amount_minor=amount_minor, document_id=document_id, claimed_at=now,
        claimed_by=actor.person_id,
    )  # fmt: skip
    session.add(achievement)
    session.flush()
    after = {"startup_id": startup_id, "kind": kind, "sort": sort, "title": title, "happened_on": happened_on,
             "amount_minor": amount_minor, "document_id": document_id}  # fmt: skip
    record(session, actor, "claim_achievement", ("achievements", achievement.id), now=now, after=after)
    return achievement


def confirm_achievement(session: Session, actor: Actor, *, now: datetime, achievement_id: int) -> Achievement:
    """The evidence has been seen: from now on it counts."""
    actor.require(Action.MANAGE_FIGURES)
    achievement = get_achievement(session, actor, achievement_id, for_update=True)
    if achievement.withdrawn_at is not None:
        raise Conflict(N_("It was withdrawn; say it anew."))
    if achievement.confirmed_at is not None:
        raise Conflict(N_("It is confirmed already."))
    achievement.confirmed_at, achievement.confirmed_by = now, actor.person_id
    record(session, actor, "confirm_achievement", ("achievements", achievement.id), now=now)
    return achievement


def withdraw_achievement(
    session: Session, actor: Actor, *, now: datetime, achievement_id: int, reason: str
) -> Achievement:
    """It was wrong, and counts no more; whoever fills in the startup's figures may, and once confirmed only staff."""
    achievement = get_achievement(session, actor, achievement_id, for_update=True)
    require_fill(actor, achievement.startup_id)
    if achievement.confirmed_at is not None:
        actor.require(Action.MANAGE_FIGURES)
    if achievement.withdrawn_at is not None:
        raise Conflict(N_("It was withdrawn; say it anew."))
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    achievement.withdrawn_at, achievement.withdrawn_by = now, actor.person_id
    achievement.withdrawn_reason = words
    record(session, actor, "withdraw_achievement", ("achievements", achievement.id), now=now,
           after={"reason": words})  # fmt: skip
    return achievement
