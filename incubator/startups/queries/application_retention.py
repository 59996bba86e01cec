"""How long applications that led nowhere are kept, and which of them have been kept long enough."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Operator
from incubator.database import current_operator
from incubator.startups.models import Application, Call, PlaceOffer, SelectionDecision


def get_application_months(session: Session) -> int:
    """How many months after its end an application that led nowhere is kept."""
    return session.execute(
        select(Operator.application_months).where(Operator.operator_id == current_operator(session))
    ).scalar_one()


def ended_before(moment: datetime) -> ColumnElement[bool]:
    """Which applications led nowhere and ended before a moment, and are not emptied yet.

    One ends when it is withdrawn; when it is declined or put on the waitlist, unless something else was decided since;
    when its offer is declined, withdrawn or lapses. One about which nothing of that kind was decided ends with its
    call, or where it was sent or decided about later, then. An open offer, or a call that is open, ends nothing.
    """
    return and_(Application.sent_at < moment, Application.erased_at.is_(None), Application.admitted_at.is_(None),
                _ended_at() < moment)  # fmt: skip


def _ended_at() -> ColumnElement[datetime]:
    latest = (
        select(SelectionDecision)
        .where(SelectionDecision.application_id == Application.id)
        .order_by(SelectionDecision.id.desc())
        .limit(1)
        .correlate(Application)
    )
    decided = latest.with_only_columns(SelectionDecision.decided_at).scalar_subquery()
    outcome = latest.with_only_columns(SelectionDecision.outcome).scalar_subquery()
    offer_ended = (
        select(func.coalesce(PlaceOffer.declined_at, PlaceOffer.withdrawn_at, PlaceOffer.lapsed_at))
        .where(PlaceOffer.decision_id == latest.with_only_columns(SelectionDecision.id).scalar_subquery())
        .correlate(Application)
        .scalar_subquery()
    )
    closed = (
        select(func.least(Call.closed_at, Call.closes_at))
        .where(Call.id == Application.call_id)
        .correlate(Application)
        .scalar_subquery()
    )
    return case(
        (Application.withdrawn_at.is_not(None), Application.withdrawn_at),
        (outcome.in_(("decline", "waitlist")), decided),
        (outcome == "offer", offer_ended),
        (closed.is_not(None), func.greatest(closed, Application.sent_at, decided)),
        else_=None,
    )
