"""An operator's signing keys.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"


def upgrade() -> None:
    _signing_keys()
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    op.drop_table("signing_keys")


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("signing_keys_public_key_check")),
        sa.CheckConstraint(
            "(retired_at IS NULL) = (retired_reason = '')", name=op.f("signing_keys_retired_says_why_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "made_by"],
            ["people.operator_id", "people.id"],
            name=op.f("signing_keys_operator_id_made_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "retired_by"],
            ["people.operator_id", "people.id"],
            name=op.f("signing_keys_operator_id_retired_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("signing_keys_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("signing_keys_pkey")),
        sa.UniqueConstraint("operator_id", "public_key", name=op.f("signing_keys_operator_id_public_key_key")),
    )
    op.create_index(
        "signing_keys_in_use_key",
        "signing_keys",
        ["operator_id"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.execute("ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON signing_keys USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT ON signing_keys TO {ROLE}")
    op.execute(f"GRANT UPDATE (retired_at, retired_by, retired_reason) ON signing_keys TO {ROLE}")
