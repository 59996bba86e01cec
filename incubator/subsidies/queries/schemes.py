"""Reads of schemes and of what they gave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import Page
from incubator.subsidies.models import Decision, Scheme, SchemeVersion
from incubator.subsidies.rules.rule import GOES_TO

SCHEMES_SHOWN = 20
"""A scheme in a list stands there with its rule in words."""


def get_scheme(session: Session, actor: Actor, scheme_id: int) -> Scheme:
    """A scheme of the operator; NotFound otherwise."""
    actor.require(Action.SEE_SCHEMES)
    scheme = session.execute(select(Scheme).where(Scheme.id == scheme_id)).scalar_one_or_none()
    if scheme is None:
        raise NotFound(N_("There is no such scheme."))
    return scheme


def get_scheme_by_code(session: Session, actor: Actor, code: str) -> Scheme:
    """A scheme of the operator by its code, which never changes; NotFound otherwise."""
    actor.require(Action.SEE_SCHEMES)
    scheme = session.execute(select(Scheme).where(Scheme.code == code[:100])).scalar_one_or_none()
    if scheme is None:
        raise NotFound(N_("There is no such scheme."))
    return scheme


def list_schemes(session: Session, actor: Actor) -> Sequence[Scheme]:
    """All schemes by code."""
    actor.require(Action.SEE_SCHEMES)
    return session.execute(select(Scheme).order_by(Scheme.code)).scalars().all()


def find_schemes(
    session: Session, actor: Actor, *, today: date, state: str = "", goes_to: str = "", search: str = "", page: int = 1
) -> Page[Scheme]:  # fmt: skip
    """A page of schemes by code, in two statements: those of a state (`in_force`, `coming`, `over`, `none` without a
    rule), for startups or for the operator, with a word in code, name or issuer."""
    actor.require(Action.SEE_SCHEMES)
    wanted: list[ColumnElement[bool]] = []
    holds = _has(SchemeVersion.valid.op("@>")(today))
    comes = _has(func.lower(SchemeVersion.valid) > today)
    states = {"in_force": holds, "coming": and_(~holds, comes), "none": ~_has(true()),
              "over": and_(_has(true()), ~holds, ~comes)}  # fmt: skip
    if state in states:
        wanted.append(states[state])
    if goes_to in GOES_TO:
        wanted.append(_has(func.coalesce(SchemeVersion.rule["goes_to"].astext, "startup") == goes_to))
    if search:
        columns = (Scheme.code, Scheme.name, Scheme.name_en, Scheme.issuer)
        wanted.append(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    total = session.execute(select(func.count()).select_from(Scheme).where(*wanted)).scalar_one()
    rows = session.execute(
        select(Scheme).where(*wanted).order_by(Scheme.code).limit(SCHEMES_SHOWN).offset((page - 1) * SCHEMES_SHOWN)
    ).scalars().all()  # fmt: skip
    return Page(rows, page, total, SCHEMES_SHOWN)


def _has(what: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(SchemeVersion.id)
        .where(SchemeVersion.operator_id == Scheme.operator_id, SchemeVersion.scheme_id == Scheme.id, what)
        .exists()
    )


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


class MonthGranted(Struct, frozen=True):
    """What a scheme did in a month: how much to how many, and how many charges it refused or cut at a cap."""

    month: date
    granted_minor: int
    startups: int
    refused_startups: int
    capped_startups: int


_DECIDED = (Decision.charge_id, Decision.scheme_version_id)


def granted_by_month(session: Session, scheme_id: int) -> list[MonthGranted]:
    """The last two years' months of a scheme, all versions and sites together, the latest first; one statement.

    As it stands: what was corrected since counts in the month that it corrects, and who has nothing left is not among
    those who were given something.
    """
    outcome = func.coalesce(Decision.derivation["now"]["outcome"].astext, Decision.outcome)
    latest = (
        select(
            Decision.month, Decision.startup_id, outcome.label("outcome"),
            func.sum(Decision.amount_minor).over(partition_by=_DECIDED).label("minor"),
        )
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .where(SchemeVersion.scheme_id == scheme_id)
        .ext(distinct_on(*_DECIDED))
        .order_by(*_DECIDED, Decision.outcome.in_(("credited", "ruled")), Decision.id.desc())
        .subquery()
    )  # fmt: skip
    startups = func.count(func.distinct(latest.c.startup_id))
    rows = session.execute(
        select(
            latest.c.month,
            func.sum(latest.c.minor),
            startups.filter(latest.c.minor > 0),
            startups.filter(latest.c.outcome == "refused"),
            startups.filter(latest.c.outcome == "capped"),
        )
        .group_by(latest.c.month)
        .order_by(latest.c.month.desc())
        .limit(24)
    ).all()
    return [MonthGranted(month, int(granted), *counts) for month, granted, *counts in rows]
