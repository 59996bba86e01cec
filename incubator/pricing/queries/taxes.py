"""Reads of VAT: all that was entered, and what holds on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.paging import PAGE_SIZE, Page
from incubator.pricing.models import TAX_KINDS, TaxRate, TaxStatus
from incubator.pricing.rules.taxes import Rate, Taxes


def load_taxes(session: Session) -> Taxes:
    """The operator's statuses and rates in the order of entry; two statements."""
    statuses = session.execute(select(TaxStatus.valid_from, TaxStatus.status).order_by(TaxStatus.id)).all()
    rates = session.execute(
        select(TaxRate.status, TaxRate.charge_kind, TaxRate.valid_from, TaxRate.rate, TaxRate.source)
        .order_by(TaxRate.id)
    ).all() if statuses else []  # fmt: skip
    return Taxes(tuple((first, status) for first, status in statuses), tuple(Rate(*row) for row in rates))


def rates_on(taxes: Taxes, on: date) -> list[tuple[str, Rate | None]]:
    """By kind of charge the rate of a day."""
    return [(kind, taxes.rate_on(kind, on)) for kind in TAX_KINDS]


def list_statuses(session: Session, actor: Actor) -> Sequence[tuple[TaxStatus, str | None]]:
    """How the operator was taxed since when, the latest first, each with who entered it."""
    actor.require(Action.SEE_PRICES)
    rows = session.execute(
        select(TaxStatus, Person.name)
        .outerjoin(Person, Person.id == TaxStatus.created_by)
        .order_by(TaxStatus.valid_from.desc(), TaxStatus.id.desc())
        .limit(PAGE_SIZE)
    ).all()  # fmt: skip
    return [(status, name) for status, name in rows]


def list_rates(session: Session, actor: Actor, *, page: int = 1) -> Page[tuple[TaxRate, str | None]]:
    """A page of the rates that were entered, the latest first, each with who entered it; two statements."""
    actor.require(Action.SEE_PRICES)
    total = session.execute(select(func.count()).select_from(TaxRate)).scalar_one()
    rows = session.execute(
        select(TaxRate, Person.name)
        .outerjoin(Person, Person.id == TaxRate.created_by)
        .order_by(TaxRate.valid_from.desc(), TaxRate.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([(rate, name) for rate, name in rows], page, total)
