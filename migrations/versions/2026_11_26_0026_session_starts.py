"""When a session begins, as a column of its own: row-level security lets an index serve only what can't leak, and
`lower()` of a range is not declared to be so; a comparison of instants is.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "mentor_sessions",
        sa.Column("starts_at", sa.DateTime(timezone=True), sa.Computed("lower(period)", persisted=True),
                  nullable=False),
    )  # fmt: skip
    op.drop_index("mentor_sessions_start_idx", "mentor_sessions")
    op.create_index("mentor_sessions_start_idx", "mentor_sessions", ["operator_id", "starts_at"])
    op.create_index("mentor_sessions_counted_idx", "mentor_sessions", ["operator_id", "mentor_id", "id"],
                    postgresql_where="cancelled_at IS NULL AND missed_at IS NULL")  # fmt: skip


def downgrade() -> None:
    op.drop_index("mentor_sessions_counted_idx", "mentor_sessions")
    op.drop_index("mentor_sessions_start_idx", "mentor_sessions")
    op.create_index("mentor_sessions_start_idx", "mentor_sessions", ["operator_id", sa.text("lower(period)")])
    op.drop_column("mentor_sessions", "starts_at")
