"""Stories of payments by Stripe, told against a stand-in with state (`tests/stripe_fake.py`).

October 2026: startup A owes 1,155.00, B 1,056.39; issued on 1 November, due on the 16th. The stand-in keeps 2.9 % and
2.00 of each charge: 33.49 + 2.00 = 35.49 of 1,155.00 (rounded down).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing import card_keys
from incubator.billing.card_desk import CardDesk
from incubator.billing.card_provider import read_event
from incubator.billing.models import (
    CardDispute,
    CardFinding,
    CardPayment,
    CardRefund,
    Invoice,
    JournalEntry,
    Payment,
    Posting,
    StripeEvent,
)
from incubator.billing.operations.card_events import keep_event, replay_event
from incubator.billing.operations.card_methods import charge_due, end_method
from incubator.billing.operations.card_refunds import refund_card_payment
from incubator.billing.operations.payments import clear_invoices, receive_payment, undo_clearing
from incubator.core.errors import Conflict, Refusal
from incubator.settings import ROOT
from tests.billing.cards.counter import Counter, set_up
from tests.billing.stage import Posting as ToPost
from tests.billing.stage import Stage
from tests.cast import Cast
from tests.database import TestDatabase
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER
from tests.stripe_fake import DECLINED, WEBHOOK_SECRET, StripeFake

Posted = dict[str, Invoice]
T = TypeVar("T")
A_OWES, A_FEE = 1_155_00, 35_49


def pay(counter: Counter, invoice: Invoice, cast: Cast) -> CardPayment:
    """A's founder pays by card on Stripe's page, and everything that is told arrives."""
    row = counter.checkout(cast.founder_a, invoice.id)
    counter.fake.pay(str(row.stripe_session))
    counter.hear_all()
    return counter.row(row.id)


def save_card(counter: Counter, cast: Cast, last4: str = "4242") -> None:
    """A's founder agrees that its invoices are charged on the due date, and gives a card to Stripe."""
    counter.desk.open_method(cast.founder_a, cast.startup_a, "甲科技", "I agree.")
    counter.fake.pay(counter.fake.last("checkout.session")["id"], last4)
    counter.hear_all()


def charge(counter: Counter, invoice: Invoice) -> int:
    """The morning's job, and the worker's round after it."""
    made = charge_due(counter.session, counter.cast.system, now=counter.now, site_id=invoice.site_id)
    counter.session.commit()
    counter.work()
    return made


def states(counter: Counter) -> list[str]:
    counter.session.expire_all()
    return list(counter.session.execute(select(CardPayment.state).order_by(CardPayment.id)).scalars())


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
    clear_invoices(counter.session, cast.finance, now=counter.now, payment_id=by_bank.id, parts={posted["A"].id: A_OWES})
    counter.session.commit()
    counter.work()
    assert states(counter) == ["stopped"] and counter.fake.taken() == 0


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
    undo_clearing(session, cast.finance, now=counter.now, clearing_id=_first_clearing(session), reason="moved out")
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


def _first_clearing(session: Session) -> int:
    return session.execute(select(JournalEntry.source_id).where(JournalEntry.kind == "clearing")).scalars().first() or 0


def test_a_refund_whose_answer_is_lost_goes_once(counter: Counter, cast: Cast, posted: Posted) -> None:
    row = pay(counter, posted["A"], cast)
    undo_clearing(counter.session, cast.finance, now=counter.now, clearing_id=_first_clearing(counter.session), reason="x")
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
    undo_clearing(counter.session, cast.finance, now=counter.now, clearing_id=_first_clearing(counter.session), reason="x")
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


# -- at once, and killed: on a database of their own, with real connections -------------------------------


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    stage = Stage(own_database)
    stage.run(ToPost(stage.sites[0], OCTOBER), [])
    yield stage
    stage.engine.dispose()


def desk_on(stage: Stage) -> CardDesk:
    def step(do: Callable[[Session], T]) -> T:
        with stage.connection() as session:
            done = do(session)
            session.commit()
            return done

    return CardDesk(step, stage.cast.operator_id, lambda: AFTER_OCTOBER + timedelta(hours=1), "http://incubator.test")


def prepare(stage: Stage, fake: StripeFake) -> int:
    """A's invoice of October, and the operator's keys."""
    fake.clock = (AFTER_OCTOBER + timedelta(minutes=30)).timestamp
    with stage.connection() as session:
        set_up(session, stage.cast, fake, AFTER_OCTOBER)
        session.commit()
        return session.execute(select(Invoice.id).where(Invoice.startup_id == stage.cast.startup_a)).scalar_one()


def at_once(*attempts: Callable[[], object]) -> list[object]:
    gate, outcomes = threading.Barrier(len(attempts)), [None] * len(attempts)  # type: tuple[threading.Barrier, list[object]]

    def run(index: int) -> None:
        gate.wait()
        try:
            outcomes[index] = attempts[index]()
        except BaseException as error:
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(attempts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_browsers_press_pay_at_once(stage: Stage, fake: StripeFake) -> None:
    """Both come to the same page of Stripe's; there is one, and it can be paid once."""
    invoice_id = prepare(stage, fake)
    desk = desk_on(stage)
    fake.slow = 0.05
    found = at_once(*[lambda: desk.open_checkout(stage.cast.founder_a, [invoice_id])] * 4)
    ids = {each for each in found if isinstance(each, int)}
    assert len(ids) == 1 and all(isinstance(each, (int, Refusal)) for each in found)
    assert len([each for each in fake.things.values() if each["object"] == "checkout.session"]) == 1


def test_all_that_can_tell_of_one_payment_tell_at_once(stage: Stage, fake: StripeFake) -> None:
    """Two events, the page that the founder comes back to, twice each, by eight connections: one payment."""
    invoice_id = prepare(stage, fake)
    desk = desk_on(stage)
    row_id = desk.open_checkout(stage.cast.founder_a, [invoice_id])
    fake.pay(fake.last("checkout.session")["id"])
    with stage.connection() as session:
        for event in fake.events:
            body, signature = fake.signed(event)
            keep_event(session, now=AFTER_OCTOBER, seen=read_event(body, signature, WEBHOOK_SECRET))
        session.commit()
        events = list(session.execute(select(StripeEvent.id)).scalars())
    attempts: list[Callable[[], object]] = [lambda: desk.look(row_id)] * 4
    for event_id in events:
        attempts += [lambda event_id=event_id: desk.handle_event(event_id)] * 2
    assert at_once(*attempts) == [None] * 8
    with stage.connection() as session:
        assert len(session.execute(select(Payment)).all()) == 1
        assert session.get_one(CardPayment, (stage.cast.operator_id, row_id)).state == "paid"
        kinds = session.execute(select(JournalEntry.kind).where(JournalEntry.kind != "invoice")).scalars()
        assert sorted(kinds) == ["clearing", "fee", "receipt"]


KILLED = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import create_engine
import incubator.models
from incubator.billing import card_keys
from incubator.billing.card_desk import CardDesk
from incubator.billing.operations import card_booking
from incubator.jobs.performing import in_steps
url, operator_id, api, row_id, now = sys.argv[1:]
card_keys.use(["secret of the tests"], api)
book = card_booking._book
def killed(*given):
    book(*given)
    given[0].flush()
    os.kill(os.getpid(), signal.SIGKILL)
card_booking._book = killed
engine = create_engine(url)
desk = CardDesk(in_steps(engine, int(operator_id)), int(operator_id), lambda: datetime.fromisoformat(now))
desk.look(int(row_id))
"""


def test_a_process_is_killed_between_the_money_and_the_commit(
    stage: Stage, own_database: TestDatabase, fake: StripeFake
) -> None:
    """The process that books A's 1,155.00 is killed when all is written but the commit: the books know nothing of it,
    and the next one that looks books it, once."""
    invoice_id = prepare(stage, fake)
    desk = desk_on(stage)
    row_id = desk.open_checkout(stage.cast.founder_a, [invoice_id])
    fake.pay(fake.last("checkout.session")["id"])
    url = own_database.settings().database_url
    given = [url, str(stage.cast.operator_id), fake.url, str(row_id), desk.clock().isoformat()]
    ended = subprocess.run([sys.executable, "-c", KILLED, *given], cwd=ROOT, env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    with psycopg.connect(stage.owner_url) as owner:
        assert owner.execute("SELECT count(*) FROM payments").fetchone() == (0,)
    desk.look(row_id)
    desk.look(row_id)
    with stage.connection() as session:
        amounts = list(session.execute(select(Payment.amount_minor)).scalars())
        to_bank = session.execute(select(Posting.amount_minor).where(Posting.debit == "stripe")).scalars().all()
    assert amounts == [A_OWES] and list(to_bank) == [A_OWES] and fake.taken() == A_OWES
    card_keys.use((), "")
