"""Payments by Stripe: keys, what is asked, saved methods, refunds, events, disputes, payouts, findings.

Revision ID: 0036
Revises: 0035
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
FINDINGS = (
    "'mismatch', 'unknown_charge', 'unknown_refund', 'refund_without_money', 'dispute_without_money', "
    "'never_arrived', 'other_currency', 'key_refused'"
)
KINDS = ("notices", "notice_choices")
"""Whose kinds can be `payment`, too, from here on."""
GRANTS = {
    "stripe_events": "SELECT, INSERT, UPDATE",
    "card_methods": "SELECT, INSERT, UPDATE",
    "stripe_settings": "SELECT, INSERT, UPDATE",
    "card_payments": "SELECT, INSERT, UPDATE",
    "card_payouts": "SELECT, INSERT, UPDATE",
    "card_disputes": "SELECT, INSERT, UPDATE",
    "card_findings": "SELECT, INSERT, UPDATE",
    "card_payment_parts": "SELECT, INSERT, UPDATE",
    "card_refunds": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    for table in KINDS:
        _set(table, [*_kinds(table), "payment"])
    _stripe_events()
    _card_methods()
    _stripe_settings()
    _card_payments()
    _card_payouts()
    _card_disputes()
    _card_findings()
    _card_payment_parts()
    _card_refunds()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    for table in KINDS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE kind = 'payment'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _set(table, [kind for kind in _kinds(table) if kind != "payment"])


def _stripe_events() -> None:
    op.create_table(
        "stripe_events",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(handled_at IS NULL) = (next_try_at IS NOT NULL)", name=op.f("stripe_events_waits_check")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("stripe_events_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("stripe_events_pkey")),
        sa.UniqueConstraint("operator_id", "event", name=op.f("stripe_events_operator_id_event_key")),
    )
    op.create_index(
        "stripe_events_due_idx",
        "stripe_events",
        ["operator_id", "next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(
        op.f("stripe_events_operator_id_received_at_idx"), "stripe_events", ["operator_id", "received_at"], unique=False
    )
    op.create_index(
        op.f("stripe_events_operator_id_thing_id_idx"), "stripe_events", ["operator_id", "thing_id"], unique=False
    )


def _card_methods() -> None:
    op.create_table(
        "card_methods",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_by", sa.BigInteger(), nullable=False),
        sa.Column("stripe_customer", sa.Text(), nullable=True),
        sa.Column("stripe_session", sa.Text(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("stripe_method", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), server_default="", nullable=False),
        sa.Column("last4", sa.Text(), server_default="", nullable=False),
        sa.Column("expires", sa.Text(), server_default="", nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("card_methods_ended_check")),
        sa.CheckConstraint("consent_text <> ''", name=op.f("card_methods_consent_check")),
        sa.CheckConstraint(
            "state <> 'active' OR (stripe_method IS NOT NULL AND active_at IS NOT NULL)",
            name=op.f("card_methods_active_check"),
        ),
        sa.CheckConstraint("state IN ('asked', 'active', 'ended')", name=op.f("card_methods_state_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "consent_by"],
            ["people.operator_id", "people.id"],
            name=op.f("card_methods_operator_id_consent_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "ended_by"],
            ["people.operator_id", "people.id"],
            name=op.f("card_methods_operator_id_ended_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("card_methods_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("card_methods_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("card_methods_pkey")),
        sa.UniqueConstraint("operator_id", "key", name=op.f("card_methods_operator_id_key_key")),
        sa.UniqueConstraint("operator_id", "stripe_session", name=op.f("card_methods_operator_id_stripe_session_key")),
    )
    op.create_index(
        "card_methods_active_key",
        "card_methods",
        ["operator_id", "startup_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        op.f("card_methods_operator_id_startup_id_idx"), "card_methods", ["operator_id", "startup_id"], unique=False
    )


def _stripe_settings() -> None:
    op.create_table(
        "stripe_settings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("secret_key", sa.Text(), nullable=False),
        sa.Column("secret_ends", sa.Text(), nullable=False),
        sa.Column("webhook_secret", sa.Text(), server_default="", nullable=False),
        sa.Column("webhook_ends", sa.Text(), server_default="", nullable=False),
        sa.Column("webhook_token", sa.Text(), nullable=False),
        sa.Column("methods", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "NOT is_on OR (secret_key <> '' AND webhook_secret <> '')", name=op.f("stripe_settings_on_with_keys_check")
        ),
        sa.CheckConstraint(
            "methods <@ ARRAY['card', 'alipay', 'wechat_pay']::text[]", name=op.f("stripe_settings_methods_check")
        ),
        sa.CheckConstraint(
            "char_length(secret_ends) <= 4 AND char_length(webhook_ends) <= 4", name=op.f("stripe_settings_ends_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "changed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("stripe_settings_operator_id_changed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("stripe_settings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("stripe_settings_pkey")),
        sa.UniqueConstraint("operator_id", name=op.f("stripe_settings_operator_id_key")),
    )


def _card_payments() -> None:
    op.create_table(
        "card_payments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stripe_session", sa.Text(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("page_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stripe_intent", sa.Text(), nullable=True),
        sa.Column("stripe_charge", sa.Text(), nullable=True),
        sa.Column("method_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("last4", sa.Text(), server_default="", nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("surplus_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'saved') = (method_id IS NOT NULL)", name=op.f("card_payments_method_check")),
        sa.CheckConstraint("(state = 'paid') = (payment_id IS NOT NULL)", name=op.f("card_payments_paid_check")),
        sa.CheckConstraint("kind IN ('checkout', 'saved')", name=op.f("card_payments_kind_check")),
        sa.CheckConstraint(
            "state IN ('asked', 'open', 'processing', 'paid', 'failed', 'expired', 'stopped')",
            name=op.f("card_payments_state_check"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("card_payments_amount_check")),
        sa.CheckConstraint("surplus_minor BETWEEN 0 AND amount_minor", name=op.f("card_payments_surplus_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("card_payments_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "method_id"],
            ["card_methods.operator_id", "card_methods.id"],
            name=op.f("card_payments_operator_id_method_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("card_payments_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("card_payments_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("card_payments_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("card_payments_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("card_payments_pkey")),
        sa.UniqueConstraint("operator_id", "key", name=op.f("card_payments_operator_id_key_key")),
        sa.UniqueConstraint("operator_id", "payment_id", name=op.f("card_payments_operator_id_payment_id_key")),
        sa.UniqueConstraint("operator_id", "stripe_intent", name=op.f("card_payments_operator_id_stripe_intent_key")),
        sa.UniqueConstraint("operator_id", "stripe_session", name=op.f("card_payments_operator_id_stripe_session_key")),
    )
    op.create_index(
        "card_payments_due_idx",
        "card_payments",
        ["operator_id", "next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(
        "card_payments_living_idx",
        "card_payments",
        ["operator_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('asked', 'open', 'processing')"),
    )
    op.create_index(
        op.f("card_payments_operator_id_startup_id_created_at_idx"),
        "card_payments",
        ["operator_id", "startup_id", "created_at"],
        unique=False,
    )


def _card_payouts() -> None:
    op.create_table(
        "card_payouts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stripe_payout", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("arrives_on", sa.Date(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('paid', 'failed')", name=op.f("card_payouts_status_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "entry_id"],
            ["journal_entries.operator_id", "journal_entries.id"],
            name=op.f("card_payouts_operator_id_entry_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("card_payouts_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("card_payouts_pkey")),
        sa.UniqueConstraint("operator_id", "stripe_payout", name=op.f("card_payouts_operator_id_stripe_payout_key")),
    )
    op.create_index(
        op.f("card_payouts_operator_id_arrives_on_idx"), "card_payouts", ["operator_id", "arrives_on"], unique=False
    )


def _card_disputes() -> None:
    op.create_table(
        "card_disputes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("card_payment_id", sa.BigInteger(), nullable=False),
        sa.Column("stripe_dispute", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("outcome IN ('won', 'lost')", name=op.f("card_disputes_outcome_check")),
        sa.CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name=op.f("card_disputes_closed_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("card_disputes_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "card_payment_id"],
            ["card_payments.operator_id", "card_payments.id"],
            name=op.f("card_disputes_operator_id_card_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("card_disputes_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("card_disputes_pkey")),
        sa.UniqueConstraint("operator_id", "stripe_dispute", name=op.f("card_disputes_operator_id_stripe_dispute_key")),
    )
    op.create_index(
        op.f("card_disputes_operator_id_card_payment_id_idx"),
        "card_disputes",
        ["operator_id", "card_payment_id"],
        unique=False,
    )


def _card_findings() -> None:
    op.create_table(
        "card_findings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stripe_id", sa.Text(), nullable=False),
        sa.Column("card_payment_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(settled_at IS NOT NULL) = (note <> '')", name=op.f("card_findings_settled_says_how_check")
        ),
        sa.CheckConstraint(
            f"kind IN ({FINDINGS})",
            name=op.f("card_findings_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "card_payment_id"],
            ["card_payments.operator_id", "card_payments.id"],
            name=op.f("card_findings_operator_id_card_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "settled_by"],
            ["people.operator_id", "people.id"],
            name=op.f("card_findings_operator_id_settled_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("card_findings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("card_findings_pkey")),
        sa.UniqueConstraint(
            "operator_id", "kind", "stripe_id", name=op.f("card_findings_operator_id_kind_stripe_id_key")
        ),
    )
    op.create_index(
        "card_findings_open_idx",
        "card_findings",
        ["operator_id", "found_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def _card_payment_parts() -> None:
    op.create_table(
        "card_payment_parts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("card_payment_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_living", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("card_payment_parts_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "card_payment_id"],
            ["card_payments.operator_id", "card_payments.id"],
            name=op.f("card_payment_parts_operator_id_card_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("card_payment_parts_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("card_payment_parts_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "card_payment_id", "invoice_id", name=op.f("card_payment_parts_pkey")),
    )
    op.create_index(
        "card_payment_parts_living_key",
        "card_payment_parts",
        ["operator_id", "invoice_id"],
        unique=True,
        postgresql_where=sa.text("is_living"),
    )
    op.create_index(
        op.f("card_payment_parts_operator_id_invoice_id_idx"),
        "card_payment_parts",
        ["operator_id", "invoice_id"],
        unique=False,
    )


def _card_refunds() -> None:
    op.create_table(
        "card_refunds",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("card_payment_id", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("stripe_refund", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'pending', 'succeeded', 'failed')", name=op.f("card_refunds_state_check")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("card_refunds_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "card_payment_id"],
            ["card_payments.operator_id", "card_payments.id"],
            name=op.f("card_refunds_operator_id_card_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("card_refunds_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "refund_id"],
            ["refunds.operator_id", "refunds.id"],
            name=op.f("card_refunds_operator_id_refund_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("card_refunds_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("card_refunds_pkey")),
        sa.UniqueConstraint("operator_id", "key", name=op.f("card_refunds_operator_id_key_key")),
        sa.UniqueConstraint("operator_id", "refund_id", name=op.f("card_refunds_operator_id_refund_id_key")),
        sa.UniqueConstraint("operator_id", "stripe_refund", name=op.f("card_refunds_operator_id_stripe_refund_key")),
    )
    op.create_index(
        "card_refunds_due_idx",
        "card_refunds",
        ["operator_id", "next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(
        op.f("card_refunds_operator_id_card_payment_id_idx"),
        "card_refunds",
        ["operator_id", "card_payment_id"],
        unique=False,
    )
    # ### end Alembic commands ###


def _kinds(table: str) -> list[str]:
    """What the kind can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _set(table: str, words: list[str]) -> None:
    name = op.f(f"{table}_kind_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"kind IN ({', '.join(repr(word) for word in words)})")
