"""Reads of schemes and of what they gave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Month
from incubator.subsidies.models import Decision, Scheme, SchemeVersion
from incubator.subsidies.rules.engine import Cap, Rule, window_months
from incubator.subsidies.rules.versions import Validity, pick_version


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """A scheme version that holds for a month at a site, with its rule read."""

    version: SchemeVersion
    scheme: Scheme
    rule: Rule


def validity(version: SchemeVersion) -> Validity:
    """When and where a version holds, as plain values."""
    until = None if version.valid.upper is None else version.valid.upper - timedelta(days=1)
    assert version.valid.lower is not None
    return Validity(version.version, version.valid.lower, until, version.site_id)


def list_active_versions(session: Session, site_id: int, month: Month) -> list[ActiveVersion]:
    """The version of each scheme that is applied to the month's charges at the site, by the scheme's code."""
    rows = session.execute(
        select(SchemeVersion, Scheme)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(SchemeVersion.valid.op("@>")(month.first))
        .order_by(Scheme.code, SchemeVersion.version)
    ).all()
    by_scheme: dict[int, dict[Validity, ActiveVersion]] = defaultdict(dict)
    for version, scheme in rows:
        by_scheme[scheme.id][validity(version)] = ActiveVersion(version, scheme, Rule.parse(version.rule))
    picked = [(found, pick_version(found, site_id, month.first)) for found in by_scheme.values()]
    return [found[version] for found, version in picked if version is not None]


def used_minor(
    session: Session, active: ActiveVersion, startup_ids: Sequence[int], month: Month
) -> dict[int, dict[Cap, int]]:
    """What the scheme granted each startup, by any version and at any site, in each cap's window; a statement a cap.

    The months of the window that come after `month` count too: what was given is given, in whatever order the
    months were posted.
    """
    found: dict[int, dict[Cap, int]] = defaultdict(dict)
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
            found[startup_id][cap] = int(used)
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
