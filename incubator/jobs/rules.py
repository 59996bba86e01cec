"""The run book's decisions: who may ask for a job, how long a claim holds, when a failed run is tried again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from incubator.accounts.permissions import Action

ASKED_BY: dict[str, Action] = {
    "import_workbook": Action.IMPORT, "post_month": Action.POST_INVOICES, "dun": Action.MANAGE_BILLING,
    "charge_saved_cards": Action.TAKE_PAYMENTS, "reconcile_stripe": Action.TAKE_PAYMENTS,
    "make_pack": Action.MANAGE_CLAIMS,
}  # fmt: skip
"""Jobs that need another right than `RUN_JOBS` to be asked for."""

ONCE_ONLY = frozenset({"import_workbook", "post_month"})
"""Jobs that are not done again once they are done: the same rows would be imported twice, and of a month is posted what
somebody has seen."""

LEASE = timedelta(seconds=60)
"""How long a claim holds without a sign of life from its worker; signs come every quarter of it."""

RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


def action_to_ask(job: str) -> Action:
    """The right that one needs to put `job` into the run book."""
    return ASKED_BY.get(job, Action.RUN_JOBS)


def minutes_and_seconds(seconds: float) -> tuple[int, Decimal]:
    """How long something took, to be read: 0.84 s is 0.8 s; 65 s are 1 min 5 s."""
    if seconds < 10:
        return 0, Decimal(str(round(seconds, 1)))
    minutes, rest = divmod(round(seconds), 60)
    return minutes, Decimal(rest)


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: 1 minute, 5 minutes, 30 minutes, then 2 hours."""
    return RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]
