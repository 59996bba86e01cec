"""Founders start again after a startup that left or was dissolved."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.pricing.rules import check_day
from incubator.startups.models import Individual, Post, Standing, Startup
from incubator.startups.operations.people import claim_standing, confirm_standing
from incubator.startups.operations.startups import register_startup
from incubator.startups.queries.exits import last_exit, list_last_founders
from incubator.startups.queries.startups import get_startup
from incubator.startups.rules.exits import RESTARTS_AFTER


def restart_startup(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, name: str, on: date,
    individual_ids: Collection[int], name_en: str = "",
) -> Startup:  # fmt: skip
    """A new team of some founders of a startup that left or was dissolved, linked to it: the same humans, counted once.

    From that day on they are serial entrepreneurs, by the operator's own record of the startup before.
    """
    actor.require(Action.MANAGE_STARTUPS)
    former = get_startup(session, actor, startup_id)
    exit_ = last_exit(session, startup_id)
    if exit_ is None or exit_.kind not in RESTARTS_AFTER:
        raise Conflict(N_("Founders start again after a startup that left or was dissolved."))
    check_day(on, "on")
    if on < exit_.happened_on:
        raise Refusal(N_("It was here until %(day)s."), field="on", day=exit_.happened_on)
    founders = [(post, human) for post, human in list_last_founders(session, startup_id, exit_.happened_on)
                if human.id in individual_ids]  # fmt: skip
    if not founders:
        raise Refusal(N_("Choose at least one of its founders."), field="individual_ids")
    startup = register_startup(
        session, actor, now=now, name=name, name_en=name_en, kind="team", industry=former.industry,
        industry_code=former.industry_code, contact_name=former.contact_name, contact_email=former.contact_email,
        contact_phone=former.contact_phone,
    )  # fmt: skip
    startup.follows_id = former.id
    for before, human in founders:
        post = Post(startup_id=startup.id, individual_id=human.id, role="founder", title=before.title,
                    days=Range(on, None), created_at=now, created_by=actor.person_id)  # fmt: skip
        session.add(post)
        session.flush()
        _make_serial(session, actor, now, post, human, on, f"{former.code} {former.name} → {startup.code}")
    after = {"startup_id": former.id, "founders": len(founders)}
    record(session, actor, "restart_startup", ("startups", startup.id), now=now, after=after)
    return startup


def _make_serial(
    session: Session, actor: Actor, now: datetime, post: Post, human: Individual, on: date, evidence: str
) -> None:
    known = session.execute(
        select(Standing.id).where(Standing.individual_id == human.id, Standing.category == "serial",
                                  Standing.withdrawn_at.is_(None), Standing.days.contains(on))
    ).first()  # fmt: skip
    if known is None:
        standing = claim_standing(session, actor, now=now, post_id=post.id, category="serial", first=on,
                                  evidence=evidence[:200])  # fmt: skip
        confirm_standing(session, actor, now=now, standing_id=standing.id)
