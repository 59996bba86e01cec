"""Rules of booking as data, buffers in the ledger, approval, and what cancelling costs; tags of resources.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
CHECKS = {
    "fee_of_cancelled": "fee_minor = 0 OR cancelled_at IS NOT NULL",
    "fee": "fee_minor BETWEEN 0 AND price_minor",
    "approved_was_awaited": "approved_at IS NULL OR awaiting_until IS NOT NULL",
}


def upgrade() -> None:
    create_rules()
    op.add_column(
        "bookings", sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.add_column("bookings", sa.Column("awaiting_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("approved_by", sa.BigInteger(), nullable=True))
    op.add_column("bookings", sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "bookings_awaiting_idx",
        "bookings",
        ["operator_id", "awaiting_until"],
        unique=False,
        postgresql_where="awaiting_until IS NOT NULL AND approved_at IS NULL AND cancelled_at IS NULL",
    )
    op.create_index(
        "bookings_person_start_idx",
        "bookings",
        ["operator_id", "booked_by", sa.literal_column("lower(period)")],
        unique=False,
    )
    op.create_foreign_key(
        op.f("bookings_operator_id_approved_by_fkey"),
        "bookings",
        "people",
        ["operator_id", "approved_by"],
        ["operator_id", "id"],
    )
    op.add_column("resources", sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    for name, check in CHECKS.items():
        op.create_check_constraint(op.f(f"bookings_{name}_check"), "bookings", check)
    op.drop_constraint("allocations_holder_kind_check", "allocations")
    op.create_check_constraint(
        op.f("allocations_holder_kind_check"),
        "allocations",
        "holder_kind IN ('residency', 'booking', 'closure', 'buffer')",
    )


def create_rules() -> None:
    op.create_table(
        "booking_rules",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("resource_kind", sa.Text(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("granularity_minutes", sa.Integer(), nullable=True),
        sa.Column("shortest_minutes", sa.Integer(), nullable=True),
        sa.Column("longest_minutes", sa.Integer(), nullable=True),
        sa.Column("notice_minutes", sa.Integer(), nullable=True),
        sa.Column("ahead_days", sa.Integer(), nullable=True),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=True),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=True),
        sa.Column("quota_most", sa.Integer(), nullable=True),
        sa.Column("quota_measure", sa.Text(), nullable=True),
        sa.Column("quota_window", sa.Text(), nullable=True),
        sa.Column("quota_of", sa.Text(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("approval_hours", sa.Integer(), nullable=True),
        sa.Column("fee_percent", sa.Integer(), nullable=True),
        sa.Column("fee_within_minutes", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("booking_rules_name_check")),
        sa.CheckConstraint("quota_measure IN ('count', 'minutes')", name=op.f("booking_rules_quota_measure_check")),
        sa.CheckConstraint("quota_of IN ('startup', 'person')", name=op.f("booking_rules_quota_of_check")),
        sa.CheckConstraint(
            "quota_window <> 'at_once' OR quota_measure = 'count'", name=op.f("booking_rules_at_once_is_counted_check")
        ),
        sa.CheckConstraint(
            "quota_window IN ('at_once', 'day', 'week', 'month')", name=op.f("booking_rules_quota_window_check")
        ),
        sa.CheckConstraint(
            "resource_kind IN ('meeting_room', 'hall', 'desk', 'instrument', 'parking')",
            name=op.f("booking_rules_resource_kind_check"),
        ),
        sa.CheckConstraint("ahead_days BETWEEN 1 AND 731", name=op.f("booking_rules_ahead_check")),
        sa.CheckConstraint("approval_hours BETWEEN 1 AND 720", name=op.f("booking_rules_approval_check")),
        sa.CheckConstraint("buffer_after_minutes BETWEEN 0 AND 1440", name=op.f("booking_rules_buffer_after_check")),
        sa.CheckConstraint("buffer_before_minutes BETWEEN 0 AND 1440", name=op.f("booking_rules_buffer_before_check")),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("booking_rules_roles_check")),
        sa.CheckConstraint("fee_percent BETWEEN 1 AND 100", name=op.f("booking_rules_fee_check")),
        sa.CheckConstraint("fee_within_minutes BETWEEN 1 AND 44640", name=op.f("booking_rules_fee_within_check")),
        sa.CheckConstraint("granularity_minutes BETWEEN 5 AND 1440", name=op.f("booking_rules_granularity_check")),
        sa.CheckConstraint("longest_minutes BETWEEN 5 AND 44640", name=op.f("booking_rules_longest_check")),
        sa.CheckConstraint("notice_minutes <= ahead_days * 1440", name=op.f("booking_rules_notice_within_ahead_check")),
        sa.CheckConstraint("notice_minutes BETWEEN 0 AND 44640", name=op.f("booking_rules_notice_check")),
        sa.CheckConstraint(
            "num_nonnulls(fee_percent, fee_within_minutes) IN (0, 2)", name=op.f("booking_rules_whole_fee_check")
        ),
        sa.CheckConstraint(
            "num_nonnulls(quota_most, quota_measure, quota_window, quota_of) IN (0, 4)",
            name=op.f("booking_rules_whole_quota_check"),
        ),
        sa.CheckConstraint("quota_most BETWEEN 1 AND 100000", name=op.f("booking_rules_quota_check")),
        sa.CheckConstraint(
            "shortest_minutes <= longest_minutes", name=op.f("booking_rules_shortest_is_not_longer_check")
        ),
        sa.CheckConstraint("shortest_minutes BETWEEN 5 AND 44640", name=op.f("booking_rules_shortest_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("booking_rules_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("booking_rules_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("booking_rules_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("booking_rules_pkey")),
    )
    op.create_index(
        "booking_rules_name_key",
        "booking_rules",
        ["operator_id", "name"],
        unique=True,
        postgresql_where="retired_at IS NULL",
    )
    op.execute("ALTER TABLE booking_rules ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE booking_rules FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON booking_rules USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON booking_rules TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    """What is kept free beside bookings stays in the ledger: the check is not asked of it."""
    op.execute(
        "ALTER TABLE allocations DROP CONSTRAINT allocations_holder_kind_check, "
        "ADD CONSTRAINT allocations_holder_kind_check CHECK (holder_kind IN ('residency', 'booking', 'closure')) NOT VALID"
    )
    for name in CHECKS:
        op.drop_constraint(f"bookings_{name}_check", "bookings")
    op.drop_column("resources", "tags")
    op.drop_constraint(op.f("bookings_operator_id_approved_by_fkey"), "bookings", type_="foreignkey")
    op.drop_index("bookings_person_start_idx", table_name="bookings")
    op.drop_index(
        "bookings_awaiting_idx",
        table_name="bookings",
        postgresql_where="awaiting_until IS NOT NULL AND approved_at IS NULL AND cancelled_at IS NULL",
    )
    op.drop_column("bookings", "fee_minor")
    op.drop_column("bookings", "approved_by")
    op.drop_column("bookings", "approved_at")
    op.drop_column("bookings", "awaiting_until")
    op.drop_column("bookings", "terms")
    op.drop_index("booking_rules_name_key", table_name="booking_rules", postgresql_where="retired_at IS NULL")
    op.drop_table("booking_rules")
