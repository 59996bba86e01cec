"""Lines become payments: one, many, undone; and among others who do the same at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.orm import Session

from incubator.billing.models import BankLine, Clearing, Invoice, OpenItem, Payment
from incubator.billing.operations.bank_matching import (
    assign_line,
    confirm_lines,
    ignore_line,
    match_refund,
    undo_line,
)
from incubator.billing.operations.bank_taking import Chosen
from incubator.billing.operations.payments import clear_oldest, receive_payment, refund
from incubator.billing.queries.bank import list_refunds_for
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import set_operator
from tests.billing.bank.making import LATER, Bank, make_bank
from tests.cast import Cast, Peopled
from tests.database import TestDatabase
from tests.racing import race


def shown(session: Session, bank: Bank) -> dict[int, str]:
    return {line_id: each.fingerprint for line_id, each in find_suggestions(session, bank.finance).items()}


def note(seen: list[str], _connection: object, _cursor: object, text: str, *_more: object) -> None:
    seen.append(text)


def test_fifty_lines_cost_as_many_statements_as_two(bank: Bank) -> None:
    startup = bank.cast.startup_a
    made = []
    for count in (1, 2, 50):  # the first one makes the series of numbers
        invoices = bank.invoices([(startup, 10_000 * count + n) for n in range(count)])
        bank.statement(*[(f"2026-11-{1 + n % 28:02}", each.net_minor, "某人", f"INV-2026-{each.number:06}") for n, each in enumerate(invoices)])
        seen: list[str] = []
        listener = partial(note, seen)
        wanted = shown(bank.session, bank)
        assert len(wanted) == count
        event.listen(bank.session.get_bind(), "before_cursor_execute", listener)
        payments = confirm_lines(bank.session, bank.finance, now=LATER, shown=wanted)
        event.remove(bank.session.get_bind(), "before_cursor_execute", listener)
        assert len(payments) == count and all(bank.open_of(each) == 0 for each in invoices)
        made.append(len(seen))
    assert made[1] == made[2] < 60, made


def test_numbers_follow_the_days(bank: Bank) -> None:
    first, second = bank.invoices([(bank.cast.startup_a, 100), (bank.cast.startup_b, 200)])
    bank.statement(("2026-11-09", 100, "", f"INV-2026-{first.number}"), ("2026-11-02", 200, "", f"INV-2026-{second.number}"))
    payments = confirm_lines(bank.session, bank.finance, now=LATER, shown=shown(bank.session, bank))
    assert [(each.number, each.received_on.day) for each in payments] == [(1, 2), (2, 9)]


def test_what_has_changed_since_is_not_booked(bank: Bank) -> None:
    invoice = bank.invoice(bank.cast.startup_a, 1_000)
    bank.statement(("2026-11-02", 1_000, "", f"INV-2026-{invoice.number}"))
    before = shown(bank.session, bank)
    payment = receive_payment(bank.session, bank.finance, now=LATER, startup_id=bank.cast.startup_a, way="cash", amount_minor=400,
                              received_on=date(2026, 11, 3))  # fmt: skip
    from_other = Chosen(bank.cast.startup_a, {invoice.id: 1_000})
    assert bank.left_of(payment) == 400
    clear_oldest(bank.session, bank.finance, now=LATER, payment_id=payment.id)
    with pytest.raises(Conflict, match="changed"):
        confirm_lines(bank.session, bank.finance, now=LATER, shown=before)
    with pytest.raises(Conflict, match="only"):
        assign_line(bank.session, bank.finance, now=LATER, line_id=bank.lines()[0].id, chosen=from_other)


def test_refusals(bank: Bank, cast: Cast) -> None:
    invoice = bank.invoice(cast.startup_b, 1_000)
    came, went = bank.line("2026-11-02", 500), bank.line("2026-11-02", -500)
    session = bank.session
    for chosen, error in [
        (Chosen(cast.startup_a, {invoice.id: 500}), NotFound), (Chosen(2**40, {}), NotFound),
        (Chosen(cast.startup_b, {invoice.id: 501}), Refusal),
    ]:  # fmt: skip
        with pytest.raises(error), session.begin_nested():
            assign_line(session, cast.finance, now=LATER, line_id=came.id, chosen=chosen)
    with pytest.raises(Refusal, match="went out"):
        assign_line(session, cast.finance, now=LATER, line_id=went.id, chosen=Chosen(cast.startup_a, {}))
    with pytest.raises(Refusal, match="at least one"):
        confirm_lines(session, cast.finance, now=LATER, shown={})
    with pytest.raises(Refusal, match="why"):
        ignore_line(session, cast.finance, now=LATER, line_id=came.id, reason=" ")
    with pytest.raises(Conflict, match="open already"):
        undo_line(session, cast.finance, now=LATER, line_id=came.id, reason="x")
    with pytest.raises(NotFound):
        ignore_line(session, cast.finance, now=LATER, line_id=2**40, reason="x")
    for actor in (cast.auditor, cast.founder_b, cast.manager):
        with pytest.raises(Forbidden):
            assign_line(session, actor, now=LATER, line_id=came.id, chosen=Chosen(cast.startup_b, {}))


def test_a_line_left_aside_and_taken_up_again(bank: Bank) -> None:
    line = bank.line("2026-11-02", 12, "工商银行", "利息")
    ignore_line(bank.session, bank.finance, now=LATER, line_id=line.id, reason="银行利息")
    assert line.state == "ignored"
    undo_line(bank.session, bank.finance, now=LATER, line_id=line.id, reason="不是利息")
    assert line.state == "open"


def test_a_line_that_went_out_is_a_refund(bank: Bank, cast: Cast) -> None:
    payment = receive_payment(bank.session, cast.finance, now=LATER, startup_id=cast.startup_a, way="bank", amount_minor=900,
                              received_on=date(2026, 11, 1))  # fmt: skip
    row = refund(bank.session, cast.finance, now=LATER, payment_id=payment.id, amount_minor=500, way="bank",
                 refunded_on=date(2026, 11, 2), reason="多付")  # fmt: skip
    line, other = bank.line("2026-11-02", -500, "甲"), bank.line("2026-11-03", -500, "甲")
    assert [each.refund.id for each in list_refunds_for(bank.session, cast.finance, 500)] == [row.id]
    match_refund(bank.session, cast.finance, now=LATER, line_id=line.id, refund_id=row.id)
    assert line.state == "refunded" and not list_refunds_for(bank.session, cast.finance, 500)
    with pytest.raises(Conflict):
        match_refund(bank.session, cast.finance, now=LATER, line_id=other.id, refund_id=row.id)
    undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason="看错了")
    match_refund(bank.session, cast.finance, now=LATER, line_id=other.id, refund_id=row.id)


def test_a_payment_of_which_a_part_went_back_is_not_taken_back(bank: Bank, cast: Cast) -> None:
    line = bank.line("2026-11-02", 900, "甲")
    payment = assign_line(bank.session, cast.finance, now=LATER, line_id=line.id, chosen=Chosen(cast.startup_a, {}))
    refund(bank.session, cast.finance, now=LATER, payment_id=payment.id, amount_minor=100, way="cash", refunded_on=date(2026, 11, 3),
           reason="多付")  # fmt: skip
    with pytest.raises(Conflict, match="given back"):
        undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason="x")


# races


@dataclass
class Crowd:
    """A committed bank, and connections of their own."""

    engine: Engine
    bank: Bank
    invoices: list[Invoice]

    @contextmanager
    def connect(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            set_operator(session, self.bank.cast.operator_id)
            yield session


@pytest.fixture
def crowd(peopled_database: TestDatabase, peopled: Peopled) -> Iterator[Crowd]:
    """A owes 1,000.00; two lines of 1,000.00 name the invoice."""
    engine = create_engine(peopled_database.settings().database_url)
    with Session(engine, expire_on_commit=False) as session:
        set_operator(session, peopled.cast.operator_id)
        bank = make_bank(session, peopled.cast)
        invoices = bank.invoices([(peopled.cast.startup_a, 100_000)])
        bank.statement(("2026-11-02", 100_000, "甲科技有限公司", "一"), ("2026-11-03", 100_000, "甲科技有限公司", "二"))
        session.commit()
    yield Crowd(engine, replace(bank, session=session), invoices)
    engine.dispose()


def test_one_line_confirmed_by_four_at_once_is_one_payment(crowd: Crowd) -> None:
    with crowd.connect() as session:
        suggested = shown(session, crowd.bank)
    first = min(suggested)
    outcomes = race(crowd.connect, [
        lambda session: len(confirm_lines(session, crowd.bank.finance, now=LATER, shown={first: suggested[first]}))
    ] * 4)  # fmt: skip
    assert outcomes.count(1) == 1 and sum(isinstance(each, Conflict) for each in outcomes) == 3, outcomes
    with crowd.connect() as session:
        assert session.execute(select(func.count()).select_from(Payment)).scalar_one() == 1
        assert session.execute(select(BankLine.state).order_by(BankLine.id)).scalars().all() == ["paid", "open"]


def test_two_payments_for_one_invoice_at_once(crowd: Crowd) -> None:
    """Both want its 1,000.00: one gets them, the other is told; nothing is cleared twice."""
    (invoice,) = crowd.invoices
    with crowd.connect() as session:
        ids = session.execute(select(BankLine.id).order_by(BankLine.id)).scalars().all()

    def assigning(line_id: int) -> Callable[[Session], object]:
        chosen = Chosen(crowd.bank.cast.startup_a, {invoice.id: 100_000})
        return lambda session: assign_line(session, crowd.bank.finance, now=LATER, line_id=line_id, chosen=chosen).number

    outcomes = race(crowd.connect, [assigning(each) for each in ids])
    assert 1 in outcomes and sum(isinstance(each, Conflict) for each in outcomes) == 1, outcomes
    with crowd.connect() as session:
        assert session.execute(select(func.sum(Clearing.amount_minor))).scalar_one() == 100_000
        assert session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice.id)).scalar_one() == 0


def test_confirming_and_leaving_aside_at_once(crowd: Crowd) -> None:
    with crowd.connect() as session:
        suggested = shown(session, crowd.bank)
    first = min(suggested)
    outcomes = race(crowd.connect, [
        lambda session: len(confirm_lines(session, crowd.bank.finance, now=LATER, shown={first: suggested[first]})),
        lambda session: ignore_line(session, crowd.bank.finance, now=LATER, line_id=first, reason="不明"),
    ])  # fmt: skip
    assert sum(isinstance(each, Conflict) for each in outcomes) == 1, outcomes
