"""Letters of consent are documents.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registered_addresses", sa.Column("document_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("registered_addresses_operator_id_document_id_fkey"),
        "registered_addresses",
        "documents",
        ["operator_id", "document_id"],
        ["operator_id", "id"],
    )
    op.create_check_constraint(
        op.f("registered_addresses_document_check"),
        "registered_addresses",
        "document_id IS NULL OR consent_number IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("registered_addresses_document_check"), "registered_addresses", type_="check")
    op.drop_constraint(op.f("registered_addresses_operator_id_document_id_fkey"), "registered_addresses", type_="foreignkey")
    op.drop_column("registered_addresses", "document_id")
