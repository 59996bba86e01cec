"""A resource's photos, its own opening hours and their exceptions.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "resource_days": "SELECT, INSERT, UPDATE, DELETE",
    "resource_hours": "SELECT, INSERT, UPDATE, DELETE",
    "resource_photos": "SELECT, INSERT, UPDATE",
}
ORDER = "0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440"


def upgrade() -> None:
    op.create_table(
        "resource_days",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=True),
        sa.Column("closes_minute", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(opens_minute IS NULL) = (closes_minute IS NULL)", name=op.f("resource_days_both_check")),
        sa.CheckConstraint(ORDER, name=op.f("resource_days_order_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("resource_days_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("resource_days_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("resource_days_pkey")),
        sa.UniqueConstraint(
            "operator_id", "resource_id", "on_date", name=op.f("resource_days_operator_id_resource_id_on_date_key")
        ),
    )
    op.create_table(
        "resource_hours",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("day_kind", sa.Text(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.CheckConstraint("day_kind IN ('workday', 'restday')", name=op.f("resource_hours_day_kind_check")),
        sa.CheckConstraint(ORDER, name=op.f("resource_hours_order_check")),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("resource_hours_valid_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("resource_hours_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("resource_hours_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("resource_hours_pkey")),
    )
    op.create_index(
        op.f("resource_hours_operator_id_resource_id_idx"),
        "resource_hours",
        ["operator_id", "resource_id"],
        unique=False,
    )
    op.create_table(
        "resource_photos",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("small_file_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("alt_en", sa.Text(), server_default="", nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("alt <> ''", name=op.f("resource_photos_alt_check")),
        sa.CheckConstraint("place >= 1", name=op.f("resource_photos_place_check")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("resource_photos_size_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("resource_photos_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("resource_photos_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "small_file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("resource_photos_operator_id_small_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("resource_photos_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("resource_photos_pkey")),
    )
    op.create_index(
        op.f("resource_photos_operator_id_resource_id_idx"),
        "resource_photos",
        ["operator_id", "resource_id"],
        unique=False,
    )
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
