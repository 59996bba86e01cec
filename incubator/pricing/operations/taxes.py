"""Entering how the operator is taxed, and the rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.core.texts import one_line
from incubator.pricing.models import TAX_KINDS, TaxRate, TaxStatus
from incubator.pricing.rules.tariffs import check_day
from incubator.pricing.rules.taxes import TAX_STATUSES, USUAL

LONGEST_SOURCE = 300


def set_tax_status(
    session: Session, actor: Actor, *, now: datetime, status: str, valid_from: date, usual: bool = False
) -> TaxStatus:
    """From `valid_from` on the operator is taxed so; `usual`: with the rates that the law names for it.

    What is posted stays as it is; what is not yet posted is taxed by what is entered then.
    """
    actor.require(Action.MANAGE_PRICES)
    _check_status(status)
    check_day(valid_from, "valid_from")
    row = TaxStatus(status=status, valid_from=valid_from, created_at=now, created_by=actor.person_id)
    session.add(row)
    if usual:
        session.add_all(
            TaxRate(status=status, charge_kind=kind, valid_from=valid_from, rate=rate, source=source, created_at=now,
                    created_by=actor.person_id)
            for kind, (rate, source) in USUAL[status].items()
        )  # fmt: skip
    session.flush()
    after = {"status": status, "valid_from": valid_from, "usual_rates": usual}
    record(session, actor, "set_tax_status", ("tax_statuses", row.id), now=now, after=after)
    return row


def set_tax_rate(
    session: Session, actor: Actor, *, now: datetime, status: str, charge_kind: str, valid_from: date, rate: Decimal,
    source: str,
) -> TaxRate:  # fmt: skip
    """From `valid_from` on this is the rate; 0.06 are 6 %, 0 is exempt. An earlier row of that day holds no more."""
    actor.require(Action.MANAGE_PRICES)
    _check_status(status)
    if charge_kind not in TAX_KINDS:
        raise Refusal(N_("Choose a kind of charge."), field="charge_kind")
    check_day(valid_from, "valid_from")
    if not rate.is_finite() or not 0 <= rate < 1 or rate != round(rate, 4):
        raise Refusal(N_("A rate is from 0 to less than 100 percent, with two decimals at most."), field="percent")
    source = one_line(source, "source", LONGEST_SOURCE)
    if not source:
        raise Refusal(N_("Say which law or notice sets the rate."), field="source")
    row = TaxRate(status=status, charge_kind=charge_kind, valid_from=valid_from, rate=rate, source=source,
                  created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(row)
    session.flush()
    after = {"status": status, "charge_kind": charge_kind, "valid_from": valid_from, "rate": rate, "source": source}
    record(session, actor, "set_tax_rate", ("tax_rates", row.id), now=now, after=after)
    return row


def _check_status(status: str) -> None:
    if status not in TAX_STATUSES:
        raise Refusal(N_("Choose how the operator is taxed."), field="status")
