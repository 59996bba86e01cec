"""The jobs of payments by Stripe, as the worker does them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.jobs.cards import charge, compare
from incubator.jobs.job import Run
from tests.billing.cards.counter import Counter, set_up
from tests.billing.conftest import posted  # noqa: F401  fixture
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, October
from tests.stripe_fake import serve


def a_run(cast: Cast, job: str, site_id: int, now: datetime) -> Run:
    return Run(1, cast.operator_id, job, site_id, "2026-11-16", {}, 1, None, "test", now)


def quiet(_done: int, _total: int) -> None:
    """Nobody listens."""


def test_without_an_account_there_is_nothing_to_do(session: Session, cast: Cast, october: October) -> None:
    run = a_run(cast, "charge_saved_cards", october.site.id, AFTER_OCTOBER)
    assert charge(session, cast.system, run, quiet) == {"outcome": "nothing", "count": 0}
    assert compare(session, cast.system, run, quiet) == {"outcome": "no_account"}


def test_with_one_the_night_says_what_it_found(
    session: Session, cast: Cast, posted: dict[str, Invoice]  # noqa: F811
) -> None:
    with serve() as fake:
        counter = Counter(session, cast, fake, AFTER_OCTOBER)
        fake.clock = lambda: counter.now.timestamp()
        set_up(session, cast, fake, counter.now)
        row = counter.checkout(cast.founder_a, posted["A"].id)
        fake.pay(str(row.stripe_session))
        run = a_run(cast, "reconcile_stripe", posted["A"].site_id, counter.now)
        found = compare(session, cast.system, run, quiet)
        assert found == {"outcome": "compared", "seen": 2, "mended": 1, "unexplained": 0}
        fake.change(str(fake.last("payment_intent")["id"]), amount_received=1)
        assert compare(session, cast.system, run, quiet)["mended"] == 0
