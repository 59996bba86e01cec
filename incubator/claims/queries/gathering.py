"""What can be claimed: subsidised lines that no living claim has, found by the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, InvoiceLine
from incubator.billing.queries.runs import correction_taken_back
from incubator.billing.rules.invoicing import ADJUSTMENT
from incubator.claims.models import ClaimLine
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant, Scheme, SchemeVersion

BEARER = "government"
"""Whose part is claimed; the operator's own and a sponsor's is not."""


class Scope(Struct, frozen=True):
    """What a claim asks for: one scheme, of one site or all, up to the last day of its months."""

    scheme_id: int
    site_id: int | None
    last_on: date
    currency: str = "CNY"


def open_decisions(scope: Scope) -> Select[Any]:
    """The ids of decisions of the scheme that are booked and in no living claim: those of earlier months, too, and what
    later decisions and credit notes give or take, with its sign.

    A decision counts once it stands on a posted invoice: so that the books have it as receivable.
    """
    conditions: list[ColumnElement[bool]] = [
        SchemeVersion.scheme_id == scope.scheme_id, Decision.bearer == BEARER, Decision.amount_minor != 0,
        Decision.currency == scope.currency, Decision.month <= scope.last_on, is_booked(),
        ~exists().where(ClaimLine.decision_id == Decision.id, ClaimLine.released_at.is_(None)),
    ]  # fmt: skip
    if scope.site_id is not None:
        conditions.append(Decision.site_id == scope.site_id)
    return (
        select(Decision.id)
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .where(*conditions)
        .order_by(Decision.id)
        .correlate(None)
    )


def is_booked() -> ColumnElement[bool]:
    """Whether a decision stands on an invoice or credit note; what a closing gave waits for its startup's next one."""
    on_its_charge = exists().where(InvoiceLine.charge_id == Decision.charge_id)
    on_its_own = exists().where(
        Charge.source_kind == ADJUSTMENT, Charge.source_id == Decision.id, InvoiceLine.charge_id == Charge.id,
        ~correction_taken_back(Charge),
    )
    return or_(
        and_(Decision.adjusts_id.is_(None), on_its_charge),
        Decision.outcome == "credited",
        and_(Decision.outcome == "adjusted", on_its_own),
    )


def open_instalments(scope: Scope) -> Select[Any]:
    """The ids of instalments of grants to the operator that are released and in no living claim."""
    conditions: list[ColumnElement[bool]] = [
        SchemeVersion.scheme_id == scope.scheme_id, GrantInstalment.released_at.is_not(None),
        GrantInstalment.amount_minor != 0, OperatorGrant.currency == scope.currency,
        OperatorGrant.month <= scope.last_on,
        ~exists().where(ClaimLine.instalment_id == GrantInstalment.id, ClaimLine.released_at.is_(None)),
    ]  # fmt: skip
    if scope.site_id is not None:
        conditions.append(OperatorGrant.site_id == scope.site_id)
    return (
        select(GrantInstalment.id)
        .join(OperatorGrant, OperatorGrant.id == GrantInstalment.grant_id)
        .join(SchemeVersion, SchemeVersion.id == OperatorGrant.scheme_version_id)
        .where(*conditions)
        .order_by(GrantInstalment.id)
        .correlate(None)
    )


def open_grants(scope: Scope) -> Select[Any]:
    """The ids of grants to the operator that come at once, without instalments, and are in no living claim."""
    first = func.coalesce(OperatorGrant.adjusts_id, OperatorGrant.id)
    conditions: list[ColumnElement[bool]] = [
        SchemeVersion.scheme_id == scope.scheme_id, OperatorGrant.amount_minor != 0,
        OperatorGrant.currency == scope.currency, OperatorGrant.month <= scope.last_on,
        ~exists().where(GrantInstalment.grant_id == first),
        ~exists().where(ClaimLine.grant_id == OperatorGrant.id, ClaimLine.released_at.is_(None)),
    ]  # fmt: skip
    if scope.site_id is not None:
        conditions.append(OperatorGrant.site_id == scope.site_id)
    return (
        select(OperatorGrant.id)
        .join(SchemeVersion, SchemeVersion.id == OperatorGrant.scheme_version_id)
        .where(*conditions)
        .order_by(OperatorGrant.id)
        .correlate(None)
    )


def is_anything_open(session: Session, scope: Scope) -> bool:
    """Whether a claim would gather a line."""
    sources = (open_decisions(scope), open_instalments(scope), open_grants(scope))
    return any(session.execute(each.limit(1)).first() is not None for each in sources)


class Found(Struct, frozen=True):
    """What a claim would gather of one startup, or of the operator's own grants (None)."""

    startup: Startup | None
    lines: int
    amount_minor: int
    first_month: date
    last_month: date


def preview(session: Session, actor: Actor, scope: Scope) -> list[Found]:
    """What a new claim would gather, by startup in the order of codes, the operator's own last. Two statements."""
    actor.require(Action.SEE_CLAIMS)
    decided = session.execute(
        select(Startup, func.count(), func.sum(Decision.amount_minor), func.min(Decision.month),
               func.max(Decision.month))
        .join(Decision, Decision.startup_id == Startup.id)
        .where(Decision.id.in_(open_decisions(scope).order_by(None)))
        .group_by(Startup.operator_id, Startup.id)
        .order_by(Startup.code)
    ).all()  # fmt: skip
    own = session.execute(
        select(func.coalesce(GrantInstalment.amount_minor, OperatorGrant.amount_minor), OperatorGrant.month)
        .outerjoin(GrantInstalment, and_(GrantInstalment.grant_id == OperatorGrant.id,
                                         GrantInstalment.id.in_(open_instalments(scope).order_by(None))))
        .where(or_(GrantInstalment.id.is_not(None), OperatorGrant.id.in_(open_grants(scope).order_by(None))))
    ).all()  # fmt: skip
    found = [Found(startup, lines, int(amount), *months) for startup, lines, amount, *months in decided]
    months = [month for _, month in own]
    if own:
        found.append(Found(None, len(own), sum(int(minor) for minor, _ in own), min(months), max(months)))
    return found


class Waiting(Struct, frozen=True):
    """A scheme and site of which something is not claimed yet."""

    scheme: Scheme
    site: Site
    lines: int
    amount_minor: int
    first_month: date


def list_unclaimed(session: Session, actor: Actor, last_on: date) -> Sequence[Waiting]:
    """What is booked up to a month and in no living claim, by scheme and site; one statement."""
    actor.require(Action.SEE_CLAIMS)
    rows = session.execute(
        select(Scheme, Site, func.count(), func.sum(Decision.amount_minor), func.min(Decision.month))
        .select_from(Decision)
        .join(SchemeVersion, SchemeVersion.id == Decision.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .join(Site, Site.id == Decision.site_id)
        .where(Decision.bearer == BEARER, Decision.amount_minor != 0, Decision.month <= last_on, is_booked(),
               ~exists().where(ClaimLine.decision_id == Decision.id, ClaimLine.released_at.is_(None)))
        .group_by(Scheme.operator_id, Scheme.id, Site.operator_id, Site.id)
        .order_by(Scheme.code, Site.code)
    ).all()  # fmt: skip
    return [Waiting(scheme, site, lines, int(minor), first) for scheme, site, lines, minor, first in rows]
