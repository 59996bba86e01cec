"""What lasts more than a day is long, not what lasts more than a week: what may reach into a day began the day before

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def _is_long_over(length: str) -> None:
    """Made anew with its indexes: a column that is worked out can't be changed before PostgreSQL 17."""
    for table in ("allocations", "bookings"):
        op.drop_column(table, "is_long")  # and with it the indexes that have it
        op.add_column(table, sa.Column(
            "is_long", sa.Boolean(),
            sa.Computed(f"upper_inf(period) OR upper(period) - lower(period) > '{length}'::interval", persisted=True),
            nullable=False,
        ))  # fmt: skip
    op.create_index(op.f("allocations_operator_id_site_id_is_long_starts_at_idx"), "allocations",
                    ["operator_id", "site_id", "is_long", "starts_at"])  # fmt: skip
    op.create_index("bookings_long_idx", "bookings", ["operator_id", "starts_at"], postgresql_where=sa.text("is_long"))


def upgrade() -> None:
    _is_long_over("1 day")


def downgrade() -> None:
    _is_long_over("7 days")
