"""Charges that are made once, by hand or by what proposes them: pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol

from incubator.billing.rules.invoicing import UNSUBSIDISED, WITHOUT_TAX, ChargeDraft
from incubator.core.money import Money

ONE_OFF = "one_off"
"""The source of a charge that is made once."""


class OneOff(Protocol):
    """What a one-off charge says."""

    id: int
    startup_id: int
    kind: str
    description: str
    starts_on: date
    ends_on: date
    amount_minor: int
    is_taxed_in: bool
    is_subsidised: bool


def charge_one_off(each: OneOff) -> ChargeDraft:
    """Its charge, before VAT: 120.00 for a lost key stay 120.00, or have VAT put on top where they are without."""
    derivation = {WITHOUT_TAX: not each.is_taxed_in, UNSUBSIDISED: not each.is_subsidised}
    return ChargeDraft(
        each.startup_id, each.kind, ONE_OFF, each.id, None, None, each.starts_on, each.ends_on, Decimal(1), ONE_OFF,
        Money(each.amount_minor).major, each.amount_minor, "CNY", {name: True for name, so in derivation.items() if so},
        {"what": each.description},
    )  # fmt: skip
