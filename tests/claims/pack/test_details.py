"""Meters, bookings, one-off charges, VAT and credit notes: recomputed by hand's numbers, and every figure watched."""

from __future__ import annotations

import copy
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from incubator.billing.rules.crediting import Part, take_off
from incubator.claims.pack.columns import COLUMNS
from incubator.claims.pack.verifier.charges import recompute_charge, recompute_tax
from incubator.claims.pack.verifier.command import verify
from incubator.claims.pack.verifier.compositions import cheapest
from incubator.claims.pack.verifier.derivations import check_stays
from incubator.claims.pack.verifier.figures import FAULTS
from incubator.claims.pack.verifier.histories import History
from incubator.claims.pack.verifier.later import recompute_later
from incubator.claims.pack.verifier.mirrors import CHARGE_TABLES
from incubator.claims.pack.verifier.report import Differs, NotKnown
from incubator.core.canonical import plain
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.pricing.rules.compositions import Windows
from incubator.pricing.rules.metered import MeteredPrice, Stay, average_price, price_meter
from incubator.pricing.rules.readings import Reading
from incubator.pricing.rules.tariffs import PriceItem, quote
from incubator.subsidies.rules.grants import Stay as Tenancy
from incubator.subsidies.rules.grants import item_data, tenancy_item
from tests.claims.pack.detailed import booked, detailed, metered
from tests.claims.pack.sample import written
from tests.claims.pack.test_derivations import numbers_in

D = Decimal
CHINA = ZoneInfo("Asia/Shanghai")


def places(path: Path) -> list[str]:
    return [each["place"] for each in verify(str(path)).findings]


def test_all_of_it_is_recomputed(tmp_path: Path) -> None:
    report = verify(str(written(detailed(), tmp_path)))
    assert report.findings == [] and report.notes == []
    assert report.counts == {"lines": 4, "lines_recomputed": 4, "charges": 4, "charges_recomputed": 4, "total_minor": 126_581}


# a figure changed in a table, and signed


IDLE = {("meters", "meter"), ("meters", "medium"), ("meters", "shared_by"), ("credits", "issued_on"), ("credits", "reason"),
        ("decisions", "at"), ("credits", "at"), ("decisions", "turn")}  # fmt: skip
"""Words, and moments that put things in an order: nothing is computed of them as long as the order is the same."""
NEW = [(name, column.key) for name in (*CHARGE_TABLES, "decisions", "credits") for column in COLUMNS[name]
       if (name, column.key) not in IDLE]  # fmt: skip
NEW += [("charges", key) for key in ("tax", "tax_rate", "subsidy", "net", "net_tax", "quantity", "unit_price")]


EMPTY = {("prices", "last"), ("quotes", "fee_percent"), ("credits", "tax"), ("credits", "tax_left")}
"""Of which the sample has no value."""


def other(value: Any) -> Any:
    """Another value of the same kind: one more, the next day, another word."""
    if isinstance(value, int):
        return value + 1
    try:
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    except ValueError:
        return value[:-1] + str((int(value[-1]) + 1) % 10) if value[-1:].isdigit() else value + "x"


@pytest.mark.parametrize(("name", "key"), NEW)
def test_a_figure_of_each_column_is_watched(name: str, key: str, tmp_path: Path) -> None:
    """Table and CSV say another figure, manifest and signature fit them: it is named where it follows from something."""
    contents = detailed()
    at, tried = [column.key for column in COLUMNS[name]].index(key), 0
    assert contents.tables[name]
    for index, row in enumerate(contents.tables[name]):
        if row[at] is None:
            continue
        rows = list(contents.tables[name])
        rows[index] = (*row[:at], other(row[at]), *row[at + 1 :])
        found = places(written(replace(contents, tables={**contents.tables, name: rows}), tmp_path))
        near: tuple[str, ...] = (f"tables/{name}.csv", "tables/lines.csv", "tables/charges.csv", "tables/credits.csv")
        if name in CHARGE_TABLES:
            near = (f"tables/{name}.csv, row {index + 2}, column {key}",)
        assert any(place.startswith(near) for place in found), (index, row, found)
        tried += 1
    assert tried or (name, key) in EMPTY


@pytest.mark.parametrize("made", [metered, booked])
def test_one_digit_more_in_a_derivation_is_found(made: Any) -> None:
    derivation, row = made()
    whole = row["gross"]
    assert recompute_charge(derivation, row) == whole
    idle = {("readings", 0, "digits"), ("readings", 1, "digits"), ("readings", 0, "factor"), ("tariff_item_id",),
            ("grounds", "prices", "night"), ("grounds", "prices", "day"), ("grounds", "minimum_minor"), ("paid", 1, "order_id"), ("tax", "rate"),
            ("prices", 0, "tariff"), ("tariffs", 0), ("differences", 0, "readings", 0, "digits"), ("differences", 0, "readings", 1, "digits"),
            ("differences", 0, "readings", 0, "factor"), ("grounds", "days", 0, 0), ("grounds", "days", 0, 1)}  # fmt: skip
    tried = 0
    for path in numbers_in(derivation):
        if path in idle or path[:2] == ("grounds", "nights"):
            continue
        changed = copy.deepcopy(derivation)
        *way, last = path
        place: Any = changed
        for key in way:
            place = place[key]
        value = place[last]
        place[last] = value + 1 if isinstance(value, int) else str(Decimal(value) + 1)
        try:
            found: int | None = recompute_charge(changed, row)
        except (Differs, NotKnown, *FAULTS):
            found = None
        assert found != whole, (path, value)
        tried += 1
    assert tried > 10


# meters


def test_a_meter_of_two_tenants() -> None:
    """Of 500 for 421.00 the first 15 days are 100 (80 and 20), the other 400, of which A has 5 of 16 days: 225 for
    189.45."""
    derivation, row = metered()
    assert (derivation["consumption"], derivation["quantity"], row["gross"]) == ("500", "225", 18_945)
    assert recompute_charge(derivation, row) == 18_945
    assert recompute_tax(derivation, row) == 2_180  # 18,945 × 13 / 113 = 2,179.5…
    with pytest.raises(Differs):
        recompute_charge(derivation | {"gross_minor": 18_946}, row)
    with pytest.raises(NotKnown):  # posted before prices were kept: said, not guessed
        recompute_charge({key: value for key, value in derivation.items() if key != "prices"}, row)


def test_random_meters_as_the_product_prices_them() -> None:
    dice = Random(5)
    for _ in range(400):
        days = sorted(dice.sample(range(1, 31), dice.randrange(1, 4)))
        value, chain = D(dice.randrange(900, 1000)), [Reading(0, date(2026, 9, 30), D(995), 3, D(2))]
        for day in days:
            value = (value + D(dice.randrange(0, 4000)) / 10) % 1000
            fresh = D(dice.randrange(100)) if dice.random() < 0.2 else None
            chain.append(Reading(day, date(2026, 10, day), value, 3, D(2), fresh))
            value = value if fresh is None else fresh
        cut = date(2026, 10, dice.randrange(2, 30))
        prices = [MeteredPrice(1, "water", D("3.45"), date(2026, 1, 1), cut - timedelta(days=1), ((D(40), D("4.83")),), tariff="a"),
                  MeteredPrice(1, "water", D("3.60"), cut, None, ((D(40), D("5")), (D(90), D("7"))), tariff="b")]  # fmt: skip
        stays = [Stay(number, date(2026, 9, dice.randrange(1, 30)), None if dice.random() < 0.5 else date(2026, 10, dice.randrange(1, 31)),
                      D(dice.randrange(100, 9000)) / 100) for number in range(1, 5)]  # fmt: skip
        carried = D(dice.randrange(-80, 80)) if dice.random() < 0.3 else D(0)
        found = price_meter(chain, prices, stays, is_shared=True, carried=carried)
        assert found is not None
        for share in found.shares:
            made_up = {"differences": [{"readings": [], "counted": "0", "charged": str(-carried), "dropped": "0"}]}
            said = plain(found.as_data() | made_up | {"quantity": format(share.quantity, "f"), "gross_minor": share.gross_minor,
                                            "stretches": [each.as_data() for each in share.stretches]})  # fmt: skip
            row = {"basis": "metered", "quantity": format(share.quantity, "f"), "unit_price": format(average_price(share), "f"),
                   "first": share.first.isoformat(), "last": share.last.isoformat()}  # fmt: skip
            assert recompute_charge(said, row) == share.gross_minor


# bookings


def test_a_composed_booking_with_what_paid_of_it() -> None:
    derivation, row = booked()
    assert recompute_charge(derivation, row) == 10_000
    cancelled = {key: value for key, value in derivation.items() if key != "paid"}
    cancelled["fee"] = {"percent": 50, "of_minor": 21_000, "within_minutes": 1440, "rule": "", "rule_en": ""}
    assert recompute_charge(cancelled, row) == 10_500
    dearer = copy.deepcopy(derivation)
    dearer["parts"] = [{"basis": "hour", "unit_price": "50.00", "minutes": 300}]
    with pytest.raises(Differs, match="cheapest"):  # 250.00 for what 210.00 can cover
        recompute_charge(dearer | {"gross_minor": 25_000}, row)
    early = copy.deepcopy(derivation)
    first = next(part for part in early["parts"] if part["basis"] == "half_day")
    (hour,) = [part for part in early["parts"] if part["basis"] == "hour"]
    first["minutes"], hour["minutes"] = 270, 30  # more than half a day
    with pytest.raises(Differs, match="half_day"):
        recompute_charge(early, row)


def test_random_bookings_as_the_product_composes_them() -> None:
    dice, kinds, seen = Random(3), ("hour", "half_day", "day", "night", "weekend", "use"), set()
    for _ in range(250):
        bases = tuple((basis, D(dice.randrange(1, 400))) for basis in dice.sample(kinds, dice.randrange(2, 6)))
        windows = Windows(dice.choice([180, 240, 300]), dice.choice([1200, 1320]), dice.choice([360, 480]))
        item = PriceItem(7, dict(bases).get("hour", bases[0][1]), "CNY", 1, None, date(2026, 1, 1), None, "hour", bases, False,
                         D(dice.randrange(0, 300)) or None, dice.choice([None, 15, 60]), windows, CHINA.key)  # fmt: skip
        start = datetime(2026, 10, dice.randrange(1, 25), dice.randrange(24), dice.choice([0, 10, 30]), tzinfo=CHINA)
        try:
            asked = quote(item, start, start + timedelta(minutes=dice.randrange(10, 4000)))
        except Refusal:
            continue
        derivation = plain(asked.as_data())
        row = {"basis": "hour", "unit_price": format(asked.unit_price, "f"),
               "quantity": format((D(asked.minutes) / 60).quantize(D("0.0001")), "f")}  # fmt: skip
        assert recompute_charge(derivation, row) == asked.gross_minor
        seen |= {part["basis"] for part in derivation["parts"]}
    assert seen == set(kinds)


def test_the_cheapest_of_five_hours() -> None:
    grounds = {"minutes": 300, "half_day": 240, "days": [[0, 300]], "nights": [], "weekends": [],
               "prices": {"hour": "50.00", "half_day": "160.00", "day": "280.00"}}  # fmt: skip
    assert cheapest(grounds) == 210
    assert cheapest(grounds | {"prices": {"night": "9"}}) is None
    with pytest.raises(NotKnown):
        cheapest(grounds | {"minutes": 10**9})


def test_what_is_charged_once_and_vat_on_top() -> None:
    row = {"basis": "one_off", "quantity": "1", "unit_price": "120.00", "tax_rate": "0.06", "gross": 12_720}
    derivation = {"without_tax": True, "tax": {"rate": "0.06", "source": "—", "on_minor": 12_000}}
    assert (recompute_charge(derivation, row), recompute_tax(derivation, row)) == (12_720, 720)
    with pytest.raises(Differs):
        recompute_charge(derivation, row | {"unit_price": "121.00"})
    assert recompute_charge({}, row) == 12_000
    with pytest.raises(NotKnown):
        recompute_charge({}, row | {"basis": "guess"})


# credit notes


def history(gross: int, given: list[int], takes: list[int]) -> tuple[History, list[Part]]:
    """A charge with what some schemes gave, and notes one after another, written by the product's own rule."""
    charge = {"charge": 1, "gross": gross, "tax": None, "tax_rate": None}
    decisions = [{"decision": number, "adjusts": None, "note": None, "amount": each, "held": 0, "why": None, "at": "a"}
                 for number, each in enumerate(given, start=1)]  # fmt: skip
    left, notes, parts = Part(gross, sum(given), None, 0, tuple(given), (0,) * len(given)), [], []
    for number, take in enumerate(takes, start=1):
        part = take_off(left, take)
        notes.append({"note": f"CN-{number}", "at": f"b{number}", "gross": part.gross_minor, "subsidy": part.subsidy_minor,
                      "net": part.net_minor, "tax": part.tax_minor, "borne": part.borne_minor})  # fmt: skip
        decisions += [
            {"decision": len(decisions) + at, "adjusts": at, "note": f"CN-{number}", "amount": -each, "held": 0, "why": "credit",
             "at": f"b{number}"} for at, each in enumerate(part.given, start=1) if each
        ]  # fmt: skip
        for at, row in enumerate(decisions[len(given) :], start=len(given) + 1):
            row["decision"] = at
        left = left.less(part)
        parts.append(part)
    return History(charge, decisions, notes), parts


def test_a_note_of_1_000_on_2_400_by_hand() -> None:
    """Subsidy 600.00 of 1,440.00, from 900.00 and 540.00: 375.00 and 225.00; then the other 1,400.00, to the fen."""
    found, _parts = history(240_000, [90_000, 54_000], [100_000, 140_000])
    (left, first), (_, second) = found.left_by_notes(0)
    assert (left["subsidy"], first["subsidy"], first["net"]) == (144_000, 60_000, 40_000)
    assert found.taken_back(found.credits[0], left, first) == {1: (37_500, 0), 2: (22_500, 0)}
    assert (second["subsidy"], second["net"]) == (84_000, 56_000)
    found.decisions[2]["amount"] -= 1
    with pytest.raises(Differs, match="decision 1"):
        found.check_note(found.credits[0], left, first)


def test_random_notes_as_the_product_takes_them() -> None:
    dice = Random(9)
    for _ in range(500):
        gross = dice.randrange(1, 500_000)
        given = [dice.randrange(0, gross // 3 + 1) for _ in range(dice.randrange(1, 4))]
        takes, left = [], gross
        while left and len(takes) < 3:
            takes.append(dice.randrange(1, left + 1))
            left -= takes[-1]
        found, parts = history(gross, given, takes)
        for note, (before, taken), part in zip(found.credits, found.left_by_notes(0), parts, strict=True):
            assert (taken["gross"], taken["subsidy"]) == (part.gross_minor, part.subsidy_minor)
            found.check_note(note, before, taken)
        kept = found.kept_at({"at": "z"})
        assert kept == 1 - Fraction(sum(takes), gross)


def test_a_correction_of_what_was_credited_and_ruled() -> None:
    """1,620.00 of 2,700.00; 620.00 are not borne by the authority, 900.00 of the charge are credited (540.00 of the
    subsidy): 460.00 stand; of what would be given now, 1,000/1,620 × 1,800/2,700."""
    row = {"adjusts": 1, "note": None, "held": 0}
    decisions = [
        {"decision": 1, "amount": 162_000, "why": None, "at": "a", **row, "adjusts": None},
        {"decision": 2, "amount": -62_000, "why": "ruling", "at": "b", **row},
        {"decision": 3, "amount": -54_000, "why": "credit", "at": "c", **row, "note": "CN-1"},
        {"decision": 4, "amount": 9_556, "why": "facts", "at": "d", **row},
    ]
    found = History({"gross": 270_000}, decisions, [{"note": "CN-1", "gross": 90_000, "at": "c"}])
    assert found.standing_before(decisions[3]) == 46_000
    assert found.ruled_before(decisions[3]) == Fraction(100, 162) and found.kept_at(decisions[3]) == Fraction(2, 3)
    assert found.shared_before(decisions[3]) is None
    derivation = {"now": {"outcome": "not_covered", "derivation": {}}, "was_minor": 46_000, "now_minor": 0}
    assert recompute_later({"derivation": derivation, "amount_minor": -46_000, "item": None}, {}, found, decisions[3]) == -46_000
    with pytest.raises(Differs, match="was"):
        recompute_later({"derivation": derivation | {"was_minor": 46_001}, "amount_minor": -46_001, "item": None}, {}, found,
                        decisions[3])  # fmt: skip


# tenancies that grants to the operator are for


def test_the_area_of_a_tenancy_is_its_units_by_their_days() -> None:
    stays = [Tenancy("AGR-1", "F3-1", D("30.00"), date(2026, 10, 1), date(2026, 10, 31)),
             Tenancy("AGR-2", "F3-2", D("24.50"), date(2026, 10, 16), date(2026, 10, 31))]  # fmt: skip
    item = tenancy_item(stays, Month(2026, 10))
    assert item is not None and item.area_m2 == 30 + Fraction(49, 2) * Fraction(16, 31)
    said = item_data(item, stays)
    check_stays(dict(said), said)
    for change in ({"area_m2": "30.01"}, {"last": "2026-10-30"}):
        with pytest.raises(Differs):
            check_stays({**said, **change}, {**said, **change})
    with pytest.raises(Differs):
        check_stays({**said, "area_m2": "30"}, said)
