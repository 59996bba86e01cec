"""Reads of schemes and of what they gave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Month
from incubator.subsidies.engine import Rule, window_months
from incubator.subsidies.models import Decision, Scheme, SchemeVersion


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """A scheme version that holds for a month at a site, with its rule read."""

    version: SchemeVersion
    scheme: Scheme
    rule: Rule


def list_active_versions(session: Session, site_id: int, month: Month) -> list[ActiveVersion]:
    """The version of each scheme that holds on the month's first day at the site: the latest that is valid."""
    rows = session.execute(
        select(SchemeVersion, Scheme)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(
            SchemeVersion.valid.op("@>")(month.first),
            or_(SchemeVersion.site_id.is_(None), SchemeVersion.site_id == site_id),
        )
        .order_by(Scheme.code, SchemeVersion.version)
    ).all()
    latest = {scheme.id: ActiveVersion(version, scheme, Rule.parse(version.rule)) for version, scheme in rows}
    return list(latest.values())


def used_minor(
    session: Session, active: ActiveVersion, startup_ids: Sequence[int], month: Month
) -> dict[int, dict[str, int]]:
    """What the scheme granted each startup, by any version, in each cap's window: {startup: {window: fen}}."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for cap in active.rule.caps:
        months = [each.first for each in window_months(cap.window, month)]
        rows = session.execute(
            select(Decision.startup_id, func.sum(Decision.amount_minor))
            .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
            .where(
                SchemeVersion.scheme_id == active.scheme.id,
                Decision.startup_id.in_(startup_ids),
                Decision.month.in_(months),
            )
            .group_by(Decision.startup_id)
        ).all()
        for startup_id, used in rows:
            found[startup_id][cap.window] = int(used)
    return found


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


def granted_by_month(session: Session, scheme_id: int) -> list[tuple[object, int, int]]:
    """Per month: what the scheme granted in all, and to how many startups; the latest month first."""
    rows = session.execute(
        select(
            Decision.month,
            func.sum(Decision.amount_minor),
            func.count(func.distinct(Decision.startup_id)).filter(Decision.amount_minor > 0),
        )
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .where(SchemeVersion.scheme_id == scheme_id)
        .group_by(Decision.month)
        .order_by(Decision.month.desc())
        .limit(24)
    ).all()
    return [(month, int(granted), startups) for month, granted, startups in rows]
