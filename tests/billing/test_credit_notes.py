"""Credit notes: in part and whole, with subsidies, VAT, vouchers and books; never more than the line; immutable."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.billing.corrections import find_corrections
from incubator.billing.drafts import draft_month
from incubator.billing.models import CreditNote, CreditNoteLine, Invoice, OpenItem, Payment, Posting
from incubator.billing.operations.approvals import ask_approval, decide_approval
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.operations.posting import post_month
from incubator.billing.operations.settings import set_invoicing
from incubator.billing.queries.credit_notes import draft_credit, get_credit_note, list_credited, note_number
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.crediting import Part, settle, take_off
from incubator.billing.rules.journal import Posting as Two
from incubator.claims.queries.annexes import get_annex
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import set_operator
from incubator.subsidies.models import Decision
from tests.billing.stage import Posting as MonthPosting
from tests.billing.stage import Stage
from tests.cast import Cast
from tests.database import TestDatabase
from tests.scenarios.october import OCTOBER, October

LATER = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)


def credit(session: Session, cast: Cast, invoice: Invoice, amounts: dict[int, int] | None = None, **more: object) -> CreditNote:
    values: dict[str, object] = {"now": LATER, "reason": "价格有误"}
    return credit_invoice(session, cast.finance, invoice_id=invoice.id, amounts=amounts, **values | more)  # type: ignore[arg-type] # a dictionary of all


def subsidy(session: Session, invoice: Invoice) -> int:
    """What the startup was given in all, as it stands."""
    total = select(func.sum(Decision.amount_minor)).where(Decision.startup_id == invoice.startup_id)
    return int(session.execute(total).scalar() or 0)


def account(session: Session, name: str) -> int:
    """Debit less credit of an account."""
    rows = session.execute(select(Posting.debit, Posting.credit, Posting.amount_minor)).all()
    return sum(amount * ((debit == name) - (credit == name)) for debit, credit, amount in rows)


# the rules


def test_a_part_takes_its_share_and_the_last_takes_what_is_left() -> None:
    whole = Part(240_000, 144_000, 7_927, given=(90_000, 54_000), held=(0, 0))
    first = take_off(whole, 100_000)
    assert (first.subsidy_minor, first.net_minor, first.given) == (60_000, 40_000, (37_500, 22_500))
    last = take_off(whole.less(first), 140_000)
    assert (last.subsidy_minor, last.net_minor) == (84_000, 56_000)
    assert whole.less(first).less(last).is_nothing and first.tax_minor + last.tax_minor == 7_927  # type: ignore[operator] # taxed


@given(
    gross=st.integers(1, 500), shares=st.lists(st.integers(0, 100), max_size=3), parts=st.lists(st.integers(1, 200)),
    borne=st.integers(0, 50),
)  # fmt: skip
def test_whatever_the_parts_they_add_up_to_the_line(gross: int, shares: list[int], parts: list[int], borne: int) -> None:
    while sum(shares) > gross:
        shares = [each // 2 for each in shares]
    net = gross - sum(shares)
    whole = left = Part(gross, sum(shares), net // 10, borne, tuple(shares), tuple(shares))
    taken = []
    for part in [*parts, gross]:
        amount = min(part, left.gross_minor)
        if amount:
            taken.append(take_off(left, amount))
            left = left.less(taken[-1])
        assert min(left.gross_minor, left.subsidy_minor, left.net_minor, left.tax_minor or 0, left.borne_minor, *left.given, 0) >= 0
        assert sum(left.given) == left.subsidy_minor and (left.tax_minor or 0) <= left.net_minor
    assert left.is_nothing
    assert sum(each.gross_minor for each in taken) == whole.gross_minor


def test_what_is_paid_already_is_the_startups_own() -> None:
    books = [Two(Account.RENT, Account.RECEIVABLE, 88_073, invoice_id=1), Two(Account.OUTPUT_VAT, Account.RECEIVABLE, 7_927, invoice_id=1)]
    found = settle(books, 30_000, 7)
    assert sum(each.amount_minor for each in found if each.credit is Account.RECEIVABLE) == 30_000
    assert sum(each.amount_minor for each in found if each.credit is Account.ADVANCES) == 66_000
    assert {each.payment_id for each in found if each.credit is Account.ADVANCES} == {7}


# the notes


def test_one_line_in_part_takes_subsidy_vat_and_what_is_open(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    # A owes 2,775.00: rent 2,400.00 (subsidy 1,440.00), fee 300.00 (180.00), a booking 75.00; net 1,155.00
    invoice = posted["A"]
    assert (invoice.net_minor, subsidy(session, invoice)) == (115_500, 162_000)
    note = credit(session, cast, invoice, {1: 100_000})
    assert (note_number(note), note.gross_minor, note.subsidy_minor, note.net_minor) == ("CN-2026-000001", 100_000, 60_000, 40_000)
    assert note.settled_minor == 40_000 and subsidy(session, invoice) == 102_000
    assert session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice.id)).scalar_one() == 75_500
    assert account(session, "subsidy_receivable") == sum(each.subsidy_minor for each in posted.values()) - 60_000
    assert session.execute(select(func.count()).select_from(Payment)).scalar_one() == 0


def test_a_paid_invoice_gives_back_a_payment(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    # 1,155.00 paid, 1,000.00 of the rent credited: 400.00 are A's own
    invoice = posted["A"]
    paid = receive_payment(session, cast.finance, now=LATER, startup_id=invoice.startup_id, way="bank",
                           amount_minor=115_500, received_on=date(2026, 11, 5))  # fmt: skip
    clear_invoices(session, cast.finance, now=LATER, payment_id=paid.id, parts={invoice.id: 115_500})
    note = credit(session, cast, invoice, {1: 100_000})
    assert note.settled_minor == 0
    [back] = session.execute(select(Payment).where(Payment.way == "credit_note")).scalars()
    assert (back.amount_minor, back.reference, back.source_id) == (40_000, "CN-2026-000001", note.id)
    assert session.execute(select(OpenItem.open_minor).where(OpenItem.payment_id == back.id)).scalar_one() == 40_000
    assert account(session, "advances") == -40_000


def test_the_last_note_takes_exactly_what_is_left(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    credit(session, cast, invoice, {1: 33_333, 2: 1})
    credit(session, cast, invoice, {1: 100_001, 3: 7_499})
    credit(session, cast, invoice)
    sums = select(func.sum(CreditNoteLine.gross_minor), func.sum(CreditNoteLine.subsidy_minor), func.sum(CreditNoteLine.net_minor))
    assert session.execute(sums).one() == (277_500, 162_000, 115_500)
    assert subsidy(session, invoice) == 0
    with pytest.raises(Conflict, match="credited already"):
        credit(session, cast, invoice)
    with pytest.raises(Conflict, match="Nothing is left of this line"):
        credit(session, cast, invoice, {1: 1})
    assert [each.number for each in session.execute(select(CreditNote).order_by(CreditNote.id)).scalars()] == [1, 2, 3]


def test_what_is_credited_is_not_rated_into_a_correction(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    for amount in (33_333, 77_777, 11):
        credit(session, cast, invoice, {1: amount})
        assert find_corrections(session, [invoice.startup_id]) == {}
    credit(session, cast, invoice)
    assert find_corrections(session, [invoice.startup_id]) == {}


def test_the_claim_gives_it_back(session: Session, cast: Cast, october: October, posted: dict[str, Invoice]) -> None:
    before = get_annex(session, cast.finance, october.site.id, OCTOBER).annex
    credit(session, cast, posted["A"], {1: 100_000})
    after = get_annex(session, cast.finance, october.site.id, OCTOBER).annex
    assert after.amount_minor == before.amount_minor - 60_000 and after.adds_up and before.adds_up
    assert list_credited(session, cast.finance, october.site.id, OCTOBER + 1) == []


@pytest.mark.parametrize(("amounts", "message"), [
    ({1: 0}, "above zero"), ({1: 240_001}, "above zero"), ({1: -5}, "above zero"), ({9: 1}, "no such line"), ({}, "at least one"),
])  # fmt: skip
def test_refused(session: Session, cast: Cast, posted: dict[str, Invoice], amounts: dict[int, int], message: str) -> None:
    with pytest.raises(Refusal, match=message):
        credit(session, cast, posted["A"], amounts)


def test_it_needs_a_reason_a_right_and_what_was_shown(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    with pytest.raises(Refusal, match="Say why"):
        credit(session, cast, invoice, reason=" ")
    with pytest.raises(Forbidden):
        credit_invoice(session, cast.founder_a, now=LATER, invoice_id=invoice.id, reason="x")
    with pytest.raises(NotFound):
        credit_invoice(session, cast.finance, now=LATER, invoice_id=10**9, reason="x")
    shown = draft_credit(session, cast.finance, invoice.id, {1: 5}, reason="价格有误").fingerprint
    credit(session, cast, invoice, {1: 100})
    with pytest.raises(Conflict, match="has changed"):
        credit(session, cast, invoice, {1: 5}, shown=shown)
    note = credit(session, cast, invoice, {1: 5}, shown=draft_credit(session, cast.finance, invoice.id, {1: 5}, reason="价格有误").fingerprint)
    assert get_credit_note(session, cast.founder_a, note.id).number == "CN-2026-000002"
    with pytest.raises(NotFound):
        get_credit_note(session, cast.founder_b, note.id)


def test_above_an_amount_another_person_approves_just_that(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    set_invoicing(session, cast.finance, now=LATER, jump_percent=30, approve_runs=False, approve_credit_minor=40_000,
                  approve_refunds=False)  # fmt: skip
    credit(session, cast, invoice, {1: 100_000})  # 400.00 net are not above
    with pytest.raises(Conflict, match="second person"):
        credit(session, cast, invoice, {1: 140_000})
    draft = draft_credit(session, cast.finance, invoice.id, {1: 140_000}, reason="价格有误")
    asked = ask_approval(session, cast.finance, now=LATER, what="credit_note", subject=("invoices", invoice.id),
                         fingerprint=draft.fingerprint, says={"invoice": draft.invoice.number})  # fmt: skip
    with pytest.raises(Forbidden, match="yourself"):
        decide_approval(session, cast.finance, now=LATER, approval_id=asked.id, approve=True)
    with pytest.raises(Forbidden):
        decide_approval(session, cast.front_desk, now=LATER, approval_id=asked.id, approve=True)
    decide_approval(session, cast.manager, now=LATER, approval_id=asked.id, approve=True)
    with pytest.raises(Conflict, match="second person"):
        credit(session, cast, invoice, {1: 139_999})
    credit(session, cast, invoice, {1: 140_000})


def test_nobody_changes_a_note(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    credit(session, cast, posted["A"], {1: 5})
    for table in ("credit_notes", "credit_note_lines"):
        for statement in (f"UPDATE {table} SET gross_minor = 0", f"DELETE FROM {table}"):
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(text(statement))


# billed anew


def test_taken_back_whole_it_is_billed_anew(session: Session, cast: Cast, october: October, posted: dict[str, Invoice]) -> None:
    note = credit(session, cast, posted["A"], is_anew=True)
    assert note.net_minor == 115_500 and subsidy(session, posted["A"]) == 0
    [again] = draft_month(session, cast.finance, october.site.id, OCTOBER).invoices
    assert (again.startup_id, again.net_minor) == (october.a.id, 115_500)
    [made] = post_month(session, cast.finance, now=LATER, site_id=october.site.id, month=OCTOBER)
    assert (made.number, made.net_minor, subsidy(session, made)) == (4, 115_500, 162_000)
    assert find_corrections(session, [october.a.id]) == {}
    with pytest.raises(Conflict, match="nothing to post"):
        post_month(session, cast.finance, now=LATER, site_id=october.site.id, month=OCTOBER)
    credit(session, cast, made, is_anew=True)
    [third] = post_month(session, cast.finance, now=LATER, site_id=october.site.id, month=OCTOBER)
    assert third.net_minor == 115_500


def test_not_billed_anew_it_stays_off(session: Session, cast: Cast, october: October, posted: dict[str, Invoice]) -> None:
    credit(session, cast, posted["A"])
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).invoices == []


# in a crowd


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    made = Stage(own_database)
    yield made
    made.engine.dispose()


def _race(stage: Stage, wanted: list[dict[str, object]], invoice_id: int) -> list[BaseException | None]:
    gate, outcomes = threading.Barrier(len(wanted)), list[BaseException | None]()

    def run(values: dict[str, object]) -> None:
        with stage.connection() as session:
            set_operator(session, stage.cast.operator_id)
            session.connection()
            gate.wait()
            try:
                credit_invoice(session, stage.cast.finance, now=LATER, invoice_id=invoice_id, reason="x", **values)  # type: ignore[arg-type] # a dictionary of all
                session.commit()
                outcomes.append(None)
            except BaseException as error:
                outcomes.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_eight_at_once_never_take_more_than_the_line(stage: Stage) -> None:
    # 2,400.00 of rent: of eight notes of 500.00 four are written, without a gap
    with stage.connection() as session:
        invoice_id = next(each.id for each in stage.post(session, MonthPosting(stage.sites[0], OCTOBER)) if each.net_minor == 115_500)
        session.commit()
    outcomes = _race(stage, [{"amounts": {1: 50_000}}] * 8, invoice_id)
    assert outcomes.count(None) == 4 and all(isinstance(each, Refusal) for each in outcomes if each), outcomes
    with stage.connection() as session:
        taken = session.execute(select(func.sum(CreditNoteLine.gross_minor))).scalar_one()
        numbers = session.execute(select(CreditNote.number).order_by(CreditNote.number)).scalars().all()
    assert (taken, numbers) == (200_000, [1, 2, 3, 4])


def test_of_two_who_take_it_back_one_is_told(stage: Stage) -> None:
    with stage.connection() as session:
        invoice_id = next(each.id for each in stage.post(session, MonthPosting(stage.sites[0], OCTOBER)) if each.net_minor == 115_500)
        session.commit()
    outcomes = _race(stage, [{"is_anew": True}] * 2 + [{}], invoice_id)
    assert outcomes.count(None) == 1 and sum(isinstance(each, Conflict) for each in outcomes) == 2, outcomes
