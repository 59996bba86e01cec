"""What holds a unit at a time is found by an index that row-level security lets be used; the one of ranges never was

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

LIVE = sa.text("voided_at IS NULL")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("allocations_unit_start_idx")  # what a failed try left
        op.create_index("allocations_unit_start_idx", "allocations",
                        ["operator_id", "unit_id", "is_long", "starts_at"], postgresql_where=LIVE,
                        postgresql_concurrently=True)  # fmt: skip
        _drop("allocations_period_idx")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("allocations_period_idx")
        op.create_index("allocations_period_idx", "allocations", ["period"], postgresql_using="gist",
                        postgresql_where=LIVE, postgresql_concurrently=True)  # fmt: skip
        _drop("allocations_unit_start_idx")


def _drop(index: str) -> None:
    op.drop_index(index, "allocations", postgresql_concurrently=True, if_exists=True)
