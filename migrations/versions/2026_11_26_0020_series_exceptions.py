"""Series: days that are left out.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "booking_series",
        sa.Column("except_on", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("booking_series", "except_on")
