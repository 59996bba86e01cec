"""Figures of use find their rows by an index that row-level security lets them use.

Under row-level security an index is used only by what can not leak, and range operators are not known not to. So the
ledger has its rows' first instant as a column, and whether they are long: of the short ones only those that begin in the
time that is asked for, or at most a week before it, can lie in it.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("allocations", sa.Column(
        "starts_at", sa.DateTime(timezone=True), sa.Computed("lower(period)", persisted=True), nullable=False
    ))  # fmt: skip
    op.add_column("allocations", sa.Column(
        "is_long", sa.Boolean(),
        sa.Computed("upper_inf(period) OR upper(period) - lower(period) > '7 days'::interval", persisted=True),
        nullable=False,
    ))  # fmt: skip
    op.create_index(
        op.f("allocations_operator_id_site_id_is_long_starts_at_idx"), "allocations",
        ["operator_id", "site_id", "is_long", "starts_at"],
    )  # fmt: skip
    op.add_column("units", sa.Column("zone", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("units", "zone")
    op.drop_index(op.f("allocations_operator_id_site_id_is_long_starts_at_idx"), table_name="allocations")
    op.drop_column("allocations", "is_long")
    op.drop_column("allocations", "starts_at")
