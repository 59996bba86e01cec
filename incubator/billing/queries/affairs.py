"""What is going on between the operator and a startup, counted: where its page of truth leads."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from incubator.billing.models import (
    CardMethod,
    CreditNote,
    DunningStory,
    FapiaoRequest,
    Invoice,
    OneOffCharge,
    Payment,
)
from incubator.billing.queries.runs import not_billed
from incubator.startups.models import Residency


class Affairs(Struct, frozen=True):
    """Counts of a startup's papers, and since when it is reminded."""

    invoices: int
    credit_notes: int
    payments: int
    to_charge: int
    """One-off charges that stand in a draft."""
    fapiaos_waiting: int
    agreements: int
    """Running on the day."""
    saved_cards: int
    reminded_since: date | None
    """None: nothing is overdue that is followed up."""


def get_affairs(session: Session, startup_id: int, today: date) -> Affairs:
    """In one statement; the caller has loaded the startup through its actor."""

    def count(model: Any, *wanted: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(model).where(model.startup_id == startup_id, *wanted).scalar_subquery()

    running = Residency.starts_on <= today, or_(Residency.ends_on.is_(None), Residency.ends_on >= today)
    since = select(DunningStory.began_on).where(DunningStory.startup_id == startup_id, DunningStory.ended_on.is_(None))
    row = session.execute(
        select(
            count(Invoice), count(CreditNote), count(Payment),
            count(OneOffCharge, OneOffCharge.withdrawn_at.is_(None), not_billed()),
            count(FapiaoRequest, FapiaoRequest.state.in_(("asked", "batched"))),
            count(Residency, *running), count(CardMethod, CardMethod.state == "active"), since.scalar_subquery(),
        )
    ).one()  # fmt: skip
    return Affairs(*row)
