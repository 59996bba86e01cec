"""Dunning: settings by date with their steps, stories, what was done in them, interest; limits of bookings.

Revision ID: 0040
Revises: 0038
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
KINDS = (
    "'pause', 'dispute', 'resume', 'promise', 'kept', 'broken', 'reached', 'no_answer', 'restricted', 'restored', "
    "'lifted'"
)
TOLD = ("notices", "notice_choices")
"""Whose kinds can be `dunning`, too, from here on."""
GRANTS = {
    "booking_limits": "SELECT, INSERT, UPDATE",
    "dunning_settings": "SELECT, INSERT",
    "dunning_stories": "SELECT, INSERT, UPDATE",
    "dunning_actions": "SELECT, INSERT",
    "dunning_steps": "SELECT, INSERT",
    "late_interest": "SELECT, INSERT",
    "dunning_entries": "SELECT, INSERT",
}


def upgrade() -> None:
    for table in TOLD:
        _set(table, [*_kinds(table), "dunning"])
    _booking_limits()
    _dunning_settings()
    _dunning_stories()
    _dunning_actions()
    _dunning_steps()
    _late_interest()
    _dunning_entries()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    for table in TOLD:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE kind = 'dunning'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _set(table, [kind for kind in _kinds(table) if kind != "dunning"])


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


def _booking_limits() -> None:
    op.create_table(
        "booking_limits",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reason IN ('payment', 'other')", name=op.f("booking_limits_reason_check")),
        sa.CheckConstraint("lifted_by IS NULL OR lifted_at IS NOT NULL", name=op.f("booking_limits_lifted_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("booking_limits_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "lifted_by"],
            ["people.operator_id", "people.id"],
            name=op.f("booking_limits_operator_id_lifted_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("booking_limits_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("booking_limits_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("booking_limits_pkey")),
    )
    op.create_index(
        "booking_limits_one_key",
        "booking_limits",
        ["operator_id", "startup_id", "reason"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def _dunning_settings() -> None:
    op.create_table(
        "dunning_settings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("promise_days", sa.Integer(), nullable=False),
        sa.Column("reply_days", sa.Integer(), nullable=False),
        sa.Column("payee", sa.Text(), server_default="", nullable=False),
        sa.Column("bank", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("interest_basis", sa.Text(), server_default="none", nullable=False),
        sa.Column("interest_rate", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("interest_from_day", sa.Integer(), server_default="1", nullable=False),
        sa.Column("interest_cap", sa.Numeric(precision=5, scale=4), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(interest_basis = 'none') = (interest_rate IS NULL)", name=op.f("dunning_settings_interest_check")
        ),
        sa.CheckConstraint(
            "interest_basis IN ('none', 'day', 'year')", name=op.f("dunning_settings_interest_basis_check")
        ),
        sa.CheckConstraint(
            "greatest(char_length(payee), char_length(bank), char_length(account)) <= 100",
            name=op.f("dunning_settings_bank_check"),
        ),
        sa.CheckConstraint("interest_cap > 0 AND interest_cap <= 1", name=op.f("dunning_settings_interest_cap_check")),
        sa.CheckConstraint(
            "interest_from_day BETWEEN 1 AND 365", name=op.f("dunning_settings_interest_from_day_check")
        ),
        sa.CheckConstraint(
            "interest_rate > 0 AND interest_rate < 1", name=op.f("dunning_settings_interest_rate_check")
        ),
        sa.CheckConstraint("promise_days BETWEEN 0 AND 90", name=op.f("dunning_settings_promise_days_check")),
        sa.CheckConstraint("reply_days BETWEEN 1 AND 90", name=op.f("dunning_settings_reply_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("dunning_settings_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("dunning_settings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("dunning_settings_pkey")),
    )
    op.create_index(
        op.f("dunning_settings_operator_id_valid_from_idx"),
        "dunning_settings",
        ["operator_id", "valid_from"],
        unique=False,
    )


def _dunning_stories() -> None:
    op.create_table(
        "dunning_stories",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_on IS NULL) = (ended_at IS NULL)", name=op.f("dunning_stories_ended_check")),
        sa.CheckConstraint("ended_on >= began_on", name=op.f("dunning_stories_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("dunning_stories_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("dunning_stories_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("dunning_stories_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("dunning_stories_pkey")),
    )
    op.create_index(
        "dunning_stories_one_key",
        "dunning_stories",
        ["operator_id", "startup_id"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_index(
        op.f("dunning_stories_operator_id_startup_id_began_on_idx"),
        "dunning_stories",
        ["operator_id", "startup_id", "began_on"],
        unique=False,
    )


def _dunning_actions() -> None:
    op.create_table(
        "dunning_actions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("overdue_minor", sa.BigInteger(), nullable=False),
        sa.Column("acted_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(number IS NOT NULL) = (measure = 'letter' AND outcome = 'done')",
            name=op.f("dunning_actions_letter_check"),
        ),
        sa.CheckConstraint(
            "measure IN ('mail', 'call', 'letter', 'booking', 'access')", name=op.f("dunning_actions_measure_check")
        ),
        sa.CheckConstraint("outcome IN ('done', 'passed_over')", name=op.f("dunning_actions_outcome_check")),
        sa.CheckConstraint("(story_id IS NULL) = (after_days <= 0)", name=op.f("dunning_actions_reminder_check")),
        sa.CheckConstraint("(year IS NULL) = (number IS NULL)", name=op.f("dunning_actions_numbered_check")),
        sa.CheckConstraint("overdue_minor > 0", name=op.f("dunning_actions_overdue_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("dunning_actions_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("dunning_actions_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "story_id"],
            ["dunning_stories.operator_id", "dunning_stories.id"],
            name=op.f("dunning_actions_operator_id_story_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("dunning_actions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("dunning_actions_pkey")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("dunning_actions_operator_id_year_number_key")),
    )
    op.create_index(
        "dunning_actions_once_key",
        "dunning_actions",
        ["operator_id", "story_id", "measure", "after_days"],
        unique=True,
        postgresql_where=sa.text("story_id IS NOT NULL"),
    )
    op.create_index(
        op.f("dunning_actions_operator_id_startup_id_acted_on_idx"),
        "dunning_actions",
        ["operator_id", "startup_id", "acted_on"],
        unique=False,
    )
    op.create_index(
        "dunning_actions_reminder_key",
        "dunning_actions",
        ["operator_id", "startup_id", "due_on", "after_days"],
        unique=True,
        postgresql_where=sa.text("story_id IS NULL"),
    )


def _dunning_steps() -> None:
    op.create_table(
        "dunning_steps",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("least_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("after_days > 0 OR measure = 'mail'", name=op.f("dunning_steps_reminder_check")),
        sa.CheckConstraint(
            "measure IN ('mail', 'call', 'letter', 'booking', 'access')", name=op.f("dunning_steps_measure_check")
        ),
        sa.CheckConstraint("after_days BETWEEN -30 AND 365", name=op.f("dunning_steps_after_days_check")),
        sa.CheckConstraint("least_minor >= 0", name=op.f("dunning_steps_least_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "setting_id"],
            ["dunning_settings.operator_id", "dunning_settings.id"],
            name=op.f("dunning_steps_operator_id_setting_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("dunning_steps_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "setting_id", "line", name=op.f("dunning_steps_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "setting_id",
            "measure",
            "after_days",
            name=op.f("dunning_steps_operator_id_setting_id_measure_after_days_key"),
        ),
    )


def _late_interest() -> None:
    op.create_table(
        "late_interest",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("outcome = 'charged' OR reason <> ''", name=op.f("late_interest_reason_check")),
        sa.CheckConstraint("outcome IN ('charged', 'waived')", name=op.f("late_interest_outcome_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("late_interest_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("late_interest_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("late_interest_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("late_interest_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("late_interest_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("late_interest_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("late_interest_pkey")),
    )
    op.create_index(
        op.f("late_interest_operator_id_invoice_id_until_on_idx"),
        "late_interest",
        ["operator_id", "invoice_id", "until_on"],
        unique=False,
    )
    op.create_index(
        op.f("late_interest_operator_id_startup_id_idx"), "late_interest", ["operator_id", "startup_id"], unique=False
    )


def _dunning_entries() -> None:
    op.create_table(
        "dunning_entries",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("about_id", sa.BigInteger(), nullable=True),
        sa.Column("action_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("by_startup", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(about_id IS NOT NULL) = (kind IN ('kept', 'broken'))", name=op.f("dunning_entries_about_check")
        ),
        sa.CheckConstraint(
            "(action_id IS NOT NULL) = (kind IN ('reached', 'no_answer', 'restricted', 'restored'))",
            name=op.f("dunning_entries_action_check"),
        ),
        sa.CheckConstraint(
            "(amount_minor IS NOT NULL) = (kind = 'promise')", name=op.f("dunning_entries_promise_check")
        ),
        sa.CheckConstraint(
            "(until_on IS NOT NULL) = (kind IN ('pause', 'dispute', 'promise'))",
            name=op.f("dunning_entries_until_check"),
        ),
        sa.CheckConstraint(
            f"kind IN ({KINDS})",
            name=op.f("dunning_entries_kind_check"),
        ),
        sa.CheckConstraint(
            "reason <> '' OR kind NOT IN ('pause', 'dispute', 'lifted')", name=op.f("dunning_entries_reason_check")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("dunning_entries_amount_check")),
        sa.CheckConstraint("until_on >= made_on", name=op.f("dunning_entries_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "about_id"],
            ["dunning_entries.operator_id", "dunning_entries.id"],
            name=op.f("dunning_entries_operator_id_about_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "action_id"],
            ["dunning_actions.operator_id", "dunning_actions.id"],
            name=op.f("dunning_entries_operator_id_action_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("dunning_entries_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("dunning_entries_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "story_id"],
            ["dunning_stories.operator_id", "dunning_stories.id"],
            name=op.f("dunning_entries_operator_id_story_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("dunning_entries_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("dunning_entries_pkey")),
    )
    op.create_index(
        "dunning_entries_found_key",
        "dunning_entries",
        ["operator_id", "about_id", "kind"],
        unique=True,
        postgresql_where=sa.text("about_id IS NOT NULL"),
    )
    op.create_index(
        op.f("dunning_entries_operator_id_story_id_idx"), "dunning_entries", ["operator_id", "story_id"], unique=False
    )
    op.create_index(
        "dunning_entries_seen_to_key",
        "dunning_entries",
        ["operator_id", "action_id", "kind"],
        unique=True,
        postgresql_where=sa.text("action_id IS NOT NULL AND kind <> 'no_answer'"),
    )
    # ### end Alembic commands ###
