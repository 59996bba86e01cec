"""A founder pays on Stripe's page: what is asked, what is booked, and what is said when it goes otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.core.errors import Conflict, NotFound, Refusal
from tests.billing.cards.counter import Counter
from tests.cast import Cast
from tests.stripe_fake import DECLINED

Posted = dict[str, Invoice]


def test_a_paid_page_pays_the_invoice_once(counter: Counter, cast: Cast, posted: Posted) -> None:
    invoice = posted["A"]
    row = counter.checkout(cast.founder_a, invoice.id)
    assert (row.state, row.amount_minor) == ("open", invoice.net_minor)
    assert row.page_url and row.page_url.startswith(counter.fake.url)
    counter.fake.pay(str(row.stripe_session))
    counter.hear_all()
    counter.hear_all()
    row = counter.row(row.id)
    assert (row.state, row.method_kind, row.last4) == ("paid", "card", "4242")
    assert counter.open_minor(invoice.id) == 0
    [payment] = counter.payments()
    assert (payment.amount_minor, payment.reference) == (invoice.net_minor, row.stripe_charge)
    fee = invoice.net_minor * 29 // 1000 + 200
    assert (row.fee_minor, counter.balance("fees")) == (fee, fee)
    assert counter.balance("stripe") == invoice.net_minor - fee


def test_the_same_again_is_the_same_page(counter: Counter, cast: Cast, posted: Posted) -> None:
    first = counter.checkout(cast.founder_a, posted["A"].id)
    assert counter.checkout(cast.founder_a, posted["A"].id).id == first.id
    assert counter.fake.calls.count(("POST", "/v1/checkout/sessions")) == 1


def test_a_declined_card_leaves_the_page_open(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session), DECLINED)
    counter.hear_all()
    assert (counter.row(row.id).state, counter.row(row.id).fault) == ("open", "insufficient_funds")
    counter.fake.pay(str(row.stripe_session))
    counter.hear_all()
    assert counter.row(row.id).state == "paid" and counter.open_minor(posted["A"].id) == 0


def test_a_page_that_nobody_used_lets_another_be_begun(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.expire(str(row.stripe_session))
    counter.hear_all()
    assert counter.row(row.id).state == "expired"
    assert counter.checkout(cast.founder_a, posted["A"].id).id != row.id


def test_alipay_on_its_way_then_there(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session), way="alipay")
    counter.hear_all()
    assert counter.row(row.id).state == "processing" and counter.open_minor(posted["A"].id) > 0
    with pytest.raises(Conflict, match="at the moment"):
        counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.settle(str(row.stripe_session))
    counter.hear_all()
    assert counter.row(row.id).state == "paid" and counter.row(row.id).method_kind == "alipay"


def test_alipay_that_never_comes(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session), way="alipay")
    counter.fake.settle(str(row.stripe_session), paid=False)
    counter.hear_all()
    assert counter.row(row.id).state == "expired" and not counter.payments()


def test_paid_by_bank_meanwhile_the_rest_is_an_advance(
    counter: Counter, session: Session, cast: Cast, posted: Posted
) -> None:
    """The bank brought 100.00 while the founder was on the page: 100.00 of the card payment stay with the startup."""
    invoice = posted["A"]
    row = counter.checkout(cast.founder_a, invoice.id)
    by_bank = receive_payment(session, cast.finance, now=counter.now, startup_id=cast.startup_a, way="bank",
                              amount_minor=100_00, received_on=counter.now.date())  # fmt: skip
    clear_invoices(session, cast.finance, now=counter.now, payment_id=by_bank.id, parts={invoice.id: 100_00})
    counter.fake.pay(str(row.stripe_session))
    counter.hear_all()
    row = counter.row(row.id)
    assert row.surplus_minor == 100_00 and counter.open_minor(invoice.id) == 0
    assert counter.left_minor(row.payment_id) == 100_00


def test_the_worker_closes_a_page_whose_invoice_was_paid_otherwise(
    counter: Counter, session: Session, cast: Cast, posted: Posted
) -> None:
    invoice = posted["A"]
    row = counter.checkout(cast.founder_a, invoice.id)
    by_bank = receive_payment(session, cast.finance, now=counter.now, startup_id=cast.startup_a, way="bank",
                              amount_minor=invoice.net_minor, received_on=counter.now.date())  # fmt: skip
    clear_invoices(session, cast.finance, now=counter.now, payment_id=by_bank.id, parts={invoice.id: invoice.net_minor})
    session.commit()
    counter.work()
    assert counter.row(row.id).state == "expired"
    assert counter.fake.things[str(row.stripe_session)]["status"] == "expired"
    with pytest.raises(Conflict, match="paid already"):
        counter.checkout(cast.founder_a, invoice.id)


def test_another_sum_than_was_asked_for_is_a_finding(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session))
    intent = counter.fake.things[str(row.stripe_session)]["payment_intent"]
    counter.fake.change(intent, amount_received=1, currency="hkd")
    counter.hear_all()
    assert counter.row(row.id).state == "open" and not counter.payments()
    assert counter.open_minor(posted["A"].id) == posted["A"].net_minor


def test_who_may_pay(counter: Counter, cast: Cast, posted: Posted) -> None:
    invoice_id = posted["A"].id
    with pytest.raises(NotFound):
        counter.checkout(cast.founder_b, invoice_id)
    for actor in (cast.member_a, cast.finance, cast.owner, cast.auditor):
        with pytest.raises(Refusal):
            counter.checkout(actor, invoice_id)
    assert not counter.fake.calls


def test_stripe_away_takes_nothing_and_says_so(counter: Counter, cast: Cast, posted: Posted) -> None:
    counter.fake.away = True
    with pytest.raises(Refusal, match="can't be reached"):
        counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.away = False
    row = counter.checkout(cast.founder_a, posted["A"].id)
    assert row.state == "open", "the same row goes on under its key"


def test_a_page_of_another_account_is_given_up(counter: Counter, cast: Cast, posted: Posted) -> None:
    """The operator has changed its account at Stripe: the page that was begun is not known there. With 100.00 paid
    meanwhile another is begun, for the rest."""
    invoice = posted["A"]
    older = counter.checkout(cast.founder_a, invoice.id)
    paid = receive_payment(counter.session, cast.finance, now=counter.now, startup_id=invoice.startup_id, way="bank",
                           amount_minor=10_000, received_on=counter.now.date())  # fmt: skip
    clear_invoices(counter.session, cast.finance, now=counter.now, payment_id=paid.id, parts={invoice.id: 10_000})
    counter.session.commit()
    del counter.fake.things[str(older.stripe_session)]
    row = counter.checkout(cast.founder_a, invoice.id)
    assert (row.state, row.amount_minor) == ("open", invoice.net_minor - 10_000)
    assert counter.row(older.id).state == "stopped"
