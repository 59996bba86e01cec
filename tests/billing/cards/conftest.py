"""October's invoices, and a stand-in for Stripe beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from tests.billing.cards.counter import Counter, set_up
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER
from tests.stripe_fake import StripeFake, serve


@pytest.fixture
def fake() -> Iterator[StripeFake]:
    with serve() as found:
        yield found


@pytest.fixture
def counter(session: Session, cast: Cast, posted: dict[str, Invoice], fake: StripeFake) -> Counter:
    """The operator takes cards; October is posted."""
    counter = Counter(session, cast, fake, AFTER_OCTOBER)
    fake.clock = lambda: counter.now.timestamp()
    set_up(session, cast, fake, counter.now)
    session.commit()
    return counter
