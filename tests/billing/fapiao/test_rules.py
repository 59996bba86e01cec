"""Title data, the papers that an invoice becomes, and what red letters take back: by numbers, and for any sequence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from incubator.billing.rules.fapiao import (
    CHARGE_KINDS,
    Item,
    Title,
    check_code,
    check_number,
    check_red,
    make_papers,
    missing_for,
    red_rows,
)
from incubator.billing.rules.fapiao_results import Row, Waiting, check_file, match_rows
from incubator.core.errors import Refusal
from incubator.pricing.rules.taxes import tax_within
from tests.billing.fapiao.desk import CODE, SPECIAL, TITLE, TODAY, number

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
NINE, SIX, NONE = Decimal("0.0900"), Decimal("0.0600"), Decimal(0)


def item(kind: str, rate: Decimal | None, net: int, *, area: str | None = None) -> Item:
    tax = None if rate is None else tax_within(net, rate)
    return Item(kind, rate, net, tax, FIRST, LAST, None if area is None else Decimal(area))


@pytest.mark.parametrize(("title", "field"), [
    (replace(TITLE, name=" "), "name"),
    (replace(TITLE, tax_number="91440300MA5ABCDE1X"), "tax_number"),
    (replace(TITLE, tax_number=""), "tax_number"),
    (replace(TITLE, kind="special"), "kind"),
    (replace(SPECIAL, bank=""), "bank"),
    (replace(SPECIAL, buyer="individual", tax_number=""), "kind"),
    (replace(SPECIAL, general_taxpayer=False), "kind"),
    (replace(TITLE, phone="call me"), "phone"),
    (replace(TITLE, account="=1+1"), "account"),
    (replace(TITLE, buyer="ghost"), "buyer"),
    (replace(TITLE, kind="golden"), "kind"),
    (replace(TITLE, buyer="individual", tax_number="12"), "tax_number"),
])  # fmt: skip
def test_a_title_is_refused_at_its_field(title: Title, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        title.checked()
    assert refused.value.field == field


def test_a_title_is_cleaned() -> None:
    assert replace(TITLE, tax_number=f" {CODE[:4].lower()} {CODE[4:]}", name=" 甲  公司 ").checked().name == "甲 公司"
    assert replace(TITLE, buyer="individual", tax_number="", general_taxpayer=True).checked().general_taxpayer is False


def test_rent_and_what_is_exempt_stand_on_papers_of_their_own() -> None:
    """The docstring's example: 5,450.00 of rent at 9 % and 1,000.00 of exempt service, asked for as special."""
    papers = make_papers([item("service_fee", NONE, 100_000), item("rent", NINE, 545_000, area="30.00")], "special")
    assert [(each.business, each.kind, each.net_minor, each.tax_minor) for each in papers] == [
        ("lease", "special", 545_000, 45_000), ("general", "ordinary", 100_000, 0)]  # fmt: skip


def test_lines_of_one_kind_and_rate_are_one_row() -> None:
    """Two offices at 2,400.00 and 600.00 less 360.00 taken back of an earlier month; the booking is free."""
    (paper,) = make_papers([item("rent", NINE, 240_000, area="30"), item("rent", NINE, 60_000, area="6"), item("rent", NINE, -36_000, area="30"),
                            item("booking", None, 0)], "ordinary")  # fmt: skip
    (row,) = paper.rows
    assert (row.net_minor, row.area_m2, row.tax_minor) == (264_000, Decimal(66), 19_817 + 4_954 - 2_972)


@pytest.mark.parametrize(("items", "said"), [
    ([item("rent", None, 100)], "no VAT rate"),
    ([item("rent", NINE, -100), item("booking", SIX, 500)], "takes back of earlier months"),
])  # fmt: skip
def test_what_no_paper_can_be_made_of_is_said(items: list[Item], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        make_papers(items, "ordinary")


def test_half_of_a_paper_is_taken_back_and_then_the_other() -> None:
    """Of 1,090.00 at 9 % with 90.00 of VAT, 545.00 take 45.00, and the other 545.00 the other 45.00."""
    rows = [{"charge_kind": "rent", "rate": "0.0900", "net_minor": 109_000, "tax_minor": 9_000}]
    first = red_rows(rows, [], 54_500)
    assert [(each["net_minor"], each["tax_minor"]) for each in (*first, *red_rows(rows, [first], 54_500))] == [(54_500, 4_500)] * 2


@pytest.mark.parametrize(("reason", "amount", "field"), [
    ("whim", 100, "reason"), ("mistake", 99, "amount"), ("stopped", 0, "amount"), ("allowance", 101, "amount")])  # fmt: skip
def test_what_red_letters_refuse(reason: str, amount: int, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_red(reason, amount, 100)
    assert refused.value.field == field


LINES = st.lists(
    st.tuples(st.sampled_from(CHARGE_KINDS), st.sampled_from([NONE, SIX, NINE, Decimal("0.1300")]), st.integers(1, 10**9)),
    min_size=1, max_size=8,
)  # fmt: skip


CREDITS = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 100)), max_size=5)
"""Of which line, and how much of what is left of it in hundredths, a credit note takes off before it is asked."""


def credited(lines: list[tuple[str, Decimal, int]], credits: list[tuple[int, int]]) -> list[Item]:
    """The lines, and below 0 what credit notes take off of them: the last takes the rest of the VAT."""
    items = [item(*each) for each in lines]
    found, left = list(items), [(each.net_minor, each.tax_minor or 0) for each in items]
    for place, hundredths in credits:
        which = place % len(items)
        net, tax = left[which]
        part = net * hundredths // 100
        off = tax if part == net else min(tax, tax_within(part, items[which].rate or NONE))
        left[which] = net - part, tax - off
        found.append(replace(items[which], net_minor=-part, tax_minor=-off))
    return found


@given(LINES, CREDITS, st.sampled_from(["ordinary", "special"]), st.lists(st.integers(1, 10**9), max_size=6))
@settings(max_examples=60)
def test_what_is_asked_and_taken_back_never_exceeds_the_invoice(
    lines: list[tuple[str, Decimal, int]], credits: list[tuple[int, int]], kind: str, amounts: list[int]
) -> None:
    """All papers together are the invoice's net and VAT, less credit notes; red letters of any amounts leave 0 at least,
    line by line, and the one that takes the rest leaves nothing, of the VAT neither."""
    items = credited(lines, credits)
    papers = make_papers(items, kind)
    assert sum(each.net_minor for each in papers) == sum(each.net_minor for each in items)
    assert sum(each.tax_minor for each in papers) == sum(each.tax_minor or 0 for each in items)
    for paper in papers:
        rows = [row.as_data() for row in paper.rows]
        taken: list[list[dict[str, Any]]] = []
        left = paper.net_minor
        for amount in (*[each for each in amounts if each < left], None):
            want = left if amount is None else min(amount, left)
            if want == 0:
                break
            red = red_rows(rows, taken, want)
            taken.append(red)
            left -= want
            assert sum(row["net_minor"] for row in red) == want
            assert all(0 <= row["tax_minor"] <= row["net_minor"] for row in red)
        assert left == 0
        assert sum(row["tax_minor"] for red in taken for row in red) == paper.tax_minor


def test_numbers_and_codes() -> None:
    assert check_number(" 2644 2000 0000 0000 0001 ") == number(1)
    assert check_code("3040502029902000000") == "3040502029902000000"
    assert check_code(" ") == ""
    for wrong in ("2644", "２６４４２００００００００００００００１"):
        with pytest.raises(Refusal):
            check_number(wrong)
    with pytest.raises(Refusal):
        check_code("304050202")


def test_what_is_missing_is_named() -> None:
    papers = [("lease", ["rent"]), ("general", ["booking", "service_fee"])]
    codes = {"rent": {"code": "3040502029902000000", "name": "房屋租金"}, "booking": {"code": "", "name": "会议室"}}
    assert [str(each) for each in missing_for(papers, codes, False)] == [
        "No tax code is entered for: Service fee.", "No tax code is entered for: Bookings.",
        "The site's address for leases is not entered."]  # fmt: skip


WAITING = [Waiting(1, 1, "FP2026000001", "甲（深圳）公司", 10_000), Waiting(2, 2, "FP2026000002", "乙公司", 10_000),
           Waiting(3, 3, "FP2026000003", "乙公司", 10_000), Waiting(4, 1, "FR2026000004", "甲（深圳）公司", 5_000, True, number(9))]  # fmt: skip
COLUMNS = (("number", "D"), ("date", "H"), ("serial", "N"), ("buyer", "G"), ("total", "K"))


def found_in(*rows: Row, skip: bool = False, issued: dict[str, date] | None = None) -> tuple[list[tuple[int, int]], list[tuple[int, str, str]]]:
    matches, faults = match_rows([replace(row, columns=COLUMNS) for row in rows], WAITING, issued or {}, TODAY, skip_others=skip)
    return [(each.row.row, each.paper.fapiao_id) for each in matches], [(each.row, each.column, each.refusal.message[:28]) for each in faults]


def test_a_row_is_matched_by_serial_by_the_blue_one_or_by_buyer_and_total_where_one_fits() -> None:
    assert found_in(
        Row(4, number(1), TODAY, "FP2026000002", "乙公司", 10_000),
        Row(5, number(2), TODAY, "", "甲(深圳) 公司", 10_000),
        Row(6, number(3), TODAY, "", "甲（深圳）公司", 5_000, is_red=True, blue_number=number(9), confirmation="4403"),
        Row(7, number(4), TODAY, "", "乙公司", 10_000),
    ) == ([(4, 2), (5, 1), (6, 4), (7, 3)], [])


@pytest.mark.parametrize(("row", "fault"), [
    (Row(4, number(1), TODAY, "", "乙公司", 10_000), (4, "G", "%(count)s papers fit buyer a")),
    (Row(4, number(1), TODAY, "", "丙公司", 10_000), (4, "G", "No paper that waits fits thi")),
    (Row(4, number(1), TODAY, "FP2026000099"), (4, "N", "No paper with the number %(s")),
    (Row(4, number(1), TODAY, "FP2026000001", "乙公司"), (4, "G", "The buyer is not %(name)s, w")),
    (Row(4, number(1), TODAY, "FP2026000001", "", 10_001), (4, "K", "The total is not %(amount)s,")),
    (Row(4, number(1), date(2026, 11, 6), "FP2026000001"), (4, "H", "This day has not come yet.")),
    (Row(4, number(1), TODAY, "FP2026000001", is_red=True), (4, "K", "One of the two is a red-lett")),
    (Row(4, number(1), TODAY, "FR2026000004", is_red=True), (4, "N", "The confirmation form's numb")),
])  # fmt: skip
def test_each_fault_names_row_and_column(row: Row, fault: tuple[int, str, str]) -> None:
    assert found_in(row) == ([], [fault])


def test_numbers_twice_and_numbers_that_are_known() -> None:
    twice = (Row(4, number(1), TODAY, "FP2026000001"), Row(5, number(1), TODAY, "FP2026000002"))
    assert found_in(*twice) == ([(4, 1)], [(5, "D", "This number stands in row %(")])
    assert found_in(twice[0], issued={number(1): TODAY}) == ([], [])
    assert found_in(twice[0], issued={number(1): date(2026, 11, 4)}) == ([], [(4, "H", "This number is entered alrea")])
    assert found_in(Row(4, number(1), TODAY, "", "丙公司", 1), Row(5, number(2), TODAY, "FP2026000001"), skip=True) == ([(5, 1)], [])


@pytest.mark.parametrize(("form", "content"), [("pdf", b"PK\x03\x04"), ("ofd", b"%PDF-"), ("xml", b"x"), ("exe", b"MZ"), ("pdf", b"")])
def test_a_file_is_what_it_says(form: str, content: bytes) -> None:
    with pytest.raises(Refusal):
        check_file(form, content)
