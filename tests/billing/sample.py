"""Charges, versions and numbers of invoices as the tests of billing make and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from incubator.billing.models import Invoice
from incubator.billing.rules.invoicing import ChargeDraft, InvoiceDraft, assemble
from incubator.subsidies.rules.engine import SchemeRule
from incubator.subsidies.rules.rule import Cap
from incubator.subsidies.rules.state import Tally, cap_key
from tests.subsidies.sample import OCTOBER, party, scheme

COMPANY = {"startup.kind": "company", "residency.month_number": 3}


def charge(source_id: int = 1, gross_minor: int = 240_000, kind: str = "rent", **changes: Any) -> ChargeDraft:
    """The rent of O1 in October."""
    values: dict[str, Any] = {
        "startup_id": 1, "kind": kind, "source_kind": "booking" if kind == "booking" else "residency_price",
        "source_id": source_id, "unit_id": 7, "resource_id": None, "starts_on": date(2026, 10, 1),
        "ends_on": date(2026, 10, 31), "quantity": Decimal("30.00"), "basis": "m2_month", "unit_price": Decimal("80.00"),
        "gross_minor": gross_minor, "currency": "CNY",
        "derivation": {"quantity": "30.00", "days": 31, "days_in_month": 31, "minutes": 60},
        "description": {"unit": "O1", "resource": "会议室一", "resource_en": "Room 1", "start": "2026-10-10T10:00",
                        "end": "2026-10-10T11:00"},
    }  # fmt: skip
    return ChargeDraft(**values | changes)


def version(code: str = "Y", rate: str = "0.60", number: int = 1, **rule: Any) -> SchemeRule:
    """A version of a scheme, for everybody unless `who` says otherwise."""
    data = {"covers": ["rent", "property_fee", "utilities"], "rate": rate} | rule
    return scheme(data, code, version=number)


def assembled(
    startup_id: int,
    charges: Sequence[ChargeDraft],
    schemes: Sequence[SchemeRule],
    known: Mapping[str, Any],
    used: Mapping[int, Mapping[Cap, int]],
) -> InvoiceDraft:
    """An invoice of October; `used` by scheme: what each of its caps has used before."""
    before = {
        cap_key(scheme_id, cap.per, startup_id, cap.window, OCTOBER): minor
        for scheme_id, caps in used.items()
        for cap, minor in caps.items()
    }
    return assemble(party(known, startup_id=startup_id), charges, schemes, Tally(before))


def number(invoice: Invoice) -> str:
    """Its number as people read it."""
    return f"INV-{invoice.year}-{invoice.number:06}"
