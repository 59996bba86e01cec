"""Deferred income: whose it is, and the months whose share was released.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"


def upgrade() -> None:
    op.add_column("postings", sa.Column("charge_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("postings_operator_id_charge_id_idx"), "postings", ["operator_id", "charge_id"],
                    postgresql_where="charge_id IS NOT NULL")  # fmt: skip
    op.create_foreign_key(op.f("postings_operator_id_charge_id_fkey"), "postings", "charges",
                          ["operator_id", "charge_id"], ["operator_id", "id"])  # fmt: skip
    op.create_check_constraint(op.f("postings_of_a_charge_check"), "postings",
                               "'deferred_income' NOT IN (debit, credit) OR charge_id IS NOT NULL")  # fmt: skip
    op.create_table(
        "income_releases",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("charges", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("month = date_trunc('month', month)", name=op.f("income_releases_month_check")),
        sa.CheckConstraint("charges > 0", name=op.f("income_releases_charges_check")),
        sa.ForeignKeyConstraint(["operator_id", "released_by"], ["people.operator_id", "people.id"],
                                name=op.f("income_releases_operator_id_released_by_fkey")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"],
                                name=op.f("income_releases_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("income_releases_pkey")),
        sa.UniqueConstraint("operator_id", "month", name=op.f("income_releases_operator_id_month_key")),
    )  # fmt: skip
    op.execute("ALTER TABLE income_releases ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE income_releases FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON income_releases USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT ON income_releases TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    op.drop_table("income_releases")
    op.drop_constraint(op.f("postings_of_a_charge_check"), "postings", type_="check")
    op.drop_constraint(op.f("postings_operator_id_charge_id_fkey"), "postings", type_="foreignkey")
    op.drop_index(op.f("postings_operator_id_charge_id_idx"), table_name="postings")
    op.drop_column("postings", "charge_id")
