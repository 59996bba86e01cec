"""From charges to invoices: facts of a month, schemes one after another, and the draft's fingerprint."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from incubator.billing.rules import (
    ChargeDraft,
    InvoiceDraft,
    VersionRule,
    assemble,
    facts_of,
    fingerprint,
    invoice_number,
)
from incubator.core.periods import Month
from incubator.subsidies.rule import Rule

OCTOBER = Month(2026, 10)


@pytest.mark.parametrize(
    ("registered_on", "kind", "months"),
    [
        (date(2026, 10, 31), "company", 0),  # within the month: a company of this month, none old
        (date(2026, 11, 1), "team", None),  # registered after it: a team still
        (date(2026, 9, 30), "company", 1),
        (date(2024, 10, 1), "company", 24),
        (None, "company", None),
    ],
)
def test_what_a_company_was_in_the_month(registered_on: date | None, kind: str, months: int | None) -> None:
    facts = facts_of("company", "", registered_on, date(2026, 8, 15), OCTOBER)
    assert (facts["startup.kind"], facts["startup.registered_months"]) == (kind, months)
    assert facts["startup.industry"] is None, "what is not on record is not known, not empty"


@pytest.mark.parametrize(
    ("first_day", "number"),
    [(date(2026, 8, 15), 3), (date(2026, 10, 1), 1), (date(2026, 10, 31), 1), (date(2026, 11, 1), None),
     (date(2023, 11, 30), 36), (date(2023, 10, 31), 37), (None, None)],
)  # fmt: skip
def test_the_month_of_residence_counts_from_one(first_day: date | None, number: int | None) -> None:
    assert facts_of("team", "", None, first_day, OCTOBER)["residency.month_number"] == number


def charge(source_id: int, kind: str, gross_minor: int) -> ChargeDraft:
    return ChargeDraft(
        1, kind, "residency_price", source_id, 1, None, OCTOBER.first, OCTOBER.last, Decimal(1), "unit_month",
        Decimal(gross_minor) / 100, gross_minor, "CNY", {"days": 31}, {"unit": "O1"},
    )  # fmt: skip


def version(version_id: int, rate: str, cap: int | None = None, covers: tuple[str, ...] = ("rent",)) -> VersionRule:
    caps = [] if cap is None else [{"window": "month", "amount_minor": cap}]
    rule = Rule.parse({"covers": list(covers), "rate": rate, "caps": caps})
    return VersionRule(version_id, f"P{version_id}", "政策", "Policy", 1, "source", rule)


def test_a_second_scheme_bears_a_share_of_what_the_first_left() -> None:
    """1,000.00: half of it first, then half of the 500.00 that are left; 250.00 remain."""
    invoice = assemble(1, [charge(1, "rent", 100_000)], [version(1, "0.5"), version(2, "0.5")], {}, {})
    assert [(given.by.scheme_code, given.draft.base_minor, given.draft.amount_minor) for given in invoice.lines[0].given] == [
        ("P1", 100_000, 50_000), ("P2", 50_000, 25_000)]  # fmt: skip
    assert (invoice.gross_minor, invoice.subsidy_minor, invoice.net_minor) == (100_000, 75_000, 25_000)


def test_each_scheme_has_its_own_use_of_its_caps() -> None:
    first, second = version(1, "1", 30_000), version(2, "1", 30_000)
    used = {1: {first.rule.caps[0]: 10_000}, 2: {second.rule.caps[0]: 25_000}}
    invoice = assemble(1, [charge(1, "rent", 100_000)], [first, second], {}, used)
    assert [given.draft.amount_minor for given in invoice.lines[0].given] == [20_000, 5_000]


def test_a_decision_names_its_scheme_version_and_source() -> None:
    invoice = assemble(1, [charge(1, "rent", 100_000)], [version(1, "0.5")], {}, {})
    derivation = invoice.lines[0].given[0].derivation
    assert {key: derivation[key] for key in ("scheme", "scheme_name", "scheme_name_en", "version", "source")} == {
        "scheme": "P1", "scheme_name": "政策", "scheme_name_en": "Policy", "version": 1, "source": "source"}  # fmt: skip


def drafted(**changes: Any) -> list[InvoiceDraft]:
    lines = [dataclasses.replace(charge(1, "rent", 100_000), **changes), charge(2, "property_fee", 10_000)]
    return [assemble(1, lines, [version(1, "0.5")], {}, {})]


@pytest.mark.parametrize(
    "other",
    [
        lambda: drafted(gross_minor=100_001),
        lambda: drafted(source_id=3),
        lambda: drafted(derivation={"days": 30}),
        lambda: [*drafted(), *drafted()],
        lambda: [],
        lambda: [dataclasses.replace(drafted()[0], startup_id=2)],
        lambda: [assemble(1, [charge(1, "rent", 100_000), charge(2, "property_fee", 10_000)], [version(1, "0.6")], {}, {})],
        lambda: [assemble(1, [charge(1, "rent", 100_000), charge(2, "property_fee", 10_000)], [version(2, "0.5")], {}, {})],
        # 50.00 less of the one and 50.00 more of the other: the same sums
        lambda: [assemble(1, [charge(1, "rent", 95_000), charge(2, "property_fee", 15_000)], [version(1, "0.5")], {}, {})],
    ],
)
def test_the_fingerprint_changes_with_every_single_thing(other: Callable[[], list[InvoiceDraft]]) -> None:
    assert fingerprint(drafted()) == fingerprint(drafted()) != fingerprint(other())


def test_a_number_as_printed() -> None:
    assert (invoice_number("INV", 2026, 42), invoice_number("INV", 2026, 1_234_567)) == ("INV-2026-000042", "INV-2026-1234567")
