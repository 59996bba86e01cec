"""Allowances and their ledger; since when a booking stands in line for them.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {"allowances": "SELECT, INSERT, UPDATE", "allowance_entries": "SELECT, INSERT"}
KINDS = "resource_kind IN ('meeting_room', 'hall', 'desk', 'instrument', 'parking')"


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("resource_kind", sa.Text(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("allowances_name_check")),
        sa.CheckConstraint("repeats IN ('month', 'once')", name=op.f("allowances_repeats_check")),
        sa.CheckConstraint(KINDS, name=op.f("allowances_resource_kind_check")),
        sa.CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name=op.f("allowances_valid_check")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 44640", name=op.f("allowances_minutes_check")),
        sa.CheckConstraint(
            "num_nonnulls(ended_at, ended_on, end_reason) IN (0, 3)", name=op.f("allowances_ended_check")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["operator_id", column],
                [f"{table}.operator_id", f"{table}.id"],
                name=op.f(f"allowances_operator_id_{column}_fkey"),
            )
            for column, table in [
                ("created_by", "people"),
                ("ended_by", "people"),
                ("residency_id", "residencies"),
                ("site_id", "sites"),
                ("startup_id", "startups"),
            ]
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("allowances_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("allowances_pkey")),
    )
    op.create_index(op.f("allowances_operator_id_startup_id_idx"), "allowances", ["operator_id", "startup_id"])
    op.create_table(
        "allowance_entries",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("allowance_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('use', 'return')) = (booking_id IS NOT NULL)", name=op.f("allowance_entries_booking_check")
        ),
        sa.CheckConstraint(
            "kind IN ('grant', 'withdraw', 'use', 'return')", name=op.f("allowance_entries_kind_check")
        ),
        sa.CheckConstraint(
            "minutes <> 0 AND (kind IN ('grant', 'return')) = (minutes > 0)",
            name=op.f("allowance_entries_minutes_check"),
        ),
        sa.CheckConstraint(
            "month IS NULL OR extract(day FROM month) = 1", name=op.f("allowance_entries_month_check")
        ),
        sa.CheckConstraint(
            "num_nonnulls(booking_id, value_minor, currency) IN (0, 3)", name=op.f("allowance_entries_value_check")
        ),
        sa.CheckConstraint(
            "value_minor = 0 OR (value_minor > 0) = (minutes > 0)", name=op.f("allowance_entries_value_sign_check")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["operator_id", column],
                [f"{table}.operator_id", f"{table}.id"],
                name=op.f(f"allowance_entries_operator_id_{column}_fkey"),
            )
            for column, table in [("allowance_id", "allowances"), ("booking_id", "bookings"), ("by", "people")]
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("allowance_entries_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("allowance_entries_pkey")),
    )
    op.create_index(
        "allowance_entries_once",
        "allowance_entries",
        ["operator_id", "allowance_id", "month", "kind"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where="booking_id IS NULL",
    )
    for columns in (["operator_id", "booking_id"], ["operator_id", "allowance_id", "id"]):
        name = op.f(f"allowance_entries_{'_'.join(columns)}_idx")
        op.create_index(name, "allowance_entries", columns)
    for table, grant in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    op.add_column("bookings", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("bookings", "moved_at")
    op.drop_table("allowance_entries")
    op.drop_table("allowances")
