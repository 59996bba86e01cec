"""Refunds that a second person approves, where the operator wants it.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

WHAT = ("month_run", "credit_note", "write_off")


def upgrade() -> None:
    op.add_column(
        "invoicing_settings", sa.Column("approve_refunds", sa.Boolean(), server_default="false", nullable=False)
    )
    _set((*WHAT, "refund"))


def downgrade() -> None:
    op.execute("ALTER TABLE approvals NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM approvals WHERE what = 'refund'")
    op.execute("ALTER TABLE approvals FORCE ROW LEVEL SECURITY")
    _set(WHAT)
    op.drop_column("invoicing_settings", "approve_refunds")


def _set(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("approvals_what_check"), "approvals", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("approvals_what_check"), "approvals", f"what IN ({listed})")
