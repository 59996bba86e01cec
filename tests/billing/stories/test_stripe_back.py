"""Stories of card money that goes back: refunds and disputes.

October 2026: startup A owes 1,155.00, B 1,056.39; issued on 1 November, due on the 16th. The stand-in keeps 2.9 % and
2.00 of each charge: 33.49 + 2.00 = 35.49 of 1,155.00 (rounded down).
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from incubator.billing.models import (
    CardFinding,
    CardRefund,
    Invoice,
    StripeEvent,
)
from incubator.billing.operations.card_events import replay_event
from incubator.billing.operations.card_refunds import refund_card_payment
from incubator.billing.operations.payments import undo_clearing
from incubator.core.errors import Conflict
from tests.billing.cards.counter import Counter, first_clearing, pay
from tests.cast import Cast

Posted = dict[str, Invoice]
A_OWES, A_FEE = 1_155_00, 35_49


def test_a_refund_to_the_card_and_one_that_fails(counter: Counter, cast: Cast, posted: Posted) -> None:
    """A pays 1,155.00. Finance undoes what it paid, gives 155.00 back to the card, and 200.00 more that the bank sends
    back: 1,000.00 are left in the end, and Stripe holds 1,155.00 − 35.49 − 155.00 = 964.51."""
    row = pay(counter, posted["A"], cast)
    session = counter.session

    def give(amount_minor: int) -> CardRefund:
        return refund_card_payment(session, cast.finance, now=counter.now, card_payment_id=row.id,
                                   amount_minor=amount_minor, reason="moved out")  # fmt: skip

    with pytest.raises(Conflict, match="Only"):
        give(155_00)
    session.rollback()
    undo_clearing(session, cast.finance, now=counter.now, clearing_id=first_clearing(session), reason="moved out")
    first, second = give(155_00), give(200_00)
    assert counter.left_minor(row.payment_id) == 800_00, "booked before Stripe is asked"
    session.commit()
    counter.work()
    counter.fake.fail_refund(str(session.get_one(CardRefund, (cast.operator_id, second.id)).stripe_refund))
    counter.hear_all()
    counter.hear_all()
    assert [first.state, second.state] == ["succeeded", "failed"]
    assert counter.left_minor(row.payment_id) == 1_000_00
    assert counter.balance("stripe") == 964_51
    charge_ = counter.fake.things[str(row.stripe_charge)]
    assert charge_["amount_refunded"] == 355_00, "two calls, two refunds, none twice"


def test_a_refund_whose_answer_is_lost_goes_once(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = pay(counter, posted["A"], cast)
    undo_clearing(
        counter.session, cast.finance, now=counter.now, clearing_id=first_clearing(counter.session), reason="x"
    )
    refund_card_payment(counter.session, cast.finance, now=counter.now, card_payment_id=row.id, amount_minor=155_00,
                        reason="paid twice")  # fmt: skip
    counter.session.commit()
    counter.fake.lose_answers = 2
    counter.work()
    counter.pass_time(minutes=1)
    counter.work()
    assert counter.fake.things[str(row.stripe_charge)]["amount_refunded"] == 155_00
    assert counter.left_minor(row.payment_id) == 1_000_00


def test_given_back_in_stripes_own_pages(counter: Counter, cast: Cast, posted: Posted) -> None:
    """Of a payment that has paid its invoice nothing is left: a refund by hand at Stripe is a finding. Finance undoes
    the clearing and has the event handled again: then it is booked, and the invoice is open by 55.00."""
    row = pay(counter, posted["A"], cast)
    counter.fake.refund(str(row.stripe_intent), 55_00)
    counter.hear_all()
    [finding] = counter.session.execute(select(CardFinding)).scalars()
    assert (finding.kind, finding.facts["left_minor"]) == ("refund_without_money", 0)
    undo_clearing(
        counter.session, cast.finance, now=counter.now, clearing_id=first_clearing(counter.session), reason="x"
    )
    event = counter.session.execute(select(StripeEvent).where(StripeEvent.type == "charge.refunded")).scalar_one()
    replay_event(counter.session, cast.finance, now=counter.now, event_id=event.id)
    counter.session.commit()
    counter.work()
    assert counter.left_minor(row.payment_id) == 1_100_00
    assert counter.balance("stripe") == A_OWES - A_FEE - 55_00


def test_a_dispute_that_is_lost_opens_the_invoice_again(counter: Counter, cast: Cast, posted: Posted) -> None:
    """700.00 of 1,155.00 are lost, and 100.00 of fee: 700.00 of the invoice are open again, 455.00 stay paid, and Stripe
    holds 1,155.00 − 35.49 − 700.00 − 100.00 = 319.51."""
    row = pay(counter, posted["A"], cast)
    dispute = counter.fake.dispute(str(row.stripe_intent), 700_00)
    counter.hear_all()
    assert counter.open_minor(posted["A"].id) == 0 and counter.balance("stripe") == A_OWES - A_FEE, "the case runs"
    counter.fake.close_dispute(dispute, "lost")
    counter.hear_all()
    counter.hear_all()
    assert counter.open_minor(posted["A"].id) == 700_00
    assert counter.balance("stripe") == 319_51
    assert counter.clearings() == [A_OWES, A_OWES, 455_00], "paid, undone, paid again by what is left"
