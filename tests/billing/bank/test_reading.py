"""What the four banks' files say; and what is said of files that are wrong."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.billing.bank_files.camt import read_camt
from incubator.billing.bank_files.lines import Reading, fingerprints, letter, read_rows
from incubator.billing.bank_files.mapping import check_places, find_header, guess, plain_title
from incubator.billing.bank_files.tables import MOST_ROWS, read_table
from incubator.billing.bank_files.values import day_of, is_incoming, minor_of, same_account, text_of
from incubator.core.errors import Refusal
from tests.billing.bank.samples import (
    ACCOUNT,
    BANKS,
    ICBC_HEADER,
    ICBC_ROWS,
    LINES,
    as_csv,
    as_xlsx,
    camt,
)
from tests.effort import examples

PLAIN = ["日期", "收入", "支出", "余额", "对方名称", "摘要"]


def read(content: bytes, name: str = "a.csv", number: str = ACCOUNT) -> Reading:
    rows = read_table(name, content)
    header = find_header(rows)
    places = guess(header)
    check_places(places, len(header.titles))
    return read_rows(rows, header, places, number)


def told(reading: Reading) -> list[tuple[str, int, str]]:
    assert not reading.faults, [(fault.row, fault.column, str(fault.refusal)) for fault in reading.faults]
    return sorted((line.on.isoformat(), line.amount_minor, line.payer) for line in reading.lines)


@pytest.mark.parametrize("bank", BANKS)
def test_the_four_banks_say_the_same(bank: str) -> None:
    name, content = BANKS[bank]()
    reading = read(content, name)
    found = told(reading)
    assert [each[:2] for each in found] == [each[:2] for each in LINES] and not reading.breaks
    paid = next(line for line in reading.lines if line.amount_minor == 243_000)
    assert paid.payer == "甲科技有限公司" and paid.payer_account == "4000021109200555001"
    assert "1" in paid.purpose and (bank == "icbc") == (paid.reference == "")


def test_boc_names_the_recipient_of_what_went_out() -> None:
    name, content = BANKS["boc"]()
    fee = next(line for line in read(content, name).lines if line.amount_minor < 0)
    assert fee.payer == "中国银行深圳分行" and fee.purpose == "手续费"


@pytest.mark.parametrize("version", [2, 4, 8, 10])
def test_camt_of_every_version(version: int) -> None:
    reading = read_camt(camt(version), ACCOUNT)
    assert told(reading) == LINES and not reading.breaks
    assert reading.lines[0].purpose == "INV-2026-000001" and reading.lines[0].reference == "A1"


def test_camt_without_a_namespace_or_with_a_banks_own() -> None:
    assert told(read_camt(camt(2, "urn:of:a:bank"), ACCOUNT)) == LINES


def test_camt_a_batch_is_its_transactions_and_a_reversal_goes_the_other_way() -> None:
    batch = (
        '<Ntry><Amt Ccy="CNY">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2026-11-02T10:00:00</DtTm>'
        "</BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>"
        '<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="CNY">100.00</Amt></TxAmt></AmtDtls></TxDtls>'
        '<TxDtls><Refs><EndToEndId>E2</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="CNY">200.00</Amt></TxAmt></AmtDtls></TxDtls>'
        "</NtryDtls></Ntry>"
        '<Ntry><Amt Ccy="CNY">200.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts>'
        "<BookgDt><Dt>2026-11-03</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef></Ntry>"
        '<Ntry><Amt Ccy="CNY">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts></Ntry>'
    )
    reading = read_camt(camt(entries=batch, closing="100100.00"), ACCOUNT)
    assert [line.amount_minor for line in reading.lines] == [10_000, 20_000, -20_000] and not reading.breaks
    assert len(set(fingerprints(reading.lines))) == 3


def test_camt_transactions_that_do_not_add_up_are_a_fault() -> None:
    wrong = (
        '<Ntry><Amt Ccy="CNY">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-02</Dt></BookgDt><NtryDtls>'
        '<TxDtls><Amt Ccy="CNY">100.00</Amt></TxDtls><TxDtls><Amt Ccy="CNY">100.00</Amt></TxDtls></NtryDtls></Ntry>'
    )
    (fault,) = read_camt(camt(entries=wrong), ACCOUNT).faults
    assert "come to" in str(fault.refusal)


def test_camt_names_a_balance_that_does_not_follow() -> None:
    (broken,) = read_camt(camt(closing="103456.00"), ACCOUNT).breaks
    assert "closing balance" in str(broken.refusal)


@pytest.mark.parametrize("content", [
    b"<a/>", b"<a", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><Document>&c;</Document>',
])  # fmt: skip
def test_xml_that_is_none_or_means_harm_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal):
        read_camt(content, ACCOUNT)


def test_camt_of_another_account_is_refused() -> None:
    with pytest.raises(Refusal, match="another account"):
        read_camt(camt(account="99"), ACCOUNT)


def test_titles_not_in_the_first_line_and_sums_at_the_end() -> None:
    content = as_csv(PLAIN, [["2026/11/2", "1,000.00", "", "1,000.00", "甲", "房租"]], above=[["某银行"], [], ["期间", "11月"]],
                     below=[["合计", "1,000.00"], ["打印时间：2026-11-30"]])  # fmt: skip
    assert told(read(content)) == [("2026-11-02", 100_000, "甲")]


def test_a_sum_of_each_page_and_titles_once_more_are_no_lines() -> None:
    rows = [["2026-11-02", "10.00", "", "", "甲", ""], ["本页小计", "10.00", "", "", "", ""], PLAIN, ["2026-11-03", "20.00", "", "", "乙", ""]]
    assert len(told(read(as_csv(PLAIN, rows)))) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_in_any_encoding(encoding: str) -> None:
    assert told(read(as_csv(PLAIN, [["20261102", "10.00", "", "", "甲", "㐀生僻字"]], encoding=encoding)))[0][2] == "甲"


@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";"])
def test_with_any_delimiter(delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in [PLAIN, ["2026-11-02", "10.00", "", "10.00", "甲", "房租"]])
    assert len(told(read(text.encode(), "a.txt"))) == 1


def test_one_signed_column() -> None:
    content = as_csv(["日期", "金额", "摘要"], [["2026-11-02", "1,000.00", "来"], ["2026-11-02", "-35.00", "去"]])
    assert [each[1] for each in told(read(content))] == [-3_500, 100_000]


def test_one_column_and_another_that_tells_in_from_out() -> None:
    content = as_csv(["日期", "金额", "借贷标志"], [["2026-11-02", "1,000.00", "贷"], ["2026-11-02", "35.00", "借"]])
    assert [each[1] for each in told(read(content))] == [-3_500, 100_000]


def test_a_red_entry_goes_the_other_way() -> None:
    """A bank takes a wrong credit back by a credit below zero."""
    content = as_csv(PLAIN, [["2026-11-02", "-10.00", "", "", "甲", "冲正"]])
    assert told(read(content))[0][1] == -1_000


def test_every_fault_at_once_by_row_and_column() -> None:
    rows = [["2026-11-02", "10.00", "", "10.00", "甲", ""], ["2026-13-45", "abc", "", "1.005", "乙", ""], ["2026-11-04", "", "", "", "丙", ""],
            ["2026-11-05", "1.00", "2.00", "", "丁", ""]]  # fmt: skip
    reading = read(as_csv(PLAIN, rows, above=[["某银行"]]))
    assert [(fault.row, fault.column) for fault in reading.faults] == [
        (4, "A 日期"), (4, "D 余额"), (4, "B 收入"), (5, "C 支出"), (6, "C 支出"),
    ]  # fmt: skip


def test_a_line_of_another_account_or_currency_is_a_fault() -> None:
    header = [*PLAIN, "本方账号", "币种"]
    rows = [["2026-11-02", "10.00", "", "", "甲", "", "6222", "人民币"], ["2026-11-02", "10.00", "", "", "甲", "", ACCOUNT, "美元"]]
    assert [fault.column for fault in read(as_csv(header, rows)).faults] == ["G 本方账号", "H 币种"]


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_break_in_the_balances_is_named(newest_first: bool) -> None:
    rows = [["2026-11-02", "10.00", "", "110.00", "甲", ""], ["2026-11-03", "", "5.00", "105.00", "", ""],
            ["2026-11-04", "20.00", "", "130.00", "乙", ""], ["2026-11-05", "1.00", "", "131.00", "乙", ""]]  # fmt: skip
    reading = read(as_csv(PLAIN, rows[::-1] if newest_first else rows))
    (broken,) = reading.breaks
    assert broken.row == (3 if newest_first else 4) and "¥" not in broken.column
    assert "balance" in str(broken.refusal.message)


def test_limits() -> None:
    with pytest.raises(Refusal, match="rows"):
        read_table("a.csv", as_csv(PLAIN, [["2026-11-02", "1"]] * MOST_ROWS))
    with pytest.raises(Refusal, match="columns"):
        read_table("a.csv", as_csv(["x"] * 81, []))
    with pytest.raises(Refusal, match="XLSX"):
        read_table("a.pdf", b"%PDF-1.7 x")
    with pytest.raises(Refusal):
        read_table("a.xlsx", b"PK\x03\x04 nonsense")


def test_a_file_without_lines_or_titles_is_refused() -> None:
    with pytest.raises(Refusal, match="no lines"):
        read(as_csv(PLAIN, []))
    with pytest.raises(Refusal, match="titles"):
        read(b"1,2\n3,4\n")


def test_a_workbook_gives_the_same_as_a_text() -> None:
    assert told(read(as_xlsx(ICBC_HEADER, ICBC_ROWS), "a.xlsx")) == told(read(as_csv(ICBC_HEADER, ICBC_ROWS)))


@pytest.mark.parametrize(("text", "minor"), [
    ("1,234.50", 123_450), ("¥1234.5", 123_450), ("(12.00)", -1_200), ("＋3", 300), ("－3.10", -310), ("1，000.00", 100_000),
    ("", None), ("—", None), ("0.00", 0), ("12.30元", 1_230), (Decimal("2430.0"), 243_000), (7, 700),
])  # fmt: skip
def test_amounts(text: str, minor: int | None) -> None:
    assert minor_of(text) == minor


@pytest.mark.parametrize("text", ["1.005", "abc", "1.2.3", "NaN", "1E+30", "=1+1"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(Refusal):
        minor_of(text)


@pytest.mark.parametrize("text", ["2026-10-08", "2026/10/8", "20261008", "2026年10月8日", "2026.10.08", "2026-10-08 10:22:33",
                                  "2026-10-08-10.22.33.123456", "20261008 10:22:33", "20261008102233", date(2026, 10, 8),
                                  "２０２６－１０－０８"])  # fmt: skip
def test_days(text: str) -> None:
    assert day_of(text) == date(2026, 10, 8)


@pytest.mark.parametrize("text", ["", "合计", "2026-13-01", "1899-01-01", "46303", "2026-10"])
def test_no_days(text: str) -> None:
    with pytest.raises(Refusal):
        day_of(text)


def test_what_keeps_excel_from_reckoning_is_not_part_of_a_cell() -> None:
    assert text_of('="6222001"') == text_of("6222001\t") == text_of("'6222001") == text_of(Decimal("6222001.0")) == "6222001"


def test_in_and_out() -> None:
    assert is_incoming("贷") and is_incoming("来账") and is_incoming("CRDT") and not is_incoming("借") and not is_incoming("往账")
    with pytest.raises(Refusal):
        is_incoming("转账")


def test_numbers_of_one_account() -> None:
    assert same_account("4000 0230", "40000230") and same_account("4000****", "40000230")
    assert not same_account("4000", "40000230")


def test_titles_are_compared_by_what_matters() -> None:
    assert plain_title("贷方发生额（收入）") == plain_title("贷方发生额/元") == plain_title("[HISTORYDETAIL]贷方发生额") == "贷方发生额"
    assert plain_title("收/付方名称") == "收/付方名称" and plain_title("交易日期[ Transaction Date ]") == "交易日期"


@pytest.mark.parametrize(("places", "field"), [
    ({}, "on"), ({"on": [0]}, "amount"), ({"on": [0], "amount": [1], "credit": [2]}, "amount"),
    ({"on": [0], "credit": [1], "flag": [2]}, "flag"), ({"on": [0], "amount": [0]}, None), ({"on": [9]}, None),
])  # fmt: skip
def test_mappings_that_read_nothing_are_refused(places: dict[str, list[int]], field: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        check_places(places, 3)
    assert refused.value.field == field


def test_columns_as_excel_calls_them() -> None:
    assert [letter(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


LINE = st.tuples(st.sampled_from(["2026-11-02", "2026-11-03"]), st.sampled_from(["10.00", "20.00"]), st.just(""), st.just(""),
                 st.sampled_from(["甲", "乙"]), st.sampled_from(["房租", ""]))  # fmt: skip


@settings(max_examples=examples(40))
@given(st.lists(LINE, min_size=1, max_size=12), st.data())
def test_whatever_part_is_exported_again_nothing_of_whole_days_is_new(rows: list[tuple[str, ...]], data: st.DataObject) -> None:
    """A statement of some days, then one of all: exactly the other days' lines are new."""
    rows = sorted(rows)
    first = [row for row in rows if row[0] == rows[0][0]]
    whole = fingerprints(read(as_csv(PLAIN, rows)).lines)
    part = fingerprints(read(as_csv(PLAIN, first)).lines)
    assert len(set(whole)) == len(whole) == len(rows)
    assert set(part) <= set(whole) and len(set(whole) - set(part)) == len(rows) - len(first)
    assert set(fingerprints(read(as_csv(PLAIN, data.draw(st.permutations(rows)))).lines)) == set(whole)


@settings(max_examples=examples(100))
@given(st.text(max_size=60))
def test_no_text_breaks_a_reader(text: str) -> None:
    for reader in (day_of, minor_of, is_incoming):
        try:
            reader(text)
        except Refusal as refusal:
            assert re.search(r"“.*”", str(refusal), re.DOTALL)
    plain_title(text)
