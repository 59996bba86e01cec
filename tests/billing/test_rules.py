"""From terms and bookings to invoices: the pure part."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from incubator.billing.rules.invoicing import (
    ChargeDraft,
    Given,
    InvoiceDraft,
    LineDraft,
    charge_bookings,
    charge_terms,
    fingerprint,
    free_months,
    free_times,
    invoice_number,
)
from incubator.bookings.queries import ChargedBooking
from incubator.core.periods import Month
from incubator.pricing.rules.taxes import NO_TAXES
from incubator.startups.rules import ResidencyTerm
from incubator.subsidies.rules.known import Kept, facts_of
from tests.billing.sample import COMPANY, assembled, charge, version
from tests.subsidies.rules import lines, rules

OCTOBER = Month(2026, 10)


# facts


def facts(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"kind": "company", "industry": "软件", "registered_on": date(2026, 1, 5),
                              "first_day": date(2026, 8, 15), "month": OCTOBER}  # fmt: skip
    given = values | changes
    month = given.pop("month")
    found, _ = facts_of(Kept(**given), month)
    asked = ("startup.kind", "startup.industry", "startup.registered_on", "startup.registered_months",
             "residency.month_number")  # fmt: skip
    return {name: found[name] for name in asked}


def test_a_company_in_its_third_month() -> None:
    assert facts() == {
        "startup.kind": "company", "startup.industry": "软件", "startup.registered_on": "2026-01-05",
        "startup.registered_months": 9, "residency.month_number": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("registered_on", "kind", "months"),
    [
        (date(2026, 10, 31), "company", 0),
        (date(2026, 11, 1), "team", None),
        (date(2026, 10, 1), "company", 0),
        (date(2026, 9, 30), "company", 1),
        (date(2025, 10, 31), "company", 12),
        (None, "company", None),
    ],
)
def test_a_company_that_registered_after_the_month_was_a_team_in_it(
    registered_on: date | None, kind: str, months: int | None
) -> None:
    found = facts(registered_on=registered_on)
    assert (found["startup.kind"], found["startup.registered_months"]) == (kind, months)
    assert (found["startup.registered_on"] is None) == (months is None)


@pytest.mark.parametrize(
    ("first_day", "month", "number"),
    [
        (date(2026, 8, 15), OCTOBER, 3),
        (date(2026, 10, 31), OCTOBER, 1),
        (date(2026, 11, 1), OCTOBER, None),
        (None, OCTOBER, None),
        (date(2026, 8, 15), Month(2029, 7), 36),
        (date(2026, 8, 15), Month(2029, 8), 37),
        (date(2025, 12, 31), Month(2026, 1), 2),
    ],
)
def test_the_month_of_residence_counts_from_one(first_day: date | None, month: Month, number: int | None) -> None:
    assert facts(first_day=first_day, month=month)["residency.month_number"] == number


def test_a_team_stays_one_and_no_industry_is_not_known() -> None:
    found = facts(kind="team", registered_on=None, industry="")
    assert (found["startup.kind"], found["startup.industry"]) == ("team", None)


# charges


def term(**changes: Any) -> ResidencyTerm:
    values: dict[str, Any] = {
        "price_id": 5, "residency_id": 3, "residency_number": "R-2026-0001", "startup_id": 1, "unit_id": 7,
        "unit_code": "O2", "unit_kind": "office", "area_m2": Decimal("54.50"), "charge_kind": "rent", "basis": "m2_month",
        "unit_price": Decimal("75.00"), "currency": "CNY", "starts_on": date(2026, 10, 16), "ends_on": None,
    }  # fmt: skip
    return ResidencyTerm(**values | changes)


def test_rent_free_days_make_no_charge_and_are_named() -> None:
    """Free from 16 September to 15 October: October names its first 15 days, November none."""
    free = term(unit_price=Decimal(0), starts_on=date(2026, 9, 16), ends_on=date(2026, 10, 15), reason="free")
    assert charge_terms([free], OCTOBER, NO_TAXES) == []
    ((startup_id, (found,)),) = free_times([free, term()], OCTOBER).items()
    assert (startup_id, found.unit, found.starts_on, found.ends_on) == (
        free.startup_id, "O2", date(2026, 10, 1), date(2026, 10, 15))  # fmt: skip
    assert free_times([free], OCTOBER + 1) == {}


def test_who_owes_nothing_is_told_from_who_owes_something() -> None:
    """1 is free of rent and owes a fee; 2 has a desk for nothing; 3 has a booking that allowances pay."""
    one = term(unit_price=Decimal(0), reason="free")
    two = term(startup_id=2, unit_price=Decimal(0), unit_code="D1")
    free = free_times([one, term(charge_kind="property_fee", unit_price=Decimal(0)), two], OCTOBER)
    assert [(time.unit, time.is_agreed) for startup_id in (1, 2) for time in free[startup_id]] == [("O2", False), ("D1", True)]
    covered = replace(charge(1), startup_id=3, gross_minor=0)
    found = free_months(free, [covered, charge(2)], owing=[1])
    assert [(each.startup_id, len(each.times), len(each.charges)) for each in found] == [(2, 1, 0), (3, 0, 1)]


def test_a_term_from_the_16th_is_charged_16_of_31_days() -> None:
    (found,) = charge_terms([term()], OCTOBER, NO_TAXES)
    assert (found.gross_minor, found.quantity, found.starts_on, found.ends_on) == (
        210_968, Decimal("54.50"), date(2026, 10, 16), date(2026, 10, 31))  # fmt: skip
    assert found.source == ("residency_price", 5, found.startup_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": date(2026, 11, 1)},
        {"starts_on": date(2026, 8, 1), "ends_on": date(2026, 9, 30)},
        {"unit_price": Decimal(0)},
        {"unit_price": Decimal("0.0001")},  # rounds to nothing
    ],
)
def test_no_line_for_nothing(changes: dict[str, Any]) -> None:
    assert charge_terms([term(**changes)], OCTOBER, NO_TAXES) == []


def booking(**changes: Any) -> ChargedBooking:
    values: dict[str, Any] = {
        "booking_id": 9, "startup_id": 1, "resource_id": 4, "resource_name": "会议室一", "resource_name_en": "Room 1",
        "start": datetime(2026, 10, 31, 15, 30, tzinfo=UTC), "end": datetime(2026, 10, 31, 16, 50, tzinfo=UTC),
        "price_minor": 6_667, "currency": "CNY", "quote": {"minutes": 80, "unit_price": "50.00"},
    }  # fmt: skip
    return ChargedBooking(**values | changes)


def test_a_booking_over_midnight_says_both_days_in_the_site_s_time() -> None:
    (found,) = charge_bookings([booking()], ZoneInfo("Asia/Shanghai"))
    assert (found.starts_on, found.ends_on) == (date(2026, 10, 31), date(2026, 11, 1))
    assert (found.description["start"], found.description["end"]) == ("2026-10-31T23:30", "2026-11-01T00:50")
    assert (found.quantity, found.gross_minor, found.source) == (Decimal("1.3333"), 6_667, ("booking", 9, found.startup_id))


def test_a_free_booking_makes_no_line() -> None:
    assert charge_bookings([booking(price_minor=0)], ZoneInfo("UTC")) == []


# assembling


def amounts(invoice: InvoiceDraft) -> list[list[int]]:
    return [[given.draft.amount_minor for given in line.given] for line in invoice.lines]


def test_the_second_scheme_is_taken_of_what_the_first_left() -> None:
    charges = [charge(1, 100_000), charge(2, 20_000, "property_fee"), charge(3, 7_500, "booking")]
    first, second = version("A", "0.60"), version("B", "0.50", covers=["rent", "booking"])
    invoice = assembled(1, charges, [first, second], COMPANY, {})
    # rent: 600.00 of 1,000.00, then half of 400.00; fee: 120.00 only; booking: half of 75.00
    assert amounts(invoice) == [[60_000, 20_000], [12_000, 0], [0, 3_750]]
    assert [[given.draft.base_minor for given in line.given] for line in invoice.lines] == [
        [100_000, 40_000], [20_000, 8_000], [7_500, 7_500]]  # fmt: skip
    assert (invoice.gross_minor, invoice.subsidy_minor, invoice.net_minor) == (127_500, 95_750, 31_750)
    before = version("B", "0.50", covers=["rent", "booking"], together={"order": 1})
    turned = assembled(1, charges, [first, before], COMPANY, {})
    assert amounts(turned) == [[50_000, 30_000], [0, 12_000], [3_750, 0]]


def test_two_that_bear_all_never_bear_more_than_all() -> None:
    invoice = assembled(1, [charge(1, 999)], [version("A", "1"), version("B", "1")], COMPANY, {})
    assert (amounts(invoice), invoice.net_minor) == ([[999, 0]], 0)


def test_each_scheme_has_its_own_cap_over_all_lines() -> None:
    caps = [{"window": "quarter", "amount_minor": 70_000}]
    a, b = version("A", "0.60", caps=caps), version("B", "0.50", caps=caps)
    charges = [charge(1, 100_000), charge(2, 100_000)]
    # A: 600.00, then 100.00; B: half of 400.00, then half of 900.00
    assert amounts(assembled(1, charges, [a, b], COMPANY, {})) == [[60_000, 20_000], [10_000, 45_000]]
    used = {a.scheme_id: {a.rule.caps[0]: 65_000}}
    assert amounts(assembled(1, charges, [a, b], COMPANY, used)) == [[5_000, 47_500], [0, 22_500]]


def test_without_schemes_all_is_paid() -> None:
    invoice = assembled(1, [charge()], [], COMPANY, {})
    assert (invoice.subsidy_minor, invoice.net_minor, invoice.lines[0].given) == (0, 240_000, ())


def test_a_decision_names_its_scheme_and_source() -> None:
    derivation = assembled(1, [charge()], [version("Y", number=3)], COMPANY, {}).lines[0].given[0].derivation
    assert {key: derivation[key] for key in ("scheme", "scheme_name", "scheme_name_en", "version", "source")} == {
        "scheme": "Y", "scheme_name": "方案Y", "scheme_name_en": "Scheme Y", "version": 3, "source": "办法"}  # fmt: skip
    assert derivation["amount_minor"] == 144_000


@settings(max_examples=100, deadline=None)
@given(lines, st.lists(rules(), max_size=3))
def test_gross_is_net_and_subsidies_whatever_the_schemes(
    charges: list[tuple[str, int]], schemes: list[dict[str, Any]]
) -> None:
    versions = [version(code, **rule) for code, rule in zip("ABC", schemes, strict=False)]
    drafts = [charge(number, gross, kind) for number, (kind, gross) in enumerate(charges)]
    invoice = assembled(1, drafts, versions, COMPANY, {})
    assert invoice.gross_minor == sum(gross for _, gross in charges) == invoice.net_minor + invoice.subsidy_minor
    for line in invoice.lines:
        assert line.charge.gross_minor == line.net_minor + line.subsidy_minor and line.net_minor >= 0
        left = line.charge.gross_minor
        for each in line.given:
            assert each.draft.base_minor == left
            left -= each.draft.amount_minor
    for number, each in enumerate(versions):
        given_in_all = sum(line.given[number].draft.amount_minor for line in invoice.lines)
        assert all(given_in_all <= cap.amount.plain * 100 for cap in each.rule.caps)


# the fingerprint

INVOICE = assembled(1, [charge(1), charge(2, 30_000, "property_fee")], [version("A"), version("B", "0.5")], COMPANY, {})
OTHERS: dict[str, Any] = {
    "startup_id": 2, "kind": "utilities", "source_kind": "booking", "source_id": 99, "unit_id": 8, "resource_id": 4,
    "starts_on": date(2026, 10, 2), "ends_on": date(2026, 10, 30), "quantity": Decimal("30.01"), "basis": "unit_month",
    "unit_price": Decimal("80.01"), "gross_minor": 240_001, "currency": "USD", "derivation": {"days": 30},
    "description": {"unit": "O1b"}, "tax_rate": Decimal("0.06"), "tax_minor": 1, "round": 2,
}  # fmt: skip


def with_charge(changed: ChargeDraft) -> InvoiceDraft:
    return replace(INVOICE, lines=(replace(INVOICE.lines[0], charge=changed), *INVOICE.lines[1:]))


def with_given(**changes: Any) -> InvoiceDraft:
    """The first line's first decision with something of its draft, or of its version, replaced."""
    line = INVOICE.lines[0]
    first = line.given[0]
    by = {name: value for name, value in changes.items() if hasattr(first.by, name)}
    of = {name: value for name, value in changes.items() if name not in by}
    changed = Given(replace(first.draft, by=replace(first.by, **by), **of))
    return replace(INVOICE, lines=(replace(line, given=(changed, *line.given[1:])), *INVOICE.lines[1:]))


def test_the_same_has_the_same_fingerprint() -> None:
    again = assembled(1, [charge(1), charge(2, 30_000, "property_fee")], [version("A"), version("B", "0.5")], COMPANY, {})
    assert fingerprint([INVOICE]) == fingerprint([again])
    assert len(fingerprint([])) == 64


@pytest.mark.parametrize("name", ChargeDraft.__struct_fields__)
def test_it_changes_with_each_thing_of_a_charge(name: str) -> None:
    changed = replace(INVOICE.lines[0].charge, **{name: OTHERS[name]})
    assert fingerprint([with_charge(changed)]) != fingerprint([INVOICE])


@pytest.mark.parametrize(
    "changes",
    [
        {"version_id": 999}, {"code": "Z"}, {"name": "改名"}, {"name_en": "Renamed"}, {"version": 2},
        {"source": "另一办法"}, {"outcome": "capped"}, {"base_minor": 1}, {"amount_minor": 1}, {"derivation": {}},
    ],
)  # fmt: skip
def test_it_changes_with_each_thing_of_a_decision(changes: dict[str, Any]) -> None:
    assert fingerprint([with_given(**changes)]) != fingerprint([INVOICE])


def test_it_changes_with_lines_their_order_and_their_owner() -> None:
    found = {
        fingerprint(each)
        for each in (
            [], [INVOICE], [INVOICE, INVOICE], [replace(INVOICE, lines=INVOICE.lines[::-1])],
            [replace(INVOICE, lines=INVOICE.lines[:1])], [replace(INVOICE, startup_id=2)],
            [replace(INVOICE, lines=(LineDraft(INVOICE.lines[0].charge, ()), INVOICE.lines[1]))],
        )
    }  # fmt: skip
    assert len(found) == 7


def test_a_number_as_printed() -> None:
    assert invoice_number("INV", 2026, 42) == "INV-2026-000042"
    assert invoice_number("INV", 2026, 1_234_567) == "INV-2026-1234567"
