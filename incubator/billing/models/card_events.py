"""What Stripe told us: events as they came, disputes, payouts, and what a person has to look at."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.billing.models.card_payments import KEPT
from incubator.billing.rules.cards import FINDINGS
from incubator.database import Base, Owned, belongs_to


class StripeEvent(Owned, Base):
    """An event whose signature was right: kept first, then handled once, in whatever order.

    Only what it is about is kept, and not what it says: whoever handles it asks Stripe how the thing stands now, so an
    event that is old, or twice, or before its time, can do no harm; and nobody's address lies here.
    """

    __tablename__ = "stripe_events"
    event: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    thing: Mapped[str] = mapped_column(Text)
    """session, intent, refund, dispute, payout; empty: nothing of ours."""
    thing_id: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        UniqueConstraint("operator_id", "event"),
        CheckConstraint("(handled_at IS NULL) = (next_try_at IS NOT NULL)", name="waits"),
        Index("stripe_events_due_idx", "operator_id", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
        Index(None, "operator_id", "thing_id"),
        Index(None, "operator_id", "received_at"),
        {"info": KEPT},
    )


class CardDispute(Owned, Base):
    """A charge that its cardholder's bank disputes. Its money is with Stripe until the case is closed."""

    __tablename__ = "card_disputes"
    card_payment_id: Mapped[int]
    stripe_dispute: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    """Stripe's word."""
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    answer_by: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    fee_minor: Mapped[int | None]
    __table_args__ = (
        belongs_to("card_payments", "card_payment_id"),
        UniqueConstraint("operator_id", "stripe_dispute"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("outcome IN ('won', 'lost')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name="closed"),
        Index(None, "operator_id", "card_payment_id"),
        {"info": KEPT},
    )


class CardPayout(Owned, Base):
    """What Stripe paid into the operator's bank."""

    __tablename__ = "card_payouts"
    stripe_payout: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    arrives_on: Mapped[date]
    entry_id: Mapped[int | None]
    """The entry that books it; None: not paid yet."""
    seen_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("journal_entries", "entry_id"),
        UniqueConstraint("operator_id", "stripe_payout"),
        CheckConstraint("status IN ('paid', 'failed')", name="status"),
        Index(None, "operator_id", "arrives_on"),
        {"info": KEPT},
    )


class CardFinding(Owned, Base):
    """What the books can't follow by themselves; it stays on the page until somebody says what became of it."""

    __tablename__ = "card_findings"
    kind: Mapped[str] = mapped_column(Text)
    stripe_id: Mapped[str] = mapped_column(Text)
    card_payment_id: Mapped[int | None]
    facts: Mapped[Any] = mapped_column(JSONB)
    """Amounts and states, asked and found: no names."""
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("card_payments", "card_payment_id"),
        belongs_to("people", "settled_by"),
        UniqueConstraint("operator_id", "kind", "stripe_id"),
        CheckConstraint(f"kind IN {FINDINGS}", name="kind"),
        CheckConstraint("(settled_at IS NOT NULL) = (note <> '')", name="settled_says_how"),
        Index("card_findings_open_idx", "operator_id", "found_at", postgresql_where=text("settled_at IS NULL")),
        {"info": KEPT},
    )
