"""Payments by Stripe as plain values: what Stripe says of a thing, and what follows for ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct, field

MOST_MINOR = 99_999_999
"""What Stripe takes in one payment: eight digits."""

METHODS = ("card", "alipay", "wechat_pay")
"""What an operator can choose to offer; none chosen: what its account at Stripe offers."""

STATES = ("asked", "open", "processing", "paid", "failed", "expired", "stopped")
LIVING = ("asked", "open", "processing")
"""Stripe may still be paid by it: no second one is begun for the same invoice."""

REFUND_STATES = ("asked", "pending", "succeeded", "failed")
METHOD_STATES = ("asked", "active", "ended")

FINDINGS = (
    "mismatch", "unknown_charge", "unknown_refund", "refund_without_money", "dispute_without_money", "never_arrived",
    "other_currency", "key_refused",
)  # fmt: skip
"""What the books can't follow by themselves, and a person looks at."""

TRY_AGAIN_AFTER = (1, 3, 5)
"""Days after the first try on which a declined charge of a saved method is tried again; then it is left to dunning."""

KEY_LIVES = timedelta(hours=20)
"""How long a call is repeated under its idempotency key. Stripe forgets keys after 24 hours: later, the nightly
reconciliation looks for what the call has brought about, and nothing is sent again."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=20), timedelta(hours=1)


class Fee(Struct, frozen=True):
    """What Stripe kept of a charge, in the currency in which it settles."""

    amount_minor: int
    currency: str


class Intent(Struct, frozen=True):
    """A payment as Stripe has it at this moment."""

    id: str
    status: str
    amount_minor: int
    received_minor: int
    currency: str
    """ISO 4217, capitals."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """The metadata that we gave it: which card payment it is, and its key."""
    charge_id: str = ""
    charged_at: datetime | None = None
    refunded_minor: int = 0
    method_kind: str = ""
    last4: str = ""
    fault: str = ""
    """Stripe's code for why it was declined."""
    fee: Fee | None = None


class Session(Struct, frozen=True):
    """A hosted Checkout page as Stripe has it."""

    id: str
    status: str
    """open, complete or expired."""
    url: str
    until: datetime | None
    marks: Mapping[str, str]
    intent_id: str = ""
    setup_id: str = ""
    customer_id: str = ""


class Method(Struct, frozen=True):
    """A saved way to pay."""

    id: str
    customer_id: str
    kind: str
    brand: str
    last4: str
    expires: str
    """05/2029."""


class RefundSeen(Struct, frozen=True):
    """A refund as Stripe has it."""

    id: str
    status: str
    """pending, requires_action, succeeded, failed or canceled."""
    amount_minor: int
    currency: str
    intent_id: str
    marks: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


class DisputeSeen(Struct, frozen=True):
    """A disputed charge as Stripe has it."""

    id: str
    status: str
    """needs_response, under_review, warning_…, won or lost."""
    amount_minor: int
    currency: str
    intent_id: str
    reason: str
    opened_at: datetime
    answer_by: datetime | None = None
    fee_minor: int = 0
    """What Stripe asks for the case, after what it gave back."""


class PayoutSeen(Struct, frozen=True):
    """Money on its way from Stripe to the operator's bank."""

    id: str
    status: str
    """pending, in_transit, paid, failed or canceled."""
    amount_minor: int
    currency: str
    arrives_on: date


def state_after(kind: str, intent: Intent) -> str:
    """What becomes of a card payment by what Stripe says of its intent.

    A hosted page lets its reader try another card after a decline, so one of kind `checkout` stays open until its page
    is over; one by a saved method has failed once there is a fault, or its owner would have to confirm it.
    """
    if intent.status in ("succeeded", "processing"):
        return "paid" if intent.status == "succeeded" else "processing"
    if kind == "checkout":
        return "expired" if intent.status == "canceled" else "open"
    if intent.status in ("canceled", "requires_action") or intent.fault:
        return "failed"
    return "asked"


def differs(amount_minor: int, currency: str, intent: Intent) -> bool:
    """Whether Stripe took another sum than we asked for: 1,200.00 of CNY is neither 1,200.01 nor 1,200.00 of HKD."""
    return intent.currency != currency or (intent.received_minor or intent.amount_minor) != amount_minor


def split_over(amount_minor: int, asked: Mapping[int, int], still_open: Mapping[int, int]) -> dict[int, int]:
    """Which part of a payment settles which invoice: what was asked for it, as far as it is still open.

    1,500.00 for two invoices of 1,000.00 and 500.00, of which the first was paid by bank meanwhile but for 200.00:
    200.00 and 500.00; the other 800.00 stay with the startup.
    """
    parts: dict[int, int] = {}
    left = amount_minor
    for invoice_id, asked_minor in sorted(asked.items()):
        part = min(left, asked_minor, still_open.get(invoice_id, 0))
        if part > 0:
            parts[invoice_id] = part
            left -= part
    return parts


def next_try_on(first_on: date, tries: int) -> date | None:
    """The day of the next try by a saved method after `tries` that were declined; None: it is left to dunning.

    First tried on 10 November: again on the 11th, 13th and 15th.
    """
    return first_on + timedelta(days=TRY_AGAIN_AFTER[tries - 1]) if tries <= len(TRY_AGAIN_AFTER) else None


def wait_after(tries: int) -> timedelta:
    """How long to wait after the `tries`-th call that had no clear answer: 20 s, 40 s, 80 s … at most an hour."""
    return min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)


def may_still_send(sent_at: datetime | None, now: datetime) -> bool:
    """Whether a call can be repeated under its key: for 20 hours after it first left."""
    return sent_at is None or now - sent_at < KEY_LIVES
