"""A month posted, and who pays it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, Payment
from incubator.billing.operations.payments import receive_payment
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

Receive = Callable[..., Payment]


@pytest.fixture
def receive(session: Session, cast: Cast, posted: dict[str, Invoice]) -> Receive:
    """Money of a startup by the bank: `receive("A", 100_000)`."""

    def by_bank(
        who: str, amount_minor: int, *, received_on: date = date(2026, 11, 1), now: datetime = AFTER_OCTOBER,
        source: tuple[str, int] | None = None, way: str = "bank",
    ) -> Payment:  # fmt: skip
        return receive_payment(session, cast.finance, now=now, startup_id=posted[who].startup_id, way=way,
                               amount_minor=amount_minor, received_on=received_on, source=source)  # fmt: skip

    return by_bank
