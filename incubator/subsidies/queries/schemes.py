"""Reads of schemes and of what they gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.subsidies.models import Decision, Scheme, SchemeVersion


def get_scheme(session: Session, actor: Actor, scheme_id: int) -> Scheme:
    """A scheme of the operator; NotFound otherwise."""
    actor.require(Action.SEE_SCHEMES)
    scheme = session.execute(select(Scheme).where(Scheme.id == scheme_id)).scalar_one_or_none()
    if scheme is None:
        raise NotFound(N_("There is no such scheme."))
    return scheme


def list_schemes(session: Session, actor: Actor) -> Sequence[Scheme]:
    """All schemes by code."""
    actor.require(Action.SEE_SCHEMES)
    return session.execute(select(Scheme).order_by(Scheme.code)).scalars().all()


def list_versions(session: Session, scheme_ids: Sequence[int]) -> Sequence[SchemeVersion]:
    """The versions of some schemes, the latest first."""
    return (
        session.execute(
            select(SchemeVersion)
            .where(SchemeVersion.scheme_id.in_(scheme_ids))
            .order_by(SchemeVersion.scheme_id, SchemeVersion.version.desc())
        )
        .scalars()
        .all()
    )


@dataclass(frozen=True, slots=True)
class MonthGranted:
    """What a scheme did in a month: how much to how many, and how many charges it refused or cut at a cap."""

    month: date
    granted_minor: int
    startups: int
    refused_startups: int
    capped_startups: int


def granted_by_month(session: Session, scheme_id: int) -> list[MonthGranted]:
    """The last two years' months of a scheme, all versions and sites together, the latest first; one statement."""
    startups = func.count(func.distinct(Decision.startup_id))
    rows = session.execute(
        select(
            Decision.month,
            func.sum(Decision.amount_minor),
            startups.filter(Decision.amount_minor > 0),
            startups.filter(Decision.outcome == "refused"),
            startups.filter(Decision.outcome == "capped"),
        )
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .where(SchemeVersion.scheme_id == scheme_id)
        .group_by(Decision.month)
        .order_by(Decision.month.desc())
        .limit(24)
    ).all()
    return [MonthGranted(month, int(granted), *counts) for month, granted, *counts in rows]
