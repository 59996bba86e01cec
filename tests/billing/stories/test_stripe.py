"""Stories of payments by Stripe, told against a stand-in with state (`tests/stripe_fake.py`).

October 2026: startup A owes 1,155.00, B 1,056.39; issued on 1 November, due on the 16th. The stand-in keeps 2.9 % and
2.00 of each charge: 33.49 + 2.00 = 35.49 of 1,155.00 (rounded down).
"""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import (
    CardDispute,
    CardFinding,
    Invoice,
    JournalEntry,
    StripeEvent,
)
from incubator.billing.operations.card_events import replay_event
from incubator.billing.operations.card_methods import charge_due, end_method
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.operations.write_offs import plan_instalments
from tests.billing.cards.counter import Counter, charge, pay, save_card, states
from tests.cast import Cast
from tests.stripe_fake import DECLINED

Posted = dict[str, Invoice]
A_OWES, A_FEE = 1_155_00, 35_49


def test_a_month_of_card_money_ends_in_the_bank(counter: Counter, cast: Cast, posted: Posted) -> None:
    """1,155.00 are charged, 35.49 kept; 1,119.51 are paid out: nothing is left with Stripe, all of it in the bank."""
    row = pay(counter, posted["A"], cast)
    assert (row.state, row.amount_minor, row.fee_minor) == ("paid", A_OWES, A_FEE)
    payout = counter.fake.pay_out(A_OWES - A_FEE)
    counter.hear_all()
    assert (counter.balance("stripe"), counter.balance("bank"), counter.balance("fees")) == (0, 1_119_51, A_FEE)
    counter.fake.fail_payout(payout)
    counter.hear_all()
    assert (counter.balance("stripe"), counter.balance("bank")) == (1_119_51, 0), "the bank sent it back"


def test_events_come_twice_and_the_last_first(counter: Counter, cast: Cast, posted: Posted) -> None:
    """Dispute won, dispute opened, paid, completed: told backwards, twice, and once more by hand, it is the same
    books as told in order: one payment of 1,155.00, one fee, and a dispute that cost nothing."""
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session))
    intent = counter.fake.things[str(row.stripe_session)]["payment_intent"]
    dispute = counter.fake.dispute(intent)
    counter.fake.close_dispute(dispute, "won")
    told = list(reversed(counter.fake.events))
    counter.hear(*told)
    counter.hear(*told)
    for event in counter.session.execute(select(StripeEvent)).scalars().all():
        replay_event(counter.session, cast.finance, now=counter.now, event_id=event.id)
    counter.work()
    assert counter.row(row.id).state == "paid" and len(counter.payments()) == 1
    assert counter.clearings() == [A_OWES] and counter.open_minor(posted["A"].id) == 0
    [case] = counter.session.execute(select(CardDispute)).scalars()
    assert (case.outcome, case.fee_minor) == ("won", 0)
    assert counter.balance("stripe") == A_OWES - A_FEE
    kinds = counter.session.execute(select(JournalEntry.kind).where(JournalEntry.kind != "invoice")).scalars()
    assert sorted(kinds) == ["clearing", "fee", "receipt"]
    assert len(counter.session.execute(select(StripeEvent)).all()) == len(told)


def test_no_event_ever_comes_and_the_night_mends_it(counter: Counter, cast: Cast, posted: Posted) -> None:
    """The webhook is lost: what was paid, given out by hand and paid out is in the books by the next morning."""
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session))
    counter.fake.pay_out(500_00)
    counter.fake.charge_elsewhere(77_00)
    done = counter.reconcile()
    assert counter.row(row.id).state == "paid" and counter.open_minor(posted["A"].id) == 0
    assert counter.balance("bank") == 500_00
    assert (done["mended"], done["unexplained"]) == (2, 1), "and 77.00 that somebody else took by the same account"
    [finding] = counter.session.execute(select(CardFinding)).scalars()
    assert (finding.kind, finding.facts["found_minor"]) == ("unknown_charge", 77_00)
    assert counter.reconcile() | {"seen": 0} == {"seen": 0, "mended": 0, "unexplained": 0}, "the next night has nothing"


def test_the_page_that_one_comes_back_to_asks_by_itself(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.desk.look(row.id)
    assert counter.row(row.id).state == "open", "not paid, and not said to be"
    counter.fake.pay(str(row.stripe_session))
    counter.desk.look(row.id)
    assert counter.row(row.id).state == "paid"


def test_the_answer_is_lost_after_the_card_was_charged(counter: Counter, cast: Cast, posted: Posted) -> None:
    """Stripe takes 1,155.00 by the saved card and the line breaks, also for the library's own second try. The worker
    asks again under the same key: one charge, one payment."""
    save_card(counter, cast)
    counter.pass_time(days=15)
    counter.fake.lose_answers = 2
    assert charge(counter, posted["A"]) == 1
    assert states(counter) == ["asked"] and counter.fake.taken() == A_OWES and not counter.payments()
    counter.pass_time(minutes=1)
    counter.work()
    assert states(counter) == ["paid"] and counter.fake.taken() == A_OWES
    assert [each.amount_minor for each in counter.payments()] == [A_OWES]
    assert charge(counter, posted["A"]) == 0 and counter.fake.taken() == A_OWES


def test_a_worker_stands_still_for_two_days_after_charging(counter: Counter, cast: Cast, posted: Posted) -> None:
    """By then Stripe has forgotten the key: the same call would charge a second time. It is not made; the night finds
    the charge by the marks that it carries. One that never arrived is ended by the night, and is a finding."""
    save_card(counter, cast)
    counter.pass_time(days=15)
    counter.fake.lose_answers = 2
    charge(counter, posted["A"])
    counter.pass_time(days=2)
    counter.work()
    assert counter.fake.taken() == A_OWES and states(counter) == ["asked"]
    counter.reconcile()
    assert states(counter) == ["paid"] and counter.fake.taken() == A_OWES and len(counter.payments()) == 1


def test_a_call_that_never_arrived_is_ended_by_the_night(counter: Counter, cast: Cast, posted: Posted) -> None:
    save_card(counter, cast)
    counter.pass_time(days=15)
    counter.fake.away = True
    charge(counter, posted["A"])
    counter.fake.away = False
    counter.pass_time(days=1)
    counter.work()
    assert counter.fake.taken() == 0
    assert counter.reconcile()["unexplained"] == 1
    assert states(counter) == ["failed"] and counter.open_minor(posted["A"].id) == A_OWES
    assert counter.checkout(cast.founder_a, posted["A"].id).state == "open", "it can be paid otherwise"


def test_a_crash_between_the_charge_and_the_commit(
    counter: Counter, cast: Cast, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is booked but for the commit, and the process ends there. Nothing of it is in the books; the next round
    asks under the same key and books the one charge."""
    save_card(counter, cast)
    counter.pass_time(days=15)
    charge_due(counter.session, cast.system, now=counter.now, site_id=posted["A"].site_id)
    counter.session.commit()

    def crash(session: Session, *_: object, **__: object) -> None:
        session.flush()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("incubator.billing.operations.card_booking.release_parts", crash)
        with pytest.raises(KeyboardInterrupt):
            counter.work()
    counter.session.rollback()
    assert counter.fake.taken() == A_OWES and states(counter) == ["asked"] and not counter.payments()
    counter.pass_time(minutes=1)
    counter.work()
    assert states(counter) == ["paid"] and counter.fake.taken() == A_OWES and len(counter.payments()) == 1


def test_a_declined_card_comes_back_three_times_and_then_no_more(counter: Counter, cast: Cast, posted: Posted) -> None:
    """Due on 16 November and declined; again on the 17th, 19th and 21st; then it is left to dunning."""
    save_card(counter, cast, DECLINED)
    tried = []
    for _ in range(30):
        if charge(counter, posted["A"]):
            tried.append(counter.now.day)
        counter.pass_time(days=1)
    assert tried == [16, 17, 19, 21] and states(counter) == ["failed"] * 4
    assert counter.fake.taken() == 0 and counter.open_minor(posted["A"].id) == A_OWES
    end_method(counter.session, cast.founder_a, now=counter.now, startup_id=cast.startup_a)
    save_card(counter, cast)
    assert charge(counter, posted["A"]) == 0, "what was due before the founder agreed is not taken"


def test_a_card_that_is_taken_back_is_charged_no_more(counter: Counter, cast: Cast, posted: Posted) -> None:
    """Ended between the morning's job and the worker's call: nothing is taken. With another card, it is."""
    save_card(counter, cast)
    counter.pass_time(days=15)
    charge_due(counter.session, cast.system, now=counter.now, site_id=posted["A"].site_id)
    gone = end_method(counter.session, cast.founder_a, now=counter.now, startup_id=cast.startup_a)
    counter.session.commit()
    counter.desk.forget(gone)
    counter.work()
    assert states(counter) == ["stopped"] and counter.fake.taken() == 0
    assert counter.fake.things[gone]["customer"] is None, "Stripe has forgotten it, too"


def test_paid_by_bank_on_the_due_date_the_card_is_left_alone(counter: Counter, cast: Cast, posted: Posted) -> None:
    save_card(counter, cast)
    counter.pass_time(days=15)
    charge_due(counter.session, cast.system, now=counter.now, site_id=posted["A"].site_id)
    by_bank = receive_payment(counter.session, cast.finance, now=counter.now, startup_id=cast.startup_a, way="bank",
                              amount_minor=A_OWES, received_on=counter.now.date())  # fmt: skip
    clear_invoices(
        counter.session, cast.finance, now=counter.now, payment_id=by_bank.id, parts={posted["A"].id: A_OWES}
    )
    counter.session.commit()
    counter.work()
    assert states(counter) == ["stopped"] and counter.fake.taken() == 0


def test_of_instalments_only_what_is_due_is_taken(counter: Counter, cast: Cast, posted: Posted) -> None:
    """100.00 due on 16 November, the rest on 16 December; the card pays each on its day."""
    save_card(counter, cast)
    invoice = posted["A"]
    plan_instalments(counter.session, cast.finance, now=counter.now, invoice_id=invoice.id,
                     parts=[(date(2026, 11, 16), 10_000), (date(2026, 12, 16), A_OWES - 10_000)])  # fmt: skip
    counter.session.commit()
    taken = []
    for _ in range(60):
        if charge(counter, invoice):
            taken.append((counter.now.date(), counter.fake.taken()))
        counter.pass_time(days=1)
    assert taken == [(date(2026, 11, 16), 10_000), (date(2026, 12, 16), A_OWES)]
    assert counter.open_minor(invoice.id) == 0 and states(counter) == ["paid", "paid"]
