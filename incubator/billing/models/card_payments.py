"""Payments by Stripe: an operator's keys, what we asked for, saved methods, refunds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from incubator.billing.rules.cards import METHOD_STATES, METHODS, REFUND_STATES, STATES
from incubator.database import Base, Owned, belongs_to

KEPT = {"grant": "SELECT, INSERT, UPDATE"}


class StripeSettings(Owned, Base):
    """An operator's account at Stripe. The keys are encrypted; of each only its last four characters are shown."""

    __tablename__ = "stripe_settings"
    secret_key: Mapped[str] = mapped_column(Text)
    secret_ends: Mapped[str] = mapped_column(Text)
    webhook_secret: Mapped[str] = mapped_column(Text, default="", server_default="")
    webhook_ends: Mapped[str] = mapped_column(Text, default="", server_default="")
    webhook_token: Mapped[str] = mapped_column(Text)
    """The end of the address that Stripe sends events to: it names the operator and can't be guessed."""
    methods: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Empty: what the account offers."""
    is_on: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("people", "changed_by"),
        UniqueConstraint("operator_id"),
        CheckConstraint(f"methods <@ ARRAY{list(METHODS)}::text[]", name="methods"),
        CheckConstraint("NOT is_on OR (secret_key <> '' AND webhook_secret <> '')", name="on_with_keys"),
        CheckConstraint("char_length(secret_ends) <= 4 AND char_length(webhook_ends) <= 4", name="ends"),
        {"info": KEPT},
    )


class CardMethod(Owned, Base):
    """A way to pay that a startup lets its invoices be charged by, with who agreed to what, and when."""

    __tablename__ = "card_methods"
    startup_id: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    """Our id of the call that makes its page."""
    consent_text: Mapped[str] = mapped_column(Text)
    """Word for word as it was shown."""
    consent_at: Mapped[datetime]
    consent_by: Mapped[int]
    stripe_customer: Mapped[str | None] = mapped_column(Text)
    stripe_session: Mapped[str | None] = mapped_column(Text)
    page_url: Mapped[str | None] = mapped_column(Text)
    stripe_method: Mapped[str | None] = mapped_column(Text)
    brand: Mapped[str] = mapped_column(Text, default="", server_default="")
    last4: Mapped[str] = mapped_column(Text, default="", server_default="")
    expires: Mapped[str] = mapped_column(Text, default="", server_default="")
    active_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("people", "consent_by"),
        belongs_to("people", "ended_by"),
        UniqueConstraint("operator_id", "key"),
        UniqueConstraint("operator_id", "stripe_session"),
        Index("card_methods_active_key", "operator_id", "startup_id", unique=True,
              postgresql_where=text("state = 'active'")),
        CheckConstraint(f"state IN {METHOD_STATES}", name="state"),
        CheckConstraint("state <> 'active' OR (stripe_method IS NOT NULL AND active_at IS NOT NULL)", name="active"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("consent_text <> ''", name="consent"),
        Index(None, "operator_id", "startup_id"),
        {"info": KEPT},
    )  # fmt: skip


class CardPayment(Owned, Base):
    """What we ask Stripe to take of a startup: written before the call leaves, so that a call whose answer was lost
    can be made again under the same key."""

    __tablename__ = "card_payments"
    startup_id: Mapped[int]
    site_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(Text)
    """checkout: its payer is on Stripe's page; saved: by a saved method, on the due date."""
    method_id: Mapped[int | None]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    """The idempotency key, and what tells ours from others' payments in the same account."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    """When the call left for the first time, whether or not it was answered."""
    next_try_at: Mapped[datetime | None]
    """When the worker makes the call (again); None: it has nothing to do."""
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    stripe_session: Mapped[str | None] = mapped_column(Text)
    page_url: Mapped[str | None] = mapped_column(Text)
    page_until: Mapped[datetime | None]
    stripe_intent: Mapped[str | None] = mapped_column(Text)
    stripe_charge: Mapped[str | None] = mapped_column(Text)
    method_kind: Mapped[str] = mapped_column(Text, default="", server_default="")
    last4: Mapped[str] = mapped_column(Text, default="", server_default="")
    fault: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Stripe's code for why it was declined."""
    looked_at: Mapped[datetime | None]
    """When Stripe was last asked how it stands."""
    payment_id: Mapped[int | None]
    surplus_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What its invoices did not need any more when it came: the startup's advance."""
    fee_minor: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("sites", "site_id"),
        belongs_to("card_methods", "method_id"),
        belongs_to("people", "created_by"),
        belongs_to("payments", "payment_id"),
        UniqueConstraint("operator_id", "key"),
        UniqueConstraint("operator_id", "stripe_session"),
        UniqueConstraint("operator_id", "stripe_intent"),
        UniqueConstraint("operator_id", "payment_id"),
        CheckConstraint("kind IN ('checkout', 'saved')", name="kind"),
        CheckConstraint("(kind = 'saved') = (method_id IS NOT NULL)", name="method"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'paid') = (payment_id IS NOT NULL)", name="paid"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("surplus_minor BETWEEN 0 AND amount_minor", name="surplus"),
        Index(None, "operator_id", "startup_id", "created_at"),
        Index("card_payments_due_idx", "operator_id", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
        Index("card_payments_living_idx", "operator_id", "created_at",
              postgresql_where=text("state IN ('asked', 'open', 'processing')")),
        {"info": KEPT},
    )  # fmt: skip


class CardPaymentPart(Base):
    """What of a card payment is for which invoice; of one invoice one is living at most."""

    __tablename__ = "card_payment_parts"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    card_payment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    amount_minor: Mapped[int]
    is_living: Mapped[bool] = mapped_column(Boolean)
    __table_args__ = (
        belongs_to("card_payments", "card_payment_id"),
        belongs_to("invoices", "invoice_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("card_payment_parts_living_key", "operator_id", "invoice_id", unique=True,
              postgresql_where=text("is_living")),
        Index(None, "operator_id", "invoice_id"),
        {"info": KEPT},
    )  # fmt: skip


class CardRefund(Owned, Base):
    """A refund that goes back the way the money came: booked first, then asked of Stripe."""

    __tablename__ = "card_refunds"
    card_payment_id: Mapped[int]
    refund_id: Mapped[int]
    amount_minor: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    stripe_refund: Mapped[str | None] = mapped_column(Text)
    fault: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("card_payments", "card_payment_id"),
        belongs_to("refunds", "refund_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "key"),
        UniqueConstraint("operator_id", "refund_id"),
        UniqueConstraint("operator_id", "stripe_refund"),
        CheckConstraint(f"state IN {REFUND_STATES}", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(None, "operator_id", "card_payment_id"),
        Index("card_refunds_due_idx", "operator_id", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
        {"info": KEPT},
    )
