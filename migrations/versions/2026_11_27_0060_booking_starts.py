"""When a booking starts, as a column of its own: row-level security lets an index be used for it, for ranges it does not

Revision ID: 0060
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0058"
branch_labels = None
depends_on = None

OF = {"site": "site_id", "startup": "startup_id", "person": "booked_by"}


def upgrade() -> None:
    op.add_column("bookings", sa.Column(
        "starts_at", sa.DateTime(timezone=True), sa.Computed("lower(period)", persisted=True), nullable=False
    ))  # fmt: skip
    op.add_column("bookings", sa.Column(
        "is_long", sa.Boolean(),
        sa.Computed("upper_inf(period) OR upper(period) - lower(period) > '7 days'::interval", persisted=True),
        nullable=False,
    ))  # fmt: skip
    for name, column in OF.items():
        op.drop_index(f"bookings_{name}_start_idx", table_name="bookings")
        op.create_index(f"bookings_{name}_start_idx", "bookings", ["operator_id", column, "starts_at"])
    op.create_index("bookings_long_idx", "bookings", ["operator_id", "starts_at"], postgresql_where=sa.text("is_long"))


def downgrade() -> None:
    op.drop_index("bookings_long_idx", table_name="bookings")
    for name, column in OF.items():
        op.drop_index(f"bookings_{name}_start_idx", table_name="bookings")
        op.create_index(f"bookings_{name}_start_idx", "bookings", ["operator_id", column, sa.text("lower(period)")])
    op.drop_column("bookings", "is_long")
    op.drop_column("bookings", "starts_at")
