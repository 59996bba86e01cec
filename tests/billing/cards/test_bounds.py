"""Pages of payments by Stripe take as many statements for ten times the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incubator.billing.card_provider import EventSeen
from incubator.billing.models import Invoice
from incubator.billing.operations.card_booking import apply_intent, find
from incubator.billing.operations.card_disputes import apply_dispute
from incubator.billing.operations.card_events import keep_event
from incubator.billing.operations.checkouts import add_card_payment, marks_of
from incubator.billing.rules.cards import DisputeSeen, Fee, Intent
from tests.billing.cards.counter import Counter
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting

Posted = dict[str, Invoice]
FEW, MANY = 2, 20
PAGES = {
    "/card-payments": 10, "/card-payments?state=paid&search=A": 10, "/card-payments/findings": 7, "/card-payments/{row}": 13,
    "/billing/stripe": 7, "/payments?way=stripe": 8, "/pay": 14,
}  # fmt: skip
"""Of the page, and the most statements that it takes: who is signed in, the desk's counts and the page's own."""


def add(counter: Counter, cast: Cast, invoice: Invoice, first: int, last: int) -> int:
    """So many payments of 1.00, each disputed, with a finding; and as many events, findings and disputes of the first."""
    session, now, one = counter.session, counter.now, 0
    for number in range(first, last):
        row = add_card_payment(session, cast.system, now=now, kind="checkout", startup_id=invoice.startup_id,
                               parts={invoice.id: 100}, site_id=invoice.site_id, currency="CNY")  # fmt: skip
        intent = Intent(f"pi_{number}", "succeeded", 100, 100, "CNY", marks_of(row.id, row.key), charge_id=f"ch_{number}",
                        charged_at=now, method_kind="card", last4="4242", fee=Fee(3, "CNY"))  # fmt: skip
        apply_intent(session, cast.system, now=now, intent=intent)
        dispute = DisputeSeen(f"dp_{number}", "needs_response", 100, "CNY", intent.id, "fraudulent", now,
                              answer_by=now + timedelta(days=number))  # fmt: skip
        apply_dispute(session, cast.system, now=now, seen=dispute)
        one = one or row.id
        for of, about in ((row.id, "mismatch"), (one, "unknown_refund")):
            find(session, now=now, kind=about, stripe_id=f"pi_{number}", card_payment_id=of,
                 facts={"asked_minor": 100, "found_minor": 90})  # fmt: skip
        keep_event(session, now=now, seen=EventSeen(f"evt_{number}", "payment_intent.succeeded", "intent", "pi_0"))
    session.commit()
    return one


@pytest.mark.parametrize("page", PAGES)
def test_ten_times_the_rows_take_as_many_statements(
    counter: Counter, session: Session, cast: Cast, client: Browser, posted: Posted, page: str
) -> None:
    taken = []
    row_id = add(counter, cast, posted["A"], 0, FEW)
    client.sign_in(cast.founder_a if page == "/pay" else cast.finance)
    for more in (0, MANY):
        if more:
            add(counter, cast, posted["A"], FEW, MANY)
        session.expire_all()
        with counting(session) as statements:
            assert client.get(page.format(row=row_id)).status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1] <= PAGES[page], taken
