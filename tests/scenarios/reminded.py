"""What A owes too long, a notice letter, a promise and a task of the front desk, for `belongings.py` and
`test_access.py`."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import DunningAction, Invoice
from incubator.billing.operations.dunning import dun
from incubator.billing.operations.dunning_entries import promise_payment
from incubator.billing.operations.dunning_settings import Wanted, set_dunning
from incubator.billing.rules.dunning import Step
from tests.cast import Cast

MARKS = {"promise": "甲下月回款后付清"}
"""What only A's own rows say."""

STAFF = {"owner", "manager", "front_desk", "finance", "auditor"}
MONEY, BILL = STAFF - {"front_desk"}, {"owner", "finance"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/billing/dunning": (MONEY, set()),
    "/billing/dunning/{startup_a}": (MONEY, set()),
    "/billing/dunning/settings": (BILL, set()),
    "/billing/dunning/letters": (MONEY, set()),
    "/billing/dunning/letters/{letter_a}/pdf": (MONEY | {"founder_a"}, {"founder_b"}),
    "/billing/dunning/interest": (MONEY, set()),
    "/my/overdue": ({"founder_a", "founder_b"}, set()),
    "/my/overdue/{startup_a}/promise": ({"founder_a"}, {"founder_b"}),
    "/front-desk/access": (STAFF - {"auditor"}, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = ("/billing/dunning/{none}", "/billing/dunning/letters/{none}/pdf")
STATEMENTS = [
    ("/billing/dunning", 26), ("/billing/dunning/{startup_a}", 26), ("/billing/dunning/settings", 12),
    ("/billing/dunning/letters", 9), ("/billing/dunning/interest", 14), ("/front-desk/access", 8),
]  # fmt: skip


def remind(session: Session, cast: Cast, of_a: Invoice) -> dict[str, int]:
    """On 20 December, when A's invoice of October is 34 days overdue."""
    autumn, winter = (datetime(2026, month, 20, 1, 0, tzinfo=UTC) for month in (11, 12))
    steps = (Step(10, "letter"), Step(11, "call"), Step(12, "access"), Step(13, "letter"))
    set_dunning(session, cast.finance, now=autumn, wanted=Wanted(date(2026, 11, 20), True, steps))
    dun(session, cast.system, now=winter, site_id=of_a.site_id)
    promise_payment(session, cast.finance, now=winter, startup_id=cast.startup_a, until=date(2026, 12, 31),
                    note=MARKS["promise"])  # fmt: skip
    letter = session.execute(
        select(DunningAction.id).where(DunningAction.number.is_not(None), DunningAction.startup_id == cast.startup_a)
    ).scalar_one()
    return {"letter_id": letter}
