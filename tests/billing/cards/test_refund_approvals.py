"""Refunds by two people: to cards and by bank, of just what was asked.

A's 1,155.00 of October were paid by card; B pays 500.00 in advance by bank.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.models import Approval, Invoice, OpenItem, Payment, Refund
from incubator.billing.operations.approvals import decide_approval
from incubator.billing.operations.card_refunds import ask_card_refund, refund_card_payment
from incubator.billing.operations.payments import (
    ask_refund,
    clear_invoices,
    receive_payment,
    refund,
    undo_clearing,
    undo_refund,
)
from incubator.billing.operations.refund_approvals import list_refund_requests
from incubator.billing.operations.settings import set_invoicing
from incubator.core.errors import Conflict, Forbidden, Refusal
from tests.billing.cards.counter import Counter, first_clearing, pay
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER

Posted = dict[str, Invoice]
NOW, TODAY = AFTER_OCTOBER, AFTER_OCTOBER.date()
SECOND = "second person"


@pytest.fixture(autouse=True)
def two_people(session: Session, cast: Cast) -> None:
    set_invoicing(session, cast.finance, now=NOW, jump_percent=30, approve_runs=False, approve_credit_minor=None,
                  approve_refunds=True)  # fmt: skip
    session.commit()


@pytest.fixture
def advance(session: Session, cast: Cast, posted: Posted) -> Payment:
    return receive_payment(session, cast.finance, now=NOW, startup_id=cast.startup_b, way="bank", amount_minor=500_00,
                           received_on=TODAY)  # fmt: skip


def ask(session: Session, cast: Cast, payment: Payment, amount_minor: int = 120_00, reason: str = "多付") -> Approval:
    return ask_refund(session, cast.finance, now=NOW, payment_id=payment.id, amount_minor=amount_minor, way="bank",
                      reason=reason)  # fmt: skip


def approve(session: Session, cast: Cast, asked: Approval) -> None:
    decide_approval(session, cast.manager, now=NOW, approval_id=asked.id, approve=True)


def give(session: Session, cast: Cast, payment: Payment, amount_minor: int = 120_00, way: str = "bank",
         reason: str = "多付", on: date = TODAY) -> Refund:  # fmt: skip
    return refund(session, cast.finance, now=NOW, payment_id=payment.id, amount_minor=amount_minor, way=way,
                  refunded_on=on, reference="BANK-1", reason=reason)  # fmt: skip


def left(session: Session, payment: Payment) -> int:
    query = select(OpenItem.open_minor).where(OpenItem.payment_id == payment.id)
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()


def test_120_of_500_go_back_once_as_another_person_approved(session: Session, cast: Cast, advance: Payment) -> None:
    """Nobody gives 120.00 alone, nor approves what they asked for; approved, it is 120.00 by bank for that reason and
    nothing else: 380.00 are left, and a second 120.00 needs a second approval."""
    with pytest.raises(Conflict, match=SECOND):
        give(session, cast, advance)
    asked = ask(session, cast, advance)
    with pytest.raises(Conflict, match=SECOND):
        give(session, cast, advance)
    with pytest.raises(Forbidden):
        decide_approval(session, cast.finance, now=NOW, approval_id=asked.id, approve=True)
    approve(session, cast, asked)
    for other in ({"amount_minor": 120_01}, {"amount_minor": 119_99}, {"way": "cash"}, {"reason": "多付了"}):
        with pytest.raises(Conflict, match=SECOND):
            give(session, cast, advance, **other)  # type: ignore[arg-type]
    assert [row.approval.id for row in list_refund_requests(session, advance.id)] == [asked.id]
    made = give(session, cast, advance)
    assert (made.amount_minor, left(session, advance)) == (120_00, 380_00)
    with pytest.raises(Conflict, match=SECOND):
        give(session, cast, advance)
    assert list_refund_requests(session, advance.id) == []
    said = session.execute(select(AuditEvent.after).where(AuditEvent.action == "refund")).scalar_one()
    assert said["approval"] == asked.id


def test_one_that_did_not_arrive_is_asked_for_again(session: Session, cast: Cast, advance: Payment) -> None:
    """120.00 come back from the bank: 500.00 are left as before, but what was approved has been given once."""
    approve(session, cast, ask(session, cast, advance))
    made = give(session, cast, advance)
    undo_refund(session, cast.finance, now=NOW, refund_id=made.id, reason="账号有误")
    assert left(session, advance) == 500_00
    with pytest.raises(Conflict, match=SECOND):
        give(session, cast, advance)
    approve(session, cast, ask(session, cast, advance))
    give(session, cast, advance)
    assert left(session, advance) == 380_00


def test_what_was_approved_changes(session: Session, cast: Cast, advance: Payment, posted: Posted) -> None:
    """Approved are 120.00 of 500.00; then 100.00 pay an invoice. Of the 400.00 nothing was approved; with the clearing
    undone, it is as it was asked."""
    approve(session, cast, ask(session, cast, advance))
    [cleared] = clear_invoices(session, cast.finance, now=NOW, payment_id=advance.id, parts={posted["B"].id: 100_00})
    with pytest.raises(Conflict, match=SECOND):
        give(session, cast, advance)
    undo_clearing(session, cast.finance, now=NOW, clearing_id=cleared.id, reason="认错了")
    give(session, cast, advance)
    assert left(session, advance) == 380_00


def test_refused_and_asked_again(session: Session, cast: Cast, advance: Payment) -> None:
    asked = ask(session, cast, advance)
    with pytest.raises(Conflict, match="already"):
        ask(session, cast, advance)
    decide_approval(session, cast.manager, now=NOW, approval_id=asked.id, approve=False, note="先抵下月房租")
    with pytest.raises(Conflict, match=SECOND):
        give(session, cast, advance)
    approve(session, cast, ask(session, cast, advance))
    assert give(session, cast, advance).amount_minor == 120_00


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount_minor": 500_01}, "Only"), ({"amount_minor": 0}, "above 0"), ({"amount_minor": -1}, "above 0"),
        ({"way": "cheque"}, "Choose how"), ({"reason": "  "}, "Say why"), ({"payment_id": 10**9}, "no such payment"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked_for(
    session: Session, cast: Cast, advance: Payment, wrong: dict[str, object], said: str
) -> None:
    given = {"payment_id": advance.id, "amount_minor": 120_00, "way": "bank", "reason": "多付"} | wrong
    with pytest.raises(Refusal, match=said):
        ask_refund(session, cast.finance, now=NOW, **given)  # type: ignore[arg-type]
    for stranger in (cast.auditor, cast.front_desk, cast.founder_b):
        with pytest.raises(Refusal):
            ask(session, replace(cast, finance=stranger), advance)


def test_to_a_card(counter: Counter, cast: Cast, posted: Posted) -> None:
    """155.00 of A's 1,155.00 go back to the card: asked by finance, approved by the manager, sent once. What somebody
    gives back in Stripe's own pages has gone already and is booked without: 1,155.00 − 155.00 − 55.00 = 945.00."""
    row, session = pay(counter, posted["A"], cast), counter.session
    undo_clearing(session, cast.finance, now=counter.now, clearing_id=first_clearing(session), reason="搬走")
    session.commit()

    def send() -> None:
        refund_card_payment(session, cast.finance, now=counter.now, card_payment_id=row.id, amount_minor=155_00, reason="搬走")

    with pytest.raises(Conflict, match=SECOND):
        send()
    session.rollback()
    with pytest.raises(Conflict, match="Only"):
        ask_card_refund(session, cast.finance, now=counter.now, card_payment_id=row.id, amount_minor=1_155_01, reason="搬走")
    session.rollback()
    asked = ask_card_refund(session, cast.finance, now=counter.now, card_payment_id=row.id, amount_minor=155_00, reason="搬走")
    approve(session, cast, asked)
    send()
    with pytest.raises(Conflict, match=SECOND):
        send()
    session.commit()
    counter.work()
    assert counter.fake.things[str(row.stripe_charge)]["amount_refunded"] == 155_00
    counter.fake.refund(str(row.stripe_intent), 55_00)
    counter.hear_all()
    assert counter.left_minor(row.payment_id) == 945_00


def test_pages_by_bank(session: Session, cast: Cast, client: Browser, advance: Payment) -> None:
    session.commit()
    path = f"/payments/{advance.id}/refund"
    client.sign_in(cast.finance)
    assert f'action="{path}/ask"' in client.get(path).text
    alone = {"amount": "120.00", "way": "bank", "reason": "多付", "refunded_on": "2026-11-01"}
    assert client.post(path, data=alone).status_code == 409
    for wrong in ({"amount": "600"}, {"amount": "x"}, {"amount": ""}, {"reason": ""}, {"way": "stripe"}, {"way": ""}):
        assert client.post(path + "/ask", data=alone | wrong).status_code in (409, 422), wrong
    assert client.post(path + "/ask", data=alone).status_code == 303
    assert client.post(path + "/ask", data=alone).status_code == 409
    [asked] = session.execute(select(Approval)).scalars()
    assert client.get(f"{path}?approval={asked.id}").status_code == 404, "nobody has approved it"
    client.sign_in(cast.manager)
    shown = client.get(f"/billing/approvals/{asked.id}").text
    assert "¥120.00" in shown and "多付" in shown and f"/payments/{advance.id}" in shown
    assert client.post(f"/billing/approvals/{asked.id}/decide", data={"decision": "approve"}).status_code == 303
    client.sign_in(cast.finance)
    assert f"approval={asked.id}" in client.get(path).text
    form = client.get(f"{path}?approval={asked.id}").text
    assert "¥120.00" in form and 'name="amount"' not in form
    assert client.post(f"{path}?approval={asked.id}", data={"refunded_on": "2199-01-01"}).status_code == 422
    booked = {"refunded_on": "2026-11-02", "reference": "BANK-7", "amount": "500.00", "reason": "别的"}
    assert client.post(f"{path}?approval={asked.id}", data=booked).status_code == 303
    [made] = session.execute(select(Refund)).scalars()
    assert (made.amount_minor, made.reason, made.reference) == (120_00, "多付", "BANK-7"), "as approved, whatever is sent"
    assert client.post(f"{path}?approval={asked.id}", data=booked).status_code == 404, "once"


def test_pages_by_card(counter: Counter, cast: Cast, client: Browser, posted: Posted) -> None:
    row, session = pay(counter, posted["A"], cast), counter.session
    undo_clearing(session, cast.finance, now=counter.now, clearing_id=first_clearing(session), reason="搬走")
    session.commit()
    path, given = f"/card-payments/{row.id}/refund", {"amount": "155.00", "reason": "搬走"}
    client.sign_in(cast.finance)
    assert f'action="{path}/ask"' in client.get(f"/card-payments/{row.id}").text
    assert client.post(path, data=given).status_code == 409
    assert client.post(path + "/ask", data=given | {"amount": "2000"}).status_code == 409
    assert client.post(path + "/ask", data=given | {"reason": ""}).status_code == 422
    assert client.post(path + "/ask", data=given).status_code == 303
    [asked] = session.execute(select(Approval)).scalars()
    assert f'action="{path}"' not in client.get(f"/card-payments/{row.id}").text
    decide_approval(session, cast.manager, now=counter.now, approval_id=asked.id, approve=True)
    session.commit()
    assert f'action="{path}"' in client.get(f"/card-payments/{row.id}").text
    assert f'action="{path}"' not in client.sign_in(cast.auditor).get(f"/card-payments/{row.id}").text
    client.sign_in(cast.finance)
    assert client.post(path, data=given).status_code == 303
    assert client.post(path, data=given).status_code == 409
