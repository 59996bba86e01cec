"""Payments by Stripe at once, and killed: on a database of their own, with real connections."""

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
    CardPayment,
    Invoice,
    JournalEntry,
    Payment,
    Posting,
    StripeEvent,
)
from incubator.billing.operations.card_events import keep_event
from incubator.core.errors import Refusal
from incubator.settings import ROOT
from tests.billing.cards.counter import set_up
from tests.billing.stage import Posting as ToPost
from tests.billing.stage import Stage
from tests.database import TestDatabase
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER
from tests.stripe_fake import WEBHOOK_SECRET, StripeFake

T = TypeVar("T")
A_OWES = 1_155_00


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
from incubator.core import sealing
from incubator.jobs.performing import in_steps
url, operator_id, api, row_id, now = sys.argv[1:]
sealing.use(["for tests only"])
card_keys.use(api)
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
    card_keys.use("")
