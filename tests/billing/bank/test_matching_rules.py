"""Which invoices a transfer pays: against a model that tries every set, and by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.billing.rules.matching import (
    THRESHOLD,
    Incoming,
    Owed,
    Payers,
    Suggestion,
    find_numbers,
    find_sums,
    plain_name,
    suggest_all,
)
from tests.effort import examples

DAY = date(2026, 11, 1)
A, B = 1, 2
PAYERS = Payers(names={"甲科技": frozenset({A}), "乙科技": frozenset({B})}, called={A: "甲科技有限公司", B: "乙科技有限公司"})


def owed(number: int, minor: int, startup_id: int = A, due: int | None = None) -> Owed:
    return Owed(number, 2026, number, startup_id, minor, DAY + timedelta(days=number if due is None else due))


def line(minor: int, payer: str = "", text: str = "", line_id: int = 1, account: str = "") -> Incoming:
    return Incoming(line_id, DAY, minor, plain_name(payer), account, text)


def suggest(one: Incoming, rows: Sequence[Owed], payers: Payers = PAYERS) -> Suggestion | None:
    return suggest_all([one], rows, payers).get(one.line_id)


def said(found: Suggestion | None) -> str:
    assert found is not None
    return " ".join(str(each) for each in found.reasons)


@pytest.mark.parametrize("text", [
    "INV-2026-000042", "inv-2026-000042", "INV 2026 000042", "INV2026000042", "ＩＮＶ－２０２６－００００４２", "INV_2026_42", "INV—2026—000042",
    "10月房租INV-2026-000042谢谢", "2026000042", "2026-000042", "２０２６ ００００４２", "付2026.000042款", "发票号：2026000042", "INV-2026-42",
    "INV/2026/000042",
])  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert find_numbers(text) == [(2026, 42)]


@pytest.mark.parametrize("text", ["", "房租", "20261008", "20261008102233", "2026-10-08", "13800138000", "2026年10月", "99992026000042"])
def test_what_is_no_number(text: str) -> None:
    assert find_numbers(text) == []


def test_several_numbers() -> None:
    assert find_numbers("INV-2026-000042、000043和INV-2026-000050") == [(2026, 42), (2026, 43), (2026, 50)]
    assert find_numbers("2026000042,2026000043") == [(2026, 42), (2026, 43)]


@pytest.mark.parametrize(("one", "other"), [
    ("深圳市（南山）智联 有限责任公司", "深圳市(南山)智联有限公司"), ("智联股份有限公司", "智联"), ("ZHILIAN Co., Ltd.", "zhilian"),
    ("甲科技有限公司　", "甲科技有限责任公司"),
])  # fmt: skip
def test_names_of_one_company(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


def test_names_of_two_companies() -> None:
    assert plain_name("甲科技有限公司") != plain_name("乙科技有限公司") and plain_name("公司") == "公司"


# by hand: A owes 100.00 (1), 200.00 (2), 300.00 (3); B owes 500.00 (4)
ROWS = [owed(1, 10_000), owed(2, 20_000), owed(3, 30_000), owed(4, 50_000, B)]


@pytest.mark.parametrize(("one", "parts", "confidence", "why"), [
    (line(20_000, "甲科技有限公司", "INV-2026-000002"), {2: 20_000}, 99, "startup’s"),
    (line(20_000, "张三", "INV2026000002"), {2: 20_000}, 95, "exactly"),
    (line(15_000, "甲科技有限公司", "INV-2026-000002"), {2: 15_000}, 88, "stays open"),
    (line(25_000, "张三", "INV-2026-000002"), {2: 20_000}, 80, "advance"),
    (line(30_000, "张三", "INV-2026-000001 INV-2026-000002"), {1: 10_000, 2: 20_000}, 95, "names"),
    (line(20_000, "乙科技有限公司", "INV-2026-000002"), {2: 20_000}, 60, "But"),
    (line(20_000, "甲科技有限责任公司"), {2: 20_000}, 95, "exactly"),
    (line(60_000, "甲科技有限公司"), {1: 10_000, 2: 20_000, 3: 30_000}, 95, "all"),
    (line(40_000, "甲科技有限公司"), {1: 10_000, 3: 30_000}, 90, "exactly"),
    (line(70_000, "甲科技有限公司"), {1: 10_000, 2: 20_000, 3: 30_000}, 70, "left over"),
    (line(15_000, "甲科技有限公司"), {1: 10_000, 2: 5_000}, 60, "part"),
    (line(50_000, "张三"), {4: 50_000}, 50, "not known"),
    (line(60_000, "张三"), {1: 10_000, 2: 20_000, 3: 30_000}, 50, "not known"),
])  # fmt: skip
def test_by_hand(one: Incoming, parts: dict[int, int], confidence: int, why: str) -> None:
    found = suggest(one, ROWS)
    assert found is not None and dict(found.parts) == parts and found.confidence == confidence
    assert why in said(found)


def test_nothing_is_suggested_where_nothing_says_so() -> None:
    assert suggest(line(12_345, "张三"), ROWS) is None
    assert suggest(line(10_000, "张三"), [owed(1, 10_000), owed(5, 10_000, B)]) is None, "two invoices come to it"
    assert suggest(line(30_000, "", "INV-2026-000001 INV-2026-000004"), ROWS) is None, "of two startups, and another sum"


def test_a_payer_who_was_confirmed_before() -> None:
    known = Payers(known_accounts={"6222": frozenset({A})}, known_names={"张三": frozenset({B})})
    assert "account" in said(suggest(line(20_000, "李四", account="6222"), ROWS, known))
    found = suggest(line(50_000, "张三"), ROWS, known)
    assert found is not None and found.startup_ids == (B,) and found.confidence == 95


def test_a_payer_for_two_startups_is_told_by_the_amount() -> None:
    both = Payers(known_names={plain_name("母公司"): frozenset({A, B})})
    found = suggest(line(55_000, "母公司"), [*ROWS[:3], owed(4, 55_000, B)], both)
    assert found is not None and found.startup_ids == (B,) and found.confidence == 80
    assert suggest(line(15_000, "母公司"), ROWS, both) is None


def test_two_sets_of_one_sum_are_a_guess() -> None:
    rows = [owed(1, 10_000), owed(2, 20_000), owed(3, 20_000), owed(4, 70_000)]
    found = suggest(line(30_000, "甲科技有限公司"), rows)
    assert found is not None and dict(found.parts) == {1: 10_000, 2: 20_000} and found.confidence == 70


def test_a_line_that_names_its_invoice_comes_before_one_that_came_earlier() -> None:
    early, named = line(10_000, "甲科技有限公司", line_id=1), line(10_000, "张三", "INV-2026-000001", line_id=2)
    found = suggest_all([early, named], [owed(1, 10_000), owed(2, 20_000)], PAYERS)
    assert dict(found[2].parts) == {1: 10_000} and dict(found[1].parts) == {2: 10_000}


def test_three_transfers_for_one_invoice() -> None:
    found = suggest_all([line(10_000, "甲科技有限公司", line_id=n) for n in (1, 2, 3)], [owed(1, 30_000)], PAYERS)
    assert [each.confidence for each in found.values()] == [60, 60, 95], "the last is exactly what is left"


def model(rows: Sequence[Owed], amount: int) -> list[tuple[int, ...]]:
    """Every set that comes to it, by brute force."""
    sets = chain.from_iterable(combinations(rows, size) for size in range(1, len(rows) + 1))
    return [tuple(row.invoice_id for row in each) for each in sets if sum(row.open_minor for row in each) == amount]


OWED = st.lists(st.integers(1, 8), min_size=1, max_size=7).map(lambda amounts: [owed(n, minor) for n, minor in enumerate(amounts, 1)])


@settings(max_examples=examples(200))
@given(OWED, st.integers(1, 30))
def test_sums_are_those_of_the_model(rows: list[Owed], amount: int) -> None:
    wanted, found = model(rows, amount), find_sums(rows, amount)
    assert len(found) == min(2, len(wanted))
    assert [tuple(row.invoice_id for row in each) for each in found] == sorted(wanted, key=lambda each: (len(each), each))[:2]


@settings(max_examples=examples(150))
@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([A, B])), max_size=7),
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["甲科技", "乙科技", "丙"]), st.integers(0, 9)), max_size=6), st.randoms(),
)  # fmt: skip
def test_never_more_than_is_open_or_came_in_and_in_any_order_the_same(invoices, transfers, random) -> None:  # type: ignore[no-untyped-def]
    rows = [owed(n, minor, startup) for n, (minor, startup) in enumerate(invoices, 1)]
    lines = [line(minor, payer, f"INV-2026-{named}" if named else "", line_id=n) for n, (minor, payer, named) in enumerate(transfers, 1)]
    found = suggest_all(lines, rows, PAYERS)
    for row in rows:
        assert sum(dict(each.parts).get(row.invoice_id, 0) for each in found.values()) <= row.open_minor
    for each in lines:
        if each.line_id in found:
            one = found[each.line_id]
            assert sum(dict(one.parts).values()) <= each.amount_minor == sum(share.amount_minor for share in one.shares) and 0 < one.confidence < 100 and one.reasons
            for share in one.shares:
                assert {row.startup_id for row in rows if row.invoice_id in dict(share.parts)} <= {share.startup_id}
            if one.confidence >= THRESHOLD:
                assert sum(dict(one.parts).values()) == each.amount_minor, "what is confirmed unseen leaves nothing over"
    random.shuffle(rows)
    assert suggest_all(lines[::-1], rows, PAYERS) == found
