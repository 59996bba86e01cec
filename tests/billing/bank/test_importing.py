"""Imports: everything or nothing, each line once, and the mapping is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.billing.models import BankFile, BankLine, BankMapping, BankStatement
from incubator.billing.operations.bank_accounts import AccountTerms, add_bank_account, edit_bank_account
from incubator.billing.operations.bank_importing import discard_file, import_file, keep_file, understand
from incubator.billing.queries.bank import count_unmatched, sum_unmatched
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import set_operator
from tests.billing.bank.making import LATER, PLAIN, Bank, make_bank
from tests.billing.bank.samples import BANKS, as_csv, camt
from tests.cast import Cast
from tests.database import TestDatabase
from tests.effort import examples
from tests.racing import race


def counts(statement: BankStatement) -> tuple[int, int]:
    return statement.new_lines, statement.known_lines


@pytest.mark.parametrize("name", BANKS)
def test_each_bank_comes_in_once(bank: Bank, name: str) -> None:
    """2,430.00 and 1,060.00 came, 35.00 went."""
    file, content = BANKS[name]()
    assert counts(bank.imported(content, file)) == (3, 0)
    assert counts(bank.imported(content, file)) == (0, 3)
    assert (count_unmatched(bank.session), sum_unmatched(bank.session)) == (2, 349_000)


def test_overlapping_statements_bring_what_is_new(bank: Bank) -> None:
    one, two, three = [(f"2026-11-0{day}", 1_000 * day, "甲", "房租") for day in (1, 2, 3)]
    assert counts(bank.statement(one, two)) == (2, 0)
    assert counts(bank.statement(two, three)) == (1, 1)
    assert counts(bank.statement(one, two, three)) == (0, 3)


def test_lines_that_are_alike_are_as_many_as_the_file_has(bank: Bank) -> None:
    same = ("2026-11-02", 1_000, "甲", "充值")
    assert counts(bank.statement(same, same, reference=False)) == (2, 0)
    assert counts(bank.statement(same, same, same, reference=False)) == (1, 2)


def test_the_same_file_is_kept_once_and_goes_only_if_it_was_never_imported(bank: Bank) -> None:
    content = as_csv(PLAIN, [["2026-11-02", "1.00"]])
    session, finance = bank.session, bank.finance
    kept = [keep_file(session, finance, now=LATER, account_id=bank.account.id, name="a.csv", content=content) for _ in "ab"]
    assert kept[0] is kept[1]
    discard_file(session, finance, file_id=kept[0].id)
    assert session.execute(select(func.count()).select_from(BankFile)).scalar_one() == 0
    statement = bank.imported(content)
    with pytest.raises(Conflict):
        discard_file(session, finance, file_id=statement.file_id)


def test_one_fault_keeps_all_out(bank: Bank) -> None:
    with pytest.raises(Refusal, match="faults"):
        bank.imported(as_csv(PLAIN, [["2026-11-02", "1.00"], ["2026-11-02", "x"]]))
    assert not bank.lines()


def test_a_day_that_has_not_come_is_a_fault(bank: Bank) -> None:
    with pytest.raises(Refusal, match="faults"):
        bank.imported(as_csv(PLAIN, [["2026-12-21", "1.00"]]))


def test_a_break_in_the_balances_wants_a_look(bank: Bank) -> None:
    content = as_csv(PLAIN, [["2026-11-02", "1.00", "", "1.00"], ["2026-11-03", "1.00", "", "3.00"]])
    with pytest.raises(Refusal, match="strange") as refused:
        bank.imported(content)
    assert refused.value.field == "is_sure"
    file = bank.session.execute(select(BankFile)).scalar_one()
    assert counts(import_file(bank.session, bank.finance, now=LATER, file_id=file.id, is_sure=True)) == (2, 0)


def test_the_same_lines_under_another_guise_want_a_look(bank: Bank) -> None:
    bank.imported(as_csv(PLAIN, [["2026-11-02", "1.00", "", "", "甲", "", "", "T1"]]))
    with pytest.raises(Refusal, match="strange"):  # the same line from another export, without its number
        bank.imported(as_csv(["日期", "收入", "对方名称"], [["2026-11-02", "1.00", "甲"]]))


def test_a_mapping_is_remembered_for_the_account_and_its_titles(bank: Bank) -> None:
    session, finance = bank.session, bank.finance
    content = as_csv(["Tag", "Ein", "Aus", "Wer"], [["2026-11-02", "1.00", "", "甲"]])
    file = keep_file(session, finance, now=LATER, account_id=bank.account.id, name="a.csv", content=content)
    assert understand(session, finance, now=LATER, file_id=file.id).reading.faults
    places = {"on": [0], "credit": [1], "debit": [2], "payer": [3]}
    import_file(session, finance, now=LATER, file_id=file.id, places=places)
    assert counts(bank.imported(as_csv(["Tag", "Ein", "Aus", "Wer"], [["2026-11-03", "", "2.00", "乙"]]))) == (1, 0)
    assert session.execute(select(BankMapping.places)).scalar_one() == places


def test_camt_comes_in(bank: Bank) -> None:
    assert counts(bank.imported(camt(8), "a.xml")) == (3, 0)
    assert counts(bank.imported(camt(2), "b.xml")) == (0, 3)


def test_rights(bank: Bank, cast: Cast) -> None:
    for actor in (cast.manager, cast.auditor, cast.founder_a):
        with pytest.raises(Forbidden):
            keep_file(bank.session, actor, now=LATER, account_id=bank.account.id, name="a.csv", content=b"x")
        with pytest.raises(Forbidden):
            add_bank_account(bank.session, actor, now=LATER, terms=AccountTerms("a", "b", "1234567"))
    with pytest.raises(NotFound):
        keep_file(bank.session, cast.finance, now=LATER, account_id=2**40, name="a.csv", content=b"x")


@pytest.mark.parametrize(("terms", "field"), [
    (AccountTerms("", "b", "1234567"), "name"), (AccountTerms("a", " ", "1234567"), "bank"),
    (AccountTerms("a", "b", "12"), "number"), (AccountTerms("a", "b", "4000 0230 0920 0123 456"), "number"),
])  # fmt: skip
def test_accounts_that_are_none(bank: Bank, terms: AccountTerms, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        add_bank_account(bank.session, bank.finance, now=LATER, terms=terms)
    assert refused.value.field == field


def test_the_number_stays_once_lines_are_there(bank: Bank) -> None:
    terms = AccountTerms("南山", "工行", "９９９９ 8888-7777")
    assert edit_bank_account(bank.session, bank.finance, now=LATER, account_id=bank.account.id, terms=terms).number == "999988887777"
    bank.statement(("2026-11-02", 100, "甲", ""))
    with pytest.raises(Refusal, match="number stays"):
        edit_bank_account(bank.session, bank.finance, now=LATER, account_id=bank.account.id, terms=AccountTerms("a", "b", "1234567"))


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([100, 200]), st.sampled_from("甲乙")), min_size=1, max_size=6),
       st.lists(st.integers(1, 3), min_size=1, max_size=4))  # fmt: skip
def test_in_whatever_order_days_are_imported_each_line_is_there_once(
    bank: Bank, rows: list[tuple[int, int, str]], order: list[int]
) -> None:
    """Exports of single days in any order and as often as one likes, then of all days."""
    with bank.session.begin_nested() as attempt:
        for last in [*order, 3]:
            chosen = [(f"2026-11-0{day}", minor, payer, "") for day, minor, payer in sorted(rows) if day <= last]
            if chosen:
                bank.statement(*chosen, reference=False)
        assert len(bank.lines()) == len(rows)
        attempt.rollback()


def test_two_imports_at_once_write_each_line_once(peopled_database: TestDatabase, peopled: object, cast: Cast) -> None:
    engine = create_engine(peopled_database.settings().database_url)

    @contextmanager
    def connect() -> Iterator[Session]:
        with Session(engine) as session:
            set_operator(session, cast.operator_id)
            yield session

    with connect() as session:
        account_id = make_bank(session, cast).account.id
        session.commit()

    def importing(first: int) -> object:
        rows = [[f"2026-11-{day:02}", "1.00", "", "", "甲", "", "", f"T{day}"] for day in range(first, first + 10)]

        def attempt(session: Session) -> tuple[int, int]:
            file = keep_file(session, cast.finance, now=LATER, account_id=account_id, name="a.csv", content=as_csv(PLAIN, rows))
            return counts(import_file(session, cast.finance, now=LATER, file_id=file.id))

        return attempt

    outcomes = race(connect, [importing(1), importing(1), importing(6), importing(6)])  # type: ignore[list-item]
    assert sum(new for new, _ in outcomes) == 15 and all(sum(each) == 10 for each in outcomes), outcomes  # type: ignore[misc,union-attr,attr-defined]
    with connect() as session:
        assert session.execute(select(func.count()).select_from(BankLine)).scalar_one() == 15
    engine.dispose()
