"""Series of bookings.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
OCCURRENCE = "(series_id IS NULL) = (occurrence_on IS NULL)"


def upgrade() -> None:
    op.create_table(
        "booking_series",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("booked_by", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("attendees", sa.Integer(), nullable=True),
        sa.Column("rrule", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("calendar IN ('every', 'skip', 'working')", name=op.f("booking_series_calendar_check")),
        sa.CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("booking_series_order_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "booked_by"],
            ["people.operator_id", "people.id"],
            name=op.f("booking_series_operator_id_booked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("booking_series_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("booking_series_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("booking_series_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("booking_series_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("booking_series_pkey")),
    )

    op.execute("ALTER TABLE booking_series ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE booking_series FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON booking_series USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON booking_series TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    op.add_column("bookings", sa.Column("series_id", sa.BigInteger(), nullable=True))
    op.add_column("bookings", sa.Column("occurrence_on", sa.Date(), nullable=True))
    op.create_index(
        op.f("bookings_operator_id_series_id_occurrence_on_idx"),
        "bookings",
        ["operator_id", "series_id", "occurrence_on"],
        unique=False,
    )
    op.create_foreign_key(
        op.f("bookings_operator_id_series_id_fkey"),
        "bookings",
        "booking_series",
        ["operator_id", "series_id"],
        ["operator_id", "id"],
    )
    op.create_check_constraint(op.f("bookings_occurrence_check"), "bookings", OCCURRENCE)


def downgrade() -> None:
    op.drop_constraint("bookings_occurrence_check", "bookings")
    op.drop_constraint(op.f("bookings_operator_id_series_id_fkey"), "bookings", type_="foreignkey")
    op.drop_index(op.f("bookings_operator_id_series_id_occurrence_on_idx"), table_name="bookings")
    op.drop_column("bookings", "occurrence_on")
    op.drop_column("bookings", "series_id")
    op.drop_table("booking_series")
