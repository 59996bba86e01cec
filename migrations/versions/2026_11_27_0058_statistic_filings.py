"""Which yearly statistics are filed for which site, and when; statistics of the operator as a whole

Revision ID: 0058
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0056"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
OF_THE_WHOLE = ("statistic_values", "statistic_notes")


def upgrade() -> None:
    for table in OF_THE_WHOLE:
        op.alter_column(table, "site_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_table(
        "statistic_filings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("ripe_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("form IN ('', 'incubator', 'space')", name=op.f("statistic_filings_form_check")),
        sa.CheckConstraint("ripe_days BETWEEN 1 AND 180", name=op.f("statistic_filings_ripe_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"], ["people.operator_id", "people.id"],
            name=op.f("statistic_filings_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"],
            name=op.f("statistic_filings_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"],
                                name=op.f("statistic_filings_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("statistic_filings_pkey")),
    )  # fmt: skip
    op.create_index(op.f("statistic_filings_operator_id_site_id_idx"), "statistic_filings", ["operator_id", "site_id"])
    op.execute("ALTER TABLE statistic_filings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE statistic_filings FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON statistic_filings USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT ON statistic_filings TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    """What was stated of the operator as a whole can't be told the old way: it is removed."""
    op.drop_table("statistic_filings")
    for table in OF_THE_WHOLE:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        rows = sa.table(table, sa.column("site_id"))
        op.execute(sa.delete(rows).where(rows.c.site_id.is_(None)))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.alter_column(table, "site_id", existing_type=sa.BigInteger(), nullable=False)
