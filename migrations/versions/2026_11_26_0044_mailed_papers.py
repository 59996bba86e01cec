"""A mail brings a paper with it: an invoice, a credit note.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_mails", sa.Column("pdf_name", sa.Text(), server_default="", nullable=False))
    op.add_column("outbox_mails", sa.Column("pdf_body", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox_mails", "pdf_body")
    op.drop_column("outbox_mails", "pdf_name")
